"""Tasks whose output is a short vector: room layout and vanishing points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from typing_extensions import override

from models.networks.config import NetworkConfig
from models.networks.vector_head import VectorHead
from models.tasks.definition import Batch, Target, TaskDefinition
from models.tasks.geometry import rotation, rotation_angle_degrees
from models.tasks.losses import squared_error
from models.tasks.metrics import angle_degrees
from models.tasks.pictures import arrows, box_sketch
from models.tasks.statistics import masked_moments


class Vector(TaskDefinition):
    """A standardised vector; L2."""

    entries: ClassVar[int]
    head_layers: ClassVar[int] = 2

    @override
    def measure(self, batch: Batch) -> dict[str, Tensor]:
        mean, deviation = masked_moments(self.label(batch), None)
        return {"mean": mean, "deviation": deviation}

    def label(self, batch: Batch) -> Tensor:
        """The label in physical units, (N, entries) float32."""
        return batch[self.name].float()

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        return Target((self.label(batch) - self.statistic("mean")) / self.statistic("deviation"))

    @override
    def decoder(self, representation_shape: tuple[int, int, int], config: NetworkConfig) -> nn.Module:
        return VectorHead(
            representation_shape,
            config.head_width,
            self.entries,
            layers=self.head_layers,
            dropout=config.dropout,
        )

    @override
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        return squared_error(prediction, target.values)

    @override
    def constant(self, target: Target) -> Tensor:
        return target.values.mean(0)

    def restored(self, values: Tensor) -> Tensor:
        """Standardised values in physical units, (N, entries)."""
        deviation, mean = (self.statistic(name).to(values.device) for name in ("deviation", "mean"))
        return values * deviation + mean

    @override
    def physical(self, prediction: Tensor) -> Tensor:
        return self.restored(prediction)

    @override
    def truth(self, target: Target) -> Tensor:
        return self.restored(target.values)


class RoomLayout(Vector):
    """The room's box in the camera frame: centre (m), Euler angles sxyz (rad), extent (m)."""

    labels = ("rgb", "room_layout")
    entries = 9
    metric_units: Mapping[str, str] = {"centre_error": "m", "angle": "degrees", "extent_error": "m"}
    lower_is_better = frozenset({"centre_error", "angle", "extent_error"})

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        guess, truth = self.physical(prediction), self.truth(target)
        return {
            "centre_error": (guess - truth)[:, :3].norm(dim=1),
            "angle": rotation_angle_degrees(guess[:, 3:6], truth[:, 3:6]),
            "extent_error": (guess - truth)[:, 6:].norm(dim=1),
        }

    def value(self, array: NDArray[np.generic]) -> dict[str, Any]:
        """Centre and extent in metres, orientation in radians."""
        numbers = [round(float(x), 4) for x in array.tolist()]
        return {"centre_m": numbers[:3], "euler_sxyz_rad": numbers[3:6], "extent_m": numbers[6:]}

    @override
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        numbers = np.asarray(array, dtype=np.float64)
        turn = rotation(torch.from_numpy(numbers[3:6])).numpy()
        signs = np.stack(np.meshgrid([-1, 1], [-1, 1], [-1, 1], indexing="ij"), axis=-1)
        corners = numbers[:3] + (signs * numbers[6:] / 2) @ turn.T
        width, height, length = numbers[6:]
        return box_sketch(corners, title=f"room {width:.1f} x {length:.1f} m, {height:.1f} m high")


class VanishingPoints(Vector):
    """The room's three axes as unit vectors of the camera frame."""

    labels = ("rgb", "vanishing_points")
    entries = 9
    metric_units: Mapping[str, str] = {"mean_angle": "degrees", "within_10": "share"}
    lower_is_better = frozenset({"mean_angle"})

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        angles = angle_degrees(self.physical(prediction).view(-1, 3, 3), self.truth(target).view(-1, 3, 3))
        return {"mean_angle": angles.mean(1), "within_10": (angles < 10).float().mean(1)}

    @override
    def physical(self, prediction: Tensor) -> Tensor:
        return F.normalize(self.restored(prediction).view(-1, 3, 3), dim=2).flatten(1)

    def value(self, array: NDArray[np.generic]) -> dict[str, Any]:
        """Three unit vectors in the camera frame: x right, y down, z forward."""
        rows = np.asarray(array, dtype=np.float64).reshape(3, 3).round(4).tolist()
        return dict(zip(("up", "forward", "sideways"), rows, strict=True))

    @override
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        return arrows(np.asarray(array, dtype=np.float64).reshape(3, 3), image)
