"""Forty yes-or-no attributes of a view of rooms: the built-in counterpart of CelebA's forty (Liu et al. 2015).

Each is a bound on one number that the renderer's labels give. Bounds were set on the first 640 views of seed 0 at 64
pixels so that 10 to 90 percent of the views have the attribute; numbers are shares of the view's pixels or metres, so
the same bounds serve other sizes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.instances import instance_pixels
from models.data.rooms.labels import OBJECT_CLASSES, SCENE_CLASSES, SEMANTIC_CLASSES
from models.taxonomy.own import OwnTask, own_task

Labels = Mapping[str, NDArray[Any]]
Measure = Callable[[Labels], NDArray[np.floating]]
"""From labels of N views to (N,) numbers."""

ATTRIBUTE_CLASSES = ("no", "yes")
SOURCE_LABELS = (
    "rgb",
    "depth",
    "instances",
    "object_class",
    "scene_class",
    "semantic_segmentation",
    "vanishing_points",
    "room_layout",
)
"""Labels of the renderer that attributes are computed from."""

_VISIBLE = 0.005  # share of the pixels from which a thing counts as seen
_COUNTED = 0.002  # share of the pixels from which an object is counted


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: a view has it where `least` <= number < `most`.

    Attributes:
        name: of the task.
        description: one sentence.
        measure: the number.
        least, most: bounds.
    """

    name: str
    description: str
    measure: Measure
    least: float = -inf
    most: float = inf

    @property
    def task(self) -> OwnTask:
        """The attribute as a declared task."""
        return own_task(self.name, "class", description=self.description, classes=ATTRIBUTE_CLASSES)


def _scene(name: str) -> Attribute:
    place = SCENE_CLASSES.index(name)
    text = f"The room is a {name.replace('_', ' ')}.".replace("a office", "an office")
    return Attribute(f"is_{name}", text, lambda labels: (labels["scene_class"] == place) * 1.0, least=1.0)


def _object(name: str) -> Attribute:
    place = OBJECT_CLASSES.index(name)

    def share(labels: Labels) -> NDArray[np.floating]:
        return labels["object_class"][:, place] * (labels["instances"] > 0).mean(axis=(1, 2))

    text = f"At least one in 200 pixels shows a {name.replace('_', ' ')}.".replace(
        "a armchair", "an armchair"
    )
    return Attribute(f"has_{name}", text, share, least=_VISIBLE)


def _covered(*classes: str) -> Measure:
    """The share of pixels of some semantic classes."""
    wanted = [SEMANTIC_CLASSES.index(name) for name in classes]
    return lambda labels: np.isin(labels["semantic_segmentation"], wanted).mean(axis=(1, 2))


def _nearest(labels: Labels) -> NDArray[np.floating]:
    return labels["depth"].min(axis=(1, 2))


def _farthest(labels: Labels) -> NDArray[np.floating]:
    return labels["depth"].max(axis=(1, 2))


def _downward(labels: Labels) -> NDArray[np.floating]:
    """By how many degrees the camera looks down: the room's up, in its frame, leans towards it."""
    return -np.degrees(np.arcsin(labels["vanishing_points"][:, 2]))


def _turned(labels: Labels) -> NDArray[np.floating]:
    """By how many degrees the camera is turned away from the wall that it faces most."""
    ahead = labels["vanishing_points"][:, 3:6]
    return np.abs(np.degrees(np.arctan2(ahead[:, 0], ahead[:, 2])))


def _extents(labels: Labels) -> NDArray[np.floating]:
    """(N, 2) the room's horizontal extents, metres."""
    return labels["room_layout"][:, [6, 8]]


def _area(labels: Labels) -> NDArray[np.floating]:
    return _extents(labels).prod(axis=1)


def _elongation(labels: Labels) -> NDArray[np.floating]:
    return _extents(labels).max(axis=1) / _extents(labels).min(axis=1)


def _brightness(labels: Labels) -> NDArray[np.floating]:
    return labels["rgb"].mean(axis=(1, 2, 3))


def _colourfulness(labels: Labels) -> NDArray[np.floating]:
    """The mean difference between the largest and the smallest channel, grey levels of 255."""
    rgb = labels["rgb"]
    return (rgb.max(axis=3) - rgb.min(axis=3)).mean(axis=(1, 2))


def _warmth(labels: Labels) -> NDArray[np.floating]:
    """By how many grey levels of 255 red is above blue."""
    red, _, blue = np.moveaxis(labels["rgb"].mean(axis=(1, 2)), 1, 0)
    return red - blue


def _objects(labels: Labels) -> NDArray[np.floating]:
    pixels = labels["instances"][0].size
    return (instance_pixels(labels["instances"])[:, 1:] >= _COUNTED * pixels).sum(axis=1).astype(np.float64)


ATTRIBUTES: tuple[Attribute, ...] = (
    *map(_scene, SCENE_CLASSES),
    *map(
        _object,
        (
            "window",
            "door",
            "picture",
            "mirror",
            "dresser",
            "bookcase",
            "dining_table",
            "coffee_table",
            "chair",
            "armchair",
            "bed",
            "ceiling_lamp",
            "table_lamp",
            "rug",
            "plant",
            "vase",
            "box",
        ),
    ),
    Attribute(
        "has_appliance",
        "At least one in 200 pixels shows an appliance, screens included.",
        _covered("appliance"),
        least=_VISIBLE,
    ),
    Attribute(
        "has_seat",
        "At least one in 200 pixels shows something to sit on.",
        _covered("chair", "sofa"),
        least=_VISIBLE,
    ),
    Attribute(
        "sees_ceiling", "At least one in 20 pixels shows the ceiling.", _covered("ceiling"), least=0.05
    ),
    Attribute("sees_much_floor", "At least one in 6 pixels shows the floor.", _covered("floor"), least=1 / 6),
    Attribute("sees_much_wall", "At least two in 5 pixels show a bare wall.", _covered("wall"), least=0.4),
    Attribute("is_close", "Something is nearer to the camera than 0.8 m.", _nearest, most=0.8),
    Attribute("sees_far", "Something is farther from the camera than 4 m.", _farthest, least=4.0),
    Attribute("looks_down", "The camera looks down by at least 12 degrees.", _downward, least=12.0),
    Attribute("faces_wall", "The camera faces a wall, by 12 degrees at most.", _turned, most=12.0),
    Attribute("is_large", "The room's floor measures at least 15 square metres.", _area, least=15.0),
    Attribute("is_elongated", "The room is at least a quarter longer than wide.", _elongation, least=1.25),
    Attribute("is_bright", "The mean of all channels is at least 150 of 255.", _brightness, least=150.0),
    Attribute(
        "is_colourful",
        "The strongest and the weakest channel differ by at least 36 of 255, on average.",
        _colourfulness,
        least=36.0,
    ),
    Attribute("is_warm", "Red is at least 18 of 255 above blue, on average.", _warmth, least=18.0),
    Attribute("is_crowded", "At least 9 objects cover one in 500 pixels or more each.", _objects, least=9.0),
)
"""All forty, in the order of the array `attributes`."""


def attributes(labels: Labels) -> NDArray[np.bool_]:
    """Which views have which attributes.

    Args:
        labels: those of `SOURCE_LABELS`, of N views.

    Returns:
        (N, 40) in the order of `ATTRIBUTES`.
    """
    columns: list[NDArray[np.bool_]] = []
    for each in ATTRIBUTES:
        number = each.measure(labels)
        columns.append((number >= each.least) & (number < each.most))
    return np.stack(columns, axis=1)
