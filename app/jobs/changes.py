"""What follows from a change of a job: its event, its group's state, the rings, and artefacts no longer needed."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from app.core.database import Session, after_commit
from app.core.platform import Platform
from app.jobs.repository import JobRepository
from app.jobs.schemas import job_view
from app.jobs.states import FINAL, STARTING, EventKind, JobState
from app.jobs.tables import Job

_SHOWN = 1  # running jobs whose steps their group tells: it is one line


class JobChanges:
    """Keeps groups, events and rings in step with jobs, inside the caller's transaction.

    Whoever changes a job of a group locks the group first (`locked`): so the later of two changes sees the earlier,
    and no two transactions wait for each other in a circle.
    """

    def __init__(self, session: Session, platform: Platform) -> None:
        self._session = session
        self._platform = platform
        self._jobs = JobRepository(session)

    def now(self) -> datetime:
        """Database time."""
        return self._platform.database.now(self._session)

    def locked(self, job_id: str) -> Job | None:
        """Return a job as it is now, held with its group against other writers until the transaction ends."""
        job = self._jobs.get(job_id)
        if job is not None and job.parent_id is not None:
            self._jobs.lock(job.parent_id)
        return self._jobs.lock(job_id)

    def changed(self, job: Job, kind: EventKind, now: datetime) -> None:
        """Tell of a change of a job, and let its group follow."""
        self._session.flush()
        self._tell(job, kind, now)
        if job.parent_id is not None:
            if job.state in {JobState.FAILED, JobState.CANCELLED}:
                self.cancel_children(job.parent_id, now)
            self.settle(job.parent_id, kind, now)

    def end(self, job: Job, state: JobState, now: datetime) -> None:
        """Bring a job to a final state; it needs its lease and its checkpoint no more."""
        job.state = state
        job.finished_at = now
        job.worker = job.lease_expires_at = job.not_before = None
        if job.checkpoint is not None:
            self.drop_checkpoint(job.checkpoint)
            job.checkpoint = None
        if state != JobState.FAILED:
            job.step = "done" if state == JobState.SUCCEEDED else "cancelled"
        self.changed(job, EventKind.STATE, now)

    def cancel(self, job: Job, now: datetime) -> None:
        """Cancel a job: at once while it is queued; a running one is asked to stop."""
        job.cancel_requested = True
        if job.state == JobState.QUEUED:
            self.end(job, JobState.CANCELLED, now)
        else:
            self.changed(job, EventKind.PROGRESS, now)

    def cancel_children(self, group_id: str, now: datetime) -> None:
        """Cancel what is unfinished of a group, which the caller has locked."""
        for child in self._jobs.children(group_id):
            if child.cancel_requested or child.state in FINAL:
                continue
            child.cancel_requested = True
            kind = EventKind.PROGRESS
            if child.state == JobState.QUEUED:
                child.state, child.finished_at, child.step = JobState.CANCELLED, now, "cancelled"
                child.not_before = None
                kind = EventKind.STATE
            self._session.flush()
            self._tell(child, kind, now)

    def settle(self, group_id: str, kind: EventKind, now: datetime) -> None:
        """Bring a group, which the caller has locked, in line with its jobs."""
        group = self._jobs.get(group_id)
        if group is None or group.state in FINAL:
            return
        children = self._jobs.children(group_id)
        before = group.state
        _roll_up(group, children, now)
        self._session.flush()
        self._tell(group, kind if group.state == before else EventKind.STATE, now)

    def ring(self, jobs: Iterable[Job]) -> None:
        """Ring for jobs once the transaction is committed."""
        rings = [(job.kind, job.id, job.queue) for job in jobs]
        if not rings:
            return
        self._jobs.mark_rung([job_id for _, job_id, _ in rings], self.now())

        def ring_all() -> None:
            for ring in rings:
                if not self._platform.queue.ring(*ring):
                    return  # without a broker a later sweep rings for all of them

        after_commit(self._session, ring_all)

    def drop_checkpoint(self, artifact: str) -> None:
        """Remove a checkpoint once the transaction is committed, unless another job has the very same."""

        def drop() -> None:
            with self._platform.database.session(read_only=True) as session:
                needed = JobRepository(session).is_checkpoint(artifact)
            if not needed:
                self._platform.artifacts.delete(artifact)

        after_commit(self._session, drop)

    def _tell(self, job: Job, kind: EventKind, now: datetime) -> None:
        if kind == EventKind.PROGRESS or job.state in FINAL:
            # Only the newest report says how far a job is, and none once it has ended: a build of hours makes many.
            self._jobs.forget_events(job.id, EventKind.PROGRESS)
        self._jobs.add_event(job.id, kind, job_view(job, now).model_dump(mode="json"), now)


def _roll_up(group: Job, children: Sequence[Job], now: datetime) -> None:
    total = sum(child.weight for child in children)
    group.progress = sum(child.weight * child.progress for child in children) / total if total else 0.0
    group.attempt = max(child.attempt for child in children)
    group.started_at = min((child.started_at for child in children if child.started_at), default=None)
    group.attempt_started_at = group.started_at
    counts = {state.value: sum(child.state == state for child in children) for state in JobState}
    group.children = counts
    group.state = _group_state(children, cancelled=group.cancel_requested)
    if group.state in FINAL:
        group.finished_at = now
        group.step = "done" if group.state == JobState.SUCCEEDED else str(group.state)
        group.error = next((_of_child(child) for child in children if child.state == JobState.FAILED), None)
        return
    running = [_doing(child) for child in children if child.state == JobState.RUNNING]
    more = [f"and {len(running) - _SHOWN} more"] if len(running) > _SHOWN else []
    group.step = "; ".join(
        [f"{counts[JobState.SUCCEEDED]} of {len(children)} done", *running[:_SHOWN], *more]
    )


def _doing(child: Job) -> str:
    return f"{child.title}: {STARTING}" if child.step == STARTING else child.step


def _of_child(child: Job) -> dict[str, str]:
    error = child.error or {"title": "Failed", "detail": "no reason is known"}
    return {"title": error["title"], "detail": f"{child.title}: {error['detail']}"}


def _group_state(children: Sequence[Job], *, cancelled: bool) -> JobState:
    states = {child.state for child in children}
    if states == {JobState.SUCCEEDED}:
        return JobState.SUCCEEDED
    if states <= FINAL:
        return JobState.FAILED if JobState.FAILED in states else JobState.CANCELLED
    if states == {JobState.QUEUED} and not cancelled:
        return JobState.QUEUED
    return JobState.RUNNING
