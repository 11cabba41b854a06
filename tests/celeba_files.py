"""A small folder in the format of CelebA."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

ATTRIBUTES = ("5_o_Clock_Shadow", "Bright", "Male")
PARTITIONS = ("0",) * 20 + ("1",) * 4 + ("2",) * 6
WIDTH, HEIGHT = 178, 218
OFFICIAL = {
    "img_align_celeba": "Img/img_align_celeba",
    "list_attr_celeba.txt": "Anno/list_attr_celeba.txt",
    "list_eval_partition.txt": "Eval/list_eval_partition.txt",
}
"""Where the official archive has what torchvision puts side by side."""


def marks() -> list[tuple[bool, ...]]:
    """Which attributes each image has: they alternate, in pairs, and in fours."""
    return [(number % 2 == 0, number % 4 < 2, number % 8 < 4) for number in range(len(PARTITIONS))]


def names() -> list[str]:
    """Of the images' files."""
    return [f"{number:06}.jpg" for number in range(1, len(PARTITIONS) + 1)]


def attribute_list(
    rows: Sequence[Sequence[str]], *, count: int | None = None, attributes: Sequence[str] = ATTRIBUTES
) -> str:
    """The list of attributes; the official one aligns its values too."""
    lines = [str(len(rows) if count is None else count), " ".join(attributes) + " "]
    lines += [" ".join(f"{cell:>2}" for cell in row) for row in rows]
    return "\n".join(lines) + "\n"


def attribute_rows() -> list[list[str]]:
    """A file and its values each."""
    return [
        [name, *("1" if mark else "-1" for mark in has)] for name, has in zip(names(), marks(), strict=True)
    ]


def celeba_folder(root: Path, *, at: Mapping[str, str] | None = None) -> Path:
    """Write pictures that are bright where `Bright` says so, and their lists."""
    places = {name: root / (at or {}).get(name, name) for name in OFFICIAL}
    folder, attributes, partitions = places.values()
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, has in zip(names(), marks(), strict=True):
        level = 200 if has[1] else 60
        picture = level + rng.integers(-20, 20, (HEIGHT, WIDTH, 3))
        Image.fromarray(picture.astype(np.uint8)).save(folder / name)
    for path in (attributes, partitions):
        path.parent.mkdir(exist_ok=True)
    attributes.write_text(attribute_list(attribute_rows()), encoding="utf-8")
    listed = zip(names(), PARTITIONS, strict=True)
    partitions.write_text("".join(f"{name} {part}\n" for name, part in listed), encoding="utf-8")
    return root
