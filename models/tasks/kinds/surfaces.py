"""Tasks about the shape of surfaces: normals and principal curvature."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from typing_extensions import override

from models.networks.config import NetworkConfig
from models.networks.dense_decoder import DenseDecoder
from models.tasks.definition import Batch, Target, TaskDefinition
from models.tasks.losses import absolute_error, squared_error
from models.tasks.metrics import angle_degrees, masked_mean
from models.tasks.pictures import normal_map, side_by_side, signed_map
from models.tasks.statistics import image_weights, masked_moments, weighted_mean, weighted_median

_NAN = float("nan")


class Normals(TaskDefinition):
    """The unit normal of every pixel in the camera frame; masked L1 on its components."""

    labels = ("rgb", "normals", "valid")
    metric_units: Mapping[str, str] = {
        "mean_angle": "degrees",
        "within_11.25": "share",
        "within_22.5": "share",
        "within_30": "share",
    }
    lower_is_better = frozenset({"mean_angle"})

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        return Target(batch["normals"].float().movedim(-1, 1), batch["valid"].unsqueeze(1))

    @override
    def decoder(self, representation_shape: tuple[int, int, int], config: NetworkConfig) -> nn.Module:
        return DenseDecoder(representation_shape, config.decoder_widths, 3, config.image_size)

    @override
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        return absolute_error(prediction, target.values, target.mask)

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        mask = _pixels(target)
        angles = angle_degrees(self.physical(prediction), target.values.movedim(1, -1))
        within = {f"within_{limit}": masked_mean(angles < limit, mask) for limit in (11.25, 22.5, 30)}
        return {"mean_angle": masked_mean(angles, mask), **within}

    @override
    def constant(self, target: Target) -> Tensor:
        return weighted_median(target.values, image_weights(target.mask, target.values))

    @override
    def physical(self, prediction: Tensor) -> Tensor:
        return F.normalize(prediction, dim=1).movedim(1, -1)

    @override
    def truth(self, target: Target) -> Tensor:
        return target.values.movedim(1, -1).masked_fill(~_pixels(target)[..., None], _NAN)

    @override
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        return normal_map(np.asarray(array, dtype=np.float64))


class Curvature(TaskDefinition):
    """The two principal curvatures of every pixel, in 1/m; masked L2.

    Curvature of thin things has no bound, so what is compared is sign(k) log(1 + |k|), standardised.
    """

    labels = ("rgb", "curvature", "valid")
    metric_units: Mapping[str, str] = {
        "mean_absolute_error": "1/m",
        "mean_absolute_log_error": "log(1 + |k|)",
    }
    lower_is_better = frozenset(metric_units)

    @override
    def measure(self, batch: Batch) -> dict[str, Tensor]:
        mean, deviation = masked_moments(self._compressed(batch), batch["valid"].unsqueeze(1))
        return {"mean": mean, "deviation": deviation}

    @staticmethod
    def _compressed(batch: Batch) -> Tensor:
        raw = batch["curvature"].float().movedim(-1, 1)
        return raw.sign() * raw.abs().log1p()

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        centred = self._compressed(batch) - self.statistic("mean")[:, None, None]
        return Target(centred / self.statistic("deviation")[:, None, None], batch["valid"].unsqueeze(1))

    @override
    def decoder(self, representation_shape: tuple[int, int, int], config: NetworkConfig) -> nn.Module:
        return DenseDecoder(representation_shape, config.decoder_widths, 2, config.image_size)

    @override
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        return squared_error(prediction, target.values, target.mask)

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        mask = _pixels(target)[..., None]
        guess, truth = self._logarithmic(prediction), self._logarithmic(target.values)
        error = (_expanded(guess) - _expanded(truth)).abs()
        return {
            "mean_absolute_error": masked_mean(error, mask),
            "mean_absolute_log_error": masked_mean((guess - truth).abs(), mask),
        }

    @override
    def constant(self, target: Target) -> Tensor:
        return weighted_mean(target.values, image_weights(target.mask, target.values))

    def _logarithmic(self, values: Tensor) -> Tensor:
        return values.movedim(1, -1) * self.statistic("deviation") + self.statistic("mean")

    @override
    def physical(self, prediction: Tensor) -> Tensor:
        return _expanded(self._logarithmic(prediction))

    @override
    def truth(self, target: Target) -> Tensor:
        return self.physical(target.values).masked_fill(~_pixels(target)[..., None], _NAN)

    @override
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Larger curvature beside smaller, blue concave, red convex, logarithmic up to 20 per metre."""
        values = np.asarray(array, dtype=np.float64)
        scaled = np.sign(values) * np.log1p(np.abs(values))
        return side_by_side([signed_map(scaled[..., k], float(np.log1p(20))) for k in range(2)])


def _expanded(compressed: Tensor) -> Tensor:
    return compressed.sign() * torch.expm1(compressed.abs().clamp_max(10))


def _pixels(target: Target) -> Tensor:
    """(N, H, W) bool, the valid pixels of a target that always has a mask."""
    if target.mask is None:
        return torch.ones_like(target.values[:, 0], dtype=torch.bool)
    return target.mask[:, 0]
