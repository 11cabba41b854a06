"""`taskatlas up`: the whole service on one machine, in the foreground."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from app.core.cores import available_cores
from app.core.database import Database
from app.core.embedded import (
    DataFolderLock,
    SetupError,
    embedded_redis_url,
    prepare_data_folder,
    prepare_socket_folder,
    redis_command,
    redis_socket,
    setup_error,
)
from app.core.listen import answers_200, listen, url_of
from app.core.supervisor import Service, Supervisor, python_command
from app.web import require_key_beyond_loopback

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

    from app.core.settings import Settings

READY_WITHIN_S = 180.0
GRACE_S = 10.0
TICK_S = 0.1


def worker_command(queues: str) -> tuple[str, ...]:
    """Return the command of one worker: one process, one job at a time."""
    celery = ("-m", "celery", "-A", "jobs.worker", "worker", "--pool=solo", "--loglevel=INFO")
    return python_command(*celery, "--without-gossip", "--without-mingle", f"--queues={queues}")


def threads_environment(threads: int) -> dict[str, str]:
    """Return the variables that tell torch's libraries how many threads to compute with; those that are set stand."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
    return {name: os.environ.get(name) or str(threads) for name in names}


def inference_command() -> tuple[str, ...]:
    """Return the command of the inference engine."""
    return python_command("-m", "app.inference.engine")


def address_file(data: Path) -> Path:
    """Return the file that holds the address of the service that runs on a data folder."""
    return data / "address"


def run_everything(settings: Settings, say: Callable[[str], None]) -> None:
    """Start every part, say where the service is once it is ready, and stay until a signal ends it.

    Args:
        settings: Where things are.
        say: Tells the person at the terminal one line.

    Raises:
        SetupError: The service cannot start here.
    """
    started = time.monotonic()
    ending = _EndSignals()
    data = settings.data
    prepare_data_folder(data)
    with ExitStack() as stack:
        lock = DataFolderLock(data)
        stack.callback(lock.release)
        listener = stack.enter_context(listen(settings.server.host, settings.server.port))
        port = listener.getsockname()[1]
        url = url_of(settings.server.host, port)
        say(f"Task Atlas starts; data and logs are in {data}")
        supervisor = Supervisor(data / "logs", say)
        stack.callback(supervisor.end, GRACE_S)
        try:
            _start_redis(settings, supervisor, say)
            _migrate(settings)
            require_key_beyond_loopback(settings)
            first, *more = _workers(settings)
            _start_slow(settings, supervisor, first)
            _install_bundled(settings)  # while those come up, and before anybody can ask for it
            _start_web(settings, supervisor, listener)
            _wait_until_ready(settings.server.host, port, supervisor, ending)
            if ending.received:
                return
            for (
                worker
            ) in more:  # not before: they would take their share of the cores from those that it needs
                supervisor.start(worker)
            address_file(data).write_text(f"{url}\n", encoding="utf-8")
            stack.callback(address_file(data).unlink, missing_ok=True)
        except OSError as error:
            raise setup_error(error, data) from error
        say(f"Ready after {time.monotonic() - started:.1f} s: {url}  (Ctrl-C ends it)")
        while not ending.received:
            supervisor.tend()
            time.sleep(TICK_S)
        say("Task Atlas ends")


class _EndSignals:
    """Notes the first request to end, and lets a second one end at once."""

    def __init__(self) -> None:
        self.received = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.received and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.received = True


def _start_redis(settings: Settings, supervisor: Supervisor, say: Callable[[str], None]) -> None:
    data = settings.data
    if settings.queue.url != embedded_redis_url(data):
        return
    socket_path = redis_socket(data)
    prepare_socket_folder(socket_path)
    if socket_path.parent != data:
        say(f"The path of the data folder is too long for a socket, so sockets are in {socket_path.parent}")
    environment = dict(os.environ)
    supervisor.start(Service("redis", tuple(redis_command(socket_path, data)), environment, ends_last=True))


def _migrate(settings: Settings) -> None:
    Database(settings.database).migrate()


def _install_bundled(settings: Settings) -> None:
    from app.atlases.bundled.service import install_at_start  # noqa: PLC0415 - after the slow parts have started

    install_at_start(settings)


def _start_slow(settings: Settings, supervisor: Supervisor, worker: Service) -> None:
    """Start the worker that the service needs to be ready, and the inference engine: both take seconds."""
    supervisor.start(worker)
    supervisor.start(Service("inference", inference_command(), _environment(settings)))


def _start_web(settings: Settings, supervisor: Supervisor, listener: socket.socket) -> None:
    fd = listener.fileno()
    web = python_command("-m", "app.cli", "serve", "--fd", str(fd))
    supervisor.start(Service("web", web, _environment(settings), pass_fds=(fd,)))


def _workers(settings: Settings) -> list[Service]:
    """Describe every worker: an atlas spreads over them, and they share the cores."""
    worker = settings.worker
    threads = threads_environment(worker.threads or max(1, available_cores() // worker.processes))
    environment = _environment(settings) | threads
    if worker.processes == 1:
        return [Service("worker", worker_command("cpu"), environment)]
    return [
        Service(
            f"worker-{number}",
            worker_command("cpu"),
            environment | {"TASKATLAS_WORKER_NAME": f"{worker.name}-{number}"},
        )
        for number in range(1, worker.processes + 1)
    ]


def _environment(settings: Settings) -> dict[str, str]:
    return dict(os.environ) | {
        "PYTHONUNBUFFERED": "1",
        "TASKATLAS_DATA": str(settings.data),
        "TASKATLAS_HOST": settings.server.host,
    }


def _wait_until_ready(host: str, port: int, supervisor: Supervisor, ending: _EndSignals) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not ending.received and not answers_200(host, port, "/readyz"):
        supervisor.tend()
        supervisor.check_start()
        if time.monotonic() > deadline:
            raise SetupError(f"not ready after {READY_WITHIN_S:g} s; the log files in data/logs say why")
        time.sleep(TICK_S)
