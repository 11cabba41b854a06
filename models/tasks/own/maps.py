"""Declared tasks whose output is numbers per pixel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from typing_extensions import override

from models.networks.config import NetworkConfig
from models.networks.dense_decoder import DenseDecoder
from models.tasks.definition import Batch, Target
from models.tasks.losses import absolute_error, squared_error
from models.tasks.metrics import masked_mean, root_mean_square
from models.tasks.own.declared import Declared
from models.tasks.pictures import colour_map, side_by_side
from models.tasks.statistics import image_weights, masked_moments, weighted_mean, weighted_median

_SHOWN = 4  # channels in a picture


class OwnMap(Declared):
    """One or more numbers per pixel, (N, H, W) or (N, H, W, k); standardised by channel, L1 or L2.

    A pixel with a channel that is not finite is not known: masked in loss and metrics.
    """

    lower_is_better = frozenset({"mean_absolute_error", "rmse"})

    @property
    def channels(self) -> int:
        """Numbers per pixel."""
        return len(self.declaration.names)

    @property
    def metric_units(self) -> Mapping[str, str]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Metric name to unit, over the channels of the map."""
        return {"mean_absolute_error": self.unit, "rmse": self.unit}

    @override
    def measure(self, batch: Batch) -> dict[str, Tensor]:
        mean, deviation = masked_moments(*self._values(batch))
        return {"mean": mean, "deviation": deviation}

    def _values(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The label, (N, k, H, W), 0 where it is not known, and where it is, (N, 1, H, W)."""
        label = batch[self.name].float()
        values = label.unsqueeze(1) if label.ndim == 3 else label.movedim(-1, 1)
        known = values.isfinite().all(1, keepdim=True)
        return torch.where(known, values, 0), known

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        values, known = self._values(batch)
        centred = values - self.statistic("mean")[:, None, None]
        return Target(centred / self.statistic("deviation")[:, None, None], known)

    @override
    def decoder(self, representation_shape: tuple[int, int, int], config: NetworkConfig) -> nn.Module:
        return DenseDecoder(representation_shape, config.decoder_widths, self.channels, config.image_size)

    @override
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        error = absolute_error if self.declaration.loss == "l1" else squared_error
        return error(prediction, target.values, target.mask)

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        error = (self._restored(prediction) - self._restored(target.values)).abs()
        return {
            "mean_absolute_error": masked_mean(error, target.mask),
            "rmse": root_mean_square(error, target.mask),
        }

    @override
    def constant(self, target: Target) -> Tensor:
        best = weighted_median if self.declaration.loss == "l1" else weighted_mean
        return best(target.values, image_weights(target.mask, target.values))

    def _restored(self, values: Tensor) -> Tensor:
        """(N, k, H, W) in the label's unit."""
        return values * self.statistic("deviation")[:, None, None] + self.statistic("mean")[:, None, None]

    def _laid_out(self, values: Tensor) -> Tensor:
        return values[:, 0] if self.channels == 1 else values.movedim(1, -1)

    @override
    def physical(self, prediction: Tensor) -> Tensor:
        return self._laid_out(self._restored(prediction))

    @override
    def truth(self, target: Target) -> Tensor:
        values = self._restored(target.values)
        masked = values if target.mask is None else values.masked_fill(~target.mask, float("nan"))
        return self._laid_out(masked)

    @override
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Channels side by side, each from its 1st to its 99th percentile."""
        values = np.asarray(array, dtype=np.float64)
        planes = values[..., None] if values.ndim == 2 else values
        return side_by_side([_coloured(planes[..., k]) for k in range(min(planes.shape[-1], _SHOWN))])


def _coloured(plane: NDArray[np.float64]) -> NDArray[np.uint8]:
    seen = plane[np.isfinite(plane)]
    low, high = np.percentile(seen, (1, 99)) if seen.size else (0.0, 1.0)
    return colour_map(plane, float(low), float(high))
