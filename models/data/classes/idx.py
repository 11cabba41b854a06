"""Examples with one class each from the files of MNIST (LeCun, Cortes and Burges): `idx`, compressed or not."""

import gzip
import hashlib
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.classes.found import ClassData, ClassesError, Inputs, Skipped, digest
from models.data.classes.naming import checked_names, named
from models.data.classes.parts import parted
from models.data.classes.resizing import squares
from models.data.labelled import Part

_STEMS: dict[Part, str] = {"train": "train", "test": "t10k"}
_KINDS = {"images": 3, "labels": 1}
_ROWS = 256  # images read at a time
_MOST_SIDE = 4096
_MOST_ROWS = 10_000_000


@dataclass(frozen=True, slots=True)
class _File:
    """A file whose header fits its content: the number of examples, then the shape of each."""

    path: Path
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        return self.shape[0]

    def blocks(self) -> Iterator[NDArray[np.uint8]]:
        """Examples in successive blocks.

        Raises:
            ClassesError: the file is damaged.
        """
        count, *shape = self.shape
        size = int(np.prod(shape, dtype=np.int64))
        try:
            with _opened(self.path) as file:
                file.read(4 * (1 + len(self.shape)))
                for start in range(0, count, _ROWS):
                    rows = min(_ROWS, count - start)
                    data = file.read(rows * size)
                    if len(data) < rows * size:
                        text = f"{self.path.name} is cut short: its header says {count} examples"
                        raise ClassesError([("", text)])
                    yield np.frombuffer(data, dtype=np.uint8).reshape(rows, *shape)
                if file.read(1):
                    text = f"{self.path.name} holds more than the {count} examples of its header"
                    raise ClassesError([("", text)])
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise ClassesError([("", f"{self.path.name} is damaged: {error}")]) from error


def open_idx(
    folder: Path, *, classes: Sequence[str] | None = None, seed: int = 0, test_fraction: float = 0.0
) -> ClassData:
    """A folder with `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, and perhaps both of `t10k`.

    `train-images.idx3-ubyte` is the same, and so is either with `.gz`. Every byte is read once.

    Args:
        folder: with the files.
        classes: the name of each label; None calls a class by its number.
        seed: deals a test part out, where there are no files of `t10k`.
        test_fraction: share of each class that is kept apart then.

    Raises:
        ClassesError: a file is missing, damaged or does not fit the others.
        OSError: a file cannot be read.
    """
    if not folder.is_dir():
        raise ClassesError([("", "must be a folder with files in the idx format")])
    images: dict[Part, _File] = {}
    numbers: dict[Part, NDArray[np.int64]] = {}
    for part in _STEMS:
        pair = _pair(folder, part)
        if pair is None:
            continue
        images[part], labels = pair
        for _block in images[part].blocks():
            pass  # read to its end: it is whole
        numbers[part] = np.concatenate(list(labels.blocks())).astype(np.int64)
    names = None if classes is None else checked_names(list(classes), "classes")
    known = named(numbers, names, dict.fromkeys(_STEMS, "classes" if classes else ""))
    parts = parted(known.labels, seed=seed, test_fraction=test_fraction)

    def read(part: Part, image_size: int | None) -> Iterator[Inputs]:
        first, rows = 0, parts.rows[part]
        for block in images[parts.source[part]].blocks():
            last = first + len(block)
            chosen = rows[(rows >= first) & (rows < last)] - first
            if len(chosen):
                yield squares(block[chosen], image_size or block.shape[1])
            first = last

    used = [path for part in images for path in _paths(folder, part)]
    sides = {side for file in images.values() for side in file.shape[1:]}
    return ClassData(
        fingerprint=digest("idx", [_content(path) for path in used], names, seed, test_fraction),
        classes=known.classes,
        labels=parts.labels,
        features=None,
        image_size=sides.pop() if len(sides) == 1 else None,
        read=read,
        skipped=tuple(
            Skipped(path.name, "no file of MNIST's names")
            for path in sorted(folder.iterdir())
            if path not in used
        ),
    )


def _pair(folder: Path, part: Part) -> tuple[_File, _File] | None:
    """Images and labels of a part; None where the folder has neither of the test part."""
    paths = _paths(folder, part)
    if not paths and part == "test":
        return None
    if len(paths) < len(_KINDS):
        stem, has = _STEMS[part], ", ".join(path.name for path in paths) or "neither"
        text = f"needs {stem}-images-idx3-ubyte and {stem}-labels-idx1-ubyte (or .gz of them); has {has}"
        raise ClassesError([("", text)])
    images, labels = (_header(path, axes) for path, axes in zip(paths, _KINDS.values(), strict=True))
    if images.count != labels.count:
        text = f"{images.path.name} has {images.count} examples, {labels.path.name} has {labels.count}"
        raise ClassesError([("", text)])
    return images, labels


def _paths(folder: Path, part: Part) -> list[Path]:
    """The files of a part that are there: images, then labels."""
    found: list[Path] = []
    for kind, axes in _KINDS.items():
        stem = f"{_STEMS[part]}-{kind}"
        names = [f"{stem}{mark}idx{axes}-ubyte{end}" for end in ("", ".gz") for mark in "-."]
        found += [folder / name for name in names if (folder / name).is_file()][:1]
    return found


def _header(path: Path, axes: int) -> _File:
    try:
        with _opened(path) as file:
            head = file.read(4 * (1 + axes))
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ClassesError([("", f"{path.name} is damaged: {error}")]) from error
    if len(head) < 4 * (1 + axes):
        raise ClassesError([("", f"{path.name} is cut short within its header")])
    magic, *shape = struct.unpack(f">{1 + axes}I", head)
    # Two zero bytes, 8 for unsigned bytes, and the number of axes.
    if magic != 0x0800 + axes:
        text = f"{path.name} starts with {magic:#010x}, not with {0x0800 + axes:#010x} (bytes in {axes} axes)"
        raise ClassesError([("", text)])
    if not 0 < shape[0] <= _MOST_ROWS or not all(0 < side <= _MOST_SIDE for side in shape[1:]):
        text = f"{path.name} says that it has the shape {tuple(shape)}"
        raise ClassesError([("", text)])
    return _File(path, tuple(shape))


def _opened(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
