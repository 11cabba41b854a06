"""The micro-batcher: who shares a pass, who waits, who is turned away."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

import pytest

from app.inference.batching import BatchLimits, MicroBatcher, SaturationError


class Squares:
    """Squares numbers and remembers the batches it was given; waits for `gate` first."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[int]]] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, key: str, items: Sequence[int]) -> list[int]:
        self.gate.wait(timeout=10)
        self.batches.append((key, list(items)))
        if -1 in items:
            message = "no square of -1 here"
            raise ValueError(message)
        return [item * item for item in items]


@asynccontextmanager
async def serving(squares: Squares, limits: BatchLimits) -> AsyncGenerator[MicroBatcher[str, int, int]]:
    with ThreadPoolExecutor(max_workers=1) as executor:
        batcher = MicroBatcher[str, int, int](squares, executor, limits)
        task = asyncio.create_task(batcher.serve())
        try:
            yield batcher
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def test_requests_of_one_network_within_the_window_share_a_pass() -> None:
    squares = Squares()

    async def scenario() -> list[int]:
        async with serving(squares, BatchLimits(0.2, 8, 100)) as batcher:
            return await asyncio.gather(*(batcher.submit("depth", item) for item in range(8)))

    assert asyncio.run(scenario()) == [item * item for item in range(8)]
    assert squares.batches == [("depth", list(range(8)))]


def test_a_full_batch_does_not_wait_for_its_window() -> None:
    async def scenario() -> None:
        async with serving(Squares(), BatchLimits(60, 2, 100)) as batcher, asyncio.timeout(5):
            await asyncio.gather(batcher.submit("depth", 1), batcher.submit("depth", 2))

    asyncio.run(scenario())


def test_a_lone_request_waits_no_longer_than_its_window() -> None:
    async def scenario() -> int:
        async with serving(Squares(), BatchLimits(0.01, 64, 100)) as batcher, asyncio.timeout(5):
            return await batcher.submit("depth", 3)

    assert asyncio.run(scenario()) == 9


def test_a_full_batch_overtakes_a_lone_request_that_still_waits_for_company() -> None:
    async def scenario() -> None:
        async with serving(Squares(), BatchLimits(60, 2, 100)) as batcher, asyncio.timeout(5):
            lone = asyncio.create_task(batcher.submit("normals", 1))
            await asyncio.sleep(0)
            await asyncio.gather(batcher.submit("depth", 1), batcher.submit("depth", 2))
            assert not lone.done()
            lone.cancel()

    asyncio.run(scenario())


def test_networks_never_share_a_pass_and_none_grows_beyond_the_limit() -> None:
    squares = Squares()

    async def scenario() -> None:
        async with serving(squares, BatchLimits(0.05, 3, 100)) as batcher:
            keys = ["depth", "normals"] * 5
            await asyncio.gather(*(batcher.submit(key, item) for item, key in enumerate(keys)))

    asyncio.run(scenario())
    for key, items in squares.batches:
        assert len(items) <= 3
        assert {item % 2 for item in items} == {0 if key == "depth" else 1}
    assert sorted(item for _, items in squares.batches for item in items) == list(range(10))


def test_what_arrives_during_a_pass_runs_together_in_the_next() -> None:
    squares = Squares()

    async def scenario() -> None:
        async with serving(squares, BatchLimits(0, 64, 100)) as batcher:
            squares.gate.clear()
            first = asyncio.create_task(batcher.submit("depth", 0))
            await asyncio.sleep(0.05)
            rest = [asyncio.create_task(batcher.submit("depth", item)) for item in (1, 2, 3)]
            await asyncio.sleep(0.01)
            squares.gate.set()
            await asyncio.gather(first, *rest)

    asyncio.run(scenario())
    assert squares.batches == [("depth", [0]), ("depth", [1, 2, 3])]


def test_more_than_may_wait_is_turned_away() -> None:
    squares = Squares()

    async def scenario() -> None:
        async with serving(squares, BatchLimits(60, 64, 2)) as batcher:
            waiting = [asyncio.create_task(batcher.submit("depth", item)) for item in (1, 2)]
            await asyncio.sleep(0)
            assert batcher.waiting == 2
            with pytest.raises(SaturationError):
                await batcher.submit("depth", 3)
            for task in waiting:
                task.cancel()

    asyncio.run(scenario())


def test_an_item_is_taken_under_all_its_keys_or_under_none() -> None:
    squares = Squares()

    async def scenario() -> None:
        async with serving(squares, BatchLimits(0.01, 64, 3)) as batcher:
            first = asyncio.create_task(batcher.submit_all(["depth", "normals"], 3))
            second = asyncio.create_task(batcher.submit_all(["edges", "normals"], 4))
            with pytest.raises(SaturationError):
                await second
            assert await first == [9, 9]

    asyncio.run(scenario())
    assert sorted(squares.batches) == [("depth", [3]), ("normals", [3])]


def test_what_is_asked_for_in_vain_is_not_run() -> None:
    squares = Squares()

    async def scenario() -> None:
        async with serving(squares, BatchLimits(0.01, 64, 100)) as batcher:
            with pytest.raises(ValueError, match="no square"):
                await batcher.submit_all(["depth", "normals", "edges"], -1)
            assert await batcher.submit("depth", 2) == 4

    asyncio.run(scenario())
    # The pass after the failed one may have begun before its client heard of the failure.
    assert ("edges", [-1]) not in squares.batches


def test_a_failing_batch_fails_its_own_requests_only() -> None:
    async def scenario() -> None:
        async with serving(Squares(), BatchLimits(0.01, 64, 100)) as batcher:
            bad, good = await asyncio.gather(
                batcher.submit("depth", -1), batcher.submit("normals", 4), return_exceptions=True
            )
            assert isinstance(bad, ValueError)
            assert good == 16
            assert await batcher.submit("depth", 5) == 25

    asyncio.run(scenario())


def test_a_request_whose_client_left_is_not_run() -> None:
    squares = Squares()

    async def scenario() -> None:
        async with serving(squares, BatchLimits(0.05, 64, 100)) as batcher:
            gone = asyncio.create_task(batcher.submit("depth", 1))
            stays = asyncio.create_task(batcher.submit("depth", 2))
            await asyncio.sleep(0)
            gone.cancel()
            assert await stays == 4

    asyncio.run(scenario())
    assert squares.batches == [("depth", [2])]
