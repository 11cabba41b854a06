"""How workers hold jobs: claimed under a lease, kept by heartbeat, ended in the transaction of the result.

A lease is (worker, attempt). Whatever a worker changes is conditional on it, so that of two workers that have run
the same job only one can commit; the other is told by `LeaseLost` and its transaction rolled back.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.core.database import Session
from app.core.platform import Platform
from app.jobs.changes import JobChanges
from app.jobs.repository import JobRepository
from app.jobs.states import EventKind, JobState
from app.jobs.tables import Job

_RUNG_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run a job: lost as soon as another attempt began or the job was queued again."""

    job_id: str
    worker: str
    attempt: int


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job as its worker gets it."""

    lease: Lease
    kind: str
    config: dict[str, Any]
    resource_id: str | None
    checkpoint: str | None


@dataclass(slots=True)
class Swept:
    """What a sweep did: ids of jobs queued again, given up, and rung again."""

    requeued: list[str] = field(default_factory=list[str])
    given_up: list[str] = field(default_factory=list[str])
    rung: list[str] = field(default_factory=list[str])


class LeaseLost(Exception):
    """Another worker has the job, or it was cancelled; what this one did of it is void."""


class LeasesService:
    """What workers do with jobs, inside the caller's transaction."""

    def __init__(self, session: Session, platform: Platform) -> None:
        self._session = session
        self._jobs = JobRepository(session)
        self._changes = JobChanges(session, platform)
        self._settings = platform.settings.worker

    def claim(self, job_id: str, worker: str) -> ClaimedJob | None:
        """Take a job under a lease; None when another has it, it has ended, or its turn has not come."""
        self._changes.locked(job_id)
        now = self._changes.now()
        if not self._jobs.claim(job_id, worker, now, self._expiry(now)):
            return None
        job = self._jobs.lock(job_id)
        if job is None:
            return None
        self._changes.changed(job, EventKind.STATE, now)
        lease = Lease(job.id, worker, job.attempt)
        return ClaimedJob(lease, job.kind, job.config, job.resource_id, job.checkpoint)

    def heartbeat(self, lease: Lease) -> bool:
        """Renew a lease.

        Returns:
            Whether the job should stop, because someone cancelled it.

        Raises:
            LeaseLost: The lease is not held any more.
        """
        expires = self._expiry(self._changes.now())
        if not self._jobs.renew(lease.job_id, lease.worker, lease.attempt, expires):
            raise LeaseLost(lease.job_id)
        job = self._jobs.get(lease.job_id)
        return job is not None and job.cancel_requested

    def report(self, lease: Lease, progress: float, step: str) -> bool:
        """Store how far a job is.

        Returns:
            Whether the job should stop, because someone cancelled it.

        Raises:
            LeaseLost: The lease is not held any more.
        """
        job = self.held(lease)
        job.progress = min(max(progress, 0.0), 1.0)
        job.step = step
        self._changes.changed(job, EventKind.PROGRESS, self._changes.now())
        return job.cancel_requested

    def keep_checkpoint(self, lease: Lease, artifact: str) -> None:
        """Remember where a job can go on from; the checkpoint it replaces is removed after the commit.

        Raises:
            LeaseLost: The lease is not held any more.
        """
        job = self.held(lease)
        if job.checkpoint is not None and job.checkpoint != artifact:
            self._changes.drop_checkpoint(job.checkpoint)
        job.checkpoint, job.losses = artifact, 0

    def held(self, lease: Lease) -> Job:
        """Return the job of a lease, held with its group against other writers until the transaction ends.

        Raises:
            LeaseLost: The lease is not held any more.
        """
        job = self._changes.locked(lease.job_id)
        if (
            job is None
            or job.state != JobState.RUNNING
            or (job.worker, job.attempt) != (lease.worker, lease.attempt)
        ):
            raise LeaseLost(lease.job_id)
        return job

    def succeed(self, lease: Lease, result: dict[str, Any] | None = None) -> None:
        """End a job in the transaction that stores what it found, and ring for those that waited for it.

        Raises:
            LeaseLost: The lease is not held any more; the caller's transaction must be rolled back.
        """
        job = self.held(lease)
        job.progress, job.result, job.error = 1.0, result, None
        self._changes.end(job, JobState.SUCCEEDED, self._changes.now())
        self._changes.ring(self._jobs.ready_dependents(job.id))

    def fail(self, lease: Lease, title: str, detail: str) -> None:
        """End a job that cannot succeed; its group fails with it.

        Raises:
            LeaseLost: The lease is not held any more.
        """
        self._fail(self.held(lease), title, detail, self._changes.now())

    def stop(self, lease: Lease) -> None:
        """End a job that was asked to stop.

        Raises:
            LeaseLost: The lease is not held any more.
        """
        self._changes.end(self.held(lease), JobState.CANCELLED, self._changes.now())

    def give_back(self, lease: Lease) -> None:
        """Queue a running job again, because its worker shuts down.

        Raises:
            LeaseLost: The lease is not held any more.
        """
        job, now = self.held(lease), self._changes.now()
        if job.cancel_requested:
            self._changes.end(job, JobState.CANCELLED, now)
        else:
            self._requeue(job, "its worker was shut down", 0.0, now)

    def retry(self, lease: Lease, why: str) -> None:
        """Queue a running job again after a while, because something passing went wrong; too often, and it fails.

        Raises:
            LeaseLost: The lease is not held any more.
        """
        self._lose(self.held(lease), why, self._settings.retry_s, self._changes.now())

    def sweep(self, ring_queues: Collection[str], *, restarted_worker: str | None = None) -> Swept:
        """Queue again what was abandoned and ring again for what waits unheard.

        Args:
            ring_queues: queues that have no ring waiting in the broker: more rings would only pile up in the others.
            restarted_worker: a worker that has just started: whatever it held before, it holds no more.
        """
        now = self._changes.now()
        swept = Swept()
        for seen in self._jobs.abandoned(now, restarted_worker):
            job = self._changes.locked(seen.id)
            if job is None or not _is_abandoned(job, now, restarted_worker):
                continue
            # The first time it goes on at once; then a job that kills its workers gives others some time.
            wait = 0.0 if job.losses == 0 else self._settings.retry_s
            self._lose(job, "its worker was lost", wait, now)
            (swept.given_up if job.state == JobState.FAILED else swept.requeued).append(job.id)
        since = now if restarted_worker else now - timedelta(seconds=self._settings.ring_again_s)
        waiting = self._jobs.to_ring(ring_queues, now, since, _RUNG_AT_ONCE)
        self._changes.ring(waiting)
        swept.rung = [job.id for job in waiting]
        return swept

    def _expiry(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._settings.lease_s)

    def _lose(self, job: Job, why: str, wait_s: float, now: datetime) -> None:
        job.losses += 1
        if job.cancel_requested:
            self._changes.end(job, JobState.CANCELLED, now)
        elif job.losses >= self._settings.max_losses:
            detail = f"lost {job.losses} times in a row without getting on; last, {why}"
            self._fail(job, "Given up", detail, now)
        else:
            self._requeue(job, why, wait_s * 2 ** (job.losses - 1), now)

    def _fail(self, job: Job, title: str, detail: str, now: datetime) -> None:
        job.error, job.step = {"title": title, "detail": detail}, "failed"
        self._changes.end(job, JobState.FAILED, now)

    def _requeue(self, job: Job, why: str, wait_s: float, now: datetime) -> None:
        job.state, job.step = JobState.QUEUED, f"waiting again: {why}"
        job.worker = job.lease_expires_at = job.rung_at = None
        job.not_before = now + timedelta(seconds=wait_s) if wait_s else None
        self._changes.changed(job, EventKind.STATE, now)
        if not wait_s:
            self._changes.ring([job])


def _is_abandoned(job: Job, now: datetime, restarted_worker: str | None) -> bool:
    if job.state != JobState.RUNNING:
        return False
    expired = job.lease_expires_at is not None and job.lease_expires_at < now
    return expired or (restarted_worker is not None and job.worker == restarted_worker)
