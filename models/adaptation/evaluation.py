"""Figures of predictions on a target, as far as its labels are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import UNKNOWN

Ints = NDArray[np.int64]
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def confusion(predictions: Ints, labels: Ints, classes: int) -> Ints:
    """How often each class was taken for each; unlabelled examples are left out.

    Args:
        predictions: (n,) in [0, K).
        labels: (n,) in [0, K), or `UNKNOWN`.
        classes: K.

    Returns:
        (K, K), true class x predicted class.
    """
    labelled = labels != UNKNOWN
    pairs = labels[labelled] * classes + predictions[labelled]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def accuracy(predictions: Ints, labels: Ints) -> float:
    """The share of labelled examples that are predicted right; NaN where none is labelled.

    Args:
        predictions: (n,).
        labels: (n,), or `UNKNOWN`.
    """
    labelled = labels != UNKNOWN
    return float((predictions[labelled] == labels[labelled]).mean()) if labelled.any() else np.nan


def per_class_accuracy(predictions: Ints, labels: Ints, classes: int) -> Numbers:
    """The accuracy on the examples of each class.

    Args:
        predictions: (n,) in [0, K).
        labels: (n,) in [0, K), or `UNKNOWN`.
        classes: K.

    Returns:
        (K,), NaN where a class has no examples.
    """
    confused = confusion(predictions, labels, classes)
    examples = confused.sum(1)
    return np.divide(confused.diagonal(), examples, out=np.full(classes, np.nan), where=examples > 0)


def mean_per_class(accuracies: NDArray[np.floating]) -> float:
    """The mean over the classes with examples, each counting alike; NaN without any.

    Args:
        accuracies: (K,), as `per_class_accuracy` answers them.
    """
    known = accuracies[~np.isnan(accuracies)]
    return float(known.mean()) if len(known) else np.nan


def class_shares(labels: Ints, classes: int) -> Numbers:
    """The share of each class among labelled examples; of predictions as well.

    Args:
        labels: (n,) in [0, K), or `UNKNOWN`.
        classes: K.

    Returns:
        (K,), sum 1; NaN where none is labelled.
    """
    counts = np.bincount(labels[labels != UNKNOWN], minlength=classes)
    return counts / counts.sum() if counts.any() else np.full(classes, np.nan)


def shared_classes(labels: Ints, classes: int) -> Flags:
    """Which source classes the target has, by its labels; the others are its outlier classes.

    Args:
        labels: (n,) of the target, in [0, K), or `UNKNOWN`.
        classes: K.

    Returns:
        (K,).
    """
    return np.bincount(labels[labels != UNKNOWN], minlength=classes) > 0


@dataclass(frozen=True, slots=True)
class SharedAndOutlier:
    """The mean weight of two groups of source classes; None where a group is empty.

    Attributes:
        shared: of classes that the target has.
        outlier: of classes that it has not.
    """

    shared: float | None
    outlier: float | None

    @property
    def ratio(self) -> float | None:
        """Outlier over shared: how far outlier classes are switched off, 0 for wholly."""
        return self.outlier / self.shared if self.outlier is not None and self.shared else None


def mean_weights(class_weights: NDArray[np.floating], shared: Flags) -> SharedAndOutlier:
    """The mean class weight of shared and of outlier classes.

    Args:
        class_weights: (K,), of an evaluation.
        shared: (K,), as `shared_classes` answers it.
    """
    exact = class_weights.astype(np.float64)
    kept, left = exact[shared], exact[~shared]
    return SharedAndOutlier(
        float(kept.mean()) if len(kept) else None, float(left.mean()) if len(left) else None
    )
