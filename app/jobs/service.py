"""Jobs as users and other use cases know them: submitted, looked at, cancelled.

The database is the truth and its clock the only one; the broker is rung after the commit and may lose every ring.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.database import Session
from app.core.errors import Conflict, NotFound
from app.core.ids import new_id
from app.core.platform import Platform
from app.core.queue import CPU
from app.jobs.changes import JobChanges
from app.jobs.repository import JobRepository
from app.jobs.states import FINAL, EventKind, JobState
from app.jobs.tables import Job, JobEvent


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A job to be submitted.

    Attributes:
        kind: which handler runs it; the name of its Celery task.
        title: what a person calls it.
        config: everything the handler needs; the run can be repeated from it.
        weight: its share of the group's work.
        depends_on: positions, in the same submission, of the jobs that must succeed first.
        queue: which workers may run it.
    """

    kind: str
    title: str
    config: dict[str, Any]
    weight: float = 1.0
    depends_on: tuple[int, ...] = ()
    queue: str = CPU


@dataclass(frozen=True, slots=True)
class Resource:
    """What jobs work on: `kind` such as `atlas`, and its id."""

    kind: str
    id: str


class JobsService:
    """Use cases of jobs, inside the caller's transaction."""

    def __init__(self, session: Session, platform: Platform) -> None:
        self._jobs = JobRepository(session)
        self._changes = JobChanges(session, platform)

    def now(self) -> datetime:
        """Database time."""
        return self._changes.now()

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            NotFound: There is none of that id.
        """
        job = self._jobs.get(job_id)
        if job is None:
            raise NotFound(f"there is no job {job_id}")
        return job

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
        return self._jobs.list(limit, after=after, state=state, kind=kind, parent_id=parent_id)

    def count_by_state(self) -> dict[str, int]:
        """Return how many jobs are in each state, groups left out."""
        return self._jobs.count_by_state()

    def events(self, job_id: str, after: int, limit: int = 100) -> Sequence[JobEvent]:
        """Return what happened to a job after an event."""
        return self._jobs.events(job_id, after, limit)

    def last_event_id(self, job_id: str) -> int:
        """Return the newest event of a job, 0 when there is none."""
        return self._jobs.last_event_id(job_id)

    def submit(
        self, spec: JobSpec, resource: Resource | None = None, result: dict[str, Any] | None = None
    ) -> Job:
        """Store one job and ring for it once the transaction is committed."""
        now = self.now()
        job = _new_job(spec, now, resource=resource, result=result)
        self._jobs.add(job)
        self._changes.changed(job, EventKind.STATE, now)
        self._changes.ring([job])
        return job

    def submit_group(
        self,
        kind: str,
        title: str,
        resource: Resource,
        children: Sequence[JobSpec],
        result: dict[str, Any] | None = None,
    ) -> Job:
        """Store a group of jobs that depend on one another; its state, progress and ETA follow from theirs.

        Args:
            kind: of the group; no handler runs it.
            title: what a person calls it.
            resource: what all of its jobs work on.
            children: its jobs, at least one; each may depend on earlier ones.
            result: what the group answers with, such as the id of what it makes.

        Returns:
            The group. It succeeds with its last job; when one fails the others are cancelled and it fails.
        """
        if not children:
            raise ValueError("a group needs a job")
        now = self.now()
        group = _new_job(JobSpec(kind, title, {}), now, resource=resource, result=result)
        group.is_group = True
        self._jobs.add(group)
        jobs: list[Job] = []
        for position, spec in enumerate(children):
            if any(not 0 <= other < position for other in spec.depends_on):
                raise ValueError(
                    f"job {position} of a group may depend on earlier ones only: {spec.depends_on}"
                )
            job = _new_job(spec, now, resource=resource, parent_id=group.id, position=position)
            self._jobs.add(job, [jobs[other].id for other in spec.depends_on])
            jobs.append(job)
        self._changes.settle(group.id, EventKind.STATE, now)
        self._changes.ring(job for job, spec in zip(jobs, children, strict=True) if not spec.depends_on)
        return group

    def cancel(self, job_id: str) -> Job:
        """Cancel a job: at once while it is queued, at its next step while it runs; a group with all of its jobs.

        Raises:
            NotFound: There is no such job.
            Conflict: It has ended already.
        """
        job = self._changes.locked(job_id)
        if job is None:
            raise NotFound(f"there is no job {job_id}")
        if job.state in FINAL:
            raise Conflict(f"job {job_id} has already {_ENDED[JobState(job.state)]}")
        now = self.now()
        if not job.is_group:
            self._changes.cancel(job, now)
            return job
        job.cancel_requested = True
        self._changes.cancel_children(job.id, now)
        self._changes.settle(job.id, EventKind.STATE, now)
        return job

    def cancel_all_of(self, resource_id: str) -> None:
        """Cancel whatever still works on a resource."""
        for job_id in self._jobs.unfinished_of(resource_id):
            job = self._changes.locked(job_id)
            if job is not None and job.state not in FINAL:
                self.cancel(job_id)


_ENDED = {
    JobState.SUCCEEDED: "succeeded",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "been cancelled",
}


def _new_job(
    spec: JobSpec,
    now: datetime,
    *,
    resource: Resource | None,
    result: dict[str, Any] | None = None,
    parent_id: str | None = None,
    position: int = 0,
) -> Job:
    return Job(
        id=new_id("job"),
        kind=spec.kind,
        title=spec.title,
        queue=spec.queue,
        is_group=False,
        parent_id=parent_id,
        position=position,
        weight=spec.weight,
        resource_kind=resource.kind if resource else None,
        resource_id=resource.id if resource else None,
        config=spec.config,
        state=JobState.QUEUED,
        progress=0.0,
        step="waiting",
        result=result,
        attempt=0,
        attempt_progress=0.0,
        losses=0,
        cancel_requested=False,
        created_at=now,
    )
