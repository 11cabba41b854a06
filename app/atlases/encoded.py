"""Encoded answers in memory: a finished affinity table never changes, so it is encoded once."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class EncodedBodies:
    """The bodies used last, up to a number of bytes; threads may share it.

    Args:
        capacity: bytes kept at most; a body that is larger alone is not kept.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._bodies: OrderedDict[Hashable, bytes] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: Hashable, build: Callable[[], bytes]) -> bytes:
        """The body of a key, built on the first call; two threads may both build it, to the same bytes."""
        with self._lock:
            if key in self._bodies:
                self._bodies.move_to_end(key)
                return self._bodies[key]
        body = build()
        with self._lock:
            if key not in self._bodies and len(body) <= self._capacity:
                self._bodies[key] = body
                self._size += len(body)
            while self._size > self._capacity:
                _, dropped = self._bodies.popitem(last=False)
                self._size -= len(dropped)
        return body
