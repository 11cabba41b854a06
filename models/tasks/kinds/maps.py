"""Tasks whose output is one number per pixel: depth, distance, edges, keypoints, reshading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from typing_extensions import override

from models.networks.config import NetworkConfig
from models.networks.dense_decoder import DenseDecoder
from models.tasks.definition import Batch, Target, TaskDefinition
from models.tasks.labels import LabelInfo
from models.tasks.losses import absolute_error
from models.tasks.metrics import masked_mean, root_mean_square
from models.tasks.pictures import colour_map, grey_map
from models.tasks.statistics import image_weights, masked_moments, weighted_median
from models.taxonomy.dictionary import Task


@dataclass(frozen=True, slots=True)
class Curve:
    """A monotone change of variable under which the values of a map are spread more evenly."""

    forward: Callable[[Tensor], Tensor]
    inverse: Callable[[Tensor], Tensor]


def _as_is(x: Tensor) -> Tensor:
    return x


LINEAR = Curve(_as_is, _as_is)
LOGARITHM = Curve(torch.log1p, torch.expm1)


@dataclass(frozen=True, slots=True)
class MapSpec:
    """What sets one scalar map apart from another.

    Attributes:
        masked: Whether pixels without valid geometry are left out.
        curve: Change of variable before normalisation.
        bounds: Least and greatest physical value.
        metric: Relative errors for lengths, absolute ones for maps of 0..1.
    """

    masked: bool
    curve: Curve
    bounds: tuple[float, float]
    length: bool


_LENGTH = MapSpec(masked=True, curve=LOGARITHM, bounds=(0.0, 128.0), length=True)
_SURFACE = MapSpec(masked=True, curve=LINEAR, bounds=(0.0, 1.0), length=False)
_IMAGE = MapSpec(masked=False, curve=LINEAR, bounds=(0.0, 1.0), length=False)
MAPS: Mapping[str, MapSpec] = MappingProxyType(
    {
        "depth": _LENGTH,
        "distance": _LENGTH,
        "occlusion_edges": _SURFACE,
        "keypoints_3d": _SURFACE,
        "reshading": _SURFACE,
        "edges_2d": _IMAGE,
        "keypoints_2d": _IMAGE,
    }
)


class ScalarMap(TaskDefinition):
    """One number per pixel, standardised after a change of variable; masked L1."""

    def __init__(
        self,
        task: Task,
        *,
        image_size: int,
        label_info: LabelInfo,
        statistics: Mapping[str, Tensor] | None = None,
    ) -> None:
        super().__init__(task, image_size=image_size, label_info=label_info, statistics=statistics)
        self.spec = MAPS[task.name]
        self.labels = ("rgb", task.name, "valid") if self.spec.masked else ("rgb", task.name)
        if self.spec.length:
            self.metric_units = {
                "absolute_relative_error": "share",
                "rmse": "m",
                "within_25_percent": "share",
            }
            self.lower_is_better = frozenset({"absolute_relative_error", "rmse"})
        else:
            self.metric_units = {"mean_absolute_error": "of 1", "rmse": "of 1"}
            self.lower_is_better = frozenset({"mean_absolute_error", "rmse"})

    @override
    def measure(self, batch: Batch) -> dict[str, Tensor]:
        values, mask = self._values(batch)
        mean, deviation = masked_moments(values, mask)
        return {"mean": mean, "deviation": deviation}

    def _values(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """The map after its change of variable, (N, 1, H, W), and where it counts."""
        raw = batch[self.name].float().clamp(*self.spec.bounds).unsqueeze(1)
        mask = batch["valid"].unsqueeze(1) if self.spec.masked else None
        return self.spec.curve.forward(raw), mask

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        values, mask = self._values(batch)
        normalised = (values - self.statistic("mean")) / self.statistic("deviation")
        return Target(normalised, mask)

    @override
    def decoder(self, representation_shape: tuple[int, int, int], config: NetworkConfig) -> nn.Module:
        return DenseDecoder(representation_shape, config.decoder_widths, 1, config.image_size)

    @override
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        return absolute_error(prediction, target.values, target.mask)

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        guess, truth = self.physical(prediction), self._restored(target.values)
        mask = None if target.mask is None else target.mask[:, 0]
        error = (guess - truth).abs()
        if not self.spec.length:
            return {"mean_absolute_error": masked_mean(error, mask), "rmse": root_mean_square(error, mask)}
        positive = truth.clamp_min(1e-3)
        ratio = torch.maximum(guess.clamp_min(1e-3) / positive, positive / guess.clamp_min(1e-3))
        return {
            "absolute_relative_error": masked_mean(error / positive, mask),
            "rmse": root_mean_square(error, mask),
            "within_25_percent": masked_mean(ratio < 1.25, mask),
        }

    @override
    def constant(self, target: Target) -> Tensor:
        return weighted_median(target.values, image_weights(target.mask, target.values))

    def _restored(self, values: Tensor) -> Tensor:
        """(N, 1, H, W) normalised -> (N, H, W) physical."""
        natural = values[:, 0] * self.statistic("deviation") + self.statistic("mean")
        return self.spec.curve.inverse(natural).clamp(*self.spec.bounds)

    @override
    def physical(self, prediction: Tensor) -> Tensor:
        return self._restored(prediction)

    @override
    def truth(self, target: Target) -> Tensor:
        values = self._restored(target.values)
        return values if target.mask is None else values.masked_fill(~target.mask[:, 0], float("nan"))

    @override
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        values = np.asarray(array, dtype=np.float64)
        if not self.spec.length:
            return grey_map(values)
        seen = values[np.isfinite(values)]
        low, high = np.percentile(seen, (1, 99)) if seen.size else (0.0, 1.0)
        return colour_map(values, float(low), float(high))
