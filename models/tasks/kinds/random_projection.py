"""The source that learns nothing: a frozen encoder with random weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from typing_extensions import override

from models.networks.config import NetworkConfig
from models.tasks.definition import Batch, Target, TaskDefinition
from models.tasks.pictures import embedding_map, enlarge


class RandomProjection(TaskDefinition):
    """The representation of an untrained encoder as it is; there is nothing to train and nothing to miss.

    Its loss and its target are zero, so that code that goes through all tasks needs no exception.
    """

    trainable = False
    labels = ("rgb",)
    metric_units: Mapping[str, str] = {}

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        return Target(torch.zeros(len(batch["rgb"])))

    @override
    def decoder(self, representation_shape: tuple[int, int, int], config: NetworkConfig) -> nn.Module:
        return nn.Identity()

    @override
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        return 0 * prediction.flatten(1).sum(1)

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        return {}

    @override
    def constant(self, target: Target) -> Tensor:
        return torch.zeros(1)

    @override
    def physical(self, prediction: Tensor) -> Tensor:
        return prediction.movedim(1, -1)

    @override
    def truth(self, target: Target) -> Tensor:
        return target.values

    @override
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        cells = np.asarray(array, dtype=np.float64)
        return enlarge(embedding_map(cells if cells.ndim == 3 else np.zeros((1, 1, 3))), self.image_size)
