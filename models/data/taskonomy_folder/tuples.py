"""Pairs and triplets of views of one building, drawn from what the cameras' files say."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.taskonomy_folder.domains import TUPLES
from models.data.taskonomy_folder.layout import ViewId
from models.data.taskonomy_folder.points import PointInfo, poses

_STREAM = 3  # of random numbers
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Tuples:
    """The tuple that begins with each view of a split.

    Attributes:
        members: (N, images) positions in the split; -1 throughout where there is no such tuple.
        matches: (N,) whether the two views look at one point; for point matching alone.
    """

    members: Integers
    matches: Integers


def draw_tuples(
    views: Sequence[ViewId], infos: Sequence[PointInfo | None], seed: int
) -> Mapping[str, Tuples]:
    """Tuples for every view of a split, by label.

    Views of a point are all centred on it, whatever their cameras: they are the fixated pairs and triplets. A
    non-fixated pair looks at two points, of which the first camera sees the second too. Half of the pairs of point
    matching are fixated ones, the others look at different points of a building.

    Args:
        views: of one split, ascending.
        infos: of each, None where the camera is not known: such a view is in no tuple.
        seed: decides which of many.
    """
    rng = np.random.default_rng([seed, _STREAM])
    at_point: dict[tuple[str, int], list[int]] = {}
    in_building: dict[str, list[int]] = {}
    for position, (view, info) in enumerate(zip(views, infos, strict=True)):
        if info is not None:
            at_point.setdefault((view.building, view.point), []).append(position)
            in_building.setdefault(view.building, []).append(position)
    members = {name: np.full((len(views), images), -1, dtype=np.int64) for name, images in TUPLES.items()}
    matches = np.zeros(len(views), dtype=np.int64)
    for position, (view, info) in enumerate(zip(views, infos, strict=True)):
        # Numbers are drawn for every view, so that one without a camera changes no other.
        chance = rng.random(3)
        if info is None:
            continue
        own = at_point[view.building, view.point]
        following = [own[(own.index(position) + step) % len(own)] for step in range(3)]
        if len(own) > 1:
            members["fixated_pose"][position] = following[:2]
        if len(own) > 2:
            members["egomotion"][position] = following
        seen = [
            other
            for point in sorted(info.visible - {view.point})
            for other in at_point.get((view.building, point), ())
        ]
        if seen:
            members["nonfixated_pose"][position] = position, _one(seen, chance[0])
        others = len(in_building[view.building]) - len(own)
        same = len(own) > 1 and (chance[1] < 0.5 or not others)
        if same or others:
            other = following[1] if same else _elsewhere(in_building[view.building], own, chance[2])
            members["point_matching"][position] = position, other
            matches[position] = same
    return {name: Tuples(rows, matches) for name, rows in members.items()}


def tuple_labels(
    name: str, tuples: Tuples, infos: Sequence[PointInfo | None], rows: Integers
) -> NDArray[np.generic]:
    """Labels of some views' tuples: (N,) int64 matches, else (N, 6) or (N, 18) float32 poses (rad, m)."""
    if name == "point_matching":
        return tuples.matches[rows]
    cameras = [
        [info for info in (infos[at] for at in column) if info is not None]
        for column in tuples.members[rows].T
    ]
    if name != "egomotion":
        return poses(cameras[0], cameras[1])
    first, second, third = cameras
    return np.concatenate((poses(first, second), poses(second, third), poses(first, third)), axis=1)


def _elsewhere(building: Sequence[int], own: Sequence[int], chance: float) -> int:
    """One of a building's views that are not of a point; those of the point lie side by side."""
    at = int(chance * (len(building) - len(own)))
    return building[at if at < bisect_left(building, own[0]) else at + len(own)]


def _one(candidates: Sequence[int], chance: float) -> int:
    return candidates[int(chance * len(candidates))]
