"""Step time and memory of K domain discriminators as one batched computation, against a loop over K networks.

Run `python bench/discriminators.py [--counts 10 31 84 1000] [--threads 1 2] [--rounds 5] [--out FILE]`. A step is
SAN's: every example's loss by every discriminator, weighed by instance and by class, the gradient to the features
reversed, and an update by stochastic gradient descent. Both ways begin with equal weights and see equal batches; that
they give equal losses, equal gradients to the features and equal weights after two steps is asserted before any of them
is timed. Rounds alternate the two ways in one process, and the median ratio counts, because the machine may
have other work: of processor time, which that disturbs less, and of time on the clock. Memory is the most that a
process of its own ever held, above what it held before it made a network.
"""

import argparse
import multiprocessing
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.networks.discriminators import Discriminators

COUNTS = (10, 31, 84, 1000)  # classes of MNIST, Office-31, the classes Caltech and ImageNet share, ImageNet
EXAMPLES, FEATURES, WIDTH = 64 + 64, 256, 64
THREADS = (1, 2)
CHECKED = 2  # steps after which both ways must agree
TIMED = 300  # discriminators' steps that a round takes at least
Result = TypeVar("Result")
Way = Literal["loop", "batched"]
WAYS: tuple[Way, ...] = ("loop", "batched")
INPUTS = {"features": False, "scaled features": True}
"""What a discriminator sees: the features (modes `paper`, `caffe`), or these times its class' probability (`w_t`)."""


class Reversal(torch.autograd.Function):
    """The identity, with the gradient times minus a coefficient."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, coefficient: float) -> Tensor:
        ctx.coefficient = coefficient
        return features.view_as(features)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, None]:
        return -ctx.coefficient * gradients[0], None


class Loop(nn.Module):
    """K separate networks, each behind a gradient reversal of its own: what `Discriminators` is measured against."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.networks = nn.ModuleList(
            nn.Sequential(
                nn.Linear(FEATURES, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 1)
            )
            for _ in range(count)
        )

    @torch.no_grad()
    def take(self, batched: Discriminators) -> None:
        """Begin with the same weights."""
        for position, network in enumerate(self.networks):
            block = slice(position * WIDTH, (position + 1) * WIDTH)
            given = (
                (network[0], batched.first[:, block], batched.first_bias[block]),
                (network[2], batched.second[position], batched.second_bias[position]),
                (network[4], batched.last[position], batched.last_bias[position]),
            )
            for layer, weight, bias in given:
                layer.weight.copy_(weight.T)
                layer.bias.copy_(bias.flatten())

    def forward(self, features: Tensor, coefficients: Tensor, scale: Tensor | None = None) -> Tensor:
        scores = []
        for position, (network, coefficient) in enumerate(
            zip(self.networks, coefficients.tolist(), strict=True)
        ):
            seen = Reversal.apply(features, coefficient)
            scores.append(network(seen if scale is None else seen * scale[:, position : position + 1]))
        return torch.cat(scores, dim=1)


@dataclass(frozen=True, slots=True)
class Problem:
    """One batch of both domains, with what weighs its losses."""

    features: Tensor
    domains: Tensor
    probabilities: Tensor
    coefficients: Tensor
    scaled: bool

    @classmethod
    def of(cls, count: int, *, scaled: bool, dtype: torch.dtype = torch.float32) -> "Problem":
        generator = torch.Generator().manual_seed(count)
        probabilities = torch.softmax(3 * torch.randn(EXAMPLES, count, generator=generator), dim=1).to(dtype)
        weights = probabilities[EXAMPLES // 2 :].mean(dim=0)
        return cls(
            features=torch.randn(EXAMPLES, FEATURES, generator=generator).relu_().to(dtype).requires_grad_(),
            domains=(torch.arange(EXAMPLES) < EXAMPLES // 2).to(dtype).unsqueeze(1).expand(-1, count),
            probabilities=probabilities,
            coefficients=weights / weights.mean(),
            scaled=scaled,
        )


class Training:
    """One way of training the discriminators of a problem."""

    def __init__(self, problem: Problem, network: nn.Module) -> None:
        self.problem, self.network = problem, network
        self._optimiser = torch.optim.SGD(
            network.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=True
        )

    def step(self) -> tuple[Tensor, Tensor]:
        """The loss, and the gradient that reached the features."""
        problem = self.problem
        problem.features.grad = None
        scores = self.network(
            problem.features, problem.coefficients, problem.probabilities if problem.scaled else None
        )
        losses = F.binary_cross_entropy_with_logits(scores, problem.domains, reduction="none")
        loss = (losses if problem.scaled else losses * problem.probabilities).sum() / EXAMPLES
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        assert problem.features.grad is not None
        return loss.detach(), problem.features.grad


def fresh(way: Way, count: int) -> nn.Module:
    if way == "loop":
        return Loop(count)
    batched = Discriminators(count, FEATURES, WIDTH)
    batched.initialise(torch.Generator().manual_seed(0))
    return batched


def trainings(count: int, *, scaled: bool, dtype: torch.dtype = torch.float32) -> dict[Way, Training]:
    """Both ways with equal weights."""
    batched, loop = fresh("batched", count), fresh("loop", count)
    assert isinstance(batched, Discriminators)
    assert isinstance(loop, Loop)
    loop.take(batched)
    problem = Problem.of(count, scaled=scaled, dtype=dtype)
    return {"loop": Training(problem, loop.to(dtype)), "batched": Training(problem, batched.to(dtype))}


def check(count: int, *, scaled: bool) -> None:
    """Both ways train alike: in double precision, where rounding hardly ever moves a unit across the ReLU's kink.

    Raises:
        AssertionError: they do not.
    """
    both = trainings(count, scaled=scaled, dtype=torch.float64)
    for _ in range(CHECKED):
        (loss, gradient), (expected, wanted) = both["batched"].step(), both["loop"].step()
        torch.testing.assert_close(loss, expected, rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(gradient, wanted, rtol=1e-7, atol=1e-10)
    trained = Loop(count).double()
    assert isinstance(both["batched"].network, Discriminators)
    trained.take(both["batched"].network)
    for weight, wanted in zip(trained.parameters(), both["loop"].network.parameters(), strict=True):
        torch.testing.assert_close(weight, wanted, rtol=1e-7, atol=1e-10)


@dataclass(frozen=True, slots=True)
class Case:
    """`count` discriminators that see `inputs`."""

    count: int
    inputs: str


@dataclass(frozen=True, slots=True)
class Seconds:
    """Of one step: on the clock and on the processors."""

    wall: float
    processor: float


def time_steps(cases: Sequence[Case], rounds: int, threads: int) -> dict[Case, dict[Way, list[Seconds]]]:
    """What a step took in every round, by case and way."""
    torch.set_num_threads(threads)
    found: dict[Case, dict[Way, list[Seconds]]] = {}
    for case in cases:
        check(case.count, scaled=INPUTS[case.inputs])
        both = trainings(case.count, scaled=INPUTS[case.inputs])
        for training in both.values():
            training.step()  # makes the momenta
        steps = max(2, TIMED // case.count)
        found[case] = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way in WAYS:
                wall, processor = time.perf_counter(), time.process_time()
                for _ in range(steps):
                    both[way].step()
                wall, processor = time.perf_counter() - wall, time.process_time() - processor
                found[case][way].append(Seconds(wall / steps, processor / steps))
        print(
            threads, case, {way: median(taken, "processor") for way, taken in found[case].items()}, flush=True
        )
    return found


def median(taken: Sequence[Seconds], part: str) -> float:
    return statistics.median(getattr(each, part) for each in taken)


def peak(case: Case, way: Way) -> float:
    """MiB that training one way takes at most, above what the process held before; in a process of its own."""
    torch.set_num_threads(1)
    Training(
        Problem.of(1, scaled=False), fresh("batched", 1)
    ).step()  # what torch itself makes at its first step
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    training = Training(Problem.of(case.count, scaled=INPUTS[case.inputs]), fresh(way, case.count))
    for _ in range(3):
        training.step()
    most = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(case, way, f"{most:.0f} MiB", flush=True)
    return most


def alone(function: Callable[..., Result], *arguments: object) -> Result:
    """What a function gives in a process that has done nothing else."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as executor:
        return executor.submit(function, *arguments).result()


def report(
    timings: dict[int, dict[Case, dict[Way, list[Seconds]]]],
    peaks: dict[Case, dict[Way, float]],
    rounds: int,
    load: float,
) -> str:
    """The figures as Markdown."""
    lines = [
        "# K discriminators as one computation against a loop over separate networks",
        "",
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, "
        f"load average of the machine before the run {load:.1f}. Made by `python bench/discriminators.py`.",
        "",
        f"A step is forward, backward and an update by stochastic gradient descent with momentum: {EXAMPLES // 2} "
        f"source and {EXAMPLES // 2} target examples, {FEATURES} bottleneck features, discriminators with two hidden "
        f"layers of {WIDTH}. Both ways began with equal weights; in double precision their losses and the "
        f"gradients that reached the features agreed at each of {CHECKED} steps within a ten millionth, and so did all "
        "weights afterwards. Times and ratios are medians "
        f"over {rounds} rounds that alternate the two ways in one process: of processor time, which other work on the "
        "machine disturbs less and which sums over threads, and as `wall ratio` of time on the clock. Memory is what a "
        "process of one thread holds at most above what it held before; weights, gradients and momenta are in it, and "
        "alike in both ways. "
        "`features`: what the modes `paper` and `caffe` show a discriminator; `scaled features`: each discriminator's "
        "own multiple of them, as in the mode `w_t`.",
        "",
        "| discriminators | see | threads | loop, ms a step | batched, ms a step | ratio | wall ratio | loop, MiB "
        "| batched, MiB | memory ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for case, memory in peaks.items():
        for threads, found in timings.items():
            loop, batched = (found[case][way] for way in WAYS)
            rounds_of_both = list(zip(loop, batched, strict=True))
            wall = statistics.median(a.wall / b.wall for a, b in rounds_of_both)
            processor = statistics.median(a.processor / b.processor for a, b in rounds_of_both)
            lines.append(
                f"| {case.count:,} | {case.inputs} | {threads} | {1000 * median(loop, 'processor'):.1f} "
                f"| {1000 * median(batched, 'processor'):.1f} | **{processor:.1f}** | {wall:.1f} "
                f"| {memory['loop']:.0f} | {memory['batched']:.0f} | {memory['loop'] / memory['batched']:.2f} |"
            )
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--threads", type=int, nargs="+", default=THREADS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("docs/results/discriminators.md"))
    chosen = parser.parse_args()
    cases = [Case(count, inputs) for inputs in INPUTS for count in chosen.counts]
    load = os.getloadavg()[0]
    peaks = {case: {way: alone(peak, case, way) for way in WAYS} for case in cases}
    timings = {threads: alone(time_steps, cases, chosen.rounds, threads) for threads in chosen.threads}
    text = report(timings, peaks, chosen.rounds, load)
    print(text)
    chosen.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
