"""Pairs and triplets of views of one room, with exact relative poses and point matches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.rooms.arrays import Array, Floats
from models.data.rooms.config import RoomsConfig
from models.data.rooms.scene.draws import Draws
from models.data.rooms.scene.layout import Room
from models.data.rooms.scene.sampling import Pose, Scene, Vector, field_of_view, is_free
from models.data.rooms.tracing.camera import Cameras, cameras, relative_poses
from models.data.rooms.tracing.raycast import Solids, blocked, cast, gather_solids
from models.data.rooms.tracing.shading import photograph

STREAMS = {"fixated_pose": 4, "nonfixated_pose": 5, "egomotion": 6, "point_matching": 7}
_CANDIDATES = 12
_NARROW = (math.radians(35.0), math.radians(50.0))  # fields of view in which the centre matters
_SAME_POINT = 0.02  # metres


@dataclass(frozen=True, slots=True)
class MultiView:
    """Views of N rooms.

    Attributes:
        cameras: one batch of N cameras per view of the tuple.
        label: (N, 6), (N, 18) float32 poses, or (N,) int64 matches.
    """

    cameras: tuple[Cameras, ...]
    label: Array


def multi_view(name: str, config: RoomsConfig, indices: Sequence[int], scenes: Sequence[Scene]) -> MultiView:
    """Return the cameras and the label of one multi-view label for a batch of views.

    Args:
        name: `fixated_pose`, `nonfixated_pose`, `egomotion` or `point_matching`.
        config: the data set.
        indices: N view indices.
        scenes: their N rooms.
    """
    draws = [Draws(config.seed, index, STREAMS[name]) for index in indices]
    solids = gather_solids(scenes)
    match name:
        case "fixated_pose":
            first, target = _first(scenes, solids)
            second = _fixating(scenes, solids, first, target, draws)
            pair = (cameras(first), cameras(second))
            return MultiView(pair, relative_poses(pair[0], pair[1]).astype(np.float32))
        case "nonfixated_pose":
            first, target = _first(scenes, solids)
            second = [
                _aside(pose, d, (math.radians(8.0), 0.35 * pose.field_of_view))
                for pose, d in zip(_fixating(scenes, solids, first, target, draws), draws, strict=True)
            ]
            pair = (cameras(first), cameras(second))
            return MultiView(pair, relative_poses(pair[0], pair[1]).astype(np.float32))
        case "egomotion":
            first, target = _first(scenes, solids)
            others = [_fixating(scenes, solids, first, target, draws) for _ in range(2)]
            a, b, c = (cameras(poses) for poses in (first, *others))
            poses = (relative_poses(a, b), relative_poses(b, c), relative_poses(a, c))
            return MultiView((a, b, c), np.concatenate(poses, axis=1).astype(np.float32))
        case _:
            return _point_matching(scenes, solids, draws)


def photographs(scenes: Sequence[Scene], views: MultiView, size: int) -> NDArray[np.uint8]:
    """Return (N, V, size, size, 3) images of the views of a tuple."""
    return np.stack([photograph(scenes, each, size) for each in views.cameras], axis=1)


def _first(scenes: Sequence[Scene], solids: Solids) -> tuple[list[Pose], list[Vector]]:
    """Return the rooms' main cameras and the points at the centres of their images."""
    poses = [scene.camera for scene in scenes]
    return poses, _centres(solids, cameras(poses))


def _centres(solids: Solids, views: Cameras) -> list[Vector]:
    """Return the points that the cameras' optical axes meet."""
    depth = cast(solids, views, 1).depth
    points = views.positions + depth[:, None] * views.rotations[:, :, 2]
    return [(x, y, z) for x, y, z in points.tolist()]


def _fixating(
    scenes: Sequence[Scene],
    solids: Solids,
    first: Sequence[Pose],
    targets: Sequence[Vector],
    draws: Sequence[Draws],
) -> list[Pose]:
    """Return cameras near the first ones that look straight at the targets and see them.

    Where no candidate sees the target, the camera moves towards it along the first one's optical axis.
    """
    proposals = [
        _proposals(scene.room, pose, target, d)
        for scene, pose, target, d in zip(scenes, first, targets, draws, strict=True)
    ]
    starts = np.array([[p.position for p in views] for views in proposals])
    ends = np.broadcast_to(np.array(targets)[:, None, :], starts.shape)
    # the last proposal, on the first camera's axis, is free by construction
    free = ~blocked(solids, starts, ends)
    free[:, -1] = True
    return [views[int(np.argmax(seen))] for views, seen in zip(proposals, free, strict=True)]


def _proposals(room: Room, first: Pose, target: Vector, draws: Draws) -> list[Pose]:
    """Return as many cameras as asked that look at the target, the last one on the first one's axis."""
    x, y, z = first.position
    nearer = draws.uniform(0.1, 0.35)
    axis = (x + nearer * (target[0] - x), y + nearer * (target[1] - y), z + nearer * (target[2] - z))
    view, roll = field_of_view(draws), draws.normal(0.0, math.radians(1.5), -0.09, 0.09)
    on_axis = Pose(axis, first.yaw, first.pitch, first.roll, view)
    found: list[Pose] = []
    for _ in range(3 * _CANDIDATES):
        position = (
            x + draws.uniform(-1.4, 1.4),
            y + draws.uniform(-1.4, 1.4),
            z + draws.uniform(-0.3, 0.3),
        )
        pose = _look_at(position, target, roll, view)
        turned = abs(math.remainder(pose.yaw - first.yaw, 2 * math.pi))
        apart = math.dist(position, first.position)
        near = math.dist(position, target)
        if (
            apart > 0.25
            and near > 0.6
            and abs(pose.pitch) < math.radians(42.0)
            and turned < math.radians(70.0)
            and is_free(room, position)
        ):
            found.append(pose)
            if len(found) == _CANDIDATES - 1:
                break
    return found + [on_axis] * (_CANDIDATES - len(found))


def _look_at(position: Vector, target: Vector, roll: float, view: float) -> Pose:
    dx, dy, dz = (t - p for t, p in zip(target, position, strict=True))
    return Pose(position, math.atan2(dy, dx), math.atan2(dz, math.hypot(dx, dy)), roll, view)


def _aside(pose: Pose, draws: Draws, turn: tuple[float, float]) -> Pose:
    """Return a camera turned away from what it looked at, by an angle in the range, left or right."""
    sign = draws.choice((-1.0, 1.0))
    yaw = pose.yaw + sign * draws.uniform(*turn)
    pitch = pose.pitch + draws.uniform(-0.1, 0.1)
    return Pose(pose.position, yaw, pitch, pose.roll, pose.field_of_view)


def _point_matching(scenes: Sequence[Scene], solids: Solids, draws: Sequence[Draws]) -> MultiView:
    """Return pairs of narrow views, half of them centred on the same point."""
    wide, targets = _first(scenes, solids)
    first = [_narrow(pose, d) for pose, d in zip(wide, draws, strict=True)]
    looking = _fixating(scenes, solids, first, targets, draws)
    second = [
        pose if d.chance(0.5) else _aside(pose, d, (math.radians(20.0), math.radians(60.0)))
        for pose, d in zip((_narrow(p, d) for p, d in zip(looking, draws, strict=True)), draws, strict=True)
    ]
    pair = (cameras(first), cameras(second))
    return MultiView(pair, _matches(targets, _centres(solids, pair[1])))


def _narrow(pose: Pose, draws: Draws) -> Pose:
    return Pose(pose.position, pose.yaw, pose.pitch, pose.roll, draws.uniform(*_NARROW))


def _matches(first: Sequence[Vector], second: Sequence[Vector]) -> NDArray[np.int64]:
    """Return 1 where two points are the same, from the geometry and not from how they were drawn."""
    gap: Floats = np.sqrt(((np.array(first) - np.array(second)) ** 2).sum(axis=1))
    return (gap < _SAME_POINT).astype(np.int64)
