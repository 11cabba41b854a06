"""The doorbell: tells workers by task name that a job waits. Losing a ring loses nothing, the sweep rings again."""

import logging
from typing import Any

from celery import Celery
from kombu.exceptions import ChannelError, OperationalError

from app.core.settings import QueueSettings

log = logging.getLogger(__name__)

CPU = "cpu"
GPU = "gpu"
QUEUES = (CPU, GPU)

# Every kind of job that workers run, by the name of its Celery task.
JOB_KINDS = (
    *("atlas.task_network", "atlas.estimates", "atlas.scratch", "atlas.transfers", "atlas.affinity"),
    *("target.transfers", "target.baselines", "target.ranking"),
    *("adaptation.train", "adaptation.summary"),
    *("multitask.train", "multitask.summary"),
    *("grouping.network", "grouping.summary"),
)


class Queue:
    """Rings workers through the broker."""

    def __init__(self, settings: QueueSettings) -> None:
        self._celery = celery_app(settings)

    def ring(self, kind: str, job_id: str, queue: str) -> bool:
        """Tell the workers of a queue that a job waits.

        Returns:
            Whether the broker took it. A lost ring is logged and never an error: the job is a row already.
        """
        try:
            self._celery.send_task(kind, args=[job_id], queue=queue, retry=False, ignore_result=True)
        except (OperationalError, OSError) as error:
            log.warning("the broker did not take the ring for job %s: %s", job_id, error)
            return False
        return True

    def silent(self) -> frozenset[str]:
        """Return the queues in which no ring waits.

        Raises:
            OSError: The broker does not answer.
        """
        self.ping()
        with self._celery.connection_or_acquire() as connection:
            channel = connection.default_channel
            return frozenset(name for name in QUEUES if not _waiting(channel, name))

    def ping(self) -> None:
        """Raise `OSError` when the broker does not answer."""
        try:
            with self._celery.connection_for_write(connect_timeout=1) as connection:
                connection.ensure_connection(max_retries=0, reraise_as_library_errors=True)
        except OperationalError as error:
            raise OSError(f"the broker does not answer: {error}") from error

    def close(self) -> None:
        """Give the connections back."""
        self._celery.close()


def _waiting(channel: Any, queue: str) -> int:
    try:
        return int(channel.queue_declare(queue=queue, passive=True).message_count)
    except ChannelError:  # Redis forgets a queue that is empty
        return 0


def celery_app(settings: QueueSettings) -> Celery:
    """The Celery application as both sides configure it."""
    app = Celery("taskatlas", broker=settings.broker_url)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_default_queue=CPU,
        task_acks_late=False,  # the row is the truth; a late ack would ring twice for a job of hours
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,  # a solo worker hears nothing while it works; jobs say all that is asked
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # a worker outlives a broker that is away for a day
        broker_transport_options={
            "socket_connect_timeout": 2,
            "socket_timeout": 10,
            "visibility_timeout": 3600,
        },
        broker_pool_limit=4,
    )
    return app
