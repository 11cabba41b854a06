"""The shortest vector in the convex hull of T gradients, found from their inner products alone.

It is MGDA's descent direction (Désidéri 2012): where it is zero, the point is Pareto-stationary; elsewhere a step
against it lowers every task's loss. Sener & Koltun (2018, Alg. 2) find it by Frank-Wolfe, whose every step is the
two-task problem in closed form. Plain Frank-Wolfe slows down without end where the answer is on a face of the hull, so
this is its fully corrective form, which is Wolfe's algorithm (1976): each Frank-Wolfe vertex joins an active set, and
the shortest vector of the active set's affine hull, a linear system, takes the place of the step. That ends after
finitely many steps. Where rounding spoils a linear system, the step is a pairwise Frank-Wolfe step instead (Lacoste-
Julien & Jaggi 2015), again the two-task problem in closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

TOLERANCE: Final = 1e-7
MAX_ITERATIONS: Final = 250
FLOOR: Final = 1e-7
"""Of `MinNorm.relative_gap`: how much shorter than its parts a combined gradient is before it counts as cancelled."""

_STARTS: Final = 4  # attempts to begin from many tasks at once; more hardly ever help
_ASYMMETRY: Final = 1e-4  # of cosines: above what single precision leaves
_ROUNDING: Final = 4  # units of the last place that a sum of products may be off, of its terms


@dataclass(frozen=True, slots=True, eq=False)
class MinNorm:
    """The min-norm point of T gradients g, or the best one found.

    Attributes:
        weights: (T,) float64, a: at least 0, with sum 1. The point is d, the sum of a_t g_t.
        squared_norm: of d, in the unit of the Gram matrix.
        slacks: (T,) float64, <g_t, d> - |d|^2, in the same unit: the certificate. At the optimum none is negative, and
            those of tasks with weight are 0 (the KKT conditions).
        relative_gap: `gap` over the larger of |d|^2 and `FLOOR` times (the longest |g_t|) times (the sum of a_t |g_t|).
            That product is the most that <g_t, d> could be if nothing cancelled, and what rounding is relative to; so
            the figure does not depend on the scale of the gradients, and makes sense where d is zero.
        iterations: linear systems solved and Frank-Wolfe steps taken; 0 where a closed form was enough.
        converged: whether the relative gap is within the tolerance asked for.
    """

    weights: Vector
    squared_norm: float
    slacks: Vector
    relative_gap: float
    iterations: int
    converged: bool

    @property
    def norm(self) -> float:
        """Of d: the distance from Pareto stationarity."""
        return math.sqrt(self.squared_norm)

    @property
    def gap(self) -> float:
        """The Frank-Wolfe duality gap, which is the largest violation of <g_t, d> >= |d|^2.

        |d|^2 is above the optimum by at most twice this.
        """
        return max(0.0, -float(self.slacks.min()))


def two_task(a: float, b: float, c: float) -> tuple[float, float]:
    """The min-norm point of two vectors u and v, in closed form; nothing is clamped.

    Args:
        a: <u, u>.
        b: <u, v>.
        c: <v, v>.

    Returns:
        Weights of u and of v, at least 0, with sum 1; each has full relative precision.

    Reference: Sener & Koltun 2018, Eq. 4 and Alg. 1.
    """
    if b >= a:
        return 1.0, 0.0
    if b >= c:
        return 0.0, 1.0
    return (c - b) / ((a - b) + (c - b)), (a - b) / ((a - b) + (c - b))


def min_norm(
    gram: NDArray[np.floating],
    *,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
    precision: float | None = None,
) -> MinNorm:
    """The min-norm point in the convex hull of T gradients.

    It scales inside: gradients may be of any length, and of lengths that differ by many orders of magnitude.

    Args:
        gram: (T, T) inner products of the gradients: symmetric, positive semidefinite, singular as may be.
        tolerance: relative gap that is small enough.
        max_iterations: after which the best point so far is returned.
        precision: of the inner products, relative to the product of the lengths; None for that of their dtype. The
            search ends where a step makes no difference that shows at it: with single precision that may be before
            `tolerance` where gradients cancel or nearly repeat each other.

    Returns:
        The point, with its certificate. Tasks without a gradient share all weight, since the point is then zero.

    Raises:
        ValueError: `gram` is no matrix of inner products (not square, not finite, not symmetric, or an entry larger
            than the lengths allow), or an option is out of range.
    """
    if not (tolerance > 0 and max_iterations >= 1):
        message = (
            f"tolerance must be positive and max_iterations at least 1, got {tolerance}, {max_iterations}"
        )
        raise ValueError(message)
    given = np.asarray(gram, dtype=np.result_type(gram, np.float32))
    precise = float(np.finfo(given.dtype).eps) if precision is None else precision
    hull = _Hull.of(given.astype(np.float64), _ROUNDING * precise)
    if hull is None:
        still = np.diagonal(gram) == 0
        return MinNorm(still / still.sum(), 0.0, np.zeros(len(gram)), 0.0, 0, converged=True)
    if len(gram) == 1:
        return hull.result(hull.vertex(0), 0, tolerance)
    if len(gram) == 2:
        return hull.result(hull.pair(), 0, tolerance)
    return _descend(hull, tolerance, max_iterations)


def _descend(hull: _Hull, tolerance: float, max_iterations: int) -> MinNorm:
    now, iterations = hull.start(min(_STARTS, max_iterations))
    while now.relative_gap > tolerance and iterations < max_iterations:
        step, solved = hull.corrected(now, max_iterations - iterations)
        iterations += solved
        if not step.improves(now, hull.rounding) and iterations < max_iterations:
            step = hull.pairwise(now)
            iterations += 1
        if not step.improves(now, hull.rounding):
            break  # only rounding is left
        now = step
    return hull.result(now, iterations, tolerance)


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """A point d of the hull; every length is in units of the shortest gradient's.

    Attributes:
        shares: (T,) b_t = a_t |g_t|, of the unit vectors along the gradients.
        value: |d|^2, at most rounding below 0.
        products: (T,) <g_t, d>.
        gap: value - min(products).
        scale: the longest |g_t| times the sum of b.
    """

    shares: Vector
    value: float
    products: Vector
    gap: float
    scale: float

    @property
    def relative_gap(self) -> float:
        return max(0.0, self.gap) / max(self.value, FLOOR * self.scale)

    def improves(self, other: _Point, rounding: float) -> bool:
        """Whether it is visibly shorter, or as short for all one can see and much nearer to a certificate."""
        visible = rounding * float(self.shares.sum()) ** 2
        shorter = other.value - self.value
        return shorter > visible or (shorter > -visible and self.gap < other.gap / 2)


@dataclass(frozen=True, slots=True, eq=False)
class _Hull:
    """The convex hull in well-scaled terms: min b'Cb over b >= 0 with s'b = 1.

    Attributes:
        cosines: (T, T) C, between the gradients.
        shortness: (T,) s, the shortest gradient's length over each one's.
        regular: (T, T) C + s s', whose blocks are regular where gradients are affinely independent.
        unit: the shortest gradient's length.
        rounding: how far off an inner product may be, of its terms.
    """

    cosines: Vector
    shortness: Vector
    regular: Vector
    unit: float
    rounding: float

    @classmethod
    def of(cls, gram: Vector, rounding: float) -> _Hull | None:
        """The hull of a Gram matrix; None where some gradient is zero.

        Raises:
            ValueError: it is no Gram matrix.
        """
        if gram.ndim != 2 or gram.shape[0] != gram.shape[1] or not len(gram):
            message = f"a Gram matrix is square and not empty, got shape {gram.shape}"
            raise ValueError(message)
        if not np.isfinite(gram).all():
            message = "a Gram matrix has finite entries"
            raise ValueError(message)
        squares = np.diagonal(gram)
        if squares.min() < 0:
            message = "a Gram matrix has no negative entry on its diagonal"
            raise ValueError(message)
        lengths = np.sqrt(squares)
        # where a gradient is zero, so are its products with others; 1 avoids 0 / 0 and shows what is not
        divisors = np.where(lengths > 0, lengths, 1.0)
        cosines = gram / divisors[:, None] / divisors
        if np.abs(cosines - cosines.T).max() > _ASYMMETRY:
            message = "a Gram matrix is symmetric"
            raise ValueError(message)
        if np.abs(cosines).max() > 1 + _ASYMMETRY:
            message = (
                "no inner product is larger than the product of the two lengths, which are on the diagonal"
            )
            raise ValueError(message)
        unit = float(lengths.min())
        if unit == 0:
            return None
        cosines, shortness = (cosines + cosines.T) / 2, unit / lengths
        return cls(cosines, shortness, cosines + np.outer(shortness, shortness), unit, rounding)

    def point(self, shares: Vector) -> _Point:
        """The point with these shares, which are scaled to fit."""
        shares = shares / (self.shortness @ shares)
        along = self.cosines @ shares
        products = along / self.shortness
        value = float(shares @ along)
        scale = float(shares.sum() / self.shortness.min())
        return _Point(shares, value, products, value - float(products.min()), scale)

    def vertex(self, task: int) -> _Point:
        """One gradient."""
        return self.point(np.eye(len(self.shortness))[task])

    def pair(self) -> _Point:
        """The optimum of two tasks."""
        first, second = 1 / self.shortness
        weights = two_task(first**2, float(self.cosines[0, 1]) * first * second, second**2)
        return self.point(np.asarray(weights) / self.shortness)

    def result(self, point: _Point, iterations: int, tolerance: float) -> MinNorm:
        """The point in the terms of the caller."""
        weights = point.shares * self.shortness
        return MinNorm(
            weights=weights / weights.sum(),
            squared_norm=max(0.0, point.value) * self.unit**2,
            slacks=(point.products - point.value) * self.unit**2,
            relative_gap=point.relative_gap,
            iterations=iterations,
            converged=point.relative_gap <= tolerance,
        )

    def affine_minimiser(self, active: NDArray[np.intp]) -> Vector | None:
        """The shares (K,) of the shortest vector in the affine hull of K gradients; None where rounding hides it."""
        short = self.shortness[active]
        try:
            # the same up to its length as of C alone, which is singular where the hull holds zero
            solution = np.linalg.solve(self.regular[active[:, None], active], short)
        except np.linalg.LinAlgError:
            return None
        total = float(short @ solution)
        if not (total > 0 and np.isfinite(solution).all()):
            return None
        return np.asarray(solution / total, dtype=np.float64)

    def start(self, attempts: int) -> tuple[_Point, int]:
        """A first point, and the linear systems solved for it.

        It is the affine minimiser of all gradients if that is in their hull, else of those that had weight in it, and
        so on; the shortest gradient if that comes to nothing.
        """
        tasks = len(self.shortness)
        shortest = self.vertex(int(self.shortness.argmax()))
        active = np.arange(tasks)
        for attempt in range(1, attempts + 1):
            found = self.affine_minimiser(active)
            if found is None:
                return shortest, attempt
            if found.min() >= 0:
                shares = np.zeros(tasks)
                shares[active] = found
                point = self.point(shares)
                return (point if point.value < shortest.value else shortest), attempt
            active = active[found > 0]
        return shortest, attempts

    def corrected(self, point: _Point, allowed: int) -> tuple[_Point, int]:
        """The shortest vector of a face that the Frank-Wolfe vertex joins, and the linear systems solved for it.

        From the point towards the affine minimiser, as far as the hull reaches; what weight ends there leaves the
        active set, and so on until the affine minimiser lies in the hull (Wolfe's minor cycles).
        """
        shares = point.shares.copy()
        joined = shares > 0
        joined[point.products.argmin()] = True
        active = np.flatnonzero(joined)
        for solved in range(1, allowed + 1):
            target = self.affine_minimiser(active)
            if target is None:
                return self.point(shares), solved
            here = shares[active]
            outside = target < 0
            if not outside.any():
                shares[active] = target
                return self.point(shares), solved
            reach = here[outside] / (here[outside] - target[outside])
            step = float(reach.min())
            moved = np.maximum((1 - step) * here + step * target, 0)
            moved[np.flatnonzero(outside)[reach <= step]] = 0
            shares[active] = moved
            active = active[moved > 0]
        return self.point(shares), allowed

    def pairwise(self, point: _Point) -> _Point:
        """The best way between a point and the one where its worst task's weight is the Frank-Wolfe vertex's."""
        shares = point.shares
        toward = int(point.products.argmin())
        away = int(np.where(shares > 0, point.products, -np.inf).argmax())
        other = shares.copy()
        other[toward] += shares[away] * self.shortness[away] / self.shortness[toward]
        other[away] = 0
        along = self.cosines @ other
        stay, go = two_task(point.value, float(shares @ along), float(other @ along))
        return self.point(stay * shares + go * other)
