"""SQL of adaptations and their runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, delete, insert, select, tuple_, update
from sqlalchemy.orm import defer

from app.adaptations.histories import history_from_json, history_to_json
from app.adaptations.records import (
    Accuracies,
    Adaptation,
    AdaptationRun,
    NewAdaptation,
    Outcome,
)
from app.adaptations.tables import AdaptationRow, AdaptationRunRow
from app.core.database import Session
from app.core.runs import Divergence, training_status
from app.jobs.tables import Job
from models.adaptation.config import Method
from models.adaptation.results import History

_ARTIFACTS = (AdaptationRunRow.weights, AdaptationRunRow.arrays)


class AdaptationsRepository:
    """Reads and writes the rows of adaptations; commits nothing."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, adaptation: NewAdaptation, runs: Iterable[AdaptationRun]) -> None:
        """Insert an adaptation with the runs that it shall have."""
        shared = adaptation.shared_classes
        fields = asdict(adaptation) | {"shared_classes": None if shared is None else list(shared)}
        self.session.add(AdaptationRow(**fields))
        self.session.flush()
        rows = [
            {"id": run.id, "adaptation_id": adaptation.id, "method": run.method, "seed": run.seed}
            for run in runs
        ]
        self.session.execute(insert(AdaptationRunRow), rows)

    def get(self, adaptation_id: str) -> Adaptation | None:
        """One adaptation."""
        found = self.session.execute(_with_state().where(AdaptationRow.id == adaptation_id)).one_or_none()
        return None if found is None else _record(found[0], found[1])

    def page(self, *, after: tuple[datetime, str] | None, limit: int) -> list[Adaptation]:
        """At most `limit` adaptations, newest first, that come after a place."""
        query = _with_state()
        if after is not None:
            query = query.where(tuple_(AdaptationRow.created_at, AdaptationRow.id) < after)
        ordered = query.order_by(AdaptationRow.created_at.desc(), AdaptationRow.id.desc()).limit(limit)
        return [_record(row, state) for row, state in self.session.execute(ordered)]

    def set_job(self, adaptation_id: str, job_id: str) -> None:
        """Remember the job that trains an adaptation."""
        self._change(adaptation_id, job_id=job_id)

    def finish(self, adaptation_id: str, verdicts: dict[str, Any], *, at: datetime) -> None:
        """Write what is thought of each method, and declare the numbers complete."""
        self._change(adaptation_id, verdicts=verdicts, finished_at=at)

    def delete(self, adaptation_id: str) -> None:
        """Delete an adaptation with its runs."""
        self.session.execute(delete(AdaptationRow).where(AdaptationRow.id == adaptation_id))

    def runs(self, adaptation_ids: Sequence[str], *, with_history: bool = False) -> list[AdaptationRun]:
        """The runs of some adaptations, in no order; their histories, which can be long, only if asked for."""
        query = select(AdaptationRunRow).where(AdaptationRunRow.adaptation_id.in_(adaptation_ids))
        if with_history:
            return [_run(row, row.history) for row in self.session.scalars(query)]
        light = query.options(defer(AdaptationRunRow.history, raiseload=True))
        return [_run(row, None) for row in self.session.scalars(light)]

    def run(self, run_id: str) -> AdaptationRun | None:
        """One run."""
        row = self.session.get(AdaptationRunRow, run_id, populate_existing=True)
        return None if row is None else _run(row, row.history)

    def set_history(self, run_id: str, history: History) -> None:
        """Write what a run has measured so far."""
        self._change_run(run_id, history=history_to_json(history))

    def end_run(self, run_id: str, outcome: Outcome, *, at: datetime) -> None:
        """Write what a run came to."""
        self._change_run(
            run_id,
            history=None if outcome.history is None else history_to_json(outcome.history),
            accuracies=None if outcome.accuracies is None else asdict(outcome.accuracies),
            weights=outcome.weights,
            arrays=outcome.arrays,
            predicted_shares=None if outcome.predicted_shares is None else list(outcome.predicted_shares),
            error=None if outcome.error is None else asdict(outcome.error),
            finished_at=at,
        )

    def artifacts(self, adaptation_id: str) -> set[str]:
        """Every artefact that an adaptation refers to."""
        query = select(*_ARTIFACTS).where(AdaptationRunRow.adaptation_id == adaptation_id)
        found = {artifact for row in self.session.execute(query) for artifact in row if artifact is not None}
        pretrained = select(AdaptationRow.pretrained).where(AdaptationRow.id == adaptation_id)
        return found | {artifact for artifact in self.session.scalars(pretrained) if artifact is not None}

    def referenced(self, artifacts: Iterable[str]) -> set[str]:
        """Those of the artefacts that any adaptation refers to."""
        wanted = list(artifacts)
        found: set[str] = set()
        for column in (*_ARTIFACTS, AdaptationRow.pretrained):
            query = select(column).where(column.in_(wanted)).distinct()
            found.update(artifact for artifact in self.session.scalars(query) if artifact is not None)
        return found

    def _change_run(self, run_id: str, **values: Any) -> None:
        self.session.execute(update(AdaptationRunRow).where(AdaptationRunRow.id == run_id).values(**values))

    def _change(self, adaptation_id: str, **values: Any) -> None:
        self.session.execute(update(AdaptationRow).where(AdaptationRow.id == adaptation_id).values(**values))


def _with_state() -> "Select[AdaptationRow, str]":
    # An adaptation without a job has no state: None, which an outer join does not tell the type checker.
    return select(AdaptationRow, Job.state).outerjoin(Job, Job.id == AdaptationRow.job_id)


def _record(row: AdaptationRow, job_state: str | None) -> Adaptation:
    return Adaptation(
        id=row.id,
        name=row.name,
        source_dataset_id=row.source_dataset_id,
        target_dataset_id=row.target_dataset_id,
        config=row.config,
        pretrained=row.pretrained,
        shared_classes=None if row.shared_classes is None else tuple(row.shared_classes),
        verdicts=row.verdicts,
        job_id=row.job_id,
        code_version=row.code_version,
        created_at=row.created_at,
        finished_at=row.finished_at,
        status=training_status(row.finished_at, job_state),
    )


def _run(row: AdaptationRunRow, history: Mapping[str, Any] | None) -> AdaptationRun:
    return AdaptationRun(
        id=row.id,
        adaptation_id=row.adaptation_id,
        method=cast("Method", row.method),
        seed=row.seed,
        outcome=Outcome(
            history=None if history is None else history_from_json(history),
            accuracies=None if row.accuracies is None else Accuracies(**row.accuracies),
            weights=row.weights,
            arrays=row.arrays,
            predicted_shares=None if row.predicted_shares is None else tuple(row.predicted_shares),
            error=None if row.error is None else Divergence(**row.error),
        ),
        finished_at=row.finished_at,
    )
