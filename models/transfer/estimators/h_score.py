"""H-score: how much of the features' variance tells the classes apart (Bao et al. 2019)."""

import numpy as np
from numpy.typing import ArrayLike

from models.transfer.estimators.arrays import Numbers, centred_features, class_labels


def h_score(features: ArrayLike, labels: ArrayLike) -> float:
    """The regularised H-score, tr(cov(f)^-1 (1 - rho) cov(E[f | y])).

    cov(f) is the Ledoit-Wolf estimate, (1 - rho) S + rho m I with m the mean of the eigenvalues of S, and the same rho
    shrinks the covariance between classes: with few examples for many features the plain score grows with noise.

    Args:
        features: (n, d), n >= 2, in any unit.
        labels: (n,) whole numbers, at least two different. Of a regression: bins of one of its columns.

    Returns:
        0 to min(d, K - 1); higher is better. Rotations, translations and a common scale of the features do not
        change it; other linear maps do as far as rho > 0.

    Raises:
        EstimatorError: shapes that do not fit, a number that is not finite, constant features, or a single class.

    Reference: Bao et al. 2019, "An information-theoretic approach to transferability in task transfer learning";
        Ibrahim et al. 2022, "Newer is not always better" (the shrinkage); Ledoit and Wolf 2004, "A well-conditioned
        estimator for large-dimensional covariance matrices", Sec. 3.
    """
    rows = centred_features(features)
    classes = class_labels(labels, len(rows))
    covariance, shrinkage = shrunk_covariance(rows)
    sizes = np.bincount(classes)
    sums = np.zeros((len(sizes), rows.shape[1]))
    np.add.at(sums, classes, rows)
    # sum_c n_c / n mean_c mean_c^T; the mean of the means is zero, as the features are centred.
    between = sums.T @ (sums / sizes[:, None]) / len(rows)
    return float((1 - shrinkage) * np.trace(np.linalg.solve(covariance, between)))


def shrunk_covariance(rows: Numbers) -> tuple[Numbers, float]:
    """The Ledoit-Wolf estimate of a covariance.

    Args:
        rows: (n, d), centred and not zero throughout.

    Returns:
        (d, d) positive definite, and rho, the share of the multiple of the identity, in [0, 1].
    """
    count, width = rows.shape
    sample = rows.T @ rows / count
    mean = float(np.trace(sample)) / width
    identity = mean * np.eye(width)
    spread = float(np.square(sample - identity).sum())
    lengths = np.square(rows).sum(axis=1)
    # mean over examples of |x x^T - S|^2, over n
    noise = (float(np.square(lengths).mean()) - float(np.square(sample).sum())) / count
    shrinkage = 0.0 if spread <= 0 else min(max(noise, 0.0) / spread, 1.0)
    # A feature that never varies leaves S singular even where nothing needs shrinking.
    shrinkage = max(shrinkage, width * float(np.finfo(np.float64).eps))
    return (1 - shrinkage) * sample + shrinkage * identity, shrinkage
