"""Pinhole cameras: frames, rays, canonical axes of the room and relative poses, for many views at once.

Camera frame: x right, y down, z forward. World frame: the room's axes, z up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.data.rooms.arrays import Floats
from models.data.rooms.scene.sampling import Pose


@dataclass(frozen=True, slots=True)
class Cameras:
    """A batch of cameras.

    Attributes:
        positions: (N, 3) metres, world frame.
        rotations: (N, 3, 3) camera to world; columns are the camera's right, down, forward axes.
        tangents: (N,) tangent of half the field of view.
    """

    positions: Floats
    rotations: Floats
    tangents: Floats


def cameras(poses: Sequence[Pose]) -> Cameras:
    """Return the batch of cameras of some poses."""
    angles = np.array([(p.yaw, p.pitch, p.roll, p.field_of_view) for p in poses], dtype=np.float64)
    positions = np.array([p.position for p in poses], dtype=np.float64)
    (cy, cp, cr, _), (sy, sp, sr, _) = np.cos(angles).T, np.sin(angles).T
    zero = np.zeros_like(cy)
    forward = np.stack((cp * cy, cp * sy, sp), axis=-1)
    level_right = np.stack((sy, -cy, zero), axis=-1)
    level_down = np.stack((cy * sp, sy * sp, -cp), axis=-1)
    cr, sr = cr[:, None], sr[:, None]
    right = cr * level_right + sr * level_down
    down = cr * level_down - sr * level_right
    return Cameras(positions, np.stack((right, down, forward), axis=-1), np.tan(angles[:, 3] / 2))


def pixel_coordinates(size: int) -> Floats:
    """Return (size,) positions of pixel centres on the image plane, -1 to 1 from edge to edge."""
    return (np.arange(size) + 0.5) * (2.0 / size) - 1.0


def camera_rays(tangents: Floats, size: int) -> tuple[Floats, Floats]:
    """Return x and y (N, size * size) of the rays (x, y, 1) through the pixel centres, camera frame."""
    grid = tangents[:, None] * pixel_coordinates(size)
    shape = (len(tangents), size, size)
    x = np.broadcast_to(grid[:, None, :], shape).reshape(len(tangents), -1)
    y = np.broadcast_to(grid[:, :, None], shape).reshape(len(tangents), -1)
    return x, y


def room_axes(rotations: Floats) -> Floats:
    """Return the room's axes in the camera frame in canonical order and sign.

    Returns:
        (N, 3, 3) rows: up; the horizontal axis nearest to the view, z > 0; the other one, x > 0.
    """
    axes = rotations  # row i of a camera-to-world rotation is world axis i in the camera frame
    up = axes[:, 2]
    first, second = axes[:, 0], axes[:, 1]
    first_ahead = (np.abs(first[:, 2]) >= np.abs(second[:, 2]))[:, None]
    ahead = np.where(first_ahead, first, second)
    aside = np.where(first_ahead, second, first)
    ahead = ahead * np.where(ahead[:, 2:] < 0, -1.0, 1.0)
    aside = aside * np.where(aside[:, :1] < 0, -1.0, 1.0)
    return np.stack((up, ahead, aside), axis=1)


def euler_sxyz(rotations: Floats) -> Floats:
    """Return (..., 3) angles (rad) about the static x, y, z axes, R = Rz Ry Rx, of (..., 3, 3) rotations."""
    x = np.arctan2(rotations[..., 2, 1], rotations[..., 2, 2])
    y = np.arcsin(np.clip(-rotations[..., 2, 0], -1.0, 1.0))
    z = np.arctan2(rotations[..., 1, 0], rotations[..., 0, 0])
    return np.stack((x, y, z), axis=-1)


def relative_poses(first: Cameras, second: Cameras) -> Floats:
    """Return the first cameras' poses in the second ones' frames.

    Returns:
        (N, 6) Euler angles sxyz (rad) of R2^T R1, then R2^T (c1 - c2) in metres.

    Reference: Taskonomy's `mat2euler(R2^T R1)` and `R2^T (c1 - c2)`.
    """
    turned = second.rotations.transpose(0, 2, 1)
    rotation = (turned[:, :, :, None] * first.rotations[:, None, :, :]).sum(axis=2)
    offset = (turned * (first.positions - second.positions)[:, None, :]).sum(axis=2)
    return np.concatenate((euler_sxyz(rotation), offset), axis=1)
