"""Transfers an hour on two cores: many networks trained as one, against a loop over separate networks.

Run `python bench/stacked_training.py [--preset demo] [--stack 8] [--rounds 3] [--out FILE]`.
Both ways take the same initial weights, batches, targets, losses and optimiser through `models.training.loop`; their
losses are compared after every round. Rounds alternate the two ways and the median ratio counts, because the machine
may have other work. Two processes of one thread, as the pipeline runs, start each measurement together; one process
of two threads is measured as well, and a GPU where there is one.
"""

import argparse
import copy
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.data.rooms.config import RoomsConfig
from models.data.splits import SplitSizes
from models.data.views import RoomsViews
from models.tasks.definition import Target
from models.tasks.examples import Examples, laid_out
from models.tasks.registry import definition
from models.training.loop import Run, Stage
from models.training.progress import NullContext
from models.transfer.config import AtlasConfig
from models.transfer.presets import PRESETS
from models.transfer.saved import SavedTask
from models.transfer.stacked import Stacked
from models.transfer.task_specific import fresh_network, required_labels
from models.transfer.transfer import fresh_transfer, transfer_loss

SPLITS = SplitSizes(train=256, transfer=256, validation=8, test=8)  # enough for batches and statistics
KINDS = {
    "depth": ("one channel at full resolution", 7),
    "normals": ("two or three channels at full resolution", 5),
    "colorization": ("a distribution per cell", 1),
    "semantic_segmentation": ("a distribution per pixel", 1),
    "segmentation_2d": ("an embedding per pixel", 2),
    "scene_class": ("classes or a vector", 9),
}
"""A target of each kind: what its decoder gives, and how many of the 25 targets of the dictionary are of the kind."""
DETAILED = ("depth", "semantic_segmentation", "scene_class")
MIX = (1, 16)  # order and count at which every kind is measured
CASES = ((1, 16), (1, 25), (2, 5), (2, 10))
MODES = {"2 x 1": (2, 1, "cpu"), "1 x 2": (1, 2, "cpu"), "GPU": (1, 1, "cuda")}
WAYS = ("loop", "stacked")
PATIENCE = 600.0  # seconds that one process waits for another


@dataclass(frozen=True, slots=True)
class Case:
    """`count` transfers of one order to a target."""

    target: str
    order: int
    count: int


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one process for all transfers of a case, by way: on the clock and on its processors."""

    case: Case
    wall: dict[str, float]
    processor: dict[str, float]


class OnDevice(Examples):
    """Examples whose targets and statistics are where the networks are."""

    def __init__(self, examples: Examples, device: str) -> None:
        self._examples, self._device = examples, device
        whole = examples.definition
        self.definition = type(whole)(
            whole.task,
            image_size=whole.image_size,
            label_info=whole.label_info,
            statistics={name: value.to(device) for name, value in whole.statistics.items()},
        )

    def __len__(self) -> int:
        return len(self._examples)

    def targets(self, indices: NDArray[np.int64], generator: torch.Generator) -> Target:
        target = self._examples.targets(indices, generator)
        parts = (target.values, target.mask, target.points)
        values, mask, points = (None if part is None else part.to(self._device) for part in parts)
        return Target(target.values if values is None else values, mask, points)


def views_of(config: AtlasConfig, folder: Path) -> RoomsViews:
    views = RoomsViews(
        RoomsConfig(seed=config.seed, size=config.image_size), config.splits, folder, workers=2
    )
    views.prepare(required_labels(config, views), NullContext())
    return views


def task_of(config: AtlasConfig, name: str, views: RoomsViews) -> SavedTask:
    """A task with statistics and an untrained network: what is timed does not depend on the weights."""
    plain = definition(name, image_size=config.image_size, label_info=views.label_info)
    fitted = plain.fitted(Examples(plain, views, "train").arrays(slice(None)))
    return SavedTask(fitted, fresh_network(config, fitted, config.network.representation_shape, "network"))


class Trainings:
    """The two ways of one case."""

    def __init__(
        self, config: AtlasConfig, case: Case, task: SavedTask, views: RoomsViews, device: str
    ) -> None:
        self._plan, self._stack, self._device = config.transfer_training, config.stack, device
        names = [[f"source {number}.{part}" for part in range(case.order)] for number in range(case.count)]
        self._networks = [fresh_transfer(config, task, sources) for sources in names]
        examples = Examples(task.definition, views, "transfer")
        examples.targets(np.arange(2), torch.Generator())  # kept in memory from here on, as in the pipeline
        self._examples = examples if device == "cpu" else OnDevice(examples, device)
        shape = config.network.representation_shape
        width = case.order * shape[0]
        seen = torch.randn(
            len(examples), case.count * width, *shape[1:], generator=torch.Generator().manual_seed(1)
        )
        self._seen = seen.half().to(device).split(width, dim=1)

    def run(self, way: str, ready: Callable[[], object]) -> tuple[float, float, NDArray[np.float32]]:
        """Wall and processor seconds, and the losses (steps, count), of training every network anew."""
        networks = [laid_out(copy.deepcopy(network)).to(self._device) for network in self._networks]
        size = 1 if way == "loop" else -(-len(networks) // -(-len(networks) // self._stack))
        parts = [range(start, min(start + size, len(networks))) for start in range(0, len(networks), size)]
        trainings = []
        for part in parts:
            seen = torch.cat([self._seen[position] for position in part], dim=1)
            if way == "loop":
                model = networks[part[0]]
                loss = transfer_loss(_alone(model), seen, self._examples)
            else:
                model = laid_out(Stacked([networks[position] for position in part])).to(self._device)
                loss = transfer_loss(model, seen, self._examples)
            trainings.append((Stage(str(part), str(part), 1 / len(parts), 5), model, loss))
        run = Run(NullContext(), "bench")
        ready()
        started = time.perf_counter(), time.process_time()
        losses = [
            run.train(stage, model, self._plan, len(self._examples), loss) for stage, model, loss in trainings
        ]
        return (
            time.perf_counter() - started[0],
            time.process_time() - started[1],
            np.concatenate(losses, axis=1),
        )


def _alone(network: torch.nn.Module) -> Callable[[Tensor], Sequence[Tensor]]:
    return lambda seen: (network(seen),)


def prepared(barrier: Barrier, threads: int) -> None:
    """Make a process ready: its threads, and where it waits for its fellows."""
    global together  # noqa: PLW0603 - a barrier can only be inherited, not sent
    together = barrier
    torch.set_num_threads(threads)


def worker(config: AtlasConfig, cases: Sequence[Case], folder: Path, rounds: int, mode: str) -> list[Timing]:
    """Measure all cases in this process, in step with its fellows.

    Raises:
        AssertionError: the two ways gave different losses.
    """
    device = MODES[mode][2]
    views = views_of(config, folder)
    tasks = {case.target: task_of(config, case.target, views) for case in cases}
    timings = []
    for case in cases:
        trainings = Trainings(config, case, tasks[case.target], views, device)
        warm = Trainings(config, replace(case, count=2), tasks[case.target], views, device)
        for way in WAYS:
            warm.run(way, together.wait)
        for _ in range(rounds):
            runs = {way: trainings.run(way, together.wait) for way in WAYS}
            np.testing.assert_allclose(runs["stacked"][2], runs["loop"][2], rtol=1e-2, atol=1e-4)
            wall = {way: run[0] for way, run in runs.items()}
            timings.append(Timing(case, wall, {way: run[1] for way, run in runs.items()}))
            print(mode, case, f"{wall['loop'] / wall['stacked']:.2f}", flush=True)
    return timings


def measure(config: AtlasConfig, cases: Sequence[Case], folder: Path, rounds: int, mode: str) -> list[Timing]:
    """The timings of every process, round and case of a mode."""
    processes, threads, _ = MODES[mode]
    os.environ["OMP_NUM_THREADS"] = str(threads)  # read by the children, before they import torch
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(processes, timeout=PATIENCE)
    with ProcessPoolExecutor(processes, spawn, prepared, (barrier, threads)) as executor:
        futures = [executor.submit(worker, config, cases, folder, rounds, mode) for _ in range(processes)]
        return [timing for future in futures for timing in future.result()]


def of_case(timings: Sequence[Timing], case: Case) -> list[Timing]:
    return [timing for timing in timings if timing.case == case]


def ratios(timings: Sequence[Timing]) -> tuple[float, float]:
    """Median ratio of loop to stacked, on the clock and on the processors."""
    wall = statistics.median(timing.wall["loop"] / timing.wall["stacked"] for timing in timings)
    processor = statistics.median(
        timing.processor["loop"] / timing.processor["stacked"] for timing in timings
    )
    return wall, processor


def hourly(timings: Sequence[Timing], case: Case, way: str, processes: int, steps: tuple[int, int]) -> float:
    """Transfers an hour: `steps` says how many were timed, and how many the preset trains."""
    seconds = statistics.median(timing.wall[way] for timing in timings)
    return 3600 * processes * case.count / (seconds * steps[1] / steps[0])


def mix(timings: Sequence[Timing], part: str) -> float:
    """Ratio of the seconds that all targets take, each kind as often as the dictionary has it."""
    total = dict.fromkeys(WAYS, 0.0)
    for target, (_, count) in KINDS.items():
        own = of_case(timings, Case(target, *MIX))
        for way in WAYS:
            total[way] += count * statistics.median(getattr(timing, part)[way] for timing in own)
    return total["loop"] / total["stacked"]


def report(config: AtlasConfig, steps: int, rounds: int, found: dict[str, list[Timing]], load: float) -> str:
    """The figures as Markdown."""
    plan, preset = config.transfer_training, PRESETS[config.preset].transfer_training
    lines = [
        "# Transfers trained as one network against a loop over separate networks",
        "",
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, "
        f"load average of the machine before the run {load:.1f}. Made by `python bench/stacked_training.py`.",
        "",
        f"Networks of the preset `{config.preset}`: {config.image_size} pixels, batches of {plan.batch_size}, stacks "
        f"of at most {config.stack}; {steps} steps of every transfer, {rounds} alternating rounds per process. Ratios "
        "are medians over rounds and processes of loop to stacked: of wall time, then of processor time, which other "
        f"work on the machine disturbs less. Transfers an hour are at the preset's {preset.steps} steps, scoring left "
        "out. `2 x 1`: two processes of one thread side by side, as the pipeline runs; `1 x 2`: one process of two "
        "threads. Losses of both ways agreed within 1 % at every step.",
        "",
        "| mode | target | order | transfers | loop, an hour | stacked, an hour | wall ratio | processor ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for mode, timings in found.items():
        for case in dict.fromkeys(timing.case for timing in timings):
            own = of_case(timings, case)
            wall, processor = ratios(own)
            loop, stacked = (hourly(own, case, way, MODES[mode][0], (steps, preset.steps)) for way in WAYS)
            lines.append(
                f"| {mode} | {case.target} | {case.order} | {case.count} | {loop:,.0f} | {stacked:,.0f} | {wall:.2f} "
                f"| {processor:.2f} |"
            )
    lines += [
        "",
        "## The mix of the pipeline",
        "",
        f"{MIX[1]} transfers of order {MIX[0]} to each of the dictionary's targets, a target of each kind standing "
        "for all of its kind: "
        + "; ".join(f"{target} for {count} ({kind})" for target, (kind, count) in KINDS.items())
        + ". Seconds of all, loop to stacked:",
        "",
        "| mode | wall ratio | processor ratio |",
        "| --- | --- | --- |",
    ]
    for mode, timings in found.items():
        lines.append(f"| {mode} | **{mix(timings, 'wall'):.2f}** | {mix(timings, 'processor'):.2f} |")
    if "GPU" not in found:
        lines += ["", "No GPU was there to measure on."]
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=tuple(PRESETS), default="demo")
    parser.add_argument("--stack", type=int, help="networks in a stack, at most; the preset's by default")
    parser.add_argument("--steps", type=int, default=5, help="timed steps of every transfer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--modes", nargs="*", choices=tuple(MODES), help="all that the machine has by default"
    )
    parser.add_argument("--out", type=Path, default=Path("docs/results/stacked_training.md"))
    chosen = parser.parse_args()
    preset = PRESETS[chosen.preset]
    config = replace(
        preset,
        tasks=tuple(KINDS),
        splits=SPLITS,
        stack=chosen.stack or preset.stack,
        transfer_training=replace(preset.transfer_training, steps=chosen.steps),
    )
    cases = [Case(target, *case) for target in DETAILED for case in CASES]
    cases += [Case(target, *MIX) for target in KINDS if target not in DETAILED]
    modes = chosen.modes or [mode for mode in MODES if mode != "GPU" or torch.cuda.is_available()]
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        views_of(config, Path(name))
        found = {mode: measure(config, cases, Path(name), chosen.rounds, mode) for mode in modes}
    text = report(config, chosen.steps, chosen.rounds, found, load)
    print(text)
    chosen.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
