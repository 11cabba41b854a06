"""Tasks about how the camera moved between views: poses of pairs, egomotion of triplets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import override

from models.tasks.definition import Target
from models.tasks.geometry import cycle_error, rotation, rotation_angle_degrees
from models.tasks.kinds.vectors import Vector
from models.tasks.losses import squared_error
from models.tasks.pictures import camera_sketch

CYCLE_RATE = 0.5


class RelativePose(Vector):
    """The pose of the first camera in the frame of the second: Euler sxyz (rad), then xyz (m)."""

    entries = 6
    metric_units: Mapping[str, str] = {"rotation_error": "degrees", "translation_error": "m"}
    lower_is_better = frozenset({"rotation_error", "translation_error"})

    @property
    @override
    def labels(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return (f"{self.name}_images", self.name)

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        guess, truth = self.physical(prediction).view(-1, 6), self.truth(target).view(-1, 6)
        turned = rotation_angle_degrees(guess[:, :3], truth[:, :3])
        moved = (guess - truth)[:, 3:].norm(dim=1)
        count = len(target)
        return {
            "rotation_error": turned.view(count, -1).mean(1),
            "translation_error": moved.view(count, -1).mean(1),
        }

    def value(self, array: NDArray[np.generic]) -> Any:
        """Euler angles in radians and translation in metres."""
        return _pose_json(array)

    @override
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Both cameras, the second at the origin: its axes are the frame of the pose."""
        first = _placed(array)
        origin = (np.eye(3), np.zeros(3))
        return camera_sketch([first, origin], title=f"moved {float(np.linalg.norm(first[1])):.2f} m")


class NonfixatedPose(RelativePose):
    """The same for views that look at different points; a deeper head, as in the paper."""

    head_layers = 3


class Egomotion(RelativePose):
    """Poses of camera 1 in 2, 2 in 3 and 1 in 3; L2 plus half the error of closing the triangle."""

    entries = 18
    head_layers = 3

    @override
    def loss(self, prediction: Tensor, target: Target) -> Tensor:
        return squared_error(prediction, target.values) + CYCLE_RATE * cycle_error(self.restored(prediction))

    def constant(self, target: Target) -> Tensor:
        """The mean, moved to where closing the triangle is worth what it costs (18 numbers, by L-BFGS)."""
        guess = target.values.mean(0).double().requires_grad_()
        values = Target(target.values.double())
        optimiser = torch.optim.LBFGS([guess], lr=1, max_iter=100, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            optimiser.zero_grad()
            mean_loss = self.loss(guess.expand(len(values), -1), values).mean()
            mean_loss.backward()
            return mean_loss

        optimiser.step(closure)
        return guess.detach().float()

    def value(self, array: NDArray[np.generic]) -> Any:
        """The three poses by the cameras they relate."""
        parts = np.asarray(array).reshape(3, 6)
        return dict(
            zip(("first_in_second", "second_in_third", "first_in_third"), map(_pose_json, parts), strict=True)
        )

    @override
    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """The three cameras in the frame of the third."""
        _, second, first = np.asarray(array).reshape(3, 6)
        poses = [_placed(first), _placed(second), (np.eye(3), np.zeros(3))]
        return camera_sketch(poses, title="three cameras")


def _placed(pose: NDArray[np.generic]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    numbers = np.asarray(pose, dtype=np.float64)
    return rotation(torch.from_numpy(numbers[:3])).numpy(), numbers[3:]


def _pose_json(pose: NDArray[np.generic]) -> dict[str, list[float]]:
    numbers = [round(float(x), 4) for x in np.asarray(pose).tolist()]
    return {"euler_sxyz_rad": numbers[:3], "translation_m": numbers[3:]}
