"""Image files with one class each: every one decoded once before it is used, and again at the size asked for."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.data.cache import keep_json
from models.data.classes.found import Skipped
from models.data.own.files import UnusableFile, decoded, read_bytes, stamp
from models.data.photographs import upright_stretched

_CHUNK = 256  # files decoded between two looks at the results
_LOOK = 32  # pixels that a file is decoded to, to see that it can be


@dataclass(frozen=True, slots=True)
class Examined:
    """What decoding found.

    Attributes:
        kept: positions of the files that can be used.
        skipped: the others, and why.
        contents: SHA-256 of the bytes of each file that is kept.
        image_size: height and width where all that are kept are squares of one size; None where not.
    """

    kept: tuple[int, ...]
    skipped: tuple[Skipped, ...]
    contents: tuple[str, ...]
    image_size: int | None


def examine(root: Path, paths: Sequence[str], *, workers: int = 1, memo: Path | None = None) -> Examined:
    """Decode every file once.

    Args:
        root: folder that none of the files may lie outside of, resolved.
        paths: below it.
        workers: threads that decode.
        memo: file that keeps what was found; while sizes and times of all files are as they were, none is decoded.
    """
    stamps = [stamp(root, path) for path in paths]
    if memo is not None and memo.exists():
        said = json.loads(memo.read_text(encoding="utf-8"))
        if said["paths"] == list(paths) and said["stamps"] == stamps:
            skipped = tuple(Skipped(path, reason) for path, reason in said["skipped"])
            return Examined(tuple(said["kept"]), skipped, tuple(said["contents"]), said["image_size"])
    found = _examined(root, paths, workers)
    if memo is not None:
        keep_json(
            memo,
            {
                "paths": list(paths),
                "stamps": stamps,
                "kept": found.kept,
                "skipped": [[each.path, each.reason] for each in found.skipped],
                "contents": found.contents,
                "image_size": found.image_size,
            },
        )
    return found


def read_images(root: Path, paths: Sequence[str], size: int, workers: int) -> Iterator[NDArray[np.uint8]]:
    """Files as blocks of (n, size, size, 3) uint8, in their order; upright, whole, their aspect not kept.

    Raises:
        UnusableFile: a file was changed or lost meanwhile.
    """

    def read(path: str) -> NDArray[np.uint8]:
        return decoded(path, read_bytes(root, path), lambda image: upright_stretched(image, size))

    with ThreadPoolExecutor(workers) as executor:
        for start in range(0, len(paths), _CHUNK):
            yield np.stack(list(executor.map(read, paths[start : start + _CHUNK])))


def _examined(root: Path, paths: Sequence[str], workers: int) -> Examined:
    def look(image: Image.Image) -> tuple[int, int]:
        shape = image.size
        upright_stretched(image, _LOOK)
        return shape

    def check(path: str) -> tuple[str, tuple[int, int]] | UnusableFile:
        try:
            content = read_bytes(root, path)
            return hashlib.sha256(content).hexdigest(), decoded(path, content, look)
        except UnusableFile as error:
            return error

    kept, contents, skipped = list[int](), list[str](), list[Skipped]()
    shapes: set[tuple[int, int]] = set()
    with ThreadPoolExecutor(workers) as executor:
        for first in range(0, len(paths), _CHUNK):
            for place, answer in enumerate(executor.map(check, paths[first : first + _CHUNK]), start=first):
                if isinstance(answer, UnusableFile):
                    skipped.append(Skipped(answer.path, answer.reason))
                else:
                    kept.append(place)
                    contents.append(answer[0])
                    shapes.add(answer[1])
    sides = {side for shape in shapes for side in shape}
    side = sides.pop() if len(sides) == 1 else None
    return Examined(tuple(kept), tuple(skipped), tuple(contents), side)
