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
    places = np.stack([ranks(values) for values in known])
    places -= places.mean(axis=1, keepdims=True)
    squares = (places**2).sum(axis=1)
    if not squares.all():
        return None
    return float(np.clip(places[0] @ places[1] / np.sqrt(squares[0] * squares[1]), -1.0, 1.0))


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


def weighted_kendall(first: ArrayLike, second: ArrayLike) -> float | None:
    """Kendall's correlation in which pairs of highly ranked sources count most (Vigna 2015).

    A pair at ranks r and s, 0 the best, weighs 1 / (r + 1) + 1 / (s + 1); the result is the mean of the correlations
    with ranks by either side, ties of one broken by the other.

    Args:
        first: (n,), higher is better, NaN where unknown.
        second: (n,), higher is better, NaN where unknown; a pair counts where both are known.

    Returns:
        In [-1, 1]; None of fewer than `FEWEST` pairs, or if all values of one are equal.

    Reference: Vigna 2015, "A weighted correlation index for rankings with ties", Sec. 4 and 5 (hyperbolic, additive).
    """
    known = _known(first, second)
    if known is None or not all(np.ptp(values) for values in known):
        return None
    a, b = known
    signs, rivals = np.sign(a[:, None] - a), np.sign(b[:, None] - b)
    found: list[float] = []
    for main, tie_break in ((a, b), (b, a)):
        place = np.empty(len(a))
        place[np.lexsort((tie_break, main))[::-1]] = np.arange(len(a))
        weights = 1 / (place + 1)
        pairs = weights[:, None] + weights
        np.fill_diagonal(pairs, 0.0)
        norm = np.sqrt((pairs * signs**2).sum() * (pairs * rivals**2).sum())
        found.append(float((pairs * signs * rivals).sum() / norm))
    return float(np.clip(np.mean(found), -1.0, 1.0))


def ranks(values: ArrayLike) -> Numbers:
    """Ranks from 1, least first; equal values share their mean rank.

    Args:
        values: (n,) without NaN.

    Returns:
        (n,) float64.
    """
    places = _dense_ranks(np.asarray(values, dtype=np.float64))
    counts = np.bincount(places)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]


def _known(first: ArrayLike, second: ArrayLike) -> tuple[Numbers, Numbers] | None:
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    both = ~(np.isnan(x) | np.isnan(y))
    return None if np.count_nonzero(both) < FEWEST else (x[both], y[both])


def _dense_ranks(values: Numbers) -> Ranks:
    """(n,) the position of each value among the different ones, ascending."""
    return np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.int64)


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
