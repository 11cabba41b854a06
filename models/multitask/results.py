"""What one method with one seed came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.progress import Diverged

Metrics = Mapping[str, Mapping[str, float]]
"""By task, then by metric in the metric's unit, the main one first."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What was measured at every evaluation, E of them, for T tasks; the last one is after the last step.

    Attributes:
        tasks: their names, in the order of the columns.
        steps: (E,) int64, optimiser steps done.
        losses: (E, T) float32, training losses: means since the last evaluation.
        weights: (E, T) float32, of the tasks in the shared network's update: means since the last evaluation; NaN for
            methods that have none (single tasks, and those that do not combine gradients linearly).
        validation: (E, T) float32, losses on validation images.
        stationarity: (E,) float32, the distance from Pareto stationarity: the norm of the min-norm point of the tasks'
            gradients by all shared parameters, on the same training images each time; NaN where nothing is shared.
    """

    tasks: tuple[str, ...]
    steps: NDArray[np.int64]
    losses: NDArray[np.float32]
    weights: NDArray[np.float32]
    validation: NDArray[np.float32]
    stationarity: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """One trained model.

    Attributes:
        method: that trained it.
        seed: of everything random.
        preference: (T,) weights that sum to 1, of a method that was given some.
        history: of the run.
        metrics: on the split `test`.
        validation_metrics: on the split `validation`: what a choice between models may look at.
        weights: the network after the last step, for `models.multitask.serving.load_model`.
    """

    method: str
    seed: int
    preference: tuple[float, ...] | None
    history: History
    metrics: Metrics
    validation_metrics: Metrics
    weights: bytes


class MultitaskDiverged(Diverged):
    """A run's loss was NaN or infinite.

    Attributes:
        history: what was measured before.
    """

    def __init__(self, cause: Diverged, history: History) -> None:
        super().__init__(cause.stage, cause.step, cause.loss)
        self.history = history
