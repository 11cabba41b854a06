"""A projection drawn for a person: (H, W, 3) uint8, and as PNG."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from models.adaptation.results import Embedding
from models.data.labelled import UNKNOWN
from models.tasks.pictures import INK, PAPER, Picture, label_map

Colouring = Literal["class", "domain"]
Colour = tuple[int, int, int]

SIZE = (800, 600)
"""Width and height, pixels."""

_SOURCE, _TARGET, _GREY = (52, 101, 200), (224, 108, 30), (150, 150, 146)
# Ten colours that are told apart side by side; more classes than that take hues around the circle
_TEN: tuple[Colour, ...] = (
    (31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189),
    (140, 86, 75), (227, 119, 194), (90, 90, 90), (188, 170, 20), (23, 190, 207),
)  # fmt: skip
_FINE = 3  # drawn so much larger and then reduced, for smooth edges
_LEGEND = 190  # pixels to the right of the points
_MARGIN = 16
_ROW = 20
_RADIUS = 4.0


def draw(
    points: NDArray[np.floating], embedding: Embedding, classes: Sequence[str], colouring: Colouring = "class"
) -> Picture:
    """Discs for the source, triangles for the target, and a legend.

    Args:
        points: (n, 2), the embedding in the plane.
        embedding: whose labels are drawn. A target without any label is coloured by its predictions, and the legend
            says so; single unlabelled examples are grey.
        classes: K names.
        colouring: what the colours stand for.
    """
    shown, caption = _shown_classes(embedding)
    palette = _palette(len(classes))
    colours = [palette[each] if each != UNKNOWN else _GREY for each in shown.tolist()]
    if colouring == "domain":
        colours = [_TARGET if each else _SOURCE for each in embedding.is_target.tolist()]
    canvas = Image.new("RGB", (SIZE[0] * _FINE, SIZE[1] * _FINE), PAPER)
    pen = ImageDraw.Draw(canvas)
    places = _placed(points)
    # The source lies under the target: where both are, the triangle on the disc shows it
    for is_target in (False, True):
        for index in np.flatnonzero(embedding.is_target == is_target).tolist():
            _mark(pen, places[index], colours[index], is_target=is_target)
    plain = colouring == "class"
    _mark(pen, _legend_place(0), _GREY if plain else _SOURCE, is_target=False)
    _mark(pen, _legend_place(1), _GREY if plain else _TARGET, is_target=True)
    rows = _legend_rows(shown, classes) if plain else []
    for row, (each, _) in enumerate(rows, start=4):
        if each is not None:
            _mark(pen, _legend_place(row), _GREY if each == UNKNOWN else palette[each], is_target=False)
    smooth = canvas.resize(SIZE, Image.Resampling.BOX)
    _write(
        ImageDraw.Draw(smooth), ["source", "target", *([caption, ""] if plain else []), *(n for _, n in rows)]
    )
    return np.asarray(smooth)


def as_png(picture: Picture) -> bytes:
    """The picture as a PNG file."""
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def _shown_classes(embedding: Embedding) -> tuple[NDArray[np.int64], str]:
    """The class that each point is coloured by, and what that is for the target."""
    of_target = embedding.labels[embedding.is_target]
    if len(of_target) and (of_target == UNKNOWN).all():
        return np.where(
            embedding.is_target, embedding.predictions, embedding.labels
        ), "target: predicted class"
    return embedding.labels, "colour: true class"


def _palette(count: int) -> list[Colour]:
    if count <= len(_TEN):
        return list(_TEN[:count])
    hues = (label_map(np.arange(count)[None])[0] * 0.85).astype(np.uint8)  # darker, for paper
    return [(int(red), int(green), int(blue)) for red, green, blue in hues]


def _placed(points: NDArray[np.floating]) -> list[tuple[float, float]]:
    """Pixels of the enlarged canvas: both axes to one scale, y upwards."""
    room = np.array([SIZE[0] - _LEGEND, SIZE[1]], dtype=np.float64)
    low, high = points.min(0), points.max(0)
    scale = float(((room - 2 * _MARGIN) / np.maximum(high - low, 1e-9)).min())
    if not (high > low).any():
        scale = 0.0  # a single place, in the middle
    pixels = (points - (low + high) / 2) * scale * np.array([1, -1]) + room / 2
    return [(x * _FINE, y * _FINE) for x, y in pixels.astype(float).tolist()]


def _mark(pen: ImageDraw.ImageDraw, place: tuple[float, float], colour: Colour, *, is_target: bool) -> None:
    x, y = place
    reach = _RADIUS * _FINE
    if is_target:
        corners = [
            (x, y - 1.25 * reach),
            (x - 1.1 * reach, y + 0.75 * reach),
            (x + 1.1 * reach, y + 0.75 * reach),
        ]
        pen.polygon(corners, fill=colour, outline=INK, width=_FINE - 1)
    else:
        pen.ellipse(
            (x - reach, y - reach, x + reach, y + reach), fill=colour, outline=PAPER, width=_FINE // 2
        )


def _legend_place(row: int) -> tuple[float, float]:
    return (SIZE[0] - _LEGEND + 14) * _FINE, (_MARGIN + 10 + row * _ROW) * _FINE


def _legend_rows(shown: NDArray[np.int64], classes: Sequence[str]) -> list[tuple[int | None, str]]:
    """Classes that are drawn, in label order, as far as there is room."""
    found: list[int] = np.unique(shown).tolist()
    rows: list[tuple[int | None, str]] = [
        (each, "not known" if each == UNKNOWN else classes[each]) for each in sorted(found, key=_unknown_last)
    ]
    room = (SIZE[1] - 2 * _MARGIN) // _ROW - 4
    if len(rows) <= room:
        return rows
    return [*rows[: room - 1], (None, f"and {len(rows) - room + 1} more")]


def _unknown_last(label: int) -> tuple[bool, int]:
    return label == UNKNOWN, label


def _write(pen: ImageDraw.ImageDraw, lines: Sequence[str]) -> None:
    font = ImageFont.load_default(14)
    room = _LEGEND - 32 - 6
    for row, line in enumerate(lines):
        text = line
        while pen.textlength(text, font=font) > room:
            text = text.removesuffix("…")[:-1] + "…"
        x, y = _legend_place(row)
        pen.text((x / _FINE + 14, y / _FINE), text, fill=INK, font=font, anchor="lm")
