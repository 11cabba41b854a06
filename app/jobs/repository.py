"""Jobs in the database: the only place with their SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, and_, case, delete, exists, func, insert, select, tuple_, update
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from app.core.database import Session
from app.jobs.states import FINAL, STARTING, JobState
from app.jobs.tables import Job, JobDependency, JobEvent, Worker


def _ready() -> ColumnElement[bool]:
    """Everything that the job depends on has succeeded."""
    before = aliased(Job)
    waits = (
        select(JobDependency.job_id)
        .join(before, before.id == JobDependency.depends_on_id)
        .where(JobDependency.job_id == Job.id, before.state != JobState.SUCCEEDED)
    )
    return ~exists(waits)


def _due(now: datetime) -> ColumnElement[bool]:
    """The wait after a loss is over."""
    return Job.not_before.is_(None) | (Job.not_before <= now)


class JobRepository:
    """Jobs, their events and the workers."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, job: Job, depends_on: Collection[str] = ()) -> None:
        """Store a new job."""
        self.session.add(job)
        self.session.flush()
        if depends_on:
            rows = [{"job_id": job.id, "depends_on_id": other} for other in depends_on]
            self.session.execute(insert(JobDependency), rows)

    def get(self, job_id: str) -> Job | None:
        """Return a job as the database has it now."""
        return self.session.get(Job, job_id, populate_existing=True)

    def lock(self, job_id: str) -> Job | None:
        """Return a job, held against other writers until the transaction ends."""
        query = select(Job).where(Job.id == job_id).with_for_update()
        return self.session.scalars(query, execution_options={"populate_existing": True}).one_or_none()

    def list(
        self,
        limit: int,
        *,
        after: tuple[datetime, str] | None = None,
        state: JobState | None = None,
        kind: str | None = None,
        parent_id: str | None = None,
    ) -> Sequence[Job]:
        """Return jobs, newest first: those of a parent; else those of a kind; else those without a parent."""
        query = select(Job).order_by(Job.created_at.desc(), Job.id.desc())
        if parent_id is not None or kind is None:
            query = query.where(Job.parent_id == parent_id)
        if after is not None:
            query = query.where(tuple_(Job.created_at, Job.id) < after)
        if state is not None:
            query = query.where(Job.state == state)
        if kind is not None:
            query = query.where(Job.kind == kind)
        return self.session.scalars(query.limit(limit)).all()

    def children(self, parent_id: str) -> Sequence[Job]:
        """Return a group's jobs in their order, as the database has them now."""
        query = select(Job).where(Job.parent_id == parent_id).order_by(Job.position)
        return self.session.scalars(query, execution_options={"populate_existing": True}).all()

    def claim(self, job_id: str, worker: str, now: datetime, expires: datetime) -> bool:
        """Take a queued job whose turn it is; only one of many who try succeeds."""
        begins_at = case((Job.checkpoint.is_(None), 0.0), else_=Job.progress)
        return self._changed(
            update(Job)
            .where(Job.id == job_id, Job.state == JobState.QUEUED, ~Job.is_group, _due(now), _ready())
            .values(
                state=JobState.RUNNING,
                step=STARTING,
                attempt=Job.attempt + 1,
                attempt_started_at=now,
                attempt_progress=begins_at,
                progress=begins_at,
                worker=worker,
                lease_expires_at=expires,
                started_at=func.coalesce(Job.started_at, now),
            )
            .execution_options(synchronize_session=False)
        )

    def renew(self, job_id: str, worker: str, attempt: int, expires: datetime) -> bool:
        """Extend the lease of a running job, if this worker still holds it in this attempt."""
        return self._changed(
            update(Job)
            .where(
                Job.id == job_id,
                Job.state == JobState.RUNNING,
                Job.worker == worker,
                Job.attempt == attempt,
            )
            .values(lease_expires_at=expires)
            .execution_options(synchronize_session=False)
        )

    def abandoned(self, now: datetime, restarted_worker: str | None) -> Sequence[Job]:
        """Return running jobs whose lease has run out, or whose worker has just started anew.

        Always in the same order, so that two sweeps that lock them wait for each other and never in a circle.
        """
        lost = Job.lease_expires_at < now
        if restarted_worker is not None:
            lost |= Job.worker == restarted_worker
        query = select(Job).where(Job.state == JobState.RUNNING, ~Job.is_group, lost)
        return self.session.scalars(query.order_by(Job.parent_id, Job.id)).all()

    def to_ring(
        self, queues: Collection[str], now: datetime, not_since: datetime, limit: int
    ) -> Sequence[Job]:
        """Return queued jobs whose turn it is and that were not rung lately, oldest first."""
        unrung = Job.rung_at.is_(None) | (Job.rung_at <= not_since)
        query = (
            select(Job)
            .where(
                Job.state == JobState.QUEUED,
                ~Job.is_group,
                Job.queue.in_(queues),
                unrung,
                _due(now),
                _ready(),
            )
            .order_by(Job.created_at, Job.position)
            .limit(limit)
        )
        return self.session.scalars(query).all()

    def ready_dependents(self, job_id: str) -> Sequence[Job]:
        """Return the queued jobs that waited for this one and now can start."""
        waited = exists().where(and_(JobDependency.job_id == Job.id, JobDependency.depends_on_id == job_id))
        query = select(Job).where(Job.state == JobState.QUEUED, waited, _ready()).order_by(Job.position)
        return self.session.scalars(query).all()

    def mark_rung(self, job_ids: Collection[str], now: datetime) -> None:
        """Remember that jobs were rung."""
        self.session.execute(
            update(Job)
            .where(Job.id.in_(job_ids))
            .values(rung_at=now)
            .execution_options(synchronize_session=False)
        )

    def count_by_state(self) -> dict[str, int]:
        """Return how many jobs are in each state, groups left out."""
        query = select(Job.state, func.count()).where(~Job.is_group).group_by(Job.state)
        counts = dict(self.session.execute(query).all())
        return {state.value: counts.get(state, 0) for state in JobState}

    def unfinished_of(self, resource_id: str) -> Sequence[str]:
        """Return the ids of a resource's jobs that have not ended, groups first."""
        query = select(Job.id).where(Job.resource_id == resource_id, Job.state.not_in(FINAL))
        return self.session.scalars(query.order_by(Job.is_group.desc(), Job.position)).all()

    def is_checkpoint(self, artifact: str) -> bool:
        """Return whether a job goes on from this artefact."""
        return self.session.scalar(select(exists().where(Job.checkpoint == artifact))) or False

    def add_event(self, job_id: str, kind: str, data: dict[str, Any], at: datetime) -> None:
        """Append to what happened to a job."""
        self.session.add(JobEvent(job_id=job_id, kind=kind, data=data, at=at))

    def forget_events(self, job_id: str, kind: str) -> None:
        """Remove the events of a kind: of an ended job nobody needs to know how it got on."""
        self.session.execute(delete(JobEvent).where(JobEvent.job_id == job_id, JobEvent.kind == kind))

    def events(self, job_id: str, after: int, limit: int) -> Sequence[JobEvent]:
        """Return what happened to a job after an event."""
        query = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.id > after)
        return self.session.scalars(query.order_by(JobEvent.id).limit(limit)).all()

    def last_event_id(self, job_id: str) -> int:
        """Return the newest event of a job, 0 when there is none."""
        query = select(func.max(JobEvent.id)).where(JobEvent.job_id == job_id)
        return self.session.scalar(query) or 0

    def hear_from(self, worker: str, queues: Sequence[str], now: datetime) -> None:
        """Remember that a worker is alive."""
        row = self.session.get(Worker, worker)
        if row is None:
            self.session.add(Worker(name=worker, queues=list(queues), seen_at=now))
        else:
            row.queues, row.seen_at = list(queues), now

    def forget(self, worker: str) -> None:
        """A worker has gone."""
        self.session.execute(delete(Worker).where(Worker.name == worker))

    def workers_seen_since(self, moment: datetime) -> Sequence[Worker]:
        """Return the workers heard of since a moment."""
        return self.session.scalars(select(Worker).where(Worker.seen_at >= moment)).all()

    def _changed(self, statement: Any) -> bool:
        return cast("CursorResult[Any]", self.session.execute(statement)).rowcount == 1
