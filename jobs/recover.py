"""The periodic sweep: rings again for jobs that wait unheard, and queues again what was abandoned."""

import logging
import threading
from collections.abc import Sequence

from app.core.database import SQLAlchemyError
from app.core.platform import Platform
from app.jobs.leases import LeasesService, Swept
from app.jobs.presence import WorkerPresence

log = logging.getLogger(__name__)


class Sweeper:
    """A thread of every worker. Sweeps are idempotent, so that any number of workers may sweep at once."""

    def __init__(self, platform: Platform, queues: Sequence[str]) -> None:
        self._platform = platform
        self._queues = queues
        self._name = platform.settings.worker.name
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        """Free what this worker held before it was restarted, then sweep from time to time."""
        self._sweep(restarted=True)
        self._thread.start()

    def stop(self) -> None:
        """End the sweeping and say that this worker has gone."""
        self._done.set()
        self._thread.join()
        try:
            with self._platform.database.session() as session:
                WorkerPresence(session, self._platform).forget(self._name)
        except SQLAlchemyError as error:
            log.warning("could not say goodbye: %s", error)

    def _run(self) -> None:
        while not self._done.wait(self._platform.settings.worker.sweep_s):
            self._sweep(restarted=False)

    def _sweep(self, *, restarted: bool) -> None:
        silent = self._silent_queues()
        try:
            with self._platform.database.session() as session:
                WorkerPresence(session, self._platform).hear_from(self._name, self._queues)
                swept = LeasesService(session, self._platform).sweep(
                    silent, restarted_worker=self._name if restarted else None
                )
        except SQLAlchemyError as error:
            log.warning("no sweep this time: %s", error)
        else:
            _report(swept)

    def _silent_queues(self) -> frozenset[str]:
        try:
            return self._platform.queue.silent()
        except OSError as error:
            log.warning("the broker does not answer: %s", error)
            return frozenset()


def _report(swept: Swept) -> None:
    for job_id in swept.requeued:
        log.warning("job %s had lost its worker and is queued again", job_id)
    for job_id in swept.given_up:
        log.error("job %s had lost its worker too often and has failed", job_id)
    for job_id in swept.rung:
        log.info("rang again for job %s", job_id)
