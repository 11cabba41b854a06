"""What the scripts that build an atlas in one program share: a build against the clock, and its figures.

An atlas is built through `models.transfer.atlas`, with as many processes of one thread as told, from an empty cache.
Process time is given beside wall time: on a machine with other work it says what the wall time would have been without.
"""

import json
import multiprocessing
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from models.data.views import Views
from models.tasks.registry import definition
from models.taxonomy.dictionary import TASKS
from models.taxonomy.table import SELF
from models.training.progress import NullContext
from models.transfer.atlas import AtlasResult, build_atlas
from models.transfer.config import AtlasConfig

PARTS = (
    "preparing views and labels",
    "task-specific networks and read-outs",
    "transfers and scratch baselines",
)
BOUNDS = (0.1, 0.55, 1.0)  # of the parts in the progress of build_atlas


@dataclass
class Clock(NullContext):
    """A runner that notes when each part of the atlas was done."""

    started: float = field(default_factory=time.perf_counter)
    ends: list[float] = field(default_factory=list)

    def progress(self, fraction: float, step: str) -> None:
        while len(self.ends) < len(BOUNDS) and fraction >= BOUNDS[len(self.ends)] - 1e-9:
            self.ends.append(time.perf_counter())
        print(f"{time.perf_counter() - self.started:6.0f} s  {100 * fraction:3.0f} %  {step}", flush=True)

    @property
    def seconds(self) -> list[float]:
        return np.diff([self.started, *self.ends]).tolist()


def one_thread() -> None:
    import torch  # noqa: PLC0415 - in the child process only

    torch.set_num_threads(1)


def process_seconds() -> float:
    """CPU seconds of this process and of the children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def build(
    config: AtlasConfig, open_views: Callable[[Path], Views], processes: int
) -> tuple[AtlasResult, Clock, float]:
    """The atlas, its clock and the CPU seconds that it took.

    Args:
        config: what to build.
        open_views: makes the data set, given an empty folder for its arrays.
        processes: of one thread each.
    """
    os.environ["OMP_NUM_THREADS"] = "1"  # read by the children, before they import torch
    before = process_seconds()
    with tempfile.TemporaryDirectory() as cache:
        views = open_views(Path(cache))
        clock = Clock()
        with ProcessPoolExecutor(
            processes, mp_context=multiprocessing.get_context("spawn"), initializer=one_thread
        ) as executor:
            atlas = build_atlas(config, views, clock, executor)
    return atlas, clock, process_seconds() - before


def report(
    atlas: AtlasResult, clock: Clock, cpu: float, processes: int, *, title: str, script: str, data: str
) -> list[str]:
    """The figures as lines of Markdown.

    Args:
        atlas: as `build` made it.
        clock: as it ran.
        cpu: seconds of all processes.
        processes: of one thread each.
        title: of the page.
        script: the command that makes it.
        data: a sentence about the data set, or nothing.
    """
    config = atlas.config
    transfers = [result for target in atlas.targets.values() for result in target.transfers]
    orders = {order: sum(len(result.sources) == order for result in transfers) for order in config.orders}
    counted = ", ".join(f"{count} transfers of order {order}" for order, count in orders.items())
    constant = [score.win_rate_vs_constant for score in atlas.scores]
    random = [score.win_rate_vs_random for score in atlas.scores]
    lines = [
        f"# {title}",
        "",
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, {processes} processes of "
        f"one thread, seed {config.seed}. Made by `{script}`.",
        "",
        f"{len(config.tasks)} tasks, {len(config.targets)} of them targets; {counted}; splits "
        f"{json.dumps(config.to_json()['splits'])}.{' ' if data else ''}{data}",
        "",
        "| part | wall time, s |",
        "| --- | --- |",
        *(f"| {part} | {seconds:.0f} |" for part, seconds in zip(PARTS, clock.seconds, strict=True)),
        f"| **everything** | **{sum(clock.seconds):.0f}** |",
        "",
        f"Process time of all processes: {cpu:.0f} s.",
        "",
        "## Task-specific networks",
        "",
        f"Share of {config.splits.test} test images on which the network has a lower loss than the best constant "
        "guess, and than a decoder of the same size trained alike on a frozen random encoder.",
        "",
        "| task | beats the constant | beats the random encoder | main metric |",
        "| --- | --- | --- | --- |",
    ]
    for score, versus_constant, versus_random in zip(atlas.scores, constant, random, strict=True):
        lines.append(
            f"| {TASKS[score.task].title} | {100 * versus_constant:.1f} % | {100 * versus_random:.1f} % "
            f"| {_main_metric(atlas, score.task)} |"
        )
    lines += [
        f"| **mean** | **{100 * np.mean(constant):.1f} %** | **{100 * np.mean(random):.1f} %** | |",
        f"| **least** | **{100 * min(constant):.1f} %** | **{100 * min(random):.1f} %** | |",
        "",
        "## First-order affinities",
        "",
        "Targets in rows, sources in columns, affinities in hundredths after AHP over all edges of the target "
        "(`self` is the fully supervised network).",
        "",
        *_affinities(atlas),
        "",
        "## Gain and quality",
        "",
        "Win rate of the best transfer of each order against a network trained from scratch on the same images "
        "(gain) and against the fully supervised network (quality), all in hundredths.",
        "",
        *_best(atlas),
        "",
        "## Configuration",
        "",
        "```",
        *(f"{name}: {json.dumps(value)}" for name, value in config.to_json().items()),
        "```",
        "",
    ]
    return lines


def _main_metric(atlas: AtlasResult, task: str) -> str:
    units = definition(task, image_size=atlas.config.image_size).metric_units
    name, unit = next(iter(units.items()))
    return f"{name.replace('_', ' ')} {atlas.networks[task].metrics[name]:.3g} ({unit})"


def _affinities(atlas: AtlasResult) -> list[str]:
    sources = (SELF, *atlas.config.sources)
    lines = ["| to, from | " + " | ".join(sources) + " |", "| --- |" + " --- |" * len(sources)]
    for name, target in atlas.targets.items():
        found = {edge.sources[0]: edge for edge in target.evaluation.transfers if edge.order == 1}
        cells = (_hundredths(found[source].affinity) if source in found else "" for source in sources)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _best(atlas: AtlasResult) -> list[str]:
    lines = [
        "| target | order | sources | affinity | gain | quality |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, target in atlas.targets.items():
        for order in atlas.config.orders:
            edges = [edge for edge in target.evaluation.transfers if edge.order == order]
            best = max(
                (edge for edge in edges if edge.sources != (SELF,)), key=lambda edge: edge.affinity or 0.0
            )
            figures = " | ".join(_hundredths(x) for x in (best.affinity, best.gain, best.quality))
            lines.append(f"| {name} | {order} | {' + '.join(best.sources)} | {figures} |")
    return lines


def _hundredths(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"
