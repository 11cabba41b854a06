"""Tasks whose output is a distribution over classes: scene, objects, point matching."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from typing_extensions import override

from models.networks.config import NetworkConfig
from models.networks.vector_head import VectorHead
from models.tasks.definition import Batch, LabelError, Target, TaskDefinition
from models.tasks.losses import soft_cross_entropy
from models.tasks.metrics import in_top, one_hot, total_variation
from models.tasks.pictures import bars
from models.tasks.statistics import log_distribution

_SHOWN = 5  # classes in a picture


class Classification(TaskDefinition):
    """A distribution over named classes; cross-entropy with the target distribution, (N, K)."""

    metric_units: Mapping[str, str] = {"top_1": "share", "top_3": "share", "total_variation": "share"}
    lower_is_better = frozenset({"total_variation"})
    head_layers: ClassVar[int] = 2

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the classes.

        Raises:
            LabelError: The data set names none.
        """

    @override
    def decoder(self, representation_shape: tuple[int, int, int], config: NetworkConfig) -> nn.Module:
        return VectorHead(
            representation_shape,
            config.head_width,
            len(self.classes),
            layers=self.head_layers,
            dropout=config.dropout,
        )

    @override
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        return soft_cross_entropy(prediction, target.values)

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        truth = target.values.argmax(1)
        return {
            "top_1": in_top(prediction, truth, 1),
            "top_3": in_top(prediction, truth, 3),
            "total_variation": total_variation(self.physical(prediction), target.values),
        }

    @override
    def constant(self, target: Target) -> Tensor:
        return log_distribution(target.values.sum(0), dim=0)

    @override
    def physical(self, prediction: Tensor) -> Tensor:
        return torch.softmax(prediction, dim=1)

    @override
    def truth(self, target: Target) -> Tensor:
        return target.values

    def value(self, array: NDArray[np.generic]) -> dict[str, Any]:
        """The likeliest class, and the likeliest classes with their probabilities."""
        best = _ranked(array)
        top = [{"class": self.classes[k], "probability": round(float(array[k]), 4)} for k in best[:10]]
        return {"class": top[0]["class"], "top": top}

    @override
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        best = _ranked(array)[:_SHOWN]
        return bars([self.classes[k] for k in best], [float(array[k]) for k in best], title=self.task.title)


def _ranked(shares: NDArray[np.generic]) -> list[int]:
    return np.argsort(-np.asarray(shares, dtype=np.float64), kind="stable").tolist()


class SceneClass(Classification):
    """What kind of room it is: a class, or a soft label over classes as Taskonomy has it."""

    labels = ("rgb", "scene_class")

    @property
    @override
    def classes(self) -> tuple[str, ...]:
        if not self.label_info.scene_classes:
            raise LabelError("scene_class needs label_info.scene_classes")
        return self.label_info.scene_classes

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        labels = batch["scene_class"]
        return Target(labels.float() if labels.ndim == 2 else one_hot(labels, len(self.classes)))


class ObjectClass(Classification):
    """Which objects are in view: a soft label over object classes."""

    labels = ("rgb", "object_class")

    @property
    @override
    def classes(self) -> tuple[str, ...]:
        if not self.label_info.object_classes:
            raise LabelError("object_class needs label_info.object_classes")
        return self.label_info.object_classes

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        return Target(batch["object_class"].float())


class PointMatching(Classification):
    """Whether two views are centred on the same physical point."""

    labels = ("point_matching_images", "point_matching")
    metric_units: Mapping[str, str] = {"top_1": "share", "total_variation": "share"}

    @property
    @override
    def classes(self) -> tuple[str, ...]:
        return ("different", "same")

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        return Target(one_hot(batch["point_matching"], 2))

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        found = super().metrics(prediction, target)
        return {name: found[name] for name in self.metric_units}
