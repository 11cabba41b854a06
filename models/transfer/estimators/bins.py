"""Numbers as classes, for estimators that know classes alone."""

import numpy as np
from numpy.typing import ArrayLike

from models.taxonomy.correlation import ranks
from models.transfer.estimators.arrays import EstimatorError, Labels

BINS = 5


def quantile_bins(values: ArrayLike, bins: int = BINS) -> Labels:
    """Which of `bins` about equally full bins each number falls into.

    Equal numbers share the bin of their mean rank: there are fewer bins where one number is common, and at least two as
    soon as two numbers differ.

    Args:
        values: (n,) finite, n >= 1.
        bins: at least 2.

    Returns:
        (n,) int64, 0 to the number of bins in use less 1, in the order of the values.

    Raises:
        EstimatorError: another shape, a number that is not finite, or fewer than two bins asked for.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not numbers.size or not np.isfinite(numbers).all() or bins < 2:
        message = f"two or more bins take finite numbers (n,), got shape {numbers.shape} for {bins} bins"
        raise EstimatorError(message)
    placed = np.floor(bins * (ranks(numbers) - 0.5) / len(numbers))
    return np.unique(placed, return_inverse=True)[1].astype(np.int64)
