"""Small folders in the layout of Cityscapes."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

CITIES: Mapping[str, Mapping[str, int]] = {
    "train": {"aachen": 5, "bochum": 4, "bremen": 6, "cologne": 3},
    "val": {"lindau": 3, "munster": 2},
}
WIDTH, HEIGHT = 64, 32
ROAD, CAR, PERSON, PARKING = 7, 26, 24, 9
FOLDERS = {
    "leftImg8bit": "leftImg8bit",
    "gtFine_labelIds": "gtFine",
    "gtFine_instanceIds": "gtFine",
    "disparity": "disparity",
}


def file_of(root: Path, part: str, city: str, number: int, kind: str) -> Path:
    return root / FOLDERS[kind] / part / city / f"{city}_{number:06}_000019_{kind}.png"


def write_frame(
    root: Path, part: str, city: str, number: int, without: tuple[str, ...] = (), width: int = WIDTH
) -> None:
    """A road with parking above, a car of 16 x 8 pixels and a group of people; disparity 10.5 pixels below."""
    rng = np.random.default_rng([len(city), number])
    labels = np.full((HEIGHT, width), ROAD, dtype=np.uint8)
    labels[:8] = PARKING
    labels[16:24, 8:24], labels[8:12, 40:48] = CAR, PERSON
    instances = labels.astype(np.uint16)
    instances[16:24, 8:24] = 1000 * CAR + number
    disparity = np.full((HEIGHT, width), round(10.5 * 256) + 1, dtype=np.uint16)
    disparity[:16] = 0
    files = {
        "leftImg8bit": rng.integers(0, 256, (HEIGHT, width, 3), dtype=np.uint8),
        "gtFine_labelIds": labels,
        "gtFine_instanceIds": instances,
        "disparity": disparity,
    }
    for kind, pixels in files.items():
        if kind not in without:
            path = file_of(root, part, city, number, kind)
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)


def cityscapes_folder(
    root: Path,
    cities: Mapping[str, Mapping[str, int]] = CITIES,
    without: tuple[str, ...] = (),
) -> Path:
    """A folder with some frames of each city, numbered from 0."""
    for part, counts in cities.items():
        for city, frames in counts.items():
            for number in range(frames):
                write_frame(root, part, city, number, without)
    return root
