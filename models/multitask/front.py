"""The Pareto front of trained models: what no other model beats in every task, how much it covers, whom to choose.

Values are (points, axes) in the axes' own units; an axis says whether higher is better. Everything that chooses a model
must be given validation values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

MARGIN = 0.1
"""How far the reference point lies beyond the worst values, as a share of each axis's range."""
SAMPLES = 100_000
"""Of an estimated hypervolume."""

_MOST_WORK = (
    50_000_000  # of the exact recursion, numbers compared, about a second: an estimate does what takes longer
)
_CALL = 6_000  # numbers that are compared in the time that a call takes by itself
_TIE = 12  # decimals of normalised distances that tell two apart
_CELLS = 5_000_000  # numbers that are compared at once

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


class FrontError(ValueError):
    """The values, or the preference, describe no front."""


@dataclass(frozen=True, slots=True)
class Hypervolume:
    """The volume that a set of points dominates, up to a reference point.

    Attributes:
        value: in the product of the axes' units.
        share: of the box between the reference point and the best value of every axis, 0 to 1.
        exact: computed; otherwise estimated from random points.
        standard_error: of `share`; 0 where it is exact.
    """

    value: float
    share: float
    exact: bool
    standard_error: float


@dataclass(frozen=True, slots=True)
class Nearest:
    """The model that a preference asks for.

    Attributes:
        index: of the point.
        distance: weighted Chebyshev distance from the ideal point, 0 to 1.
    """

    index: int
    distance: float


def dominated(values: ArrayLike, higher_is_better: ArrayLike) -> Flags:
    """Which points another point beats: at least as good in every axis and better in one. Equal points do not.

    Args:
        values: (points, axes), finite.
        higher_is_better: (axes,) bool.

    Returns:
        (points,) bool.

    Raises:
        FrontError: the shapes do not fit, or a value is not finite.
    """
    return _dominated(_costs(values, higher_is_better))


def reference_point(values: ArrayLike, higher_is_better: ArrayLike) -> Numbers:
    """Where the volume is measured from: in every axis beyond the worst of all points by `MARGIN` of their range.

    So the extreme points of the front count, whichever models are compared. Where all points are equal in an axis, the
    margin is that share of their value, or of 1 where that is 0.

    Args:
        values: (points, axes), finite, at least one point.
        higher_is_better: (axes,) bool.

    Returns:
        (axes,) in the axes' units.

    Raises:
        FrontError: as `dominated`, or no point.
    """
    costs, higher = _costs(values, higher_is_better, least=1), np.asarray(higher_is_better, dtype=bool)
    worst = costs.max(axis=0)
    spread = worst - costs.min(axis=0)
    size = np.where(spread > 0, spread, np.where(worst == 0, 1.0, np.abs(worst)))
    reference = worst + MARGIN * size
    return np.where(higher, -reference, reference)


def hypervolume(
    values: ArrayLike,
    higher_is_better: ArrayLike,
    reference: ArrayLike,
    *,
    ideal: ArrayLike | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Hypervolume:
    """The volume that is at least as bad as some point and better than the reference point.

    Exact by a sweep for two and three axes, by exclusive volumes for more (While, Bradstreet & Barone 2012, WFG). Where
    that would take too long, it is estimated by sampling the points' own boxes, whose relative error does not depend
    on how small a share of the space they fill (Bringmann & Friedrich 2010, after Karp & Luby).

    Args:
        values: (points, axes), finite; none give a volume of 0.
        higher_is_better: (axes,) bool.
        reference: (axes,) in the axes' units; a point not better than it in every axis adds nothing.
        ideal: (axes,) what `share` is measured against; by default the best value of every axis.
        samples: random points of an estimate, at least 1.
        seed: of them.

    Raises:
        FrontError: the shapes do not fit, a value is not finite, or a point is better than `ideal`.
    """
    costs, higher = _costs(values, higher_is_better), np.asarray(higher_is_better, dtype=bool)
    limit = _costs(np.atleast_2d(np.asarray(reference, dtype=np.float64)), higher)[0]
    if not len(costs):
        return Hypervolume(0.0, 0.0, exact=True, standard_error=0.0)
    best = costs.min(axis=0)
    if ideal is not None:
        given = _costs(np.atleast_2d(np.asarray(ideal, dtype=np.float64)), higher)[0]
        if (given > best).any():
            raise FrontError("a point is better than the ideal point")
        best = given
    box = limit - best
    boxes = costs[(costs < limit).all(axis=1)]
    if not len(boxes):
        return Hypervolume(0.0, 0.0, exact=True, standard_error=0.0)
    extents = (limit - boxes) / box
    extents = np.unique(extents[~_dominated(-extents)], axis=0)
    volume = float(np.prod(box))
    try:
        share = _Exact().union(extents)
    except _TooLong:
        share, error = _estimate(extents, samples, seed)
        return Hypervolume(share * volume, share, exact=False, standard_error=error)
    return Hypervolume(share * volume, share, exact=True, standard_error=0.0)


def nearest(values: ArrayLike, higher_is_better: ArrayLike, preference: ArrayLike) -> Nearest:
    """The non-dominated point that fits a preference best.

    It has the smallest weighted Chebyshev distance max_t w_t z_t from the ideal point, where z is normalised to 0 at
    the best and 1 at the worst value of the front in each axis, and w sums to 1: a larger weight asks for a better
    value of that task. Of points that tie, the one with the smaller weighted sum, then the smaller sum, then the first
    is taken.

    Args:
        values: (points, axes) of validation, finite, at least one point.
        higher_is_better: (axes,) bool.
        preference: (axes,) weights, not negative, not all 0.

    Raises:
        FrontError: as `dominated`, no point, or no preference.
    """
    costs = _costs(values, higher_is_better, least=1)
    weights = np.asarray(preference, dtype=np.float64)
    if weights.shape != costs.shape[1:]:
        message = f"a preference has {costs.shape[1]} weights, one for each task, not {weights.size}"
        raise FrontError(message)
    if not (np.isfinite(weights).all() and weights.min() >= 0 and weights.max() > 0):
        raise FrontError("the weights of a preference are not negative, and one is positive")
    weights = weights / weights.max()
    weights = weights / weights.sum()
    candidates = np.flatnonzero(~_dominated(costs))
    front = costs[candidates]
    spread = np.ptp(front, axis=0)
    normal = (front - front.min(axis=0)) / np.where(spread > 0, spread, 1.0)
    distances = (weights * normal).max(axis=1)
    keys = np.stack([normal.sum(axis=1), normal @ weights, distances]).round(_TIE)
    chosen = int(np.lexsort((candidates, *keys))[0])
    return Nearest(int(candidates[chosen]), float(distances[chosen]))


def _costs(values: ArrayLike, higher_is_better: ArrayLike, *, least: int = 0) -> Numbers:
    """(points, axes) float64 of which less is better."""
    numbers, higher = np.asarray(values, dtype=np.float64), np.asarray(higher_is_better, dtype=bool)
    if higher.ndim != 1 or not higher.size:
        raise FrontError("a front has at least one axis")
    if not numbers.size:
        numbers = numbers.reshape(0, higher.size)
    if numbers.ndim != 2 or numbers.shape[1] != higher.size:
        message = f"values of shape {numbers.shape} are not of {higher.size} axes"
        raise FrontError(message)
    if len(numbers) < least:
        raise FrontError("there is no point")
    if not np.isfinite(numbers).all():
        raise FrontError("a value is not finite")
    return np.where(higher, -numbers, numbers)


def _dominated(costs: Numbers) -> Flags:
    found = np.zeros(len(costs), dtype=bool)
    block = max(1, _CELLS // max(1, costs.size))
    for start in range(0, len(costs), block):
        own = costs[start : start + block, None]
        beaten = (costs <= own).all(axis=2) & (costs < own).any(axis=2)
        found[start : start + block] = np.any(beaten, axis=1)
    return found


class _TooLong(Exception):
    """The exact volume would take too long."""


class _Exact:
    """The volume of a union of boxes that share the corner 0, and how much work it has been so far."""

    def __init__(self) -> None:
        self._work = 0

    def union(self, extents: Numbers) -> float:
        """The volume.

        Args:
            extents: (n, axes) positive, n >= 1, none within another.

        Raises:
            _TooLong: after `_MOST_WORK`.
        """
        axes = extents.shape[1]
        self._spend(len(extents) * axes)
        if len(extents) == 1:
            return float(np.prod(extents))
        if axes == 1:
            return float(extents.max())
        if axes == 2:
            return _area(extents)
        return self._slices(extents) if axes == 3 else self._exclusive(extents)

    def _slices(self, extents: Numbers) -> float:
        """Between two heights in the last axis, the boxes that reach higher cover one area."""
        ordered = extents[np.argsort(-extents[:, -1], kind="stable")]
        heights = np.append(ordered[:, -1], 0.0)
        thickness = heights[:-1] - heights[1:]
        return sum(
            float(thick) * self.union(ordered[: place + 1, :-1])
            for place, thick in enumerate(thickness)
            if thick > 0
        )

    def _exclusive(self, extents: Numbers) -> float:
        """Each box adds what it does not share with those after it."""
        ordered = extents[np.lexsort(extents.T)]
        total = 0.0
        for place, box in enumerate(ordered):
            shared = np.minimum(box, ordered[place + 1 :])
            total += float(np.prod(box))
            if len(shared):
                self._spend(len(shared) * shared.size)
                kept = np.unique(shared[~_dominated(-shared)], axis=0)
                total -= self.union(kept)
        return total

    def _spend(self, compared: int) -> None:
        self._work += _CALL + compared
        if self._work > _MOST_WORK:
            raise _TooLong


def _area(extents: Numbers) -> float:
    """The area of a union of rectangles from 0, (n, 2)."""
    ordered = extents[np.argsort(-extents[:, 0], kind="stable")]
    heights = np.maximum.accumulate(ordered[:, 1])
    return float((ordered[:, 0] * np.diff(heights, prepend=0.0)).sum())


def _estimate(extents: Numbers, samples: int, seed: int) -> tuple[float, float]:
    """The volume of the union by sampling, and its standard error.

    A point drawn from box i, which was drawn in proportion to its volume, counts one over the number of boxes that
    hold it: the mean of that, times the sum of the volumes, is the volume of the union.
    """
    generator = np.random.default_rng(seed)
    volumes = extents.prod(axis=1)
    total = float(volumes.sum())
    block = max(1, _CELLS // extents.size)
    counts: list[Numbers] = []
    for start in range(0, samples, block):
        size = min(block, samples - start)
        boxes = extents[generator.choice(len(extents), size, p=volumes / total)]
        points = boxes * generator.random(boxes.shape)
        counts.append((points[:, None] <= extents).all(axis=2).sum(axis=1).astype(np.float64))
    shares = 1 / np.concatenate(counts)
    error = float(shares.std()) / samples**0.5
    unseen = 0.5 / samples  # were the next point the first to lie in two boxes
    return min(1.0, total * float(shares.mean())), total * max(error, unseen)
