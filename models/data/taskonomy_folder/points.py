"""What the released JSON of a view says of its camera, in this project's frame: x right, y down, z forward.

The files hold Blender's camera, x right, y up, looking against z, in a world whose z points up.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.rooms.tracing.camera import Cameras, euler_sxyz, relative_poses, room_axes

Floats = NDArray[np.float64]

_FROM_BLENDER = np.diag((1.0, -1.0, -1.0))
_LARGEST = 1 << 24  # bytes of a file


class FileProblem(ValueError):
    """A file of the folder cannot be used."""


@dataclass(frozen=True, slots=True, eq=False)
class PointInfo:
    """The camera of a view and what it knows of its surroundings.

    Attributes:
        position: (3,) metres, world frame.
        rotation: (3, 3) camera to world; columns are the camera's right, down and forward axes.
        axes: (3, 3) unit vectors in the camera frame: the vanishing points of the world's x, y and z; None where
            the file lacks them.
        box: (3, 2) least and greatest x, y and z of the room, world frame, metres; None where the file lacks it.
        visible: points of the building in view, besides its own.
    """

    position: Floats
    rotation: Floats
    axes: Floats | None
    box: Floats | None
    visible: frozenset[int]


def read_point_info(path: Path) -> PointInfo:
    """Read the file of a view.

    Raises:
        FileProblem: it is damaged or says nothing of the camera.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise FileProblem("is too large")
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise FileProblem(f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        if isinstance(error, FileProblem):
            raise
        raise FileProblem("is no JSON, perhaps cut off") from error
    if not isinstance(data, dict):
        raise FileProblem("is no JSON object")
    position, angles = (_numbers(data, key, 3) for key in ("camera_location", "camera_rotation_final"))
    if position is None or angles is None:
        raise FileProblem("lacks camera_location or camera_rotation_final")
    axes = _rows(data, "vanishing_points_gaussian_sphere", 3)
    box = _rows(data, "bounding_box_ranges", 2)
    seen = data.get("nonfixated_points_in_view", [])
    return PointInfo(
        position=position,
        rotation=rotation_sxyz(angles) @ _FROM_BLENDER,
        axes=None if axes is None else axes @ _FROM_BLENDER,
        # The files name the two horizontal ranges the other way round, as the released code knows.
        box=None if box is None else np.sort(box[[1, 0, 2]], axis=1),
        visible=frozenset(int(point) for point in seen if isinstance(point, int))
        if isinstance(seen, list)
        else frozenset(),
    )


def rotation_sxyz(angles: Floats) -> Floats:
    """The (3, 3) rotation Rz Ry Rx of (3,) angles (rad) about the static x, y and z axes."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles), np.sin(angles)
    return np.array(
        [
            [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
            [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
            [-sy, cy * sx, cy * cx],
        ]
    )


def vanishing_points(axes: Floats) -> NDArray[np.float32]:
    """(9,) the world's axes in the camera frame: up, the one nearest to the view, the other.

    Args:
        axes: (3, 3) `PointInfo.axes`.
    """
    return room_axes(axes[None]).reshape(9).astype(np.float32)


def room_layout(info: PointInfo, box: Floats) -> NDArray[np.float32]:
    """(9,) the room's box in the camera frame: centre (m), Euler angles sxyz (rad), extent right, down, forward (m).

    Args:
        info: of the view.
        box: (3, 2) `PointInfo.box`.
    """
    up, ahead, aside = room_axes(info.rotation[None])[0]
    extent = box[:, 1] - box[:, 0]
    centre = info.rotation.T @ (box.mean(axis=1) - info.position)
    x_ahead = abs(info.rotation[0, 2]) >= abs(info.rotation[1, 2])
    forward, right = (extent[0], extent[1]) if x_ahead else (extent[1], extent[0])
    angles = euler_sxyz(np.stack((aside, -up, ahead), axis=-1))
    return np.concatenate((centre, angles, (right, extent[2], forward))).astype(np.float32)


def poses(first: Sequence[PointInfo], second: Sequence[PointInfo]) -> NDArray[np.float32]:
    """(N, 6) poses of the first cameras in the frames of the second: Euler sxyz (rad), then xyz (m)."""
    return relative_poses(_cameras(first), _cameras(second)).astype(np.float32)


def _cameras(infos: Sequence[PointInfo]) -> Cameras:
    positions = np.stack([info.position for info in infos])
    rotations = np.stack([info.rotation for info in infos])
    return Cameras(positions, rotations, np.ones(len(infos)))


def _rows(data: Mapping[str, Any], key: str, length: int) -> Floats | None:
    part = data.get(key)
    if not isinstance(part, dict):
        return None
    rows = [_numbers(part, axis, length) for axis in "xyz"]
    return (
        np.stack([row for row in rows if row is not None]) if all(row is not None for row in rows) else None
    )


def _numbers(data: Mapping[str, Any], key: str, length: int) -> Floats | None:
    try:
        values = np.asarray(data.get(key), dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return values if values.shape == (length,) and np.isfinite(values).all() else None
