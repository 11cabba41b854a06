"""A small folder of a user: plates with a coloured disc, in pairs of moments, with every kind of label."""

from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (210, 40, 40), "green": (40, 190, 60), "blue": (50, 70, 220)}
SPLITS = ("train", "train", "train", "transfer", "validation", "test")

TOML = """
[images]
table = "plates.csv"
image = "before"
second = "after"

[tasks.colour]
kind = "class"
title = "Colour of the disc"
column = "colour"

[tasks.heat]
kind = "map"
unit = "K"
files = "heat/{stem}.png"
scale = 0.5
offset = 250
invalid = 0

[tasks.motion]
kind = "vector"
inputs = 2
columns = ["dx", "dy"]
names = ["right", "down"]
unit = "pixels"

[tasks.parts]
kind = "classes"
files = "parts/{stem}.npy"
classes = ["plate", "disc"]
ignored = [255]

[tasks.depth]
files = "depth/{stem}.npy"
invalid = 0
"""


def own_folder(
    root: Path, count: int = 60, *, toml: str | None = TOML, width: int = 60, height: int = 40
) -> Path:
    """Write such a folder of `count` examples."""
    rng = np.random.default_rng(0)
    for name in ("photos", "heat", "parts", "depth"):
        (root / name).mkdir(parents=True)
    lines = ["before,after,colour,dx,dy,part"]
    y, x = np.mgrid[:height, :width]
    for number in range(count):
        colour = list(COLOURS)[number % 3]
        centre = rng.integers((12, 22), (height - 12, width - 22))
        moved = rng.integers(-6, 7, 2)
        for moment, (down, across) in enumerate((centre, centre + moved)):
            disc = (y - down) ** 2 + (x - across) ** 2 < 49
            plate = rng.integers(150, 170, (height, width, 3))
            picture = np.where(disc[..., None], COLOURS[colour], plate).astype(np.uint8)
            Image.fromarray(picture).save(root / "photos" / f"{number}_{moment}.png")
            if moment == 0:
                heat = np.where(disc, 140, 100).astype(np.uint8)
                heat[:, :14] = 0
                Image.fromarray(heat).save(root / "heat" / f"{number}_0.png")
                parts = disc.astype(np.uint8)
                parts[:14] = 255
                np.save(root / "parts" / f"{number}_0.npy", parts)
                np.save(root / "depth" / f"{number}_0.npy", np.where(heat == 0, 0, 2.0 - disc))
        split = SPLITS[number % len(SPLITS)]
        files = f"photos/{number}_0.png,photos/{number}_1.png"
        lines.append(f"{files},{colour},{moved[1]},{moved[0]},{split}")
    (root / "plates.csv").write_text("\n".join(lines) + "\n")
    if toml is not None:
        (root / "tasks.toml").write_text(toml)
    return root


def class_folders(root: Path, count: int = 40, classes: tuple[str, ...] = ("cat", "dog")) -> Path:
    """Write the classical layout: a folder for each class."""
    rng = np.random.default_rng(1)
    for number in range(count):
        folder = root / classes[number % len(classes)]
        folder.mkdir(parents=True, exist_ok=True)
        picture = rng.integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(picture).save(folder / f"{number}.jpg")
    return root
