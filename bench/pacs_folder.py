"""Turn the PACS pack (photographs and cartoons of seven kinds) into a folder with tasks of one's own.

    python bench/pacs_folder.py pacs_photo_cartoon_64.npz /data/pictures --count 800

It is the example of docs/guides/own-tasks.md: a table, per-image PNG files and one `tasks.toml`.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SHARES = {"train": 0.6, "transfer": 0.16, "validation": 0.08, "test": 0.16}

TOML = """\
[images]
table = "pictures.csv"      # a line per example
image = "image"             # its columns: the picture, a second one for tasks that look at two, the split
second = "second"
split = "split"

[tasks.kind]
kind = "class"
title = "What it shows"
column = "kind"             # the classes are the names that occur

[tasks.style]
kind = "class"
title = "Photograph or cartoon"
classes = ["photo", "cartoon"]
column = "style"

[tasks.same_kind]
kind = "class"
title = "Whether two pictures show one kind"
inputs = 2
classes = ["different", "same"]
numbers = true              # the column holds 0 or 1
column = "same"

[tasks.mean_colour]
kind = "vector"
title = "Mean colour"
columns = ["red", "green", "blue"]
unit = "grey levels"

[tasks.saturation]
kind = "map"
loss = "l1"
unit = "%"
files = "saturation/{stem}.png"
scale = 0.39216             # 255 is 100 %
"""


def saturation(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Share of the brightest channel by which the darkest falls short, 255 for all of it."""
    brightest = picture.max(axis=2).astype(np.float64)
    return np.rint(255 * (brightest - picture.min(axis=2)) / np.maximum(brightest, 1)).astype(np.uint8)


def write(pack: Path, folder: Path, count: int, seed: int) -> int:
    """Write the folder; the number of examples."""
    with np.load(pack, allow_pickle=False) as arrays:
        pictures = np.concatenate([arrays["photo_x"], arrays["cartoon_x"]])
        kinds = np.concatenate([arrays["photo_y"], arrays["cartoon_y"]])
        styles = np.repeat(["photo", "cartoon"], [len(arrays["photo_x"]), len(arrays["cartoon_x"])])
        names = arrays["classes"].tolist()
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(pictures))[:count]
    bounds = np.rint(np.cumsum(list(SHARES.values())) * len(chosen)).astype(int)
    for part in ("pictures", "saturation"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    with (folder / "pictures.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["image", "second", "split", "kind", "style", "same", "red", "green", "blue"])
        for split, members in zip(SHARES, np.split(chosen, bounds[:-1]), strict=True):
            for number in members.tolist():
                Image.fromarray(pictures[number]).save(folder / f"pictures/{number}.png")
                Image.fromarray(saturation(pictures[number])).save(folder / f"saturation/{number}.png")
                # The second picture is of the same split; half of the pairs show one kind.
                same = int(rng.integers(2))
                fits = members[(kinds[members] == kinds[number]) == bool(same)]
                second = int(rng.choice(fits))
                colour = pictures[number].mean(axis=(0, 1)).round(2).tolist()
                paths = [f"pictures/{each}.png" for each in (number, second)]
                table.writerow([*paths, split, names[kinds[number]], styles[number], same, *colour])
    (folder / "tasks.toml").write_text(TOML, encoding="utf-8")
    return len(chosen)


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("pack", type=Path, help="pacs_photo_cartoon_64.npz")
    arguments.add_argument("folder", type=Path, help="is made")
    arguments.add_argument("--count", type=int, default=2000, help="pictures to take")
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    print(f"{write(given.pack, given.folder, given.count, given.seed)} examples in {given.folder}")


if __name__ == "__main__":
    main()
