"""Views of `rooms` per second with all single-view labels, and the gain of batches over one view at a time.

`python bench/rooms_rendering.py` prints a Markdown table for docs/results/rooms_rendering.md.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

from models.data.rooms.config import RoomsConfig
from models.data.rooms.labels import LABELS
from models.data.rooms.render import render

MULTI_VIEW = ("fixated_pose", "nonfixated_pose", "egomotion", "point_matching")
SINGLE_VIEW = tuple(name for name in LABELS if not name.startswith(MULTI_VIEW))


def rate(run: Callable[[Sequence[int]], object], views: int, repeats: int) -> float:
    """Return the median of views per second over some runs on views not seen before."""
    rates = []
    for repeat in range(repeats):
        indices = range(repeat * views, (repeat + 1) * views)
        start = time.perf_counter()
        run(indices)
        rates.append(views / (time.perf_counter() - start))
    return sorted(rates)[len(rates) // 2]


def batches(
    config: RoomsConfig, labels: Sequence[str], executor: Executor | None
) -> Callable[[Sequence[int]], object]:
    return lambda indices: render(config, indices, labels, executor)


def one_at_a_time(config: RoomsConfig, labels: Sequence[str]) -> Callable[[Sequence[int]], object]:
    return lambda indices: [render(config, [index], labels) for index in indices]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--views", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    config = RoomsConfig(seed=1, size=chosen.size)
    alone = rate(one_at_a_time(config, SINGLE_VIEW), chosen.views // 4, chosen.repeats)
    rows = [("one view a call, one thread", len(SINGLE_VIEW), alone)]
    cases: Sequence[tuple[str, Sequence[str]]] = (
        ("all single-view labels", SINGLE_VIEW),
        ("rgb only", ("rgb",)),
        ("depth only", ("depth",)),
        ("multi-view labels", tuple(name for name in LABELS if name.startswith(MULTI_VIEW))),
    )
    with ProcessPoolExecutor(chosen.workers) as processes, ThreadPoolExecutor(chosen.workers) as threads:
        render(config, range(64), SINGLE_VIEW, processes)  # starts the workers
        for name, labels in cases:
            for how, executor in (
                ("one thread", None),
                (f"{chosen.workers} threads", threads),
                (f"{chosen.workers} processes", processes),
            ):
                measured = rate(batches(config, labels, executor), chosen.views, chosen.repeats)
                rows.append((f"{name}, batches, {how}", len(labels), measured))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {config.size}x{config.size}, median of {chosen.repeats} runs\n"
    )
    print("| what | labels | views/s | ratio to one view a call |\n| --- | --- | --- | --- |")
    for name, count, measured in rows:
        ratio = f"{measured / alone:.1f}" if count == len(SINGLE_VIEW) else ""
        print(f"| {name} | {count} | {measured:.0f} | {ratio} |")


if __name__ == "__main__":
    main()
