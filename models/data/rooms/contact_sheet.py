"""Draw views with all their labels into one picture, for a person to look at.

`python -m models.data.rooms.contact_sheet --out sheet.png --views 6 --size 128`
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.data.rooms.config import STYLES, RoomsConfig
from models.data.rooms.labels import LABELS
from models.data.rooms.pictures import picture
from models.data.rooms.render import render
from models.data.rooms.scene.sampling import sample_scene

_CAPTION = 14
_GAP = 4
_GROUND = (250, 250, 250)


def contact_sheet(
    config: RoomsConfig, indices: Sequence[int], labels: Sequence[str], scale: int = 1
) -> Image.Image:
    """Return a sheet with a row per view and a column per label.

    Args:
        config: the data set.
        indices: views to draw.
        labels: names in LABELS, in the order of the columns.
        scale: each pixel becomes a square of this side.
    """
    values = render(config, indices, {*labels, "rgb"})
    rows = []
    for row, index in enumerate(indices):
        tangent = math.tan(sample_scene(config, index).camera.field_of_view / 2)
        tiles = [picture(name, values[name][row], values["rgb"][row], tangent) for name in labels]
        rows.append([_enlarged(tile, scale) for tile in tiles])
    return _laid_out(rows, labels)


def _enlarged(tile: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    return tile.repeat(scale, axis=0).repeat(scale, axis=1)


def _laid_out(rows: Sequence[Sequence[NDArray[np.uint8]]], captions: Sequence[str]) -> Image.Image:
    widths = [tile.shape[1] for tile in rows[0]]
    height = rows[0][0].shape[0]
    sheet = Image.new(
        "RGB",
        (sum(widths) + _GAP * (len(widths) + 1), _CAPTION + (height + _GAP) * len(rows) + _GAP),
        _GROUND,
    )
    draw = ImageDraw.Draw(sheet)
    x = _GAP
    for column, (width, caption) in enumerate(zip(widths, captions, strict=True)):
        draw.text((x, 1), caption[: max(1, width // 6)], fill=(0, 0, 0))
        for row, tiles in enumerate(rows):
            sheet.paste(Image.fromarray(tiles[column]), (x, _CAPTION + (height + _GAP) * row))
        x += width + _GAP
    return sheet


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m models.data.rooms.contact_sheet",
        description="Draw views of `rooms` with their labels into one PNG.",
    )
    parser.add_argument("--out", type=Path, default=Path("rooms.png"), help="where the PNG goes")
    parser.add_argument("--views", type=int, default=6, help="how many views, one row each")
    parser.add_argument("--first", type=int, default=0, help="index of the first view")
    parser.add_argument("--seed", type=int, default=0, help="seed of the data set")
    parser.add_argument("--size", type=int, default=128, help="image side in pixels")
    parser.add_argument("--scale", type=int, default=1, help="draw each pixel as a square of this side")
    parser.add_argument("--style", choices=STYLES, default="a", help="palettes, textures and lights")
    parser.add_argument("--labels", nargs="+", choices=tuple(LABELS), default=tuple(LABELS), metavar="LABEL")
    return parser


def main() -> None:
    """Draw the sheet that the command line asks for."""
    chosen = _arguments().parse_args()
    config = RoomsConfig(seed=chosen.seed, size=chosen.size, style=chosen.style)
    indices = range(chosen.first, chosen.first + chosen.views)
    contact_sheet(config, indices, chosen.labels, chosen.scale).save(chosen.out)


if __name__ == "__main__":
    main()
