"""SQL of multi-task trainings and their runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, select, tuple_, update
from sqlalchemy.orm import defer

from app.core.database import Session
from app.core.runs import Divergence, training_status
from app.jobs.tables import Job
from app.multitask.histories import (
    history_from_json,
    history_to_json,
    metrics_from_json,
    metrics_to_json,
)
from app.multitask.records import Multitask, MultitaskRun, NewMultitask, Outcome
from app.multitask.tables import MultitaskRow, MultitaskRunRow
from models.multitask.results import History, Metrics
from models.taxonomy.own import OwnTask


class MultitaskRepository:
    """Reads and writes the rows of multi-task trainings; commits nothing."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, multitask: NewMultitask, runs: Iterable[MultitaskRun]) -> None:
        """Insert a training with the runs that it shall have."""
        fields = asdict(multitask) | {"own": [task.to_json() for task in multitask.own]}
        self.session.add(MultitaskRow(**fields))
        self.session.flush()
        rows = [
            {
                "id": run.id,
                "multitask_id": multitask.id,
                "position": run.position,
                "method": run.method,
                "seed": run.seed,
                "preference": None if run.preference is None else list(run.preference),
            }
            for run in runs
        ]
        self.session.execute(insert(MultitaskRunRow), rows)

    def get(self, multitask_id: str) -> Multitask | None:
        """One training."""
        found = self.session.execute(_with_state().where(MultitaskRow.id == multitask_id)).one_or_none()
        return None if found is None else _record(found[0], found[1])

    def page(self, *, after: tuple[datetime, str] | None, limit: int) -> list[Multitask]:
        """At most `limit` trainings, newest first, that come after a place."""
        query = _with_state()
        if after is not None:
            query = query.where(tuple_(MultitaskRow.created_at, MultitaskRow.id) < after)
        ordered = query.order_by(MultitaskRow.created_at.desc(), MultitaskRow.id.desc()).limit(limit)
        return [_record(row, state) for row, state in self.session.execute(ordered)]

    def set_job(self, multitask_id: str, job_id: str) -> None:
        """Remember the job of a training."""
        self._change(multitask_id, job_id=job_id)

    def finish(self, multitask_id: str, *, at: datetime) -> None:
        """Declare the numbers complete."""
        self._change(multitask_id, finished_at=at)

    def delete(self, multitask_id: str) -> None:
        """Delete a training with its runs."""
        self.session.execute(delete(MultitaskRow).where(MultitaskRow.id == multitask_id))

    def runs(self, multitask_ids: Sequence[str], *, with_history: bool = False) -> list[MultitaskRun]:
        """The runs of some trainings in the order they were asked for; histories, which are long, only if asked for."""
        query = (
            select(MultitaskRunRow)
            .where(MultitaskRunRow.multitask_id.in_(multitask_ids))
            .order_by(MultitaskRunRow.multitask_id, MultitaskRunRow.position)
        )
        if with_history:
            return [_run(row, row.history) for row in self.session.scalars(query)]
        light = query.options(defer(MultitaskRunRow.history, raiseload=True))
        return [_run(row, None) for row in self.session.scalars(light)]

    def run(self, run_id: str) -> MultitaskRun | None:
        """One run."""
        row = self.session.get(MultitaskRunRow, run_id, populate_existing=True)
        return None if row is None else _run(row, row.history)

    def set_history(self, run_id: str, history: History) -> None:
        """Write what a run has measured so far."""
        self._change_run(run_id, history=history_to_json(history))

    def end_run(self, run_id: str, outcome: Outcome, *, at: datetime) -> None:
        """Write what a run came to."""
        metrics, validation = outcome.metrics, outcome.validation_metrics
        self._change_run(
            run_id,
            history=None if outcome.history is None else history_to_json(outcome.history),
            metrics=None if metrics is None else metrics_to_json(metrics),
            validation_metrics=None if validation is None else metrics_to_json(validation),
            weights=outcome.weights,
            error=None if outcome.error is None else asdict(outcome.error),
            finished_at=at,
        )

    def artifacts(self, multitask_id: str) -> set[str]:
        """Every artefact that a training refers to."""
        query = select(MultitaskRunRow.weights).where(MultitaskRunRow.multitask_id == multitask_id)
        return {artifact for artifact in self.session.scalars(query) if artifact is not None}

    def referenced(self, artifacts: Iterable[str]) -> set[str]:
        """Those of the artefacts that any training refers to."""
        query = select(MultitaskRunRow.weights).where(MultitaskRunRow.weights.in_(list(artifacts))).distinct()
        return {artifact for artifact in self.session.scalars(query) if artifact is not None}

    def _change_run(self, run_id: str, **values: Any) -> None:
        self.session.execute(update(MultitaskRunRow).where(MultitaskRunRow.id == run_id).values(**values))

    def _change(self, multitask_id: str, **values: Any) -> None:
        self.session.execute(update(MultitaskRow).where(MultitaskRow.id == multitask_id).values(**values))


def _with_state() -> "Select[MultitaskRow, str]":
    # A training without a job has no state: None, which an outer join does not tell the type checker.
    return select(MultitaskRow, Job.state).outerjoin(Job, Job.id == MultitaskRow.job_id)


def _record(row: MultitaskRow, job_state: str | None) -> Multitask:
    return Multitask(
        id=row.id,
        name=row.name,
        dataset_id=row.dataset_id,
        config=row.config,
        own=tuple(OwnTask.from_json(task) for task in row.own),
        job_id=row.job_id,
        code_version=row.code_version,
        created_at=row.created_at,
        finished_at=row.finished_at,
        status=training_status(row.finished_at, job_state),
    )


def _run(row: MultitaskRunRow, history: Mapping[str, Any] | None) -> MultitaskRun:
    return MultitaskRun(
        id=row.id,
        multitask_id=row.multitask_id,
        position=row.position,
        method=row.method,
        seed=row.seed,
        preference=None if row.preference is None else tuple(row.preference),
        outcome=Outcome(
            history=None if history is None else history_from_json(history),
            metrics=_metrics(row.metrics),
            validation_metrics=_metrics(row.validation_metrics),
            weights=row.weights,
            error=None if row.error is None else Divergence(**row.error),
        ),
        finished_at=row.finished_at,
    )


def _metrics(document: Mapping[str, Any] | None) -> Metrics | None:
    return None if document is None else metrics_from_json(document)
