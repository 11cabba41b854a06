"""A real worker: the process that `taskatlas worker` becomes, on a test's own database, broker and artefacts."""

import os
import signal
import subprocess
import time
from pathlib import Path

from app.core.platform import Platform
from app.jobs.service import JobsService
from app.standalone import worker_command

REPOSITORY = Path(__file__).parents[2]
STARTS_WITHIN_S = 90.0
FAST = {
    "OMP_NUM_THREADS": "1",
    "TASKATLAS_LEASE_S": "3",
    "TASKATLAS_SWEEP_S": "0.5",
    "TASKATLAS_RETRY_S": "0.5",
    "TASKATLAS_CHECKPOINT_S": "0.2",
    "TASKATLAS_WORKER_IMPORTS": "tests.integration.scripted_jobs",
}


class WorkerProcess:
    """One running worker.

    Args:
        platform: what it shall stand on.
        name: as in TASKATLAS_WORKER_NAME.
        environment: further variables.
    """

    def __init__(self, platform: Platform, name: str = "worker", **environment: str) -> None:
        settings = platform.settings
        settings.data.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.log = settings.data / f"{name}-{time.monotonic_ns()}.log"
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("TASKATLAS_")}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                worker_command("cpu"),
                env=inherited
                | FAST
                | {
                    "PYTHONPATH": str(REPOSITORY),
                    "PYTHONUNBUFFERED": "1",
                    "TASKATLAS_DATA": str(settings.data),
                    "TASKATLAS_DATABASE_URL": platform.database.url,
                    "TASKATLAS_REDIS_URL": settings.queue.url,
                    "TASKATLAS_ARTIFACTS_URL": settings.artifacts.url,
                    "TASKATLAS_WORKER_NAME": name,
                }
                | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def send(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """`kill -9`."""
        self.send(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """End it in good order and return its status."""
        self.send(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def said(self) -> str:
        """Its log."""
        return self.log.read_text()


def until(condition, workers=(), seconds=STARTS_WITHIN_S):
    """Wait for a condition and return its value; fail with the workers' logs."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            logs = "\n".join(f"== {worker.name}\n{worker.said()[-4000:]}" for worker in workers)
            raise AssertionError(f"did not happen within {seconds:g} s\n{logs}")
        time.sleep(0.02)
    return value


def job_of(platform, job_id):
    """A job as it is now."""
    with platform.database.session(read_only=True) as session:
        return JobsService(session, platform).get(job_id)


def jobs_of(platform, group_id):
    """The jobs of a group, in their order."""
    with platform.database.session(read_only=True) as session:
        jobs = JobsService(session, platform).list(1000, parent_id=group_id)
    return sorted(jobs, key=lambda job: job.position)
