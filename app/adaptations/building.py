"""What the jobs of an adaptation read and store: the use cases behind `jobs/adapt.py`.

What was trained is put into the artefact store first (`stored_…`), which may be repeated without harm; the rows that
name it are changed in the transaction that ends the job.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np

from app.adaptations.figures import Runs, accuracies
from app.adaptations.records import AdaptationRun, Outcome, Setup
from app.adaptations.repository import AdaptationsRepository
from app.core.artifacts import ArtifactStore
from app.core.database import Session
from app.core.errors import NotFound
from app.core.platform import Platform
from app.core.runs import Divergence
from app.datasets.records import Dataset
from app.datasets.service import DatasetsService
from models.adaptation.config import Method
from models.adaptation.evaluation import class_shares
from models.adaptation.evidence import Evidence, evidence_of
from models.adaptation.guard import Judgement, judge
from models.adaptation.projection import Projection
from models.adaptation.results import Adapted, History

_BASELINE: Method = "source-only"


class NoModel(ValueError):
    """No run of an adaptation ended with a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWork:
    """What a run starts from.

    Attributes:
        setup: of the adaptation.
        method: that trains.
        seed: of everything random.
        source: all classes, labelled.
        target: a subset of them.
        pretrained: artefact of the weights that it begins with.
    """

    setup: Setup
    method: Method
    seed: int
    source: Dataset
    target: Dataset
    pretrained: str | None


def stored_outcome(
    artifacts: ArtifactStore, adapted: Adapted, projection: Projection, error: Divergence | None = None
) -> Outcome:
    """Put a trained model into the store.

    Args:
        artifacts: the store.
        adapted: the model and its course.
        projection: its embedding in two dimensions.
        error: why the run has no end, if it has none.

    Raises:
        OSError: something could not be stored.
    """
    embedding = adapted.embedding
    arrays = {
        "points": projection.points,
        "projection": np.array(projection.method),
        "features": embedding.features,
        "is_target": embedding.is_target,
        "labels": embedding.labels,
        "predictions": embedding.predictions,
        "confusion": adapted.confusion,
        "target_predictions": adapted.predictions,
        "target_confidence": adapted.confidence,
    }
    return Outcome(
        history=adapted.history,
        accuracies=accuracies(adapted.history, adapted.selector),
        weights=artifacts.put(adapted.weights),
        arrays=artifacts.put_arrays(arrays),
        predicted_shares=tuple(class_shares(adapted.predictions, len(adapted.confusion)).tolist()),
        error=error,
    )


class AdaptationBuildingService:
    """Reads and writes an adaptation that is being trained.

    Args:
        session: of the running transaction.
        platform: holds the artefacts.
    """

    def __init__(self, session: Session, platform: Platform) -> None:
        self._session = session
        self._platform = platform
        self._adaptations = AdaptationsRepository(session)

    def work(self, run_id: str) -> RunWork:
        """What to train, and on which data.

        Raises:
            NotFound: the adaptation is gone.
        """
        run = self._adaptations.run(run_id)
        adaptation = None if run is None else self._adaptations.get(run.adaptation_id)
        if run is None or adaptation is None:
            raise NotFound(f"there is no run {run_id!r} to train")
        datasets = DatasetsService(self._session, self._platform)
        return RunWork(
            setup=adaptation.setup,
            method=run.method,
            seed=run.seed,
            source=datasets.get(adaptation.source_dataset_id),
            target=datasets.get(adaptation.target_dataset_id),
            pretrained=adaptation.pretrained,
        )

    def measured(self, run_id: str, history: History) -> None:
        """Remember what a run has measured so far."""
        self._adaptations.set_history(run_id, history)

    def end_run(self, run_id: str, outcome: Outcome) -> None:
        """Remember what a run came to."""
        self._adaptations.end_run(run_id, outcome, at=self._now())

    def verdicts(self, adaptation_id: str) -> dict[str, Judgement]:
        """Whether each method made it worse than source-only; methods that cannot be compared with it are left out.

        Raises:
            NotFound: the adaptation is gone.
            NoModel: every run diverged before it had a model.
            FileNotFoundError: an artefact is gone.
        """
        adaptation = self._adaptations.get(adaptation_id)
        if adaptation is None:
            raise NotFound(f"there is no adaptation {adaptation_id!r} to sum up")
        setup = adaptation.setup
        runs = Runs(setup, self._adaptations.runs([adaptation_id], with_history=True))
        if runs.preferred is None:
            raise NoModel("every run diverged before it had a model")
        found = {method: self._evidence(setup, runs.of(method)) for method in setup.methods}
        baseline = found.pop(_BASELINE, [])
        seeds = {each.seed for each in baseline}
        return {
            method: judge(baseline, evidence)
            for method, evidence in found.items()
            if any(each.seed in seeds for each in evidence)
        }

    def finish(self, adaptation_id: str, verdicts: Mapping[str, Judgement]) -> None:
        """Write what is thought of each method, and declare all complete."""
        documents = {method: asdict(verdict) for method, verdict in verdicts.items()}
        self._adaptations.finish(adaptation_id, documents, at=self._now())

    def _evidence(self, setup: Setup, runs: Sequence[AdaptationRun]) -> list[Evidence]:
        """What those of the runs show that ended as they should."""
        found: list[Evidence] = []
        for run in runs:
            history, arrays = run.outcome.history, run.outcome.arrays
            if run.status != "succeeded" or history is None or arrays is None:
                continue
            stored = self._platform.artifacts.get_arrays(arrays)
            found.append(
                evidence_of(
                    history,
                    setup.training.selector,
                    seed=run.seed,
                    labelled=int(stored["confusion"].sum()),
                    predictions=stored["target_predictions"],
                    confidence=stored["target_confidence"],
                )
            )
        return found

    def _now(self) -> datetime:
        return self._platform.database.now(self._session)
