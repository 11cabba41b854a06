"""SQL of novel targets and their models."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, delete, insert, select, tuple_, update

from app.core.database import Session
from app.core.ids import new_id
from app.jobs.tables import Job
from app.targets.records import ModelKind, ModelScore, NewModel, NewTarget, Status, StoredModel, Target
from app.targets.tables import NovelModelRow, NovelTargetRow
from app.transfers.records import SEPARATOR

_STATUS_OF_JOB: dict[str | None, Status] = {"failed": "failed", "cancelled": "cancelled"}
_ARTIFACTS = (NovelModelRow.weights, NovelModelRow.losses, NovelModelRow.curves)


class TargetsRepository:
    """Reads and writes the rows of novel targets; commits nothing."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, target: NewTarget) -> None:
        """Insert a target."""
        self.session.add(NovelTargetRow(**asdict(target)))
        self.session.flush()

    def get(self, atlas_id: str, target_id: str) -> Target | None:
        """One target, if the atlas has it."""
        query = _with_state().where(NovelTargetRow.id == target_id, NovelTargetRow.atlas_id == atlas_id)
        found = self.session.execute(query).one_or_none()
        return None if found is None else _record(found[0], found[1])

    def page(self, atlas_id: str, *, after: tuple[datetime, str] | None, limit: int) -> list[Target]:
        """At most `limit` targets of an atlas, newest first, that come after a place."""
        query = _with_state().where(NovelTargetRow.atlas_id == atlas_id)
        if after is not None:
            query = query.where(tuple_(NovelTargetRow.created_at, NovelTargetRow.id) < after)
        ordered = query.order_by(NovelTargetRow.created_at.desc(), NovelTargetRow.id.desc()).limit(limit)
        return [_record(row, state) for row, state in self.session.execute(ordered)]

    def set_job(self, target_id: str, job_id: str) -> None:
        """Remember the job that trains for a target."""
        self._change(target_id, job_id=job_id)

    def set_facts(self, target_id: str, facts: dict[str, Any]) -> None:
        """Remember what there is to know of the task."""
        self._change(target_id, facts=facts)

    def finish(self, target_id: str, *, at: datetime) -> None:
        """Declare a target's numbers complete."""
        self._change(target_id, finished_at=at)

    def delete(self, target_id: str) -> None:
        """Delete a target with its models."""
        self.session.execute(delete(NovelTargetRow).where(NovelTargetRow.id == target_id))

    def add_models(self, target_id: str, models: Iterable[NewModel]) -> None:
        """Insert what was trained for a target."""
        rows = [
            {
                **asdict(model),
                "id": new_id("mdl"),
                "target_id": target_id,
                "sources": SEPARATOR.join(model.sources),
            }
            for model in models
        ]
        if rows:
            self.session.execute(insert(NovelModelRow), rows)

    def models(self, target_id: str) -> list[StoredModel]:
        """Everything that answers for a target, the best on the validation images first."""
        rows = self.session.scalars(select(NovelModelRow).where(NovelModelRow.target_id == target_id))
        return sorted(
            map(_model, rows), key=lambda model: (model.validation_loss, model.order, model.sources)
        )

    def score(self, scores: Sequence[ModelScore]) -> None:
        """Write what the test images said."""
        if scores:
            self.session.execute(
                update(NovelModelRow),
                [{**asdict(score), "id": score.model_id} for score in scores],
            )

    def artifacts(self, atlas_id: str, target_id: str | None = None) -> set[str]:
        """Every artefact that an atlas's novel targets refer to, or one of them."""
        query = select(*_ARTIFACTS).join(NovelTargetRow, NovelTargetRow.id == NovelModelRow.target_id)
        query = query.where(NovelTargetRow.atlas_id == atlas_id)
        if target_id is not None:
            query = query.where(NovelTargetRow.id == target_id)
        return {artifact for row in self.session.execute(query) for artifact in row if artifact is not None}

    def referenced(self, artifacts: Iterable[str]) -> set[str]:
        """Those of the artefacts that any novel target refers to."""
        wanted = list(artifacts)
        found: set[str] = set()
        for column in _ARTIFACTS:
            query = select(column).where(column.in_(wanted)).distinct()
            found.update(artifact for artifact in self.session.scalars(query) if artifact is not None)
        return found

    def _change(self, target_id: str, **values: Any) -> None:
        self.session.execute(update(NovelTargetRow).where(NovelTargetRow.id == target_id).values(**values))


def _with_state() -> "Select[NovelTargetRow, str]":
    # A target without a job has no state: None, which an outer join does not tell the type checker.
    return select(NovelTargetRow, Job.state).outerjoin(Job, Job.id == NovelTargetRow.job_id)


def _record(row: NovelTargetRow, job_state: str | None) -> Target:
    status: Status = "ready" if row.finished_at is not None else _STATUS_OF_JOB.get(job_state, "training")
    return Target(
        id=row.id,
        atlas_id=row.atlas_id,
        dataset_id=row.dataset_id,
        name=row.name,
        task=row.task,
        config=row.config,
        facts=row.facts,
        job_id=row.job_id,
        code_version=row.code_version,
        created_at=row.created_at,
        finished_at=row.finished_at,
        status=status,
    )


def _model(row: NovelModelRow) -> StoredModel:
    return StoredModel(
        id=row.id,
        target_id=row.target_id,
        kind=cast("ModelKind", row.kind),
        sources=tuple(row.sources.split(SEPARATOR)) if row.sources else (),
        validation_loss=row.validation_loss,
        test_loss=row.test_loss,
        affinity=row.affinity,
        win_rate=row.win_rate,
        win_rate_vs_scratch=row.win_rate_vs_scratch,
        win_rate_vs_constant=row.win_rate_vs_constant,
        metrics=row.metrics,
        weights=row.weights,
        losses=row.losses,
        curves=row.curves,
    )
