"""Rank correlations that know ties and gaps; without `scipy.stats`, whose import takes longer than all they compute."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FEWEST = 3
"""Of two pairs every ranking agrees wholly or not at all, which says nothing."""

_BLOCK = 64

Numbers = NDArray[np.float64]
Ranks = NDArray[np.int64]


def spearman(first: ArrayLike, second: ArrayLike) -> float | None:
    """Spearman's rank correlation; equal values share their mean rank.

    Args:
        first: (n,), NaN where unknown.
        second: (n,), NaN where unknown; a pair counts where both are known.

    Returns:
        In [-1, 1]; None of fewer than `FEWEST` pairs, or if all values of one are equal.
    """
    known = _known(first, second)
    if known is None:
        return None
    ranks = np.stack([_mean_ranks(values) for values in known])
    ranks -= ranks.mean(axis=1, keepdims=True)
    squares = (ranks**2).sum(axis=1)
    if not squares.all():
        return None
    return float(np.clip(ranks[0] @ ranks[1] / np.sqrt(squares[0] * squares[1]), -1.0, 1.0))


def kendall(first: ArrayLike, second: ArrayLike) -> float | None:
    """Kendall's rank correlation tau-b, which corrects for ties, in n log² n.

    Args:
        first: (n,), NaN where unknown.
        second: (n,), NaN where unknown; a pair counts where both are known.

    Returns:
        In [-1, 1]; None of fewer than `FEWEST` pairs, or if all values of one are equal.
    """
    known = _known(first, second)
    if known is None:
        return None
    x, y = (_dense_ranks(values) for values in known)
    pairs = len(x) * (len(x) - 1) // 2
    tied_x, tied_y = _ties(x), _ties(y)
    if pairs in {tied_x, tied_y}:
        return None
    tied_in_both = _ties(x * (int(y.max()) + 1) + y)
    # sorted by x, and by y where x ties, a pair is discordant where y still falls
    discordant = _falls(y[np.lexsort((y, x))])
    surplus = pairs - tied_x - tied_y + tied_in_both - 2 * discordant
    return float(np.clip(surplus / np.sqrt(float(pairs - tied_x) * float(pairs - tied_y)), -1.0, 1.0))


def _known(first: ArrayLike, second: ArrayLike) -> tuple[Numbers, Numbers] | None:
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    both = ~(np.isnan(x) | np.isnan(y))
    return None if np.count_nonzero(both) < FEWEST else (x[both], y[both])


def _dense_ranks(values: Numbers) -> Ranks:
    """(n,) the position of each value among the different ones, ascending."""
    return np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _mean_ranks(values: Numbers) -> Numbers:
    """(n,) ranks from 1; equal values share their mean."""
    ranks = _dense_ranks(values)
    counts = np.bincount(ranks)
    return (np.cumsum(counts) - (counts - 1) / 2)[ranks]


def _ties(ranks: Ranks) -> int:
    """How many pairs hold the same value."""
    counts = np.unique(ranks, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())


def _falls(ranks: Ranks) -> int:
    """How many pairs stand in falling order; equal ones do not."""
    if len(ranks) <= _BLOCK:
        return int(np.count_nonzero(np.triu(ranks[:, None] > ranks[None, :], 1)))
    left, right = ranks[: len(ranks) // 2], ranks[len(ranks) // 2 :]
    not_above = np.searchsorted(np.sort(left), right, side="right")
    return _falls(left) + _falls(right) + int((len(left) - not_above).sum())
