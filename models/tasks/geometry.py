"""Rigid motions as Euler angles and translations, differentiable."""

from __future__ import annotations

import torch
from torch import Tensor


def rotation(euler: Tensor) -> Tensor:
    """Rotation matrices of Euler angles about the static axes x, y, z ("sxyz").

    Args:
        euler: (..., 3) radians.

    Returns:
        (..., 3, 3), R = Rz Ry Rx.
    """
    cx, cy, cz = torch.cos(euler).unbind(-1)
    sx, sy, sz = torch.sin(euler).unbind(-1)
    rows = (
        torch.stack([cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx], dim=-1),
        torch.stack([sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx], dim=-1),
        torch.stack([-sy, cy * sx, cy * cx], dim=-1),
    )
    return torch.stack(rows, dim=-2)


def euler_angles(matrix: Tensor) -> Tensor:
    """The inverse of `rotation` away from gimbal lock: (..., 3, 3) -> (..., 3) radians."""
    return torch.stack(
        [
            torch.atan2(matrix[..., 2, 1], matrix[..., 2, 2]),
            torch.asin(-matrix[..., 2, 0].clamp(-1, 1)),
            torch.atan2(matrix[..., 1, 0], matrix[..., 0, 0]),
        ],
        dim=-1,
    )


def compose(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Motion 1 -> 2 followed by motion 2 -> 3.

    A pose (Euler sxyz, xyz) of camera 1 in the frame of camera 2 maps x to R x + t.

    Args:
        first: (..., 6) pose of camera 1 in 2.
        second: (..., 6) pose of camera 2 in 3.

    Returns:
        Rotation (..., 3, 3) and translation (..., 3) of camera 1 in 3.
    """
    outer = rotation(second[..., :3])
    translation = (outer @ first[..., 3:, None])[..., 0] + second[..., 3:]
    return outer @ rotation(first[..., :3]), translation


def cycle_error(motions: Tensor) -> Tensor:
    """How far three relative poses are from closing their triangle.

    Args:
        motions: (N, 18): poses of camera 1 in 2, 2 in 3, 1 in 3, each Euler sxyz then xyz, rad and m.

    Returns:
        (N,): mean squared entry of the rotation gap plus that of the translation gap; 0 for a consistent
        triple.
    """
    first, second, direct = motions.view(-1, 3, 6).unbind(1)
    turned, moved = compose(first, second)
    rotation_gap = (turned - rotation(direct[:, :3])).square().mean((1, 2))
    return rotation_gap + (moved - direct[:, 3:]).square().mean(1)


def rotation_angle_degrees(first: Tensor, second: Tensor) -> Tensor:
    """Angle of the rotation between two orientations, (..., 3) and (..., 3) Euler angles -> (...) degrees."""
    gap = rotation(first).transpose(-1, -2) @ rotation(second)
    sine = torch.stack(
        [gap[..., 2, 1] - gap[..., 1, 2], gap[..., 0, 2] - gap[..., 2, 0], gap[..., 1, 0] - gap[..., 0, 1]],
        dim=-1,
    ).norm(dim=-1)
    trace = gap.diagonal(dim1=-2, dim2=-1).sum(-1)
    return torch.rad2deg(torch.atan2(sine, trace - 1))
