"""SQL of groupings and their runs."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, select, tuple_, update

from app.core.database import Session
from app.core.runs import Divergence, training_status
from app.groupings.records import GroupingRun, NewTaskGrouping, Outcome, TaskGrouping
from app.groupings.tables import GroupingRow, GroupingRunRow
from app.jobs.tables import Job
from app.multitask.histories import metrics_from_json, metrics_to_json
from models.multitask.results import Metrics


class GroupingsRepository:
    """Reads and writes the rows of groupings; commits nothing."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, grouping: NewTaskGrouping, runs: Iterable[GroupingRun]) -> None:
        """Insert a grouping with the runs that it shall have."""
        self.session.add(GroupingRow(**asdict(grouping)))
        self.session.flush()
        rows = [
            {
                "id": run.id,
                "grouping_id": grouping.id,
                "position": run.position,
                "method": run.method,
                "tasks": list(run.tasks),
            }
            for run in runs
        ]
        self.session.execute(insert(GroupingRunRow), rows)

    def get(self, atlas_id: str, grouping_id: str) -> TaskGrouping | None:
        """One grouping, if the atlas has it."""
        query = _with_state().where(GroupingRow.id == grouping_id, GroupingRow.atlas_id == atlas_id)
        found = self.session.execute(query).one_or_none()
        return None if found is None else _record(found[0], found[1])

    def page(self, atlas_id: str, *, after: tuple[datetime, str] | None, limit: int) -> list[TaskGrouping]:
        """At most `limit` groupings of an atlas, newest first, that come after a place."""
        query = _with_state().where(GroupingRow.atlas_id == atlas_id)
        if after is not None:
            query = query.where(tuple_(GroupingRow.created_at, GroupingRow.id) < after)
        ordered = query.order_by(GroupingRow.created_at.desc(), GroupingRow.id.desc()).limit(limit)
        return [_record(row, state) for row, state in self.session.execute(ordered)]

    def set_job(self, grouping_id: str, job_id: str) -> None:
        """Remember the job that checks a grouping."""
        self._change(grouping_id, job_id=job_id)

    def finish(self, grouping_id: str, *, at: datetime) -> None:
        """Declare the numbers complete."""
        self._change(grouping_id, finished_at=at)

    def delete(self, grouping_id: str) -> None:
        """Delete a grouping with its runs."""
        self.session.execute(delete(GroupingRow).where(GroupingRow.id == grouping_id))

    def runs(self, grouping_id: str) -> list[GroupingRun]:
        """The runs of a grouping in the order they were planned."""
        query = select(GroupingRunRow).where(GroupingRunRow.grouping_id == grouping_id)
        return [_run(row) for row in self.session.scalars(query.order_by(GroupingRunRow.position))]

    def run(self, run_id: str) -> GroupingRun | None:
        """One run."""
        row = self.session.get(GroupingRunRow, run_id, populate_existing=True)
        return None if row is None else _run(row)

    def end_run(self, run_id: str, outcome: Outcome, *, at: datetime) -> None:
        """Write what a run came to."""
        metrics, validation = outcome.metrics, outcome.validation_metrics
        values: dict[str, Any] = {
            "metrics": None if metrics is None else metrics_to_json(metrics),
            "validation_metrics": None if validation is None else metrics_to_json(validation),
            "weights": outcome.weights,
            "error": None if outcome.error is None else asdict(outcome.error),
            "finished_at": at,
        }
        self.session.execute(update(GroupingRunRow).where(GroupingRunRow.id == run_id).values(**values))

    def artifacts(self, atlas_id: str, grouping_id: str | None = None) -> set[str]:
        """Every artefact that an atlas's groupings refer to, or one of them."""
        query = select(GroupingRunRow.weights).join(GroupingRow, GroupingRow.id == GroupingRunRow.grouping_id)
        query = query.where(GroupingRow.atlas_id == atlas_id)
        if grouping_id is not None:
            query = query.where(GroupingRow.id == grouping_id)
        return {artifact for artifact in self.session.scalars(query) if artifact is not None}

    def referenced(self, artifacts: Iterable[str]) -> set[str]:
        """Those of the artefacts that any grouping refers to."""
        query = select(GroupingRunRow.weights).where(GroupingRunRow.weights.in_(list(artifacts))).distinct()
        return {artifact for artifact in self.session.scalars(query) if artifact is not None}

    def _change(self, grouping_id: str, **values: Any) -> None:
        self.session.execute(update(GroupingRow).where(GroupingRow.id == grouping_id).values(**values))


def _with_state() -> "Select[GroupingRow, str]":
    # A grouping without a job has no state: None, which an outer join does not tell the type checker.
    return select(GroupingRow, Job.state).outerjoin(Job, Job.id == GroupingRow.job_id)


def _record(row: GroupingRow, job_state: str | None) -> TaskGrouping:
    return TaskGrouping(
        id=row.id,
        atlas_id=row.atlas_id,
        name=row.name,
        config=row.config,
        prediction=row.prediction,
        job_id=row.job_id,
        code_version=row.code_version,
        created_at=row.created_at,
        finished_at=row.finished_at,
        status=training_status(row.finished_at, job_state),
    )


def _run(row: GroupingRunRow) -> GroupingRun:
    return GroupingRun(
        id=row.id,
        grouping_id=row.grouping_id,
        position=row.position,
        method=row.method,
        tasks=tuple(row.tasks),
        outcome=Outcome(
            metrics=_metrics(row.metrics),
            validation_metrics=_metrics(row.validation_metrics),
            weights=row.weights,
            error=None if row.error is None else Divergence(**row.error),
        ),
        finished_at=row.finished_at,
    )


def _metrics(document: Mapping[str, Any] | None) -> Metrics | None:
    return None if document is None else metrics_from_json(document)
