"""Micro-batches: requests that meet within a few milliseconds share one pass through their network."""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
X = TypeVar("X")
Y = TypeVar("Y")


class SaturationError(Exception):
    """As many items wait as may wait; come back later."""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How long and how many.

    Attributes:
        window_s: how long an item waits for company at most, in seconds.
        max_batch: items of one pass at most.
        max_waiting: items that may wait over all keys; beyond it a submission raises `SaturationError`.
    """

    window_s: float
    max_batch: int
    max_waiting: int


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[X, Y]):
    item: X
    answer: "asyncio.Future[Y]"
    arrived: float


class MicroBatcher(Generic[K, X, Y]):
    """Groups items by key and runs each group as one call, one call at a time.

    An item's window begins on arrival, so an item that waited behind another group's pass runs at once.
    """

    def __init__(
        self, run: Callable[[K, Sequence[X]], Sequence[Y]], executor: Executor, limits: BatchLimits
    ) -> None:
        self._run = run
        self._executor = executor
        self._limits = limits
        self._groups: dict[K, list[_Waiting[X, Y]]] = {}
        self._arrival = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Items that wait for their pass."""
        return sum(len(group) for group in self._groups.values())

    async def submit(self, key: K, item: X) -> Y:
        """The answer of `run` for this item.

        Raises:
            SaturationError: too many items wait.
            Exception: whatever `run` raised for the item's batch.
        """
        return (await self.submit_all([key], item))[0]

    async def submit_all(self, keys: Sequence[K], item: X) -> list[Y]:
        """The answers of `run` for one item under several keys, in their order.

        The item is taken under all keys or under none; when one fails, what still waits of the others is not run.

        Raises:
            SaturationError: too many items wait.
            Exception: whatever `run` raised first for one of the keys.
        """
        if self.waiting + len(keys) > self._limits.max_waiting:
            raise SaturationError
        loop = asyncio.get_running_loop()
        answers: list[asyncio.Future[Y]] = []
        for key in keys:
            waiting: _Waiting[X, Y] = _Waiting(item, loop.create_future(), loop.time())
            self._groups.setdefault(key, []).append(waiting)
            answers.append(waiting.answer)
        self._arrival.set()
        try:
            return await asyncio.gather(*answers)
        finally:
            for answer in answers:
                answer.cancel()

    async def serve(self) -> None:
        """Run batches until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            key, due = self._next()
            pause = None if key is None else due - loop.time()
            if key is not None and pause is not None and pause <= 0:
                await self._run_batch(key, self._take(key))
            else:
                self._arrival.clear()
                await self._wait_for_arrival(pause)

    def _next(self) -> tuple[K | None, float]:
        """The group whose pass is due first, and when (event loop time)."""
        best: K | None = None
        best_due = 0.0
        for key, group in self._groups.items():
            full = len(group) >= self._limits.max_batch
            due = group[0].arrived + (0.0 if full else self._limits.window_s)
            if best is None or due < best_due:
                best, best_due = key, due
        return best, best_due

    async def _wait_for_arrival(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._arrival.wait()
        except TimeoutError:
            pass

    def _take(self, key: K) -> list[_Waiting[X, Y]]:
        group = self._groups.pop(key)
        batch, rest = group[: self._limits.max_batch], group[self._limits.max_batch :]
        if rest:
            self._groups[key] = rest
        return [waiting for waiting in batch if not waiting.answer.done()]

    async def _run_batch(self, key: K, batch: list[_Waiting[X, Y]]) -> None:
        if not batch:
            return
        items = [waiting.item for waiting in batch]
        try:
            answers = await asyncio.get_running_loop().run_in_executor(self._executor, self._run, key, items)
        except Exception as error:  # noqa: BLE001 - a failing batch fails its own requests, never the engine
            for waiting in batch:
                if not waiting.answer.done():
                    waiting.answer.set_exception(error)
            return
        for waiting, answer in zip(batch, answers, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(answer)
