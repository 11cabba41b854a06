"""What a task of the dictionary means for a network: the interface of all 26 definitions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.networks.config import NetworkConfig
from models.tasks.images import to_network
from models.tasks.labels import LabelInfo
from models.taxonomy.dictionary import Task

Batch = Mapping[str, Tensor]


class LabelError(ValueError):
    """A data set does not say what a definition needs to know of its labels."""


@dataclass(frozen=True, slots=True)
class Target:
    """Training targets of a batch, batch-first throughout.

    Attributes:
        values: (N, ...) what the prediction is compared with.
        mask: None, or (N, ...) bool where `values` counts.
        points: None, or (N, P) int64 flat pixel positions that the loss looks at.
    """

    values: Tensor
    mask: Tensor | None = None
    points: Tensor | None = None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, indices: Tensor | slice) -> Target:
        """The targets of some of the examples, in the given order."""
        return self._mapped(lambda part: part[indices])

    def to(self, device: torch.device) -> Target:
        """The same on a device."""
        return self._mapped(lambda part: part.to(device))

    def _mapped(self, change: Callable[[Tensor], Tensor]) -> Target:
        mask = None if self.mask is None else change(self.mask)
        points = None if self.points is None else change(self.points)
        return Target(change(self.values), mask, points)


class TaskDefinition(ABC):
    """One task of the dictionary: inputs, normalised target, decoder, loss, metrics, readable output.

    A definition is immutable. Numbers that come from data (means, class frequencies) are its `statistics`:
    `fitted` measures them on the train split and gives a new definition; they are stored with the weights.

    Random inputs and targets are pure functions of `noise(batch, generator)`: draw once, then give the same
    noise to `inputs` and `target`. Without a generator the noise is a function of `batch["index"]`, (N,)
    int64, which is how evaluation sees an image the same way in every run and every batch.

    Attributes:
        task: Entry of the task dictionary.
        image_size: Height and width of the images, in pixels.
        label_info: Class names of the data set.
        statistics: Tensors fitted on the train split, float32.
        labels: Data set arrays that `noise`, `inputs` and `target` read.
        trainable: False for the random projection, which is never trained.
        stochastic: Whether `noise` is needed; if not, targets may be computed once per split.
        metric_units: Metric name to unit, the main one first.
        lower_is_better: The metrics of which less is better.
    """

    trainable: ClassVar[bool] = True
    stochastic: ClassVar[bool] = False
    labels: tuple[str, ...]
    metric_units: Mapping[str, str]
    lower_is_better: frozenset[str] = frozenset()

    def __init__(
        self,
        task: Task,
        *,
        image_size: int,
        label_info: LabelInfo,
        statistics: Mapping[str, Tensor] | None = None,
    ) -> None:
        self.task = task
        self.image_size = image_size
        self.label_info = label_info
        self.statistics: Mapping[str, Tensor] = MappingProxyType(dict(statistics or {}))

    @property
    def name(self) -> str:
        """The task's name in the dictionary."""
        return self.task.name

    def fitted(self, batch: Batch) -> Self:
        """The same definition with its statistics measured.

        Args:
            batch: Arrays of `labels` over (a large part of) the train split.
        """
        statistics = self.measure(batch)
        return type(self)(
            self.task, image_size=self.image_size, label_info=self.label_info, statistics=statistics
        )

    def measure(self, batch: Batch) -> dict[str, Tensor]:  # noqa: ARG002 - most tasks need no statistics
        """Statistics of the train split that fix the target's normalisation."""
        return {}

    def statistic(self, name: str) -> Tensor:
        """One fitted statistic.

        Raises:
            LabelError: The definition was not fitted.
        """
        if name not in self.statistics:
            raise LabelError(f"{self.name}: call fitted() on the train split before targets are used")
        return self.statistics[name]

    def views(self, batch: Batch) -> Tensor:
        """The task's images as they are, what a frozen source encoder sees: (N, V, 3, H, W) in [-1, 1]."""
        if self.task.inputs == 1:
            return to_network(batch["rgb"]).unsqueeze(1)
        return to_network(batch[f"{self.name}_images"])

    def noise(self, batch: Batch, generator: torch.Generator | None) -> Tensor | None:  # noqa: ARG002
        """Random numbers of this batch, (N, ...), or None where the task needs none."""
        return None

    def inputs(self, batch: Batch, noise: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """What the task's own encoder sees, corrupted as the task asks: (N, V, 3, h, w) in [-1, 1]."""
        return self.views(batch)

    def serve(self, images: Tensor) -> Tensor:
        """Inputs for images that a user sends.

        Args:
            images: (N, V, H, W, 3) uint8, V as the dictionary's `inputs` says.

        Returns:
            (N, V', 3, h, w) float32 in [-1, 1].
        """
        return to_network(images)

    @abstractmethod
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        """Normalised training targets."""

    @abstractmethod
    def decoder(self, representation_shape: tuple[int, int, int], config: NetworkConfig) -> nn.Module:
        """A fresh decoder of (N, *representation_shape), all views' channels together, to the prediction."""

    @abstractmethod
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        """Per-image loss, (N,): differentiable, masked, independent of the rest of the batch."""

    @abstractmethod
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        """Per-image metrics, each (N,), in the units of `metric_units`; NaN where nothing is valid."""

    @abstractmethod
    def constant(self, target: Target) -> Tensor:
        """The best guess without looking: one image's prediction, of least mean loss over `target`."""

    @abstractmethod
    def physical(self, prediction: Tensor) -> Tensor:
        """Predictions in physical units (metres, unit vectors, shares): (N, ...), maps channels last."""

    @abstractmethod
    def truth(self, target: Target) -> Tensor:
        """Targets in the form that `physical` gives, NaN where masked."""

    def value(self, array: NDArray[np.generic]) -> Any:  # noqa: ARG002 - maps have a picture instead
        """One output of `physical` as JSON for the API, None where it is a map."""
        return None

    @abstractmethod
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """One output of `physical` or `truth`, drawn for a person.

        Args:
            array: The output of one example.
            image: (H, W, 3) or (V, H, W, 3), the image or images that it belongs to.

        Returns:
            (h, w, 3) sRGB, of any size.
        """
