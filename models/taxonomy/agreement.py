"""How well scores that are cheap to get rank the sources that measured affinities rank."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

MIN_SOURCES = 3
"""Fewer sources have no ranking worth comparing."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TargetAgreement:
    """Two rankings of the sources of one target.

    Attributes:
        target: its name.
        sources: how many have both a score and an affinity.
        spearman: rank correlation, -1 to 1; None with fewer than three sources, or if all are equal in one ranking.
        weighted_kendall: rank correlation in which the best sources count most, -1 to 1; None likewise.
    """

    target: str
    sources: int
    spearman: float | None
    weighted_kendall: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Scores against affinities, over all targets.

    Attributes:
        targets: one by one.
        spearman: mean over the targets that have one; None without any.
        weighted_kendall: likewise.
        pooled_spearman: of all pairs at once, each number replaced by its rank among the sources of its target: levels
            that differ from target to target say nothing. None where no target has a correlation.
        pooled_weighted_kendall: likewise.
    """

    targets: tuple[TargetAgreement, ...]
    spearman: float | None
    weighted_kendall: float | None
    pooled_spearman: float | None
    pooled_weighted_kendall: float | None


def agreement(targets: Sequence[str], scores: ArrayLike, affinities: ArrayLike) -> Agreement:
    """Compare two rankings of the same sources, target by target and over all targets.

    Args:
        targets: names of the rows.
        scores: (targets, sources), higher is better; NaN = not defined.
        affinities: (targets, sources), higher is better; NaN = not measured.

    Raises:
        ValueError: the shapes differ.
    """
    one, other = np.asarray(scores, dtype=np.float64), np.asarray(affinities, dtype=np.float64)
    if one.shape != other.shape or one.ndim != 2 or len(one) != len(targets):
        message = f"scores {one.shape} and affinities {other.shape} of {len(targets)} targets do not fit"
        raise ValueError(message)
    found: list[TargetAgreement] = []
    pooled: list[tuple[Numbers, Numbers]] = []
    for name, own, measured in zip(targets, one, other, strict=True):
        both = ~(np.isnan(own) | np.isnan(measured))
        a, b = own[both], measured[both]
        each = TargetAgreement(name, int(both.sum()), spearman(a, b), weighted_kendall(a, b))
        found.append(each)
        if each.spearman is not None:
            pooled.append((_shares(a), _shares(b)))
    everything = (
        [np.concatenate(ranks) for ranks in zip(*pooled, strict=True)] if pooled else [np.empty(0)] * 2
    )
    return Agreement(
        targets=tuple(found),
        spearman=_mean([each.spearman for each in found]),
        weighted_kendall=_mean([each.weighted_kendall for each in found]),
        pooled_spearman=spearman(*everything),
        pooled_weighted_kendall=weighted_kendall(*everything),
    )


def spearman(one: ArrayLike, other: ArrayLike) -> float | None:
    """Spearman's rank correlation; ties have the mean of their ranks.

    Args:
        one: (n,) without NaN.
        other: (n,) without NaN.

    Returns:
        -1 to 1; None with fewer than three pairs, or if all numbers of one side are equal.
    """
    a, b = ranks(one), ranks(other)
    if not _comparable(a, b):
        return None
    a, b = a - a.mean(), b - b.mean()
    return float(np.clip(a @ b / np.sqrt((a @ a) * (b @ b)), -1.0, 1.0))


def weighted_kendall(one: ArrayLike, other: ArrayLike) -> float | None:
    """Kendall's correlation in which pairs of highly ranked sources count most (Vigna 2015).

    A pair at ranks r and s, 0 the best, weighs 1 / (r + 1) + 1 / (s + 1); the result is the mean of the correlations
    with ranks by either side, ties of one broken by the other.

    Args:
        one: (n,) without NaN, higher is better.
        other: (n,) without NaN, higher is better.

    Returns:
        -1 to 1; None with fewer than three pairs, or if all numbers of one side are equal.

    Reference: Vigna 2015, "A weighted correlation index for rankings with ties", Sec. 4 and 5 (hyperbolic, additive).
    """
    a, b = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if not _comparable(a, b):
        return None
    signs, rivals = np.sign(a[:, None] - a), np.sign(b[:, None] - b)
    found: list[float] = []
    for first, second in ((a, b), (b, a)):
        place = np.empty(len(a))
        place[np.lexsort((second, first))[::-1]] = np.arange(len(a))
        weights = 1 / (place + 1)
        pairs = weights[:, None] + weights
        np.fill_diagonal(pairs, 0.0)
        norm = np.sqrt((pairs * signs**2).sum() * (pairs * rivals**2).sum())
        found.append(float((pairs * signs * rivals).sum() / norm))
    return float(np.clip(np.mean(found), -1.0, 1.0))


def ranks(values: ArrayLike) -> Numbers:
    """Ranks from 1, least first; ties have the mean of their ranks.

    Args:
        values: (n,) without NaN.

    Returns:
        (n,) float64.
    """
    _, position, counts = np.unique(
        np.asarray(values, dtype=np.float64), return_inverse=True, return_counts=True
    )
    last = counts.cumsum()
    return (last - (counts - 1) / 2)[position]


def _shares(values: Numbers) -> Numbers:
    """Ranks as places between 0 and 1, so that targets of more sources do not outrank others."""
    return (ranks(values) - 0.5) / len(values)


def _comparable(one: Numbers, other: Numbers) -> bool:
    return len(one) >= MIN_SOURCES and bool(np.ptp(one)) and bool(np.ptp(other))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
