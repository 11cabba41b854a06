"""The Celery application of the workers: `celery -A jobs.worker worker --pool=solo --queues cpu`.

One process per device, without forking: a solo pool, because CUDA does not survive a fork.
"""

import importlib
import logging
import threading
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging, worker_ready, worker_shutdown, worker_shutting_down

from app.core.logs import configure_logging
from app.core.platform import Platform, build_platform
from app.core.queue import celery_app
from app.core.settings import Settings, load_settings
from jobs.base import HANDLERS, run_job
from jobs.recover import Sweeper
from models.networks.device import accelerator

log = logging.getLogger(__name__)

HANDLER_MODULES = ("jobs.build_atlas", "jobs.novel_target", "jobs.grouping", "jobs.adapt", "jobs.multitask")


class WorkerProcess:
    """What one worker process holds besides Celery: the platform, its sweeper and the wish to end."""

    def __init__(self, settings: Settings) -> None:
        self.platform: Platform = build_platform(settings)
        self.shutdown = threading.Event()
        self._sweeper: Sweeper | None = None

    def run(self, job_id: str) -> None:
        """Run the job that was rung for."""
        run_job(self.platform, job_id, self.platform.settings.worker.name, self.shutdown)

    def ready(self, queues: list[str]) -> None:
        """Begin to sweep."""
        self._sweeper = Sweeper(self.platform, queues)
        self._sweeper.start()

    def end(self) -> None:
        """Stop sweeping and give the connections back."""
        if self._sweeper is not None:
            self._sweeper.stop()
        self.platform.close()


def create_worker(settings: Settings) -> Celery:
    """Build the Celery application: one task per kind of job, each with the id of a job as its only argument."""
    celery = celery_app(settings.queue)
    process = WorkerProcess(settings)
    for module in (*HANDLER_MODULES, *settings.worker.imports):
        importlib.import_module(module)
    for kind in HANDLERS:
        celery.register_task(_ring_task(kind, process))

    def log_as_we_do(**_: Any) -> None:
        configure_logging(settings.server.log_level)

    def on_ready(sender: Any, **_: Any) -> None:
        log.info("%s trains on %s", settings.worker.name, accelerator())
        process.ready([queue.name for queue in sender.task_consumer.queues])

    def on_shutting_down(**_: Any) -> None:
        process.shutdown.set()

    def on_shutdown(**_: Any) -> None:
        process.end()

    setup_logging.connect(log_as_we_do, weak=False)
    worker_ready.connect(on_ready, weak=False)
    worker_shutting_down.connect(on_shutting_down, weak=False)
    worker_shutdown.connect(on_shutdown, weak=False)
    return celery


def _ring_task(kind: str, process: WorkerProcess) -> Task:
    class Ring(Task):
        name = kind
        ignore_result = True

        def run(self, job_id: str) -> None:
            if (
                not process.shutdown.is_set()
            ):  # a worker that ends takes nothing new; the sweep rings elsewhere
                process.run(job_id)

    return Ring()


app = create_worker(load_settings())
