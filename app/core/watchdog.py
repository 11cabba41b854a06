"""Ends process groups whose supervisor has died, however it died.

Run as `python -m app.core.watchdog` with a pipe from the supervisor as standard input. Lines `+PID` and
`-PID` tell which process groups live; end of file means that the supervisor is gone. Works on every Unix, and
reaches grandchildren, which a parent-death signal does not.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

GRACE_S = 3.0


def group_alive(group: int) -> bool:
    """Return whether a process group still has a member."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end_groups(groups: Iterable[int], grace_s: float) -> None:
    """Ask process groups to end, and kill those that have not after `grace_s` seconds."""
    waiting = set(groups)
    for group in waiting:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while waiting and time.monotonic() < deadline:
        time.sleep(0.05)
        waiting = {group for group in waiting if group_alive(group)}
    for group in waiting:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def watch(lines: Iterable[str]) -> set[int]:
    """Read what the supervisor says until it is gone; return the groups that were alive then."""
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    return groups


def main() -> None:
    """Watch until the supervisor is gone, then end what it left."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    end_groups(watch(sys.stdin), GRACE_S)


if __name__ == "__main__":
    main()
