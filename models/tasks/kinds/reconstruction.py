"""Tasks whose output is the image itself: autoencoding, denoising, inpainting."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from typing_extensions import override

from models.networks.config import NetworkConfig
from models.networks.dense_decoder import DenseDecoder
from models.tasks.definition import Batch, Target, TaskDefinition
from models.tasks.images import image_index, to_bytes, to_network
from models.tasks.losses import absolute_error
from models.tasks.metrics import masked_mean, peak_signal_to_noise
from models.tasks.noise import normal
from models.tasks.statistics import weighted_median


class Autoencoding(TaskDefinition):
    """The image from its bottleneck; L1 in the range [-1, 1]."""

    labels = ("rgb",)
    metric_units: Mapping[str, str] = {"mean_absolute_error": "grey levels of 255", "psnr": "dB"}
    lower_is_better = frozenset({"mean_absolute_error"})

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        return Target(to_network(batch["rgb"]))

    @override
    def decoder(self, representation_shape: tuple[int, int, int], config: NetworkConfig) -> nn.Module:
        return DenseDecoder(representation_shape, config.decoder_widths, 3, config.image_size)

    @override
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        return absolute_error(prediction, target.values)

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        shown, truth = self.physical(prediction), self.truth(target)
        error = (shown.float() - truth.float()).abs()
        return {"mean_absolute_error": masked_mean(error), "psnr": peak_signal_to_noise(shown, truth)}

    @override
    def constant(self, target: Target) -> Tensor:
        return weighted_median(target.values, None)

    @override
    def physical(self, prediction: Tensor) -> Tensor:
        return to_bytes(prediction)

    @override
    def truth(self, target: Target) -> Tensor:
        return to_bytes(target.values)

    @override
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        return array.astype(np.uint8)


class Denoising(Autoencoding):
    """The clean image from one with Gaussian noise of variance 0.01 (of an intensity range of 1)."""

    stochastic = True
    deviation = 0.2  # standard deviation 0.1 of [0, 1], in the range [-1, 1]

    @override
    def noise(self, batch: Batch, generator: torch.Generator | None) -> Tensor:
        count, height, width, channels = batch["rgb"].shape
        drawn = normal(image_index(batch), height * width * channels, generator, stream=11)
        return drawn.view(count, height, width, channels)

    @override
    def inputs(self, batch: Batch, noise: Tensor | None = None) -> Tensor:
        clean = to_network(batch["rgb"])
        drawn = self.noise(batch, None) if noise is None else noise
        return (clean + self.deviation * drawn.movedim(-1, 1)).clamp(-1, 1).unsqueeze(1)


class Inpainting(Autoencoding):
    """The whole image from one whose middle, half as high and half as wide, is set to 0 (mid-grey)."""

    @override
    def inputs(self, batch: Batch, noise: Tensor | None = None) -> Tensor:
        return self._masked(self.views(batch))

    @override
    def serve(self, images: Tensor) -> Tensor:
        return self._masked(to_network(images))

    @staticmethod
    def _masked(views: Tensor) -> Tensor:
        height, width = views.shape[-2:]
        views[..., height // 4 : height - height // 4, width // 4 : width - width // 4] = 0
        return views
