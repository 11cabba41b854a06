"""Declared tasks whose output is a few named numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import override

from models.tasks.definition import Batch, Target
from models.tasks.kinds.vectors import Vector
from models.tasks.losses import absolute_error
from models.tasks.metrics import masked_mean, root_mean_square
from models.tasks.own.declared import Declared
from models.tasks.pictures import gauges
from models.tasks.statistics import weighted_median

_SHOWN = 6  # numbers in a picture


class OwnVector(Declared, Vector):
    """Named numbers in the label's unit, (N, k) or (N,) where there is one; standardised, L2 or L1."""

    lower_is_better = frozenset({"mean_absolute_error", "rmse"})

    @property
    @override
    def entries(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return len(self.declaration.names)

    @property
    def metric_units(self) -> Mapping[str, str]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Metric name to unit, over the entries of the vector."""
        return {"mean_absolute_error": self.unit, "rmse": self.unit}

    @override
    def label(self, batch: Batch) -> Tensor:
        return super().label(batch).view(-1, self.entries)

    @override
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        if self.declaration.loss == "l1":
            return absolute_error(prediction, target.values)
        return super().loss(prediction, target)

    @override
    def constant(self, target: Target) -> Tensor:
        if self.declaration.loss == "l1":
            return weighted_median(target.values, None)
        return super().constant(target)

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        error = (self.physical(prediction) - self.truth(target)).abs()
        return {"mean_absolute_error": masked_mean(error), "rmse": root_mean_square(error)}

    def value(self, array: NDArray[np.generic]) -> dict[str, float]:
        """The numbers by name, in the label's unit."""
        numbers = np.asarray(array, dtype=np.float64).tolist()
        return {name: float(f"{x:.5g}") for name, x in zip(self.declaration.names, numbers, strict=True)}

    @override
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Each number on a line from 2.5 deviations below the mean of the train split to 2.5 above."""
        standard = (array - self.statistic("mean").numpy()) / self.statistic("deviation").numpy()
        texts = [f"{x:.4g} {self.task.output.unit}".strip() for x in self.value(array).values()]
        return gauges(
            self.declaration.names[:_SHOWN],
            [float(x) / 5 + 0.5 for x in standard[:_SHOWN]],
            texts[:_SHOWN],
            title=self.task.title,
        )
