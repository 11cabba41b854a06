"""What a training step of MGDA and of MGDA-UB costs, against uniform scaling and torchjd's MGDA, in one run.

Run `python bench/multitask_step.py [--rounds 15] [--tasks 2 3 10 40] [--out FILE]`. A step is the forward pass
through the shared network and all heads, the losses, the method's backward passes, and an update by Adam, on one batch
that is ready in memory. All ways begin with equal weights and see the same batch; that torchjd's MGDA gives the same
gradients alone and behind our interface, and as ours where two tasks make it exact, is asserted before anything is
timed. Rounds take the ways by turns, in another order each time, and a ratio is the median over rounds of the way's
time over uniform scaling's in the same round: the machine may have other work. One thread.
"""

import argparse
import copy
import os
import platform
import statistics
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchjd.aggregation import MGDA
from torchjd.autojac import jac_to_grad, mtl_backward

from models.data.splits import Split
from models.data.views import INDEX, Array
from models.multitask.balancers import balancer
from models.multitask.balancing import Balancer, Step
from models.multitask.config import Architecture, MultitaskConfig
from models.multitask.evaluation import mean_losses
from models.multitask.examples import SharedExamples, fitted_definitions
from models.multitask.network import drawn_by, fresh_network, parameters_of
from models.networks.config import NetworkConfig
from models.networks.multi_head import MultiHead
from models.tasks.definition import Target, TaskDefinition
from models.tasks.examples import laid_out
from models.tasks.labels import LabelInfo
from models.taxonomy.own import OwnTask, own_task
from models.training.progress import RunContext

SEED = 0
CLASSES = tuple(str(digit) for digit in range(10))
BASE = "uniform"
LIBRARY = "torchjd"
WAYS: Mapping[str, str] = {
    BASE: "uniform scaling",
    "mgda-ub": "MGDA-UB",
    "mgda": "MGDA",
    "MGDA": "torchjd's MGDA behind our interface",
    LIBRARY: "torchjd alone: `mtl_backward`, `jac_to_grad`",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One network, its tasks and a batch."""

    name: str
    architecture: Architecture
    image_size: int
    batch: int
    tasks: tuple[OwnTask, ...]
    steps: int  # of the same way in a row


def _digits(tasks: int) -> tuple[OwnTask, ...]:
    return tuple(own_task(f"digit_{number}", "class", classes=CLASSES) for number in range(tasks))


SCENE = (
    own_task("near", "map", unit="m"),
    own_task("parts", "classes", classes=[f"part {number}" for number in range(13)]),
    own_task("facing", "map", names=["x", "y", "z"], unit="of 1"),
)
CASES = (
    Case("MultiLeNet, 2 heads of 10 classes", "lenet", 28, 256, _digits(2), 4),
    Case("encoder of the atlas, 3 dense heads", "encoder", 64, 32, SCENE, 1),
    Case("MultiLeNet, 10 heads of 10 classes", "lenet", 28, 256, _digits(10), 2),
    Case("MultiLeNet, 40 heads of 10 classes", "lenet", 28, 256, _digits(40), 1),
)


class Noise:
    """Images and labels without meaning: what a step costs does not depend on it."""

    fingerprint = "noise"

    def __init__(self, case: Case) -> None:
        rng = np.random.default_rng(SEED)
        size, count = case.image_size, case.batch
        self.image_size = size
        self.label_info = LabelInfo(own=case.tasks)
        self._count = count
        self._arrays: dict[str, Array] = {
            "rgb": rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8),
            INDEX: np.arange(count),
        }
        for task in case.tasks:
            self._arrays[task.name] = _labels(task, count, size, rng)
        self.labels = frozenset(self._arrays)

    def size(self, split: Split) -> int:  # noqa: ARG002 - all splits are alike
        return self._count

    def load(self, split: Split, labels: Collection[str]) -> Mapping[str, Array]:  # noqa: ARG002
        return {name: self._arrays[name] for name in (*labels, INDEX)}

    def prepare(self, labels: Collection[str], context: RunContext) -> None:
        """Nothing has to be made."""


def _labels(task: OwnTask, count: int, size: int, rng: np.random.Generator) -> Array:
    if task.kind == "class":
        return rng.integers(0, len(task.classes), count)
    if task.kind == "classes":
        return rng.integers(0, len(task.classes), (count, size, size))
    shape = (count, size, size) if len(task.names) <= 1 else (count, size, size, len(task.names))
    return rng.uniform(0.1, 1.0, shape).astype(np.float32)


class Way:
    """One way to train a network of a case, from the same weights as all others."""

    def __init__(
        self,
        name: str,
        config: MultitaskConfig,
        network: MultiHead,
        definitions: Sequence[TaskDefinition],
        batch: tuple[Tensor, list[Target]],
    ) -> None:
        self.name, self.network = name, copy.deepcopy(network).train()
        self._definitions, self._batch = tuple(definitions), batch
        self._method: Balancer | None = None if name == LIBRARY else balancer(name, config)
        self._shared, self._heads = parameters_of(self.network)
        self._optimiser = torch.optim.AdamW(self.network.parameters(), lr=1e-3, weight_decay=0.0, fused=True)
        self._generator = torch.Generator().manual_seed(SEED)

    def gradients(self) -> None:
        """A pass forward and the method's passes back."""
        images, targets = self._batch
        with drawn_by(self._generator):
            representation = self.network.representations(images)[0]
            tasks = len(self._heads)
            read = [representation] * tasks
            if self._method is not None:
                read = list(self._method.reads(representation, tasks))
            predictions = self.network.predictions(read)
        if self._method is None:
            losses = [
                definition.loss(prediction, target).mean()
                for definition, prediction, target in zip(
                    self._definitions, predictions, targets, strict=True
                )
            ]
            mtl_backward(losses, representation, tasks_params=self._heads, shared_params=self._shared)
            jac_to_grad(self._shared, MGDA())
        else:
            step = Step(
                representation=representation,
                read=read,
                losses=mean_losses(self._definitions, predictions, targets),
                shared=self._shared,
                heads=self._heads,
            )
            self._method.backward(step, self._generator)

    def step(self) -> None:
        self._optimiser.zero_grad()
        self.gradients()
        self._optimiser.step()

    def gradient(self) -> Tensor:
        """What `gradients` leaves, flat: of the shared network, then of the heads."""
        self._optimiser.zero_grad()
        self.gradients()
        found = [each.grad for each in (*self._shared, *(each for head in self._heads for each in head))]
        return torch.cat([each.flatten() for each in found if each is not None])


def ways_of(case: Case) -> tuple[dict[str, Way], int, int]:
    """Every way of a case; shared parameters, and numbers in an image's representation."""
    sizes = NetworkConfig()
    if case.architecture == "lenet":  # whose sizes are fixed but for the image's, which is no multiple of 8
        sizes = NetworkConfig(
            case.image_size, encoder_widths=(16, 32), encoder_blocks=(0, 0), decoder_widths=(32, 16)
        )
    config = MultitaskConfig(
        tasks=tuple(task.name for task in case.tasks),
        architecture=case.architecture,
        network=sizes,
        batch_size=case.batch,
    )
    views = Noise(case)
    definitions = fitted_definitions(config, views)
    examples = SharedExamples(definitions, views, "train")
    positions = np.arange(case.batch)
    batch = examples.images(positions), examples.targets(positions, torch.Generator().manual_seed(SEED))
    network = laid_out(fresh_network(config, definitions, SEED, shared=True))
    shared = sum(parameter.numel() for parameter in network.encoders.parameters())
    with torch.no_grad():
        width = network.representations(batch[0][:1])[0].numel()
    return {name: Way(name, config, network, definitions, batch) for name in WAYS}, shared, width


def check(ways: Mapping[str, Way]) -> None:
    """The ways do what they are named for.

    Raises:
        AssertionError: torchjd's MGDA gives other gradients alone than behind our interface; or, of two tasks, where
            it is exact too, than ours.
    """
    found = {name: way.gradient() for name, way in ways.items()}
    assert all(bool(each.isfinite().all()) and len(each) == len(found[BASE]) for each in found.values())
    torch.testing.assert_close(found["MGDA"], found[LIBRARY], rtol=1e-3, atol=1e-5)
    if len(ways[BASE]._heads) == 2:  # noqa: SLF001 - of this script
        torch.testing.assert_close(found["mgda"], found[LIBRARY], rtol=1e-3, atol=1e-5)


@dataclass(frozen=True, slots=True)
class Seconds:
    """Of one step: on the processor and on the clock."""

    processor: float
    wall: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A case with the seconds of a step in every round, by way."""

    case: Case
    shared: int
    width: int
    taken: Mapping[str, Sequence[Seconds]]

    def milliseconds(self, name: str) -> float:
        return 1000 * statistics.median(each.processor for each in self.taken[name])

    def ratios(self, name: str, of: Callable[[Seconds], float]) -> list[float]:
        return [of(each) / of(base) for each, base in zip(self.taken[name], self.taken[BASE], strict=True)]


def measure(case: Case, rounds: int) -> Measured:
    """Time all ways of a case by turns."""
    ways, shared, width = ways_of(case)
    check(ways)
    for way in ways.values():
        way.step()  # makes the moments
    rng = np.random.default_rng(SEED)
    taken: dict[str, list[Seconds]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name in rng.permutation(list(ways)):
            processor, wall = time.process_time(), time.perf_counter()
            for _ in range(case.steps):
                ways[name].step()
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            taken[name].append(Seconds(processor / case.steps, wall / case.steps))
    found = Measured(case, shared, width, taken)
    print(case.name, {name: f"{found.milliseconds(name):.1f} ms" for name in ways}, flush=True)
    return found


def report(measured: Sequence[Measured], rounds: int, load: float) -> str:
    """The figures as Markdown."""
    lines = [
        "# The cost of a training step against uniform scaling",
        "",
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, one thread, "
        f"torch {torch.__version__}, torchjd {version('torchjd')}, load average of the machine before the run "
        f"{load:.1f}. Made by `python bench/multitask_step.py`.",
        "",
        "A step is forward, losses, the method's backward passes and an update by Adam, on a batch that is ready in "
        f"memory. All ways begin with the same weights. Rounds, {rounds} of them, take the ways by turns; a ratio is "
        "the median over rounds of a way's time over uniform scaling's in the same round, of processor time (with its "
        "quartiles), which other work on the machine disturbs less, and of time on the clock. torchjd has its "
        "defaults: 100 iterations, and all tasks' gradients at once.",
        "",
        "| network | tasks | images | shared parameters | representation | way | ms a step | ratio | quartiles "
        "| wall ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for each in measured:
        case = each.case
        for name, title in WAYS.items():
            ratios = each.ratios(name, lambda seconds: seconds.processor)
            walls = each.ratios(name, lambda seconds: seconds.wall)
            low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
            lines.append(
                f"| {case.name} | {len(case.tasks)} | {case.batch} of {case.image_size}x{case.image_size} "
                f"| {each.shared:,} | {each.width:,} | {title} | {each.milliseconds(name):.1f} | **{middle:.2f}** "
                f"| {low:.2f} to {high:.2f} | {statistics.median(walls):.2f} |"
            )
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--tasks", type=int, nargs="+", default=[len(case.tasks) for case in CASES])
    parser.add_argument("--out", type=Path, default=Path("docs/results/multitask_step.md"))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    load = os.getloadavg()[0]
    measured = [measure(case, chosen.rounds) for case in CASES if len(case.tasks) in chosen.tasks]
    text = report(measured, chosen.rounds, load)
    print(text)
    chosen.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
