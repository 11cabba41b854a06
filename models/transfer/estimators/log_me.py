"""LogME: the evidence of a linear model of the labels on the features (You et al. 2021)."""

import numpy as np
from numpy.typing import ArrayLike

from models.transfer.estimators.arrays import EstimatorError, Numbers, rows_of

_ROUNDS = 200
_TOLERANCE = 1e-8
_BOUND = (
    1e-10  # of alpha / beta against the largest squared singular value: an exact fit would leave no noise
)


def log_me(features: ArrayLike, targets: ArrayLike) -> float:
    """The maximum log evidence per example, mean over the columns of the targets.

    A column y is modelled as y ~ N(F w, 1 / beta) with w ~ N(0, 1 / alpha). With F = U diag(s) V^T, z = U^T y and
    t = alpha / beta the log evidence at the best beta for t is

        n/2 log beta - n/2 log 2 pi - n/2 + 1/2 sum_i log(t / (s_i^2 + t)),
        beta = n / (|y|^2 - sum_i z_i^2 s_i^2 / (s_i^2 + t)),

    and t is found by the fixed point alpha = gamma / |m|^2, beta = (n - gamma) / |F m - y|^2 of the paper, where m is
    the posterior mean of w and gamma = sum_i s_i^2 / (s_i^2 + t). There is no intercept: centre both for one.

    Args:
        features: (n, d), n >= 2, in any unit.
        targets: (n, k) real numbers, or the one-hot columns of k classes; no column is zero throughout.

    Returns:
        Nats per example; higher is better. Rotations and a common scale of the features do not change it; a scale of
        the targets adds the same to every source.

    Raises:
        EstimatorError: shapes that do not fit, a number that is not finite, features or a column that are zero.

    Reference: You et al. 2021, "LogME: Practical assessment of pre-trained models for transfer learning", Sec. 4; the
        fixed point as in You et al. 2022, "Ranking and tuning pre-trained models".
    """
    design, columns = rows_of(features, "features"), rows_of(targets, "targets")
    if len(design) != len(columns):
        message = f"{len(design)} features for {len(columns)} targets"
        raise EstimatorError(message)
    lengths = np.square(columns).sum(axis=0)
    if not design.any() or not lengths.all():
        message = "features, and every column of the targets, must not be zero throughout"
        raise EstimatorError(message)
    left, singular, _ = np.linalg.svd(design, full_matrices=False)
    kept = singular > singular[0] * max(design.shape) * np.finfo(np.float64).eps
    squares = np.square(singular[kept])[:, None]
    parts = np.square(left[:, kept].T @ columns)
    ratio = _ratio(squares, parts, lengths, len(design))
    return float(np.mean(_evidence(ratio, squares, parts, lengths, len(design))) / len(design))


def _ratio(squares: Numbers, parts: Numbers, lengths: Numbers, count: int) -> Numbers:
    """Prior against noise, t = alpha / beta, of every column: (k,)."""
    outside = np.maximum(lengths - parts.sum(axis=0), 0.0)
    low, high = _BOUND * squares[0, 0], squares[0, 0] / _BOUND
    ratio = np.full(len(lengths), float(squares.mean()))
    for _ in range(_ROUNDS):
        shrunk = squares + ratio
        free = (squares / shrunk).sum(axis=0)
        weights = (squares * parts / shrunk**2).sum(axis=0)
        errors = (parts * (ratio / shrunk) ** 2).sum(axis=0) + outside
        # A fit without error, or one that says nothing, ends at a bound instead of a division by zero.
        above, below = free * errors, weights * (count - free)
        found = np.where(below > 0, above / np.where(below > 0, below, 1.0), high)
        before, ratio = ratio, np.clip(found, low, high)
        if np.all(np.abs(ratio - before) <= _TOLERANCE * ratio):
            break
    return ratio


def _evidence(ratio: Numbers, squares: Numbers, parts: Numbers, lengths: Numbers, count: int) -> Numbers:
    """Log evidence of every column at the best noise for its ratio: (k,)."""
    outside = np.maximum(lengths - parts.sum(axis=0), 0.0)
    penalised = (parts * ratio / (squares + ratio)).sum(axis=0) + outside
    noise = count / penalised
    occam = np.log(ratio / (squares + ratio)).sum(axis=0)
    return 0.5 * (count * (np.log(noise) - np.log(2 * np.pi) - 1) + occam)
