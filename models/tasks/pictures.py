"""Outputs drawn for a person: colour maps, bars, arrows, axes. NumPy in, (h, w, 3) uint8 out."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Picture = NDArray[np.uint8]

INVALID = (40, 40, 40)  # where nothing was measured
PAPER, INK, ACCENT = (250, 250, 248), (30, 32, 36), (38, 98, 168)
AXES = ((214, 69, 65), (46, 139, 87), (52, 101, 200))
CHART = (256, 192)  # width and height of charts and sketches, pixels
# Ten equidistant colours of matplotlib's viridis
_VIRIDIS = np.array(
    [
        (68, 1, 84), (72, 40, 120), (62, 74, 137), (49, 104, 142), (38, 130, 142),
        (31, 158, 137), (53, 183, 121), (109, 205, 89), (180, 222, 44), (253, 231, 37),
    ],
    dtype=np.float64,
)  # fmt: skip
_BALANCE = np.array(
    [(33, 60, 140), (120, 160, 210), (245, 245, 240), (225, 140, 110), (150, 30, 45)], dtype=np.float64
)


def _gradient(unit: NDArray[np.floating], colours: NDArray[np.float64]) -> Picture:
    scaled = np.clip(np.nan_to_num(unit), 0, 1) * (len(colours) - 1)
    low = np.minimum(scaled.astype(np.int64), len(colours) - 2)
    share = (scaled - low)[..., None]
    picture = np.rint(colours[low] * (1 - share) + colours[low + 1] * share).astype(np.uint8)
    picture[~np.isfinite(unit)] = INVALID
    return picture


def colour_map(values: NDArray[np.floating], low: float, high: float) -> Picture:
    """A scalar map in viridis from `low` (dark) to `high` (bright): (H, W) -> (H, W, 3), NaN in dark grey."""
    return _gradient((values - low) / max(high - low, 1e-9), _VIRIDIS)


def signed_map(values: NDArray[np.floating], reach: float) -> Picture:
    """A signed map, blue below zero, white at zero, red above: (H, W) -> (H, W, 3), NaN in dark grey."""
    return _gradient(0.5 + values / (2 * max(reach, 1e-9)), _BALANCE)


def grey_map(values: NDArray[np.floating]) -> Picture:
    """A map of 0..1 as grey levels: (H, W) -> (H, W, 3), NaN in dark blue to set it off from black."""
    levels = np.rint(np.clip(np.nan_to_num(values), 0, 1) * 255).astype(np.uint8)
    picture = np.repeat(levels[..., None], 3, axis=2)
    picture[~np.isfinite(values)] = (30, 30, 70)
    return picture


def normal_map(normals: NDArray[np.floating]) -> Picture:
    """Unit normals of the camera frame as colours, x to red, y up to green, towards the camera to blue."""
    picture = (
        np.rint((np.nan_to_num(normals) * np.array([1, -1, -1]) + 1) * 127.5).clip(0, 255).astype(np.uint8)
    )
    picture[~np.isfinite(normals).all(-1)] = INVALID
    return picture


def label_map(ids: NDArray[np.generic]) -> Picture:
    """Integer ids in well-separated colours, the same for an id everywhere; negative ids are invalid."""
    numbers = ids.astype(np.int64)
    hue = (numbers * 0.618033988749895) % 1.0  # the golden ratio spreads successive ids
    light = 0.95 - 0.18 * ((numbers // 7) % 3)
    corners = np.stack([hue, hue + 2 / 3, hue + 1 / 3], axis=-1) % 1.0
    ramps = np.clip(np.abs(corners * 6 - 3) - 1, 0, 1)
    picture = np.rint(255 * light[..., None] * (0.35 + 0.65 * ramps)).astype(np.uint8)
    picture[numbers < 0] = INVALID
    return picture


def embedding_map(embeddings: NDArray[np.floating]) -> Picture:
    """Pixel embeddings by their three main directions of variation: (h, w, D) -> (h, w, 3)."""
    flat = embeddings.reshape(-1, embeddings.shape[-1]).astype(np.float64)
    flat = flat - flat.mean(0)
    _, _, directions = np.linalg.svd(flat, full_matrices=False)
    directions = directions[:3]
    signs = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(1)])
    shown = np.zeros((len(flat), 3))
    shown[:, : len(directions)] = flat @ (directions * signs[:, None]).T
    spread = np.maximum(shown.std(0), 1e-9)
    return (
        np.rint((shown / (4 * spread) + 0.5).clip(0, 1) * 255)
        .astype(np.uint8)
        .reshape(*embeddings.shape[:2], 3)
    )


def enlarge(picture: Picture, size: int) -> Picture:
    """Repeat pixels until the shorter side has at least `size`."""
    factor = max(1, -(-size // min(picture.shape[:2])))
    return np.repeat(np.repeat(picture, factor, axis=0), factor, axis=1)


def side_by_side(pictures: Sequence[Picture]) -> Picture:
    """Pictures of one height, in a row with a thin gap."""
    gap = np.full((pictures[0].shape[0], 4, 3), PAPER, dtype=np.uint8)
    parts = [part for picture in pictures for part in (picture, gap)]
    return np.concatenate(parts[:-1], axis=1)


def bars(names: Sequence[str], shares: Sequence[float], *, title: str = "") -> Picture:
    """A labelled bar chart of shares in 0..1, largest first as given."""
    canvas, draw = _canvas()
    top = 6
    if title:
        draw.text((8, top), title, fill=INK, font=_font(13))
        top += 22
    step = min(30, (CHART[1] - top - 4) // max(len(names), 1))
    for row, (name, share) in enumerate(zip(names, shares, strict=True)):
        y = top + row * step
        reach = 108 + round(100 * min(max(share, 0.0), 1.0))
        draw.text((8, y + step // 2 - 7), name.replace("_", " ")[:16], fill=INK, font=_font(11))
        draw.rectangle((108, y + 3, 208, y + step - 4), fill=(232, 232, 228))
        draw.rectangle((108, y + 3, reach, y + step - 4), fill=ACCENT)
        draw.text((213, y + step // 2 - 7), f"{100 * share:.0f} %", fill=INK, font=_font(11))
    return np.asarray(canvas)


def gauges(
    names: Sequence[str], places: Sequence[float], texts: Sequence[str], *, title: str = ""
) -> Picture:
    """Numbers as marks on a line each: `places` in 0..1 from its left end to its right, `texts` beside it."""
    canvas, draw = _canvas()
    top = 6
    if title:
        draw.text((8, top), title, fill=INK, font=_font(13))
        top += 22
    step = min(30, (CHART[1] - top - 4) // max(len(names), 1))
    for row, (name, place, text) in enumerate(zip(names, places, texts, strict=True)):
        middle = top + row * step + step // 2
        x = 92 + round(84 * min(max(place, 0.0), 1.0))
        draw.text((8, middle - 7), name.replace("_", " ")[:13], fill=INK, font=_font(11))
        draw.line((92, middle, 176, middle), fill=(200, 200, 196), width=2)
        draw.line((134, middle - 3, 134, middle + 3), fill=(200, 200, 196), width=1)
        draw.ellipse((x - 4, middle - 4, x + 4, middle + 4), fill=ACCENT)
        draw.text((184, middle - 7), text[:12], fill=INK, font=_font(11))
    return np.asarray(canvas)


def arrows(directions: NDArray[np.floating], image: Picture | None) -> Picture:
    """Unit vectors of the camera frame (x right, y down, z forward) from the middle of the image.

    Args:
        directions: (K, 3). The parts across the line of sight are drawn to scale; a ring marks a vector that
            points away from the viewer, a disc one that points towards the viewer.
        image: (H, W, 3) background, or None for blank paper.
    """
    side = 256
    canvas, draw = _background(image, side)
    middle, reach = side / 2, 0.42 * side
    for index, (x, y, z) in enumerate(directions.tolist()):
        tip = (middle + reach * x, middle + reach * y)
        colour = AXES[index % len(AXES)]
        draw.line((middle, middle, *tip), fill=(255, 255, 255), width=7)
        draw.line((middle, middle, *tip), fill=colour, width=4)
        circle = (tip[0] - 7, tip[1] - 7, tip[0] + 7, tip[1] + 7)
        draw.ellipse(circle, outline=colour, width=3, fill=None if z > 0 else colour)
    return np.asarray(canvas)


def camera_sketch(
    poses: Sequence[tuple[NDArray[np.floating], NDArray[np.floating]]], *, title: str = ""
) -> Picture:
    """Cameras as coloured axes, seen from behind, above and to the right of the first.

    Args:
        poses: Rotation (3, 3) and centre (3,) of each camera in one frame, metres; columns of the rotation
            are the camera's axes.
        title: Text above the sketch.
    """
    canvas, draw = _canvas()
    lengths = [float(np.linalg.norm(centre - poses[0][1])) for _, centre in poses]
    axis = max(0.35 * max(lengths), 0.15)
    lines = [(centre, centre + axis * turn[:, k], AXES[k]) for turn, centre in poses for k in range(3)]
    project = _Projection(np.array([point for start, end, _ in lines for point in (start, end)]))
    centres = [tuple(project(centre)) for _, centre in poses]
    for start, end in itertools.pairwise(centres):
        draw.line((*start, *end), fill=(170, 170, 165), width=1)
    for start, end, colour in lines:
        draw.line((*project(start), *project(end)), fill=colour, width=3)
    for number, (x, y) in enumerate(centres, start=1):
        draw.text((x + 5, y - 15), str(number), fill=INK, font=_font(12))
    draw.text((8, 6), title, fill=INK, font=_font(12))
    return np.asarray(canvas)


def box_sketch(corners: NDArray[np.floating], *, title: str = "") -> Picture:
    """A box as a wire frame with the camera's axes at the origin.

    Args:
        corners: (2, 2, 2, 3) corners in the camera frame, metres, indexed by side along the box's three axes.
        title: Text above the sketch.
    """
    canvas, draw = _canvas()
    edges = [(corners[0, i, j], corners[1, i, j]) for i in (0, 1) for j in (0, 1)]
    edges += [(corners[i, 0, j], corners[i, 1, j]) for i in (0, 1) for j in (0, 1)]
    edges += [(corners[i, j, 0], corners[i, j, 1]) for i in (0, 1) for j in (0, 1)]
    project = _Projection(np.concatenate([corners.reshape(-1, 3), np.zeros((1, 3))]))
    for start, end in edges:
        draw.line((*project(start), *project(end)), fill=ACCENT, width=2)
    origin = np.zeros(3)
    for axis, colour in enumerate(AXES):
        draw.line((*project(origin), *project(origin + 0.6 * np.eye(3)[axis])), fill=colour, width=3)
    draw.text((8, 6), title, fill=INK, font=_font(12))
    return np.asarray(canvas)


class _Projection:
    """An orthographic view of given points of the camera frame, fitted to the chart."""

    def __init__(self, points: NDArray[np.floating]) -> None:
        turn, tilt = np.deg2rad(-28), np.deg2rad(24)
        sideways = np.array([np.cos(turn), 0, np.sin(turn)])
        depth = np.array([-np.sin(turn), 0, np.cos(turn)])
        downwards = np.array([0, np.cos(tilt), 0]) - np.sin(tilt) * depth
        self._axes = np.stack([sideways, downwards])
        flat = points @ self._axes.T
        low, high = flat.min(0), flat.max(0)
        room = np.array([CHART[0] - 48, CHART[1] - 72])
        self._scale = float((room / np.maximum(high - low, 1e-6)).min())
        self._middle = (low + high) / 2

    def __call__(self, point: NDArray[np.floating]) -> tuple[float, float]:
        x, y = (self._axes @ point - self._middle) * self._scale
        return float(x) + CHART[0] / 2, float(y) + CHART[1] / 2 + 10


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _canvas() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    canvas = Image.new("RGB", CHART, PAPER)
    return canvas, ImageDraw.Draw(canvas)


def _background(image: Picture | None, side: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    if image is None:
        canvas = Image.new("RGB", (side, side), PAPER)
    else:
        canvas = Image.fromarray(image).convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    return canvas, ImageDraw.Draw(canvas)
