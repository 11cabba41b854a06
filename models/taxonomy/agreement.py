"""How well scores that are cheap to get rank the sources that measured affinities rank."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.taxonomy.correlation import ranks, spearman, weighted_kendall

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


def _shares(values: Numbers) -> Numbers:
    """Ranks as places between 0 and 1, so that targets of more sources do not outrank others."""
    return (ranks(values) - 0.5) / len(values)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
