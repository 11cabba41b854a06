"""How long an atlas takes on two cores, rendering included, and how good its task-specific networks are.

Run `python bench/quick_atlas.py [--preset quick] [--seed 0] [--out docs/results/quick_atlas.md]`. It builds the atlas
through `models.transfer.atlas`, with as many processes of one thread as it is told, from an empty cache. Process time
is given beside wall time: on a machine with other work it says what the wall time would have been without.
"""

import argparse
import json
import multiprocessing
import os
import platform
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from models.data.rooms.config import RoomsConfig
from models.data.views import RoomsViews
from models.tasks.registry import definition
from models.taxonomy.dictionary import TASKS
from models.taxonomy.table import SELF
from models.training.progress import NullContext
from models.transfer.atlas import AtlasResult, build_atlas
from models.transfer.config import AtlasConfig
from models.transfer.presets import PRESETS, atlas_config

PARTS = ("rendering", "task-specific networks and read-outs", "transfers and scratch baselines")
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


def build(config: AtlasConfig, processes: int) -> tuple[AtlasResult, Clock, float]:
    """The atlas, its clock and the CPU seconds that it took."""
    os.environ["OMP_NUM_THREADS"] = "1"  # read by the children, before they import torch
    before = process_seconds()
    with tempfile.TemporaryDirectory() as cache:
        rooms = RoomsConfig(seed=config.seed, size=config.image_size)
        views = RoomsViews(rooms, config.splits, Path(cache), workers=processes)
        clock = Clock()
        with ProcessPoolExecutor(
            processes, mp_context=multiprocessing.get_context("spawn"), initializer=one_thread
        ) as executor:
            atlas = build_atlas(config, views, clock, executor)
    return atlas, clock, process_seconds() - before


def report(atlas: AtlasResult, clock: Clock, cpu: float, processes: int) -> str:
    """The figures as Markdown."""
    config = atlas.config
    transfers = [result for target in atlas.targets.values() for result in target.transfers]
    orders = {order: sum(len(result.sources) == order for result in transfers) for order in config.orders}
    counted = ", ".join(f"{count} transfers of order {order}" for order, count in orders.items())
    constant = [score.win_rate_vs_constant for score in atlas.scores]
    random = [score.win_rate_vs_random for score in atlas.scores]
    lines = [
        f"# The preset `{config.preset}` on {processes} cores",
        "",
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, {processes} processes of "
        f"one thread, seed {config.seed}. Made by `python bench/quick_atlas.py`.",
        "",
        f"{len(config.tasks)} tasks, {len(config.targets)} of them targets; {counted}; splits "
        f"{json.dumps(config.to_json()['splits'])}.",
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
    return "\n".join(lines)


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=tuple(PRESETS), default="quick")
    parser.add_argument("--seed", type=int, default=0, help="of the rooms, of weights and of batches")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("docs/results/quick_atlas.md"))
    chosen = parser.parse_args()
    atlas, clock, cpu = build(atlas_config(chosen.preset, seed=chosen.seed), chosen.processes)
    text = report(atlas, clock, cpu, chosen.processes)
    chosen.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
