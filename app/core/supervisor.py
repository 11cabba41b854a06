"""Runs the service's processes as children: logs, restarts with back-off, and an end that leaves nothing.

Each child leads a session of its own, so a Ctrl-C in the terminal reaches the supervisor alone, which ends
the children in order; and so that a child's own children can be ended with it. A watchdog process does the
same should the supervisor itself be killed.
"""

from __future__ import annotations

import logging
import logging.handlers
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from app.core.embedded import SetupError
from app.core.watchdog import end_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LOG_BYTES = 5 * 2**20
LOG_FILES = 3
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
STEADY_S = 60.0
START_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Service:
    """A process to keep running.

    Attributes:
        name: Name of its log file, and what messages call it.
        command: Program and arguments.
        environment: Its whole environment.
        pass_fds: File descriptors it inherits.
        ends_last: Whether others need it while they end.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    pass_fds: tuple[int, ...] = ()
    ends_last: bool = False


@dataclass(slots=True)
class _Child:
    service: Service
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    restart_at: float | None = None
    last_lines: deque[str] = field(default_factory=lambda: deque[str](maxlen=20))


def restart_delay(failures: int) -> float:
    """Seconds to wait before the restart that follows the `failures`-th death in a row (1, 2, ...)."""
    return min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** (failures - 1))


class Supervisor:
    """Keeps services running until it is told to end them.

    Args:
        logs: Folder of the log files.
        say: Tells the person at the terminal one line.
    """

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._say = say
        self._children: list[_Child] = []
        self._watchdog = _start_watchdog()

    def start(self, service: Service) -> None:
        """Start a service; from now on `tend` keeps it running."""
        self._children.append(self._spawn(service))

    def tend(self) -> None:
        """Look after every child once: notice deaths, restart what is due."""
        if self._watchdog.poll() is not None:
            self._watchdog = _start_watchdog()
            for child in self._children:
                self._tell_watchdog("+", child.process.pid)
        now = time.monotonic()
        for index, child in enumerate(self._children):
            if child.restart_at is None:
                self._notice_death(child, now)
            elif now >= child.restart_at:
                replacement = self._spawn(child.service)
                replacement.failures = child.failures
                self._children[index] = replacement

    def check_start(self) -> None:
        """See that no service keeps dying while the first start is under way.

        Raises:
            SetupError: One does; the message holds the last line of its log.
        """
        for child in self._children:
            if child.failures >= START_ATTEMPTS:
                last = next((line for line in reversed(child.last_lines) if line.strip()), "it said nothing")
                log = self._log_path(child.service)
                raise SetupError(f"{child.service.name} does not start: {last.strip()} (more in {log})")

    def end(self, grace_s: float) -> None:
        """End every service with all its processes: first those that need others, then the others."""
        for last in (False, True):
            wave = [child for child in self._children if child.service.ends_last is last]
            reaper = threading.Thread(target=_reap, args=(wave,), daemon=True)
            reaper.start()  # a dead child that nobody waited for still counts as alive
            end_groups((child.process.pid for child in wave), grace_s)
            reaper.join(timeout=1.0)
        self._children.clear()
        if self._watchdog.stdin is not None:
            with suppress(BrokenPipeError):
                self._watchdog.stdin.close()
        try:
            self._watchdog.wait(timeout=1.0)
        except (
            subprocess.TimeoutExpired
        ):  # on a busy machine it may not even have begun; nothing is left to watch
            self._watchdog.kill()
            self._watchdog.wait()

    def _spawn(self, service: Service) -> _Child:
        process = subprocess.Popen(  # noqa: S603 - commands are our own
            service.command,
            env=dict(service.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=service.pass_fds,
            start_new_session=True,
        )
        self._tell_watchdog("+", process.pid)
        child = _Child(service, process, time.monotonic())
        if process.stdout is not None:
            arguments = (process.stdout, self._log_path(service), child.last_lines)
            threading.Thread(target=_keep_log, args=arguments, daemon=True).start()
        return child

    def _notice_death(self, child: _Child, now: float) -> None:
        code = child.process.poll()
        if code is None:
            if now - child.started > STEADY_S:
                child.failures = 0
            return
        end_groups([child.process.pid], grace_s=0.0)
        self._tell_watchdog("-", child.process.pid)
        child.failures += 1
        delay = restart_delay(child.failures)
        child.restart_at = now + delay
        how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
        self._say(f"{child.service.name} {how}; starting it again in {delay:g} s")

    def _tell_watchdog(self, sign: str, group: int) -> None:
        if self._watchdog.stdin is not None:
            with suppress(BrokenPipeError):  # a dead watchdog is replaced by the next `tend`
                self._watchdog.stdin.write(f"{sign}{group}\n")
                self._watchdog.stdin.flush()

    def _log_path(self, service: Service) -> Path:
        return self._logs / f"{service.name}.log"


def python_command(*arguments: str) -> tuple[str, ...]:
    """Return a command of this Python that imports nothing from the working directory."""
    return (sys.executable, "-P", *arguments)


def _start_watchdog() -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - the command is our own
        python_command("-m", "app.core.watchdog"),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def _reap(children: list[_Child]) -> None:
    for child in children:
        child.process.wait()


class _LogFile(logging.handlers.RotatingFileHandler):
    """A rotated log file; a full disk loses lines and stops nobody."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name of logging's hook
        """Lose the line."""


def _keep_log(stream: IO[bytes], path: Path, last_lines: deque[str]) -> None:
    """Copy what a child says to its log file."""
    log = _LogFile(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, delay=True)
    with stream:
        for raw in stream:
            line = raw.decode(errors="replace").rstrip("\n")
            last_lines.append(line)
            log.emit(logging.makeLogRecord({"msg": line}))
    log.close()
