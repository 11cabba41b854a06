"""A wall-clock limit that several steps share."""

import time


class OutOfTime(Exception):
    """The limit was reached."""


class Deadline:
    """So many seconds from now.

    Args:
        seconds: >= 0.
    """

    def __init__(self, seconds: float) -> None:
        self._start = time.perf_counter()
        self._seconds = seconds

    def spent(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start

    def left(self) -> float:
        """Seconds until the limit, never negative."""
        return max(0.0, self._seconds - self.spent())

    def check(self) -> None:
        """Raise `OutOfTime` once the limit is reached."""
        if self.left() <= 0:
            raise OutOfTime
