"""Which workers are alive."""

from collections.abc import Sequence
from datetime import timedelta

from app.core.database import Session
from app.core.platform import Platform
from app.jobs.repository import JobRepository

_MISSED_SWEEPS = 4


class WorkerPresence:
    """Workers report at every sweep; one that has missed several is taken for dead."""

    def __init__(self, session: Session, platform: Platform) -> None:
        self._session = session
        self._platform = platform
        self._jobs = JobRepository(session)

    def hear_from(self, worker: str, queues: Sequence[str]) -> None:
        """A worker is alive and takes jobs of these queues."""
        self._jobs.hear_from(worker, queues, self._platform.database.now(self._session))

    def forget(self, worker: str) -> None:
        """A worker has ended in good order."""
        self._jobs.forget(worker)

    def alive(self) -> list[str]:
        """Return the names of the workers that are alive."""
        patience = timedelta(seconds=self._platform.settings.worker.sweep_s * _MISSED_SWEEPS)
        since = self._platform.database.now(self._session) - patience
        return [worker.name for worker in self._jobs.workers_seen_since(since)]
