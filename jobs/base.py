"""What every job shares: claimed once, kept by heartbeat, stopped when asked, committed with its result in one go."""

import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from app.core.database import UNAVAILABLE, Session
from app.core.platform import Platform
from app.jobs.leases import ClaimedJob, LeaseLost, LeasesService
from models.training.progress import Diverged, Stopped

log = logging.getLogger(__name__)

Handler = Callable[["JobContext"], None]
HANDLERS: dict[str, Handler] = {}

# What may pass by itself: a full disk, a store or database out of reach.
_LONGEST_DETAIL = 500
_PASSING = (OSError, *UNAVAILABLE)


def job(kind: str) -> Callable[[Handler], Handler]:
    """Register the handler of a kind of job."""

    def register(handler: Handler) -> Handler:
        if kind in HANDLERS:
            raise ValueError(f"two handlers for jobs of kind {kind}")
        HANDLERS[kind] = handler
        return handler

    return register


class JobContext:
    """A running job's surroundings; a `models.training.progress.RunContext` for the science."""

    def __init__(self, platform: Platform, claimed: ClaimedJob, shutdown: threading.Event) -> None:
        self.platform = platform
        self.lease = claimed.lease
        self.config: dict[str, Any] = claimed.config
        self.resource_id = claimed.resource_id
        self.ended = False
        self._ending = False
        self._checkpoint = claimed.checkpoint
        self._shutdown = shutdown
        self._stop = threading.Event()
        self._cancelled = False
        self._last_progress = 0.0
        self._last_checkpoint = time.monotonic()

    @property
    def cancelled(self) -> bool:
        """Whether someone asked this job to stop."""
        return self._cancelled

    # The run context of the science

    def progress(self, fraction: float, step: str) -> None:
        """Report how far the job is; never more often than the settings say, and never at the cost of the run."""
        now = time.monotonic()
        if now - self._last_progress < self.platform.settings.worker.progress_s:
            return
        self._last_progress = now
        try:
            with self.session() as session:
                stop = LeasesService(session, self.platform).report(self.lease, fraction, step)
        except LeaseLost:
            self._lose()
        except UNAVAILABLE as error:
            log.warning("progress of job %s was not stored: %s", self.lease.job_id, error)
        else:
            if stop:
                self._cancel()

    def should_stop(self) -> bool:
        """Whether to stop at the next step: cancelled, the lease lost, or the worker is asked to end."""
        return self._stop.is_set() or self._shutdown.is_set()

    def load_checkpoint(self) -> bytes | None:
        """Return where an earlier attempt was, if it kept that."""
        if self._checkpoint is None:
            return None
        try:
            return self.platform.artifacts.get(self._checkpoint)
        except FileNotFoundError:
            log.warning("checkpoint %s of job %s is gone", self._checkpoint, self.lease.job_id)
            return None

    def checkpoint_due(self) -> bool:
        """Whether it is time for a checkpoint; always when the worker is asked to end."""
        since = time.monotonic() - self._last_checkpoint
        return self._shutdown.is_set() or since >= self.platform.settings.worker.checkpoint_s

    def save_checkpoint(self, data: bytes) -> None:
        """Keep where the job is. A checkpoint that cannot be stored is logged, and the run goes on."""
        self._last_checkpoint = time.monotonic()
        try:
            artifact = self.platform.artifacts.put(data)
            with self.session() as session:
                LeasesService(session, self.platform).keep_checkpoint(self.lease, artifact)
            self._checkpoint = artifact
        except LeaseLost:
            self._lose()
        except _PASSING as error:
            log.warning("a checkpoint of job %s was not stored: %s", self.lease.job_id, error)

    # The handler's own

    def session(self) -> AbstractContextManager[Session]:
        """A transaction, committed when its block ends."""
        return self.platform.database.session()

    def store(self, write: Callable[[Session], None]) -> None:
        """Let others see what a running job has found so far; never at the cost of the run.

        Args:
            write: is given a transaction that only the holder of the lease can commit.
        """
        try:
            with self.session() as session:
                LeasesService(session, self.platform).held(self.lease)
                write(session)
        except LeaseLost:
            self._lose()
        except UNAVAILABLE as error:
            log.warning("what job %s has so far was not stored: %s", self.lease.job_id, error)

    @contextmanager
    def commit(self, result: dict[str, Any] | None = None) -> Generator[Session]:
        """Store what the job found and end it, in one transaction that only the holder of the lease can commit.

        Raises:
            LeaseLost: Another worker has the job.
            Stopped: Someone cancelled it; what it worked on may be gone.
        """
        self._ending = True
        with self.session() as session:
            leases = LeasesService(session, self.platform)
            # Before the block writes: locks are always taken in this order.
            if leases.held(self.lease).cancel_requested:
                self._cancel()
                raise Stopped("before its result was stored")
            yield session
            leases.succeed(self.lease, result)
        self.ended = True

    # The heartbeat

    def beat(self) -> None:
        """Renew the lease; called by the heartbeat's thread."""
        try:
            with self.session() as session:
                stop = LeasesService(session, self.platform).heartbeat(self.lease)
        except LeaseLost:
            self._lose()
        except UNAVAILABLE as error:
            log.warning("a heartbeat of job %s was not stored: %s", self.lease.job_id, error)
        else:
            if stop:
                self._cancel()

    def _cancel(self) -> None:
        self._cancelled = True
        self._stop.set()

    def _lose(self) -> None:
        # A heartbeat that comes just after the end finds no lease either; `commit` itself says if it has lost.
        if not self._ending and not self._stop.is_set():
            log.warning("job %s is no longer ours; stopping it", self.lease.job_id)
        self._stop.set()


def run_job(platform: Platform, job_id: str, worker: str, shutdown: threading.Event) -> bool:
    """Claim a job and run it to its end.

    Args:
        platform: what the worker stands on.
        job_id: the job that was rung for; a ring for one that is not to be had is no error.
        worker: who claims it.
        shutdown: set when the worker should end: the job keeps a checkpoint and is queued again.

    Returns:
        Whether the job was claimed.
    """
    with platform.database.session() as session:
        claimed = LeasesService(session, platform).claim(job_id, worker)
    if claimed is None:
        log.info("job %s is not to be had; nothing to do", job_id)
        return False
    context = JobContext(platform, claimed, shutdown)
    log.info("job %s (%s), attempt %d", job_id, claimed.kind, claimed.lease.attempt)
    with _heartbeat(context):
        _run(context, HANDLERS[claimed.kind])
    return True


def _run(context: JobContext, handler: Handler) -> None:
    job_id, lease = context.lease.job_id, context.lease
    try:
        handler(context)
        if not context.ended:
            with context.commit():
                pass
    except LeaseLost:
        log.warning("job %s was taken over or removed; its result is void", job_id)
    except Stopped:
        _end(context, lambda leases: leases.stop(lease) if context.cancelled else leases.give_back(lease))
    except Diverged as error:
        _fail(context, "Training diverged", error)
    except FileNotFoundError as error:
        log.exception("job %s failed", job_id)
        _fail(context, "Something the job needs is missing", error)
    except _PASSING as error:
        log.exception("job %s failed for now", job_id)
        why = _told(error)
        _end(context, lambda leases: leases.retry(lease, why))
    except Exception as error:  # whatever it is, the job must say so and the worker must go on
        log.exception("job %s failed", job_id)
        _fail(context, "The job failed", error)


def _fail(context: JobContext, title: str, error: Exception) -> None:
    detail = str(error) if isinstance(error, Diverged) else _told(error)
    _end(context, lambda leases: leases.fail(context.lease, title, detail))


def _told(error: Exception) -> str:
    """One line: the statement and address in a database's or a driver's message are not for users."""
    text = str(error).partition("\n")[0][:_LONGEST_DETAIL]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _end(context: JobContext, change: Callable[[LeasesService], None]) -> None:
    try:
        with context.session() as session:
            change(LeasesService(session, context.platform))
    except LeaseLost:
        log.warning("job %s was taken over or removed meanwhile", context.lease.job_id)
    except UNAVAILABLE:
        log.exception(
            "the end of job %s was not stored; it is queued again when its lease ends", context.lease.job_id
        )


@contextmanager
def _heartbeat(context: JobContext) -> Generator[None]:
    done = threading.Event()

    def beat() -> None:
        while not done.wait(context.platform.settings.worker.heartbeat_s):
            context.beat()

    thread = threading.Thread(target=beat, name=f"heartbeat-{context.lease.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
