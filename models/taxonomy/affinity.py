"""Step III: from tournaments of losses to affinities, by AHP (Zamir et al. 2018, Sec. 3.3)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

CLIP = (0.001, 0.999)
"""Bounds of a share of wins: nobody wins, or loses, every image that could ever be drawn."""

_TOLERANCE = 1e-14
_SQUARINGS = 60  # 2^60 power iterations: a positive matrix has converged long before


class TournamentError(ValueError):
    """The losses or shares of wins describe no tournament."""


def win_rate(losses: ArrayLike, rival: ArrayLike) -> float:
    """The share of images on which one network's loss is below its rival's; a tie counts half.

    Args:
        losses: (n,) of the network, n >= 1.
        rival: (n,) of its rival on the same images.

    Raises:
        TournamentError: other shapes, no image, or NaN.
    """
    own, other = _losses(losses), _losses(rival)
    if own.ndim != 1 or own.shape != other.shape:
        message = f"losses of shapes {own.shape} and {other.shape} are not of the same images"
        raise TournamentError(message)
    return float(np.mean((own < other) + 0.5 * (own == other)))


def win_matrix(losses: ArrayLike) -> NDArray[np.float64]:
    """Every edge's share of wins against every other, ties split evenly.

    Args:
        losses: (edges, n), one row per transfer into the same target, n >= 1 images.

    Returns:
        (edges, edges) float64: `[i, j]` is the share of images on which i's loss is below j's; `[i, j] + [j, i]` = 1
        and the diagonal is 1/2.

    Raises:
        TournamentError: another shape, no image, or NaN.
    """
    rows = _losses(losses)
    if rows.ndim != 2:
        message = f"losses of a tournament are (edges, images), got shape {rows.shape}"
        raise TournamentError(message)
    return np.stack([np.mean((row < rows) + 0.5 * (row == rows), axis=1) for row in rows])


def ahp(wins: ArrayLike) -> NDArray[np.float64]:
    """Affinities: the principal eigenvector of how many times better each edge is than each other.

    Shares are clipped to `CLIP`, so that the ratios W'[i, j] = W[i, j] / W[j, i] are positive and finite. A positive
    matrix has one positive eigenvector (Perron); repeated squaring finds it without a subtraction, so every component
    is real, positive, and the same in every run, whether edges tie, win nothing or beat each other in a circle.

    Args:
        wins: (edges, edges) shares of wins in [0, 1], as `win_matrix` gives them; the diagonal is not looked at.

    Returns:
        (edges,) float64, positive, sums to 1.

    Raises:
        TournamentError: not a square matrix of shares, or empty.
    """
    shares = np.asarray(wins, dtype=np.float64)
    if shares.ndim != 2 or shares.shape[0] != shares.shape[1] or not shares.size:
        message = f"shares of wins are (edges, edges), got shape {shares.shape}"
        raise TournamentError(message)
    if not (shares.min() >= 0.0 and shares.max() <= 1.0):
        message = "shares of wins lie between 0 and 1"
        raise TournamentError(message)
    clipped = np.clip(shares, *CLIP)
    np.fill_diagonal(clipped, 0.5)
    power = clipped / clipped.T
    affinities = _shares_of_one(power.sum(axis=1))
    for _ in range(_SQUARINGS):
        power = power @ power
        power /= power.max()
        before, affinities = affinities, _shares_of_one(power.sum(axis=1))
        if np.all(np.abs(affinities - before) <= _TOLERANCE * affinities):
            break
    return affinities


def _shares_of_one(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values / values.sum()


def _losses(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if not array.size:
        message = "a tournament needs at least one image"
        raise TournamentError(message)
    if np.isnan(array).any():
        message = "a loss is NaN"
        raise TournamentError(message)
    return array
