"""What every estimator asks of its arrays."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]


class EstimatorError(ValueError):
    """An estimator is not defined on these arrays."""


def rows_of(values: ArrayLike, name: str) -> Numbers:
    """A matrix of finite numbers in float64.

    Args:
        values: (n, d), n >= 2 and d >= 1.
        name: of the array, for the message.

    Raises:
        EstimatorError: another shape, or a number that is not finite.
    """
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[0] < 2 or not rows.shape[1]:
        message = f"{name} are (n, d) with at least two examples, got shape {rows.shape}"
        raise EstimatorError(message)
    if not np.isfinite(rows).all():
        message = f"{name} hold a number that is not finite"
        raise EstimatorError(message)
    return rows


def centred_features(features: ArrayLike) -> Numbers:
    """Features less their mean.

    Args:
        features: (n, d).

    Returns:
        (n, d) float64.

    Raises:
        EstimatorError: as `rows_of`, or all examples have the same features.
    """
    rows = rows_of(features, "features")
    if not np.ptp(rows, axis=0).any():
        message = "all examples have the same features"
        raise EstimatorError(message)
    return rows - rows.mean(axis=0)


def class_labels(labels: ArrayLike, count: int) -> Labels:
    """Labels numbered from 0 without gaps.

    Args:
        labels: (n,) whole numbers, of any values.
        count: how many there must be.

    Returns:
        (n,) int64, 0 to K - 1 with K >= 2.

    Raises:
        EstimatorError: another shape, no whole numbers, or a single class.
    """
    given = np.asarray(labels)
    if given.shape != (count,) or not np.issubdtype(given.dtype, np.integer):
        message = f"labels are {count} whole numbers, got shape {given.shape} of {given.dtype}"
        raise EstimatorError(message)
    found, numbered = np.unique(given, return_inverse=True)
    if len(found) < 2:
        message = "all examples are of one class"
        raise EstimatorError(message)
    return numbered.astype(np.int64)
