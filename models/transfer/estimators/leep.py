"""LEEP: how well the source's own classes predict the target's (Nguyen et al. 2020)."""

import numpy as np
from numpy.typing import ArrayLike

from models.transfer.estimators.arrays import EstimatorError, class_labels, rows_of

_TOLERANCE = 1e-3  # of a sum of probabilities: they may come from half precision


def leep(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """The mean log likelihood of the labels under the empirical predictor through the source's classes.

    P(y, z) = 1/n sum_i theta(x_i)_z [y_i = y] and LEEP = 1/n sum_i log sum_z P(y_i | z) theta(x_i)_z.

    Args:
        probabilities: (n, Z), theta: the source's softmax outputs on the target's inputs; rows sum to 1.
        labels: (n,) whole numbers, at least two different: the target's classes.

    Returns:
        Nats per example, <= 0; higher is better. At least minus the entropy of the labels, where the source says
        nothing. The order of the source's classes does not matter.

    Raises:
        EstimatorError: shapes that do not fit, rows that are no probabilities, or a single class.

    Reference: Nguyen et al. 2020, "LEEP: A new measure to evaluate transferability of learned representations",
        Sec. 3.
    """
    outputs = rows_of(probabilities, "probabilities")
    if outputs.min() < 0 or np.abs(outputs.sum(axis=1) - 1).max() > _TOLERANCE:
        message = "probabilities are not negative and sum to 1 in every row"
        raise EstimatorError(message)
    classes = class_labels(labels, len(outputs))
    joint = np.zeros((classes.max() + 1, outputs.shape[1]))
    np.add.at(joint, classes, outputs)
    totals = joint.sum(axis=0)
    conditional = joint / np.where(totals > 0, totals, 1.0)
    return float(np.log((conditional[classes] * outputs).sum(axis=1)).mean())
