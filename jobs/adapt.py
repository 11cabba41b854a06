"""Jobs of an adaptation: one method with one seed each, and what all of them say together.

A run that diverges is a finding, and its job ends as others do: a job that fails takes its whole group with it.
"""

from typing import Any

from app.adaptations.building import AdaptationBuildingService, RunWork, stored_outcome
from app.adaptations.plan import SUMMARY, TRAIN
from app.adaptations.records import Outcome
from app.core.artifacts import ArtifactStore
from app.core.runs import Divergence
from jobs.base import JobContext, job
from jobs.labelled import open_labelled
from models.adaptation.domains import Domain
from models.adaptation.projection import project
from models.adaptation.results import AdaptationDiverged, Adapted, History
from models.adaptation.shared import shared_domains
from models.adaptation.training import adapt


@job(TRAIN)
def train_adaptation_run(context: JobContext) -> None:
    """Train one method with one seed."""
    platform, run_id = context.platform, context.config["run_id"]
    with platform.database.session(read_only=True) as session:
        work = AdaptationBuildingService(session, platform).work(run_id)
    outcome = _trained(context, work)
    with context.commit(_told(work, outcome)) as session:
        AdaptationBuildingService(session, platform).end_run(run_id, outcome)


@job(SUMMARY)
def sum_up_adaptation(context: JobContext) -> None:
    """Judge every method against source-only and complete the adaptation."""
    adaptation_id = context.config["adaptation_id"]
    with context.platform.database.session(read_only=True) as session:
        verdicts = AdaptationBuildingService(session, context.platform).verdicts(adaptation_id)
    with context.commit({"adaptation_id": adaptation_id}) as session:
        AdaptationBuildingService(session, context.platform).finish(adaptation_id, verdicts)


def _trained(context: JobContext, work: RunWork) -> Outcome:
    platform = context.platform
    run_id, artifacts = context.config["run_id"], platform.artifacts
    source, target = _domains(context, work)

    def watch(history: History) -> None:
        context.store(lambda session: AdaptationBuildingService(session, platform).measured(run_id, history))

    try:
        adapted = adapt(
            work.setup.training,
            work.method,
            work.seed,
            source,
            target,
            context,
            pretrained=None if work.pretrained is None else artifacts.get(work.pretrained),
            watch=watch,
        )
    except AdaptationDiverged as diverged:
        error = Divergence(step=diverged.step, detail=str(diverged))
        if diverged.kept is None:
            return Outcome(history=None, error=error)
        return _stored(artifacts, diverged.kept, error)
    return _stored(artifacts, adapted)


def _stored(artifacts: ArtifactStore, adapted: Adapted, error: Divergence | None = None) -> Outcome:
    return stored_outcome(artifacts, adapted, project(adapted.embedding.features), error)


def _domains(context: JobContext, work: RunWork) -> tuple[Domain, Domain]:
    cache = context.platform.settings.datasets.cache
    source, target = (open_labelled(dataset, cache) for dataset in (work.source, work.target))
    return shared_domains(
        source,
        target,
        target_classes=work.setup.target_classes,
        image_size=work.setup.training.image_size,
    )


def _told(work: RunWork, outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    return {"method": work.method, "seed": work.seed, "diverged_at": None if error is None else error.step}
