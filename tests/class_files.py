"""Small data sets of examples with one class each, in the formats that the service reads."""

import gzip
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CLASSES = ("apple", "leaf", "sky")
COLOURS = ((200, 30, 30), (30, 180, 40), (60, 90, 220))


def examples(count: int = 30, side: int = 12) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Noisy plates whose colour is their class: (count, side, side, 3) uint8 and (count,) uint8, classes in turn."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % len(CLASSES)
    plates = np.array(COLOURS)[labels][:, None, None] + rng.integers(-20, 20, (count, side, side, 3))
    return plates.astype(np.uint8), labels.astype(np.uint8)


def class_npz(path: Path, **changed: NDArray[Any]) -> Path:
    """Write `x`, `y` and `classes`, and what is given besides or in their place."""
    x, y = examples()
    arrays: dict[str, NDArray[Any]] = {"x": x, "y": y, "classes": np.array(CLASSES)}
    arrays |= changed
    np.savez_compressed(path, **arrays)
    return path


def idx_bytes(values: NDArray[np.uint8]) -> bytes:
    """An array of bytes in the idx format."""
    return struct.pack(f">{1 + values.ndim}I", 0x0800 + values.ndim, *values.shape) + values.tobytes()


def idx_folder(
    folder: Path, *, mark: str = "-", zipped: bool = False, parts: tuple[str, ...] = ("train",)
) -> Path:
    """Write files with the names of MNIST's, greys of `examples`."""
    folder.mkdir()
    x, y = examples()
    for part in parts:
        for kind, values in (("images", x[..., 0]), ("labels", y)):
            content = idx_bytes(values)
            name = f"{part}-{kind}{mark}idx{values.ndim}-ubyte"
            (folder / (name + ".gz" if zipped else name)).write_bytes(
                gzip.compress(content, mtime=0) if zipped else content
            )
    return folder


def class_folders(root: Path, count: int = 30, *, below: str = "", first: int = 0) -> Path:
    """Write a folder of PNG images for each class."""
    x, y = examples(count)
    for number, (image, label) in enumerate(zip(x, y, strict=True), start=first):
        folder = root / below / CLASSES[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"frame_{number:04}.png")
    return root


def image_list(path: Path, lines: Mapping[str, int | str]) -> Path:
    """Write a list of paths with their classes."""
    path.write_text("".join(f"{listed} {label}\n" for listed, label in lines.items()), encoding="utf-8")
    return path
