"""TransRate: the coding rate of the features less that within classes (Huang et al. 2022)."""

import numpy as np
from numpy.typing import ArrayLike

from models.transfer.estimators.arrays import EstimatorError, Numbers, centred_features, class_labels

EPS = 1e-4
"""The authors' distortion: directions of less than a ten-thousandth of the mean variance are not coded."""


def trans_rate(features: ArrayLike, labels: ArrayLike, *, eps: float = EPS) -> float:
    """R(Z) - R(Z | Y), an estimate of the mutual information of features and labels.

    R(Z) = 1/2 log det(I + Z^T Z / (n eps)) for Z centred, and R(Z | Y) = sum_c n_c / n R(Z_c), the classes not centred
    again; the authors' listing gives every class the same weight instead. Z is first divided by the root of its mean
    square, so that eps is a share of the mean variance of a feature and no source gains by the unit of its features.

    Args:
        features: (n, d), n >= 2, in any unit.
        labels: (n,) whole numbers, at least two different. Of a regression: bins of one of its columns.
        eps: > 0, the squared distortion.

    Returns:
        Nats, >= 0; higher is better. Rotations, translations and a common scale of the features do not change it.

    Raises:
        EstimatorError: shapes that do not fit, a number that is not finite, constant features, a single class, or an
            eps that is not positive.

    Reference: Huang et al. 2022, "Frustratingly easy transferability estimation", Sec. 4.
    """
    if not eps > 0:
        message = f"eps must be positive, not {eps}"
        raise EstimatorError(message)
    rows = centred_features(features)
    classes = class_labels(labels, len(rows))
    rows /= np.sqrt(np.square(rows).mean())
    within = sum(
        size / len(rows) * _coding_rate(rows[classes == label], eps)
        for label, size in enumerate(np.bincount(classes))
    )
    return float(max(_coding_rate(rows, eps) - within, 0.0))


def _coding_rate(rows: Numbers, eps: float) -> float:
    count, width = rows.shape
    gram = rows.T @ rows if width <= count else rows @ rows.T  # both have the same determinant
    return 0.5 * float(np.linalg.slogdet(np.eye(len(gram)) + gram / (count * eps))[1])
