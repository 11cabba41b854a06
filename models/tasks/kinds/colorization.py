"""Colours from lightness (Zhang et al. 2016)."""

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
from models.tasks.color import ab_bins, lab_to_rgb, lightness, nearest_bin, rgb_to_lab
from models.tasks.definition import Batch, Target, TaskDefinition
from models.tasks.images import resize_area
from models.tasks.losses import pixel_cross_entropy, pixel_weights
from models.tasks.metrics import masked_mean
from models.tasks.statistics import class_frequencies, class_mass, log_distribution, rebalancing_weights

_TEMPERATURE = 0.38  # of the annealed mean that turns bin scores into one colour
_ROWS = 256  # images converted to Lab at a time


class Colorization(TaskDefinition):
    """The ab bin of every 4x4 block of pixels from the L channel; class-rebalanced cross-entropy.

    Bins have a side of 10 in ab as in the paper for images of 128 pixels or more, of 20 below.
    """

    labels = ("rgb",)
    metric_units: Mapping[str, str] = {"ab_distance": "ab units", "top_5": "share"}
    lower_is_better = frozenset({"ab_distance"})

    @property
    def spacing(self) -> int:
        """Side of a bin in ab."""
        return 10 if self.image_size >= 128 else 20

    @property
    def bins(self) -> Tensor:
        """(Q, 2) centres of the bins."""
        return ab_bins(self.spacing)

    @override
    def measure(self, batch: Batch) -> dict[str, Tensor]:
        frequencies = class_frequencies(self._bins_of(batch["rgb"]), len(self.bins))
        return {"class_weights": rebalancing_weights(frequencies)}

    @override
    def inputs(self, batch: Batch, noise: Tensor | None = None) -> Tensor:
        return self.serve(batch["rgb"].unsqueeze(1))

    @override
    def serve(self, images: Tensor) -> Tensor:
        return (lightness(images) / 50 - 1).unsqueeze(2).expand(-1, -1, 3, -1, -1)

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        return Target(self._bins_of(batch["rgb"]))

    def _bins_of(self, images: Tensor) -> Tensor:
        """(N, H, W, 3) uint8 -> (N, H/4, W/4) int64, each block's mean ab."""
        parts = []
        for rows in images.split(_ROWS):
            ab = rgb_to_lab(rows)[..., 1:].movedim(-1, 1)
            parts.append(nearest_bin(resize_area(ab, images.shape[1] // 4).movedim(1, -1), self.spacing))
        return torch.cat(parts)

    @override
    def decoder(self, representation_shape: tuple[int, int, int], config: NetworkConfig) -> nn.Module:
        size = config.image_size // 4
        return DenseDecoder(representation_shape, config.decoder_widths, len(self.bins), size)

    @override
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        return pixel_cross_entropy(prediction, target.values, self.statistic("class_weights"), None)

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        distance = (self.physical(prediction) - self.truth(target)).norm(dim=-1)
        best = prediction.topk(min(5, prediction.shape[1]), dim=1).indices
        hit = (best == target.values[:, None]).any(1)
        return {"ab_distance": masked_mean(distance), "top_5": masked_mean(hit)}

    @override
    def constant(self, target: Target) -> Tensor:
        weights = pixel_weights(target.values, self.statistic("class_weights"), None)
        return log_distribution(class_mass(target.values, weights, len(self.bins)), dim=0)

    @override
    def physical(self, prediction: Tensor) -> Tensor:
        shares = torch.softmax(prediction / _TEMPERATURE, dim=1)
        return shares.movedim(1, -1) @ self.bins.to(prediction.device)

    @override
    def truth(self, target: Target) -> Tensor:
        return self.bins.to(target.values.device)[target.values]

    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """The image's lightness in the given colours; mid-grey lightness where there is no image."""
        ab = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)).movedim(-1, 0)[None]
        if image is None:
            light = torch.full((4 * ab.shape[2], 4 * ab.shape[3]), 60.0)
        else:
            light = lightness(torch.from_numpy(np.array(image)))
        smooth = F.interpolate(ab, size=light.shape, mode="bilinear", align_corners=False)[0]
        return lab_to_rgb(torch.cat([light[None], smooth]).movedim(0, -1)).numpy()
