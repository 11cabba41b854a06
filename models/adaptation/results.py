"""What one method with one seed came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.adaptation.config import Method, Selector
from models.training.progress import Diverged


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What was measured at every evaluation, E of them; the last one is after the last step.

    Attributes:
        steps: (E,) int64, optimiser steps done.
        losses: by name (`total`, `classification`, `adversarial`, `entropy`, ...), (E,) float32: means since the last
            evaluation; what a method does not have is left out.
        scores: by selector, (E,) float32; the higher, the better for every one of them. NaN where undefined.
        source_accuracy: (E,) float32, on the held-out source.
        target_accuracy: (E,) float32, on the labelled part of the target; NaN without labels.
        per_class: (E, K) float32, accuracy on the target's examples of each class; NaN where it has none.
        class_weights: (E, K) float32, mean 1: how much each source class counts in the method's adversarial loss;
            ones where a method does not weigh classes; None where it has no adversarial loss.
    """

    steps: NDArray[np.int64]
    losses: Mapping[str, NDArray[np.float32]]
    scores: Mapping[Selector, NDArray[np.float32]]
    source_accuracy: NDArray[np.float32]
    target_accuracy: NDArray[np.float32]
    per_class: NDArray[np.float32]
    class_weights: NDArray[np.float32] | None

    def chosen(self, selector: Selector) -> int:
        """The evaluation that a label-free score prefers: the first of the best; the last where it is undefined."""
        scores = self.scores[selector]
        return len(scores) - 1 if np.isnan(scores).all() else int(np.nanargmax(scores))

    def oracle(self) -> int | None:
        """The evaluation of the highest accuracy by target labels: what no user without them can have."""
        return None if np.isnan(self.target_accuracy).all() else int(np.nanargmax(self.target_accuracy))


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """Bottleneck features of examples of both domains, drawn by the seed.

    Attributes:
        features: (n, d) float32.
        is_target: (n,) bool.
        labels: (n,) int64, `UNKNOWN` where not known.
        predictions: (n,) int64.
    """

    features: NDArray[np.float32]
    is_target: NDArray[np.bool_]
    labels: NDArray[np.int64]
    predictions: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Adapted:
    """One trained model.

    Attributes:
        method: that trained it.
        seed: of everything random.
        history: of the run.
        selector: the label-free score that chose the model that is kept.
        weights: the network at that step, for `models.adaptation.serving.load_classifier`.
        embedding: of that network.
        confusion: (K, K) int64, true class x predicted class on the labelled target, of that network.
        predictions: (t,) int64, of that network for every target example, in the target's order.
        confidence: (t,) float32, the probability of each of them.
    """

    method: Method
    seed: int
    history: History
    selector: Selector
    weights: bytes
    embedding: Embedding
    confusion: NDArray[np.int64]
    predictions: NDArray[np.int64]
    confidence: NDArray[np.float32]


class AdaptationDiverged(Diverged):
    """A run's loss was NaN or infinite.

    Attributes:
        kept: what there was before: the history, and the model that was the best in it; None before the first
            evaluation.
    """

    def __init__(self, cause: Diverged, kept: Adapted | None) -> None:
        super().__init__(cause.stage, cause.step, cause.loss)
        self.kept = kept
