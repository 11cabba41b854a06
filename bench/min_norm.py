"""The min-norm solver against exact solutions on random Gram matrices, and against the solvers users know, in one run.

Run `python bench/min_norm.py [--matrices 10000] [--peers 500] [--out FILE]`. Matrices are drawn by kind, for 2 to 50
tasks; each comes from gradients that are kept, so that every figure below is computed from these, in extended
precision, and not from the matrix that the solver saw.

The exact solution is found in another way than the solver's: min |G'a| over the simplex has the direction of the
nonnegative least-squares solution of min |G'x|^2 + (1 - sum(x))^2, which Lawson and Hanson's algorithm (scipy) finds
from the gradients by orthogonal factorisations, without their inner products. Of matrices of at most 5 tasks it is
also found in rational arithmetic, by the stationary points of all faces.

Peers: torchjd's MGDA with its defaults, Algorithm 2 of the paper (plain Frank-Wolfe) and what the paper's code runs
(projected gradients from the best pair of tasks, with steps clamped to 0.001 .. 0.999), 250 iterations each.
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scipy
import torch
from numpy.typing import NDArray
from scipy.optimize import nnls
from torchjd.aggregation import MGDAWeighting

from models.multitask.exact_min_norm import exact_min_norm
from models.multitask.min_norm import FLOOR, MinNorm, min_norm, two_task

Array = NDArray[np.float64]
Draw = Callable[[int, np.random.Generator], Array]

MOST = 50  # tasks
ROUNDING = (
    1e-12  # of what |d|^2 could be if nothing cancelled: below, it is mostly rounding of the Gram matrix
)
RATIONAL = 5  # tasks, at most, of a matrix that is also solved in rational arithmetic
WANTED = 1e-6  # relative gap
TIMED_TASKS = (2, 3, 10, 40)
TIMED_MATRICES = 100
PEER_ITERATIONS = 250


def _well_conditioned(tasks: int, rng: np.random.Generator) -> Array:
    width = 8 * tasks
    return rng.standard_normal((tasks, width)) + 0.3 * rng.standard_normal(width)


def _alike(tasks: int, rng: np.random.Generator) -> Array:
    width = 2 * tasks
    return rng.standard_normal((tasks, width)) + rng.standard_normal(width)


def _ill_conditioned(tasks: int, rng: np.random.Generator) -> Array:
    left, _ = np.linalg.qr(rng.standard_normal((tasks, tasks)))
    right, _ = np.linalg.qr(rng.standard_normal((2 * tasks, tasks)))
    return (left * np.logspace(0, -rng.uniform(3, 8), tasks)) @ right.T


def _rank_deficient(tasks: int, rng: np.random.Generator) -> Array:
    rank, width = int(rng.integers(1, max(2, tasks))), 2 * tasks
    found = rng.standard_normal((tasks, rank)) @ rng.standard_normal((rank, width))
    return found + rng.choice((0.0, 1.0, 5.0)) * rng.standard_normal(width)


def _near_duplicates(tasks: int, rng: np.random.Generator) -> Array:
    width = 2 * tasks
    originals = rng.standard_normal((max(1, tasks // 3), width)) + 0.5 * rng.standard_normal(width)
    copies = originals[rng.integers(0, len(originals), tasks)]
    return copies + 10 ** rng.uniform(-9, -2) * rng.standard_normal((tasks, width))


def _lengths_a_million_apart(tasks: int, rng: np.random.Generator) -> Array:
    exponents = rng.uniform(-3, 3, tasks)
    exponents[:2] = -3, 3
    return _well_conditioned(tasks, rng) * 10 ** rng.permutation(exponents)[:, None]


def _opposed(tasks: int, rng: np.random.Generator) -> Array:
    width = 2 * tasks
    found = rng.standard_normal((tasks, width)) * 10 ** rng.uniform(-1, 1, (tasks, 1))
    shares = rng.dirichlet(np.ones(tasks))
    last = int(shares.argmax())
    shares[last], most = 0, shares[last]
    found[last] = -(shares @ found) / most
    return found + 10 ** rng.uniform(-12, -3) * rng.standard_normal(width)


KINDS: Mapping[str, Draw] = {
    "well-conditioned": _well_conditioned,
    "alike, optimum on a face": _alike,
    "ill-conditioned, 1e3 to 1e8": _ill_conditioned,
    "rank-deficient": _rank_deficient,
    "near-duplicates, 1e-2 to 1e-9": _near_duplicates,
    "lengths up to 1e6 apart": _lengths_a_million_apart,
    "opposed, optimum nearly 0": _opposed,
}


def exact_weights(gradients: Array) -> Array:
    """The min-norm point by nonnegative least squares on the gradients, each scaled to length 1."""
    lengths = np.linalg.norm(gradients, axis=1)
    system = np.vstack([(gradients / lengths[:, None]).T, lengths.min() / lengths])
    shares, _ = nnls(system, np.eye(len(system))[-1], maxiter=100 * len(lengths))
    weights = shares / lengths
    return weights / weights.sum()


def plain_frank_wolfe(gram: Array) -> Array:
    """Sener & Koltun 2018, Alg. 2, as printed."""
    weights = np.full(len(gram), 1 / len(gram))
    for _ in range(PEER_ITERATIONS):
        products = gram @ weights
        toward = int(products.argmin())
        stay, go = two_task(float(weights @ products), float(products[toward]), float(gram[toward, toward]))
        if go == 0:
            break
        weights = stay * weights
        weights[toward] += go
    return weights


def projected_gradient(gram: Array) -> tuple[Array, bool]:
    """What the paper's code runs, and whether it would have returned anything."""

    def clamped(a: float, b: float, c: float) -> float:
        if b >= a:
            return 0.999
        return 0.001 if b >= c else two_task(a, b, c)[0]

    def value(pair: tuple[int, int]) -> float:
        a, b, c = gram[pair[0], pair[0]], gram[pair], gram[pair[1], pair[1]]
        share = clamped(a, b, c)
        return float(share**2 * a + 2 * share * (1 - share) * b + (1 - share) ** 2 * c)

    tasks = len(gram)
    first, second = min(((i, j) for i in range(tasks) for j in range(i + 1, tasks)), key=value)
    weights = np.zeros(tasks)
    weights[first] = clamped(gram[first, first], gram[first, second], gram[second, second])
    weights[second] = 1 - weights[first]
    for _ in range(PEER_ITERATIONS):
        downhill = -(gram @ weights)
        downhill -= downhill.mean()
        with np.errstate(divide="ignore", invalid="ignore"):
            reaches = np.where(downhill < 0, -weights, 1 - weights) / downhill
        usable = reaches[np.isfinite(reaches) & (reaches > 1e-7)]
        target = _on_simplex(weights + (usable.min() if len(usable) else 1.0) * downhill)
        stay = clamped(
            float(weights @ gram @ weights), float(weights @ gram @ target), float(target @ gram @ target)
        )
        moved = stay * weights + (1 - stay) * target
        if np.abs(moved - weights).sum() < 1e-5:
            return moved, True
        weights = moved
    return weights, False


def _on_simplex(vector: Array) -> Array:
    ordered = np.sort(vector)[::-1]
    shifts = (np.cumsum(ordered) - 1) / np.arange(1, len(vector) + 1)
    return np.maximum(vector - shifts[np.flatnonzero(ordered > shifts)[-1]], 0)


@dataclass(frozen=True, slots=True)
class Truth:
    """One matrix's gradients and what its exact solution came to.

    Attributes:
        gradients: (T, P) in extended precision.
        value: |d|^2 of the exact solution.
        scale: the longest |g_t| times the sum of a_t |g_t| at the exact solution.
    """

    gradients: NDArray[np.longdouble]
    value: float
    scale: float

    @classmethod
    def of(cls, gradients: Array) -> "Truth":
        extended = gradients.astype(np.longdouble)
        weights = exact_weights(gradients)
        lengths = np.linalg.norm(gradients, axis=1)
        return cls(extended, _squared(weights @ extended), float(lengths.max() * (weights @ lengths)))

    @property
    def denominator(self) -> float:
        return max(self.value, FLOOR * self.scale)

    @property
    def cancels(self) -> bool:
        return self.value < FLOOR * self.scale

    def excess(self, weights: Array) -> float:
        """How much longer than the exact point these weights' is: of the squared norms, relative."""
        return (_squared(weights @ self.gradients) - self.value) / self.denominator

    def excess_of_itself(self, weights: Array) -> float | None:
        """The excess relative to the exact squared norm alone; None where that is mostly rounding."""
        if self.value < ROUNDING * self.scale:
            return None
        return self.excess(weights) * self.denominator / self.value

    def certified(self, weights: Array) -> float:
        """The Frank-Wolfe duality gap of these weights, relative: no reference solution is in it."""
        point = weights @ self.gradients
        return (_squared(point) - float((self.gradients @ point).min())) / self.denominator


def _squared(vector: NDArray[np.longdouble]) -> float:
    return float(vector @ vector)


@dataclass(frozen=True, slots=True)
class Solved:
    """What the solver came to on one matrix; None where a figure was not computed."""

    kind: str
    tasks: int
    cancels: bool
    excess: float
    of_itself: float | None
    certified: float
    rational: float | None
    found: MinNorm


@dataclass(frozen=True, slots=True)
class Peer:
    """What another solver came to on one matrix."""

    excess: float
    finished: bool


def solve_all(
    matrices: int, peers: int, rng: np.random.Generator
) -> tuple[list[Solved], dict[str, list[Peer]]]:
    """The solver on all matrices, its peers on every few."""
    library = MGDAWeighting()
    ways: dict[str, Callable[[Array], tuple[Array, bool]]] = {
        "torchjd's MGDA, defaults": lambda gram: (library(torch.from_numpy(gram)).numpy(), True),
        "Algorithm 2 as printed": lambda gram: (plain_frank_wolfe(gram), True),
        "the paper's code": projected_gradient,
    }
    solved: list[Solved] = []
    others: dict[str, list[Peer]] = {name: [] for name in ways}
    kinds = list(KINDS)
    for position in range(matrices):
        kind = kinds[position % len(kinds)]
        tasks = int(rng.integers(2, MOST + 1))
        gradients = KINDS[kind](tasks, rng)
        gram = gradients @ gradients.T
        truth = Truth.of(gradients)
        found = min_norm(gram)
        rational = None
        if tasks <= RATIONAL:
            _, optimum = exact_min_norm(gram)
            rational = abs(float(found.weights @ gram @ found.weights) - float(optimum)) / truth.denominator
        solved.append(
            Solved(
                kind,
                tasks,
                truth.cancels,
                truth.excess(found.weights),
                truth.excess_of_itself(found.weights),
                truth.certified(found.weights),
                rational,
                found,
            )
        )
        if position * peers // matrices != (position + 1) * peers // matrices:
            for name, way in ways.items():
                weights, finished = way(gram)
                others[name].append(Peer(truth.excess(weights), finished))
    return solved, others


@dataclass(frozen=True, slots=True)
class Timing:
    """Microseconds of processor time that a solve takes, medians, and how far above the optimum it ended at worst."""

    kind: str
    tasks: int
    ours: float
    theirs: float
    our_excess: float
    their_excess: float


def time_solves(rng: np.random.Generator) -> list[Timing]:
    """Ours and torchjd's, by turns on the same matrices."""
    library = MGDAWeighting()
    found = []
    for kind in ("well-conditioned", "alike, optimum on a face"):
        for tasks in TIMED_TASKS:
            ours, theirs, excesses = [], [], []
            for _ in range(TIMED_MATRICES):
                gradients = KINDS[kind](tasks, rng)
                gram = gradients @ gradients.T
                tensor = torch.from_numpy(gram)
                before = time.process_time()
                solution = min_norm(gram)
                between = time.process_time()
                weights = library(tensor)
                after = time.process_time()
                ours.append(between - before)
                theirs.append(after - between)
                truth = Truth.of(gradients)
                excesses.append((truth.excess(solution.weights), truth.excess(weights.numpy())))
            found.append(
                Timing(
                    kind,
                    tasks,
                    1e6 * statistics.median(ours),
                    1e6 * statistics.median(theirs),
                    max(each for each, _ in excesses),
                    max(each for _, each in excesses),
                )
            )
    return found


def report(
    solved: Sequence[Solved], others: Mapping[str, Sequence[Peer]], timings: Sequence[Timing], load: float
) -> str:
    """The figures as Markdown."""
    rational = [each.rational for each in solved if each.rational is not None]
    lines = [
        "# The min-norm solver against exact solutions",
        "",
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, one thread, "
        f"numpy {np.__version__}, scipy {scipy.__version__}, torchjd {version('torchjd')}, load average of the "
        f"machine before the run {load:.1f}. Made by `python bench/min_norm.py`.",
        "",
        f"{len(solved):,} random Gram matrices of 2 to {MOST} tasks. *Excess*: |d|² above that of the exact solution, "
        "which is nonnegative least squares on the gradients themselves (Lawson and Hanson, another algorithm, without "
        "the Gram matrix). *Duality gap*: |d|² less the smallest <g, d>, which bounds the excess (by twice itself) "
        "without any reference. Both are computed in extended precision from the gradients, and are relative to the "
        f"exact |d|², or to {FLOOR:.0e} of what it could be if nothing cancelled (longest |g| times sum of a |g|) "
        "where that is larger. `cancel` counts those matrices: there the gradients' convex hull holds zero, or nearly. "
        f"*Of itself*: the excess without that floor, of matrices whose |d|² is above {ROUNDING:.0e} of the same. "
        f"Of the {len(rational):,} matrices with at most "
        f"{RATIONAL} tasks the optimum was also found in "
        f"rational arithmetic; the largest relative difference is {max(rational, default=0):.1e}.",
        "",
        "| matrices | | cancel | excess: median | largest | below 1e-6 | of itself: largest | duality gap: largest "
        "| below 1e-6 | converged | iterations: median | most |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind in (*KINDS, "all"):
        of_kind = [each for each in solved if kind in (each.kind, "all")]
        excess = [abs(each.excess) for each in of_kind]
        certified = [each.certified for each in of_kind]
        of_itself = [abs(each.of_itself) for each in of_kind if each.of_itself is not None]
        iterations = [each.found.iterations for each in of_kind]
        lines.append(
            f"| {kind} | {len(of_kind):,} | {sum(each.cancels for each in of_kind):,} "
            f"| {statistics.median(excess):.1e} | **{max(excess):.1e}** | {_share(excess)} "
            f"| {max(of_itself, default=0):.1e} | {max(certified):.1e} | {_share(certified)} "
            f"| {100 * statistics.mean(each.found.converged for each in of_kind):.2f} % "
            f"| {statistics.median(iterations):.0f} | {max(iterations)} |"
        )
    lines += [
        "",
        "Other solvers on an even sample of the same matrices. *Finished*: gave an answer; the paper's code gives none "
        "after 250 iterations, and its last iterate is measured here all the same.",
        "",
        "| solver | matrices | excess: median | largest | below 1e-6 | finished |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, peers in others.items():
        excess = [abs(each.excess) for each in peers]
        lines.append(
            f"| {name} | {len(peers):,} | {statistics.median(excess):.1e} | {max(excess):.1e} | {_share(excess)} "
            f"| {100 * statistics.mean(each.finished for each in peers):.1f} % |"
        )
    lines += [
        "",
        f"Processor time of a solve: medians over {TIMED_MATRICES} matrices, ours and torchjd's by turns on the same "
        "ones, each from the Gram matrix as it takes it.",
        "",
        "| matrices | tasks | ours, µs | torchjd's, µs | torchjd's over ours | ours, largest excess "
        "| torchjd's, largest excess |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {each.kind} | {each.tasks} | {each.ours:.0f} | {each.theirs:.0f} | **{each.theirs / each.ours:.1f}** "
        f"| {abs(each.our_excess):.1e} | {each.their_excess:.1e} |"
        for each in timings
    ]
    return "\n".join([*lines, ""])


def _share(gaps: Sequence[float]) -> str:
    return f"{100 * statistics.mean(gap < WANTED for gap in gaps):.2f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--matrices", type=int, default=10_000)
    parser.add_argument("--peers", type=int, default=500, help="matrices that other solvers see as well")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("docs/results/min_norm.md"))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    load = os.getloadavg()[0]
    rng = np.random.default_rng(chosen.seed)
    timings = time_solves(rng)
    solved, others = solve_all(chosen.matrices, chosen.peers, rng)
    text = report(solved, others, timings, load)
    print(text)
    chosen.out.write_text(text, encoding="utf-8")
    missed = sum(abs(each.excess) >= WANTED for each in solved)
    if missed:
        raise SystemExit(f"{missed} matrices are not solved to {WANTED:.0e}")


if __name__ == "__main__":
    main()
