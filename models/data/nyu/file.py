"""An `npz` in the manner of NYU Depth V2 (Silberman et al. 2012), checked before any of it is used."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.npz import Header, NpzError, blocks, headers
from models.data.nyu.splits import nyu_splits
from models.data.splits import Split

CLASSES = (
    "wall",
    "floor",
    "cabinet",
    "bed",
    "chair",
    "sofa",
    "table",
    "door",
    "window",
    "bookshelf",
    "picture",
    "counter",
    "blinds",
    "desk",
    "shelves",
    "curtain",
    "dresser",
    "pillow",
    "mirror",
    "floor_mat",
    "clothes",
    "ceiling",
    "books",
    "refrigerator",
    "television",
    "paper",
    "towel",
    "shower_curtain",
    "box",
    "whiteboard",
    "person",
    "night_stand",
    "toilet",
    "sink",
    "lamp",
    "bathtub",
    "bag",
    "otherstructure",
    "otherfurniture",
    "otherprop",
)
"""The 40 classes of Gupta et al. 2013, by their value in `seg`."""

UNKNOWN_CLASS = 39
"""Value of `seg` that also stands for pixels without a label."""

ARRAYS: Mapping[str, str] = {
    "depth": "depth",
    "normals": "normal",
    "semantic_segmentation": "seg",
}
"""By label of the dictionary, the array that it is read from."""

_REQUIRED = ("rgb", "is_test")
_CHANNELS: Mapping[str, tuple[int, ...]] = {"rgb": (3,), "depth": (), "normal": (3,), "seg": ()}
_SIDES = range(16, 1025, 8)
_ROWS = 64  # views read at a time


class NyuError(ValueError):
    """A file is no usable NYU data set.

    Attributes:
        problems: one sentence each, naming the array at fault.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, eq=False)
class NyuFile:
    """A file whose arrays fit together.

    Attributes:
        path: where it lies.
        content: SHA-256 of its bytes.
        image_size: height and width of the images, pixels.
        arrays: those of `ARRAYS` and `rgb` that it has.
        unused: arrays that it has besides.
        splits: ids of the views of each split, ascending.
    """

    path: Path
    content: str
    image_size: int
    arrays: frozenset[str]
    unused: tuple[str, ...]
    splits: Mapping[Split, NDArray[np.int64]]

    def blocks(self, names: Sequence[str]) -> Iterator[tuple[int, dict[str, NDArray[np.uint8]]]]:
        """Some arrays, block by block of successive views, each with the id of its first view.

        Raises:
            NyuError: an array is damaged.
        """
        first = 0
        try:
            for parts in zip(*(blocks(self.path, name, _ROWS) for name in names), strict=True):
                yield first, dict(zip(names, parts, strict=True))
                first += len(parts[0])
        except NpzError as error:
            raise NyuError([str(error)]) from error


def open_nyu(path: Path) -> NyuFile:
    """Read what a file says of its arrays, and its split.

    Raises:
        NyuError: arrays are missing or do not fit together.
        OSError: the file cannot be read.
    """
    try:
        found = headers(path)
    except NpzError as error:
        raise NyuError([str(error)]) from error
    if missing := [name for name in _REQUIRED if name not in found]:
        has = ", ".join(sorted(found)) or "none"
        raise NyuError([f"array {name} is missing; the file has {has}" for name in missing])
    count, size = _images(found["rgb"])
    expected: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {
        name: ((count, size, size, *more), np.dtype(np.uint8)) for name, more in _CHANNELS.items()
    }
    expected["is_test"] = ((count,), np.dtype(np.bool_))
    problems = [
        f"array {name} must be {Header(*fits)}, is {found[name]}"
        for name, fits in expected.items()
        if name in found and (found[name].shape, found[name].dtype) != fits
    ]
    if problems:
        raise NyuError(problems)
    splits = nyu_splits(_read(path, "is_test"))
    if few := [split for split, ids in splits.items() if len(ids) < 2]:
        raise NyuError(
            [f"array is_test leaves fewer than 2 views for the split {split}, of {count}" for split in few]
        )
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return NyuFile(
        path=path,
        content=content,
        image_size=size,
        arrays=frozenset(found) & frozenset(_CHANNELS),
        unused=tuple(sorted(set(found) - set(expected))),
        splits=splits,
    )


def labelled_views(file: NyuFile) -> dict[str, int]:
    """Views with at least one labelled pixel, by label of `ARRAYS` that the file has; reads every array once.

    Raises:
        NyuError: an array is damaged or holds what it may not.
        OSError: the file cannot be read.
    """
    names = {label: array for label, array in ARRAYS.items() if array in file.arrays}
    counts = dict.fromkeys(names, 0)
    for first, arrays in file.blocks(sorted(file.arrays)):
        if "seg" in arrays and int(arrays["seg"].max()) >= len(CLASSES):
            at = first + int(arrays["seg"].max(axis=(1, 2)).argmax())
            raise NyuError([f"array seg holds {arrays['seg'].max()} in view {at}; classes are 0 to 39"])
        for label, name in names.items():
            known = measured(name, arrays[name])
            counts[label] += int(known.any(axis=(1, 2)).sum())
    return counts


def measured(name: str, values: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where an array of `ARRAYS` holds a label: (N, H, W). Depth 0, a normal of no length and class 39 are none."""
    if name == "normal":
        # Of the values around 127.5: a true normal has a length of about 127.5.
        offset = values.astype(np.float32) - np.float32(127.5)
        return np.einsum("...c,...c->...", offset, offset) > np.float32(127.5 / 2) ** 2
    return values != UNKNOWN_CLASS if name == "seg" else values > 0


def _images(header: Header) -> tuple[int, int]:
    shape, dtype = header.shape, header.dtype
    if dtype != np.uint8 or len(shape) != 4 or shape[1] != shape[2] or shape[3] != 3:
        raise NyuError([f"array rgb must be uint8 of shape (views, side, side, 3), is {header}"])
    if shape[1] not in _SIDES:
        raise NyuError(
            [f"array rgb must have a side that is a multiple of 8 from 16 to 1024, has {shape[1]}"]
        )
    return shape[0], shape[1]


def _read(path: Path, name: str) -> NDArray[Any]:
    try:
        return np.concatenate(list(blocks(path, name, 1 << 20)))
    except NpzError as error:
        raise NyuError([str(error)]) from error
