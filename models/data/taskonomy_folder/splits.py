"""Which views belong to which part of an atlas: never a building in two of them, but for the validation part.

As in the paper, networks train on the buildings of `train`, transfers on those of `val`, and `test` is its own. The
validation part, which ranks sources, is a fifth of `val`, and no point is in two parts.

Reference: Zamir et al. 2018, Sec. 4.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from models.data.splits import SPLITS, Split
from models.data.taskonomy_folder.layout import FolderError, Skipped, ViewId

RELEASED = "splits_taskonomy"
"""The folder of the released archive of split files."""

_COLUMNS = ("id", "train", "val", "test")
_HELD_OUT = 0.15  # of the buildings, each for val and test, where no file says: the released files' share
_VALIDATION = 0.2  # of the views of val, in whole points
_SHARES: Mapping[Split, float] = {"train": 0.64, "transfer": 0.16, "validation": 0.04, "test": 0.16}
_LARGEST = 1 << 24  # bytes of a split file


def split_file(root: Path, name: str) -> Path:
    """The split file of that path below the folder, or of that name, as in `tiny`.

    Raises:
        FolderError: there is none, or it lies elsewhere.
    """
    folders = (root, root / RELEASED)
    try:
        for candidate in (
            *(folder / name for folder in folders),
            *(folder / f"train_val_test_{name}.csv" for folder in folders),
        ):
            if candidate.is_file():
                if not candidate.resolve().is_relative_to(root.resolve()):
                    break
                return candidate
    except (OSError, ValueError) as error:
        raise FolderError([("splits", f"is no path: {error}")]) from error
    text = f"there is no split file {name!r} below the folder, nor in {RELEASED}/"
    raise FolderError([("splits", text)])


def read_split_file(path: Path) -> dict[str, str]:
    """By building, `train`, `val` or `test`: a released file, whose lines end in CR, LF or both.

    Raises:
        FolderError: naming the line at fault.
        OSError: it cannot be read.
    """
    if path.stat().st_size > _LARGEST:
        raise FolderError([("splits", "the file is too large for a split file")])
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise FolderError([("splits", "the file is no text")]) from error
    rows = csv.reader(lines)
    header = [name.strip() for name in next(rows, [])]
    if sorted(header) != sorted(_COLUMNS):
        raise FolderError([("splits", f"line 1 must be {','.join(_COLUMNS)}, is {','.join(header)[:80]}")])
    chosen: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        if not row:
            continue
        fields = dict(zip(header, (field.strip() for field in row), strict=False))
        building = fields.get("id", "")
        parts = [part for part in _COLUMNS[1:] if fields.get(part) in {"1", "1.0"}]
        if len(row) != len(header) or not building or len(parts) != 1:
            raise FolderError([("splits", f"line {number} must name a building and 1 for one split")])
        if chosen.setdefault(building.casefold(), parts[0]) != parts[0]:
            raise FolderError([("splits", f"line {number}: {building} is in two splits")])
    return chosen


def by_file(buildings: Sequence[str], path: Path) -> tuple[dict[str, str], list[Skipped]]:
    """The part of every building that a split file lists, and what the two do not share.

    Raises:
        FolderError: the file is none, or leaves a part without a building.
        OSError: it cannot be read.
    """
    listed = read_split_file(path)
    parts = {name: listed[name.casefold()] for name in buildings if name.casefold() in listed}
    odd = [
        Skipped(f"{name}/", f"the split file {path.name} does not list this building")
        for name in buildings
        if name not in parts
    ]
    known = {name.casefold() for name in buildings}
    if lost := [name for name in listed if name not in known]:
        some = ", ".join(lost[:3]) + (", ..." if len(lost) > 3 else "")
        odd.append(
            Skipped(path.name, f"{len(lost)} of its {len(listed)} buildings are not in the folder: {some}")
        )
    _check(parts, f"the split file {path.name}")
    return parts, odd


def by_seed(buildings: Sequence[str], seed: int) -> dict[str, str]:
    """The part of every building, dealt out by chance.

    Raises:
        FolderError: there are fewer than three.
    """
    if len(buildings) < 3:
        text = f"has images of {len(buildings)} buildings; 3 are needed, for no building may be in two splits"
        raise FolderError([("", text)])
    shuffled = np.random.default_rng([seed, 1]).permutation(sorted(buildings)).tolist()
    held_out = max(1, round(_HELD_OUT * len(shuffled)))
    parts = ["test"] * held_out + ["val"] * held_out
    parts += ["train"] * (len(shuffled) - len(parts))
    return dict(zip(shuffled, parts, strict=True))


def chosen_views(
    views: Mapping[str, tuple[ViewId, ...]], parts: Mapping[str, str], seed: int, limit: int
) -> dict[Split, tuple[ViewId, ...]]:
    """Views of each split, in the order of their names; of a limited number, whole points from all buildings.

    Args:
        views: by building.
        parts: `train`, `val` or `test` by building; others are left out.
        seed: chooses the points of the validation part, and which points are kept.
        limit: views over all splits, at most.
    """
    points: dict[Split, list[list[ViewId]]] = {split: [] for split in SPLITS}
    for building in sorted(parts):
        own: dict[int, list[ViewId]] = {}
        for view in views[building]:
            own.setdefault(view.point, []).append(view)
        ranked = _shuffled(list(own.values()), seed, building)
        match parts[building]:
            case "train":
                points["train"] += ranked
            case "test":
                points["test"] += ranked
            case _:
                held = _held_back(ranked)
                points["validation"] += ranked[:held]
                points["transfer"] += ranked[held:]
    chosen: dict[Split, tuple[ViewId, ...]] = {}
    for split in SPLITS:
        room = max(2, math.floor(_SHARES[split] * limit))
        kept: list[ViewId] = []
        for point in _in_turn(points[split]):
            if len(kept) + len(point) > room and len(kept) >= 2:
                break
            kept += point
        chosen[split] = tuple(sorted(kept))
    return chosen


def _check(parts: Mapping[str, str], by: str) -> None:
    for part in ("train", "val", "test"):
        if part not in parts.values():
            raise FolderError([("splits", f"{by} leaves no building of the folder for {part}")])


def _held_back(points: Sequence[list[ViewId]]) -> int:
    """How many of a building's points, from the first, make up the share of the validation part; never all."""
    held, seen, views = 0, 0, sum(len(point) for point in points)
    while held < len(points) - 1 and seen < _VALIDATION * views:
        seen += len(points[held])
        held += 1
    return held


def _shuffled(points: list[list[ViewId]], seed: int, building: str) -> list[list[ViewId]]:
    order = np.random.default_rng([seed, 2, *building.encode()]).permutation(len(points))
    return [points[position] for position in order]


def _in_turn(points: Sequence[list[ViewId]]) -> list[list[ViewId]]:
    """The points so that buildings take turns."""
    turns: dict[str, int] = {}
    ranked: list[tuple[int, str, list[ViewId]]] = []
    for point in points:
        building = point[0].building
        turns[building] = turns.get(building, -1) + 1
        ranked.append((turns[building], building, point))
    return [point for _, _, point in sorted(ranked)]
