"""What every pixel belongs to: semantic classes, and segments without names."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from typing_extensions import override

from models.networks.config import NetworkConfig
from models.networks.dense_decoder import DenseDecoder
from models.tasks.definition import Batch, LabelError, Target, TaskDefinition
from models.tasks.images import image_index
from models.tasks.losses import embedding_distances, pairwise_metric, pixel_cross_entropy, pixel_weights
from models.tasks.metrics import masked_mean, mean_intersection_over_union, pair_accuracy
from models.tasks.noise import uniform
from models.tasks.pictures import embedding_map, enlarge, label_map
from models.tasks.statistics import class_frequencies, class_mass, log_distribution, rebalancing_weights


class SemanticSegmentation(TaskDefinition):
    """The class of every second pixel; rebalanced cross-entropy, unknown pixels masked."""

    labels = ("rgb", "semantic_segmentation")
    metric_units: Mapping[str, str] = {"mean_iou": "share", "pixel_accuracy": "share"}

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes.

        Raises:
            LabelError: The data set names none.
        """
        if not self.label_info.semantic_classes:
            raise LabelError("semantic_segmentation needs label_info.semantic_classes")
        return self.label_info.semantic_classes

    @property
    def ignored(self) -> tuple[int, ...]:
        """Values of the label that mean "not known"."""
        return self.label_info.semantic_ignored

    @override
    def measure(self, batch: Batch) -> dict[str, Tensor]:
        classes, mask = self._classes(batch)
        return {"class_weights": rebalancing_weights(class_frequencies(classes, len(self.classes), mask))}

    def _classes(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        ids = batch[self.name][:, ::2, ::2].long()
        if not self.ignored:
            return ids, None
        mask = ~torch.isin(ids, torch.tensor(self.ignored, device=ids.device))
        return torch.where(mask, ids, 0), mask  # an ignored value may lie beyond the classes

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        return Target(*self._classes(batch))

    @override
    def decoder(self, representation_shape: tuple[int, int, int], config: NetworkConfig) -> nn.Module:
        size = config.image_size // 2
        return DenseDecoder(representation_shape, config.decoder_widths, len(self.classes), size)

    @override
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        return pixel_cross_entropy(prediction, target.values, self.statistic("class_weights"), target.mask)

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        guess = self.physical(prediction)
        mask = torch.ones_like(guess, dtype=torch.bool) if target.mask is None else target.mask
        iou = mean_intersection_over_union(guess, target.values, len(self.classes), mask)
        return {"mean_iou": iou, "pixel_accuracy": masked_mean(guess == target.values, mask)}

    @override
    def constant(self, target: Target) -> Tensor:
        weights = pixel_weights(target.values, self.statistic("class_weights"), target.mask)
        return log_distribution(class_mass(target.values, weights, len(self.classes)), dim=0)

    @override
    def physical(self, prediction: Tensor) -> Tensor:
        return prediction.argmax(1)

    @override
    def truth(self, target: Target) -> Tensor:
        return target.values if target.mask is None else target.values.masked_fill(~target.mask, -1)

    def value(self, array: NDArray[np.generic]) -> dict[str, float]:
        """Share of the image per class that occurs, largest first."""
        known = np.asarray(array, dtype=np.int64)
        ids, counts = np.unique(known[known >= 0], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return {self.classes[ids[k]]: round(float(counts[k] / counts.sum()), 4) for k in order}

    @override
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        return enlarge(label_map(array), self.image_size)


class Grouping(TaskDefinition):
    """Unsupervised segmentation: an embedding per pixel, near within a segment and far across.

    The pairwise metric loss looks at sampled pixels: 300 per image as in the paper, 128 below 128 pixels.
    """

    stochastic = True
    metric_units: Mapping[str, str] = {"pair_accuracy": "share"}
    _stream = 21

    @property
    @override
    def labels(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return ("rgb", self.name)

    @property
    def point_count(self) -> int:
        """Sampled pixels per image."""
        return 300 if self.image_size >= 128 else 128

    @override
    def noise(self, batch: Batch, generator: torch.Generator | None) -> Tensor:
        return uniform(image_index(batch), self.point_count, generator, stream=self._stream)

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        segments = batch[self.name]
        drawn = self.noise(batch, None) if noise is None else noise
        pixels = segments.shape[1] * segments.shape[2]
        return Target(segments.int(), points=(drawn * pixels).long().clamp_max(pixels - 1))

    @override
    def decoder(self, representation_shape: tuple[int, int, int], config: NetworkConfig) -> nn.Module:
        size = config.image_size // 2
        return DenseDecoder(representation_shape, config.decoder_widths, config.embedding_channels, size)

    @override
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        return pairwise_metric(*self._sampled(prediction, target))

    @staticmethod
    def _sampled(prediction: Tensor, target: Target) -> tuple[Tensor, Tensor]:
        """Embeddings (N, P, D) and segments (N, P) at the sampled pixels."""
        if target.points is None:
            raise ValueError("a grouping target carries the pixels that it samples")
        height, width = target.values.shape[1:]
        rows, columns = target.points // width, target.points % width
        down, across = rows * prediction.shape[2] // height, columns * prediction.shape[3] // width
        flat = prediction.flatten(2)
        cells = (down * prediction.shape[3] + across)[:, None].expand(-1, flat.shape[1], -1)
        return flat.gather(2, cells).transpose(1, 2), target.values.flatten(1).gather(1, target.points)

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        embeddings, segments = self._sampled(prediction, target)
        return {"pair_accuracy": pair_accuracy(embedding_distances(embeddings), segments)}

    def constant(self, target: Target) -> Tensor:
        """The embedding map that serves all images best, by gradient descent from a map of pixel positions.

        Which pixels are likely to share a segment depends on their positions alone, so two channels and a
        quarter of the resolution say all that a guess without looking can say.
        """
        side = max(target.values.shape[1] // 8, 2)
        axis = torch.linspace(-1, 1, side)
        grid = torch.stack(torch.meshgrid(axis, axis, indexing="ij")).requires_grad_()
        optimiser = torch.optim.Adam([grid], lr=0.02)
        size = (target.values.shape[1] // 2, target.values.shape[2] // 2)
        batch = 64
        for step in range(200):
            start = step * batch % max(len(target) - batch + 1, 1)
            chosen = target.take(slice(start, start + batch))
            optimiser.zero_grad()
            self.loss(_spread(grid, size).expand(len(chosen), -1, -1, -1), chosen).mean().backward()
            optimiser.step()
        return _spread(grid.detach(), size)[0]

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
        if array.ndim == 2:
            return enlarge(label_map(array), self.image_size)
        return enlarge(embedding_map(np.asarray(array, dtype=np.float64)), self.image_size)


def _spread(grid: Tensor, size: tuple[int, int]) -> Tensor:
    return torch.nn.functional.interpolate(grid[None], size=size, mode="bilinear", align_corners=False)
