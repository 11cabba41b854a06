"""Examples with one class each from the arrays of an `npz` file: images, or vectors that some network made."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.classes.found import ClassData, ClassesError, Inputs, Skipped, digest
from models.data.classes.naming import checked_names, named
from models.data.classes.parts import parted
from models.data.classes.resizing import squares
from models.data.labelled import UNKNOWN, Part
from models.data.npz import Header, NpzError, blocks, headers

_ROWS = 256  # examples read at a time
_ALL = 1 << 20  # rows of arrays that are read whole


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayNames:
    """Which arrays of a file are what.

    Attributes:
        x: the examples.
        y: their classes, whole numbers; None where they are not known.
        classes: the names of the classes, by number; None names each class by its number.
        x_test: examples that are kept apart; None deals them out of `x`.
        y_test: their classes.
        seed: of the deal.
        test_fraction: share of `x` that is kept apart.
    """

    x: str
    y: str | None = None
    classes: str | None = None
    x_test: str | None = None
    y_test: str | None = None
    seed: int = 0
    test_fraction: float = 0.0


def open_images_npz(path: Path, names: ArrayNames) -> ClassData:
    """Images of a file: (N, H, W), (N, H, W, 1) or (N, H, W, 3) uint8. Every array is read once.

    Raises:
        ClassesError: naming the option whose array is missing, damaged or does not fit.
        OSError: the file cannot be read.
    """
    return _open(path, names, images=True)


def open_features_npz(path: Path, names: ArrayNames) -> ClassData:
    """Vectors of a file: (N, D) of a float type, all finite. Every array is read once.

    Raises:
        ClassesError: naming the option whose array is missing, damaged or does not fit.
        OSError: the file cannot be read.
    """
    return _open(path, names, images=False)


def _open(path: Path, names: ArrayNames, *, images: bool) -> ClassData:
    found = _headers(path)
    _require(found, names)
    options: dict[Part, tuple[str, str]] = {"train": ("x", "y"), "test": ("x_test", "y_test")}
    shapes = [
        _example_shape(option, found[name], images=images)
        for option, _ in options.values()
        if (name := getattr(names, option)) is not None
    ]
    if len(set(shapes)) > 1 and not images:
        raise ClassesError([("x_test", f"has vectors of {shapes[1][0]} numbers, x of {shapes[0][0]}")])
    numbers: dict[Part, NDArray[np.int64]] = {
        part: _numbers(path, found, names, x, y)
        for part, (x, y) in options.items()
        if getattr(names, x) is not None
    }
    texts = None if names.classes is None else _names(path, found, names.classes)
    known = named(numbers, texts, {"train": "y", "test": "y_test"})
    for option, _ in options.values():
        if (array := getattr(names, option)) is not None:
            _check_values(path, option, array)
    parts = parted(known.labels, seed=names.seed, test_fraction=names.test_fraction)
    arrays: dict[Part, str] = {"train": names.x, "test": names.x_test or names.x}

    def read(part: Part, image_size: int | None) -> Iterator[Inputs]:
        for block in _rows(path, arrays[parts.source[part]], parts.rows[part]):
            if not images:
                yield block.astype(np.float32)
            else:
                yield squares(block, image_size or block.shape[1])

    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    unused = sorted(set(found) - {name for name in asdict(names).values() if isinstance(name, str)})
    sides = {side for shape in shapes for side in shape[:2]}
    return ClassData(
        fingerprint=digest("arrays", images, content, asdict(names)),
        classes=known.classes,
        labels=parts.labels,
        features=None if images else shapes[0][0],
        image_size=sides.pop() if images and len(sides) == 1 else None,
        read=read,
        skipped=tuple(Skipped(f"{path.name}/{name}", "no option names this array") for name in unused),
    )


def _headers(path: Path) -> dict[str, Header]:
    try:
        return headers(path)
    except NpzError as error:
        raise ClassesError([("", str(error))]) from error


def _require(found: Mapping[str, Header], names: ArrayNames) -> None:
    """Refuse names of arrays that are not there, or that say nothing without another."""
    has = ", ".join(sorted(found)) or "none"
    problems = [
        (option, f"the file has no array {name!r}; it has {has}")
        for option in ("x", "y", "classes", "x_test", "y_test")
        if (name := getattr(names, option)) is not None and name not in found
    ]
    for option, other in (("y_test", "x_test"), ("classes", "y")):
        if getattr(names, option) is not None and getattr(names, other) is None:
            problems.append((option, f"says nothing without {other}"))
    if names.x_test is not None and (names.y is None) != (names.y_test is None):
        problems.append(("y_test", "y and y_test: both, or neither"))
    if problems:
        raise ClassesError(problems)


def _example_shape(option: str, header: Header, *, images: bool) -> tuple[int, ...]:
    count, *shape = header.shape
    if images:
        fits = header.dtype == np.uint8 and (len(shape) == 2 or (len(shape) == 3 and shape[2] in {1, 3}))
        wanted = "uint8 of shape (N, H, W), (N, H, W, 1) or (N, H, W, 3)"
    else:
        fits = header.dtype.kind == "f" and len(shape) == 1
        wanted = "of a float type and of shape (N, D)"
    if not fits or not count or 0 in shape:
        raise ClassesError([(option, f"must be {wanted}, is {header}")])
    return tuple(shape)


def _numbers(path: Path, found: Mapping[str, Header], names: ArrayNames, x: str, y: str) -> NDArray[np.int64]:
    """The whole numbers of one part; `UNKNOWN` where there are none."""
    count = found[getattr(names, x)].shape[0]
    array = getattr(names, y)
    if array is None:
        return np.full(count, UNKNOWN, dtype=np.int64)
    header = found[array]
    if header.dtype.kind not in "iu" or header.shape != (count,):
        raise ClassesError([(y, f"must be whole numbers of shape ({count},), is {header}")])
    return _whole(path, y, array).astype(np.int64)


def _names(path: Path, found: Mapping[str, Header], array: str) -> tuple[str, ...]:
    header = found[array]
    if header.dtype.kind not in "US" or len(header.shape) != 1:
        raise ClassesError([("classes", f"must be texts of shape (classes,), is {header}")])
    texts = _whole(path, "classes", array)
    try:
        listed = texts if header.dtype.kind == "U" else np.char.decode(texts, "utf-8")
    except UnicodeDecodeError as error:
        raise ClassesError([("classes", f"holds bytes that are no UTF-8: {error}")]) from error
    return checked_names(listed.tolist(), "classes")


def _check_values(path: Path, option: str, array: str) -> None:
    """Read an array to its end: its checksum is right, and vectors are finite."""
    for block in _blocks(path, option, array, _ROWS):
        if block.dtype.kind == "f" and not np.isfinite(block.astype(np.float32)).all():
            raise ClassesError([(option, "holds numbers that are not finite as float32")])


def _rows(path: Path, array: str, rows: NDArray[np.int64]) -> Iterator[NDArray[Any]]:
    first = 0
    for block in _blocks(path, "", array, _ROWS):
        last = first + len(block)
        chosen = rows[np.searchsorted(rows, first) : np.searchsorted(rows, last)] - first
        if len(chosen):
            yield block[chosen]
        first = last


def _whole(path: Path, option: str, array: str) -> NDArray[Any]:
    return np.concatenate(list(_blocks(path, option, array, _ALL)))


def _blocks(path: Path, option: str, array: str, rows: int) -> Iterator[NDArray[Any]]:
    try:
        yield from blocks(path, array, rows)
    except NpzError as error:
        raise ClassesError([(option, str(error))]) from error
