from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from models.data.rooms.attributes import ATTRIBUTES, SOURCE_LABELS, attributes
from models.data.rooms.config import RoomsConfig
from models.data.rooms.labels import OBJECT_CLASSES, SCENE_CLASSES, SEMANTIC_CLASSES
from models.data.rooms.render import render

PLACES = {each.name: place for place, each in enumerate(ATTRIBUTES)}


@pytest.fixture(scope="module")
def labels() -> Mapping[str, Any]:
    return render(RoomsConfig(seed=0, size=32), range(128), SOURCE_LABELS)


def test_there_are_forty_with_names_of_their_own():
    assert len(ATTRIBUTES) == len(PLACES) == 40
    assert all(each.task.classes == ("no", "yes") for each in ATTRIBUTES)


def test_every_attribute_is_true_of_some_views_and_false_of_most_others(labels: Mapping[str, Any]):
    shares = attributes(labels).mean(axis=0)
    assert {
        each.name for each, share in zip(ATTRIBUTES, shares, strict=True) if not 0.04 < share < 0.8
    } == set()


def test_every_view_is_of_exactly_one_scene(labels: Mapping[str, Any]):
    scenes = attributes(labels)[:, [PLACES[f"is_{name}"] for name in SCENE_CLASSES]]
    assert np.array_equal(scenes.argmax(axis=1), labels["scene_class"])
    assert np.array_equal(scenes.sum(axis=1), np.ones(len(scenes)))


def test_an_object_counts_from_one_pixel_in_two_hundred_on():
    view = _blank()
    view["object_class"][0, OBJECT_CLASSES.index("bed")] = 1
    view["instances"][0].flat[:5] = 1  # of 1024 pixels
    assert not _has(view, "has_bed")
    view["instances"][0].flat[:6] = 1
    assert _has(view, "has_bed")
    assert not _has(view, "has_door")


def test_surfaces_are_measured_in_shares_of_the_view():
    view = _blank()
    view["semantic_segmentation"][0] = SEMANTIC_CLASSES.index("wall")
    assert _has(view, "sees_much_wall")
    view["semantic_segmentation"][0, :20] = SEMANTIC_CLASSES.index("ceiling")
    assert not _has(view, "sees_much_wall")
    assert _has(view, "sees_ceiling")
    assert not _has(view, "sees_much_floor")


@pytest.mark.parametrize(
    ("depth", "close", "far"), [(0.7, True, False), (2.0, False, False), (4.5, False, True)]
)
def test_distances_are_those_of_the_nearest_and_the_farthest_pixel(depth: float, close: bool, far: bool):
    view = _blank()
    view["depth"][0, 3, 4] = depth
    assert (_has(view, "is_close"), _has(view, "sees_far")) == (close, far)


@pytest.mark.parametrize(("degrees", "down"), [(11.0, False), (13.0, True), (-20.0, False)])
def test_looking_down_is_told_by_where_up_is(degrees: float, down: bool):
    view = _blank()
    angle = np.radians(degrees)
    view["vanishing_points"][0, :3] = (0, -np.cos(angle), -np.sin(angle))
    assert _has(view, "looks_down") == down


@pytest.mark.parametrize(("degrees", "faces"), [(-5.0, True), (20.0, False), (-20.0, False)])
def test_facing_a_wall_is_told_by_where_the_room_s_axis_is(degrees: float, faces: bool):
    view = _blank()
    angle = np.radians(degrees)
    view["vanishing_points"][0, 3:6] = (np.sin(angle), 0, np.cos(angle))
    assert _has(view, "faces_wall") == faces


def test_size_and_shape_are_the_floor_s():
    view = _blank()
    view["room_layout"][0, 6:] = (3, 2.5, 3)
    assert not _has(view, "is_large")
    assert not _has(view, "is_elongated")
    view["room_layout"][0, 6:] = (3, 2.5, 6)
    assert _has(view, "is_large")
    assert _has(view, "is_elongated")


def test_colours_are_measured_over_the_whole_image():
    view = _blank()
    view["rgb"][0] = (200, 160, 120)
    assert [_has(view, name) for name in ("is_bright", "is_colourful", "is_warm")] == [True] * 3
    view["rgb"][0] = (60, 80, 90)
    assert [_has(view, name) for name in ("is_bright", "is_colourful", "is_warm")] == [False] * 3


def test_a_crowd_is_counted_in_objects():
    view = _blank()
    for each in range(8):
        view["instances"][0, each, :4] = each + 1
    assert not _has(view, "is_crowded")
    view["instances"][0, 8, :2] = 9  # too small to count
    assert not _has(view, "is_crowded")
    view["instances"][0, 8, :4] = 9
    assert _has(view, "is_crowded")


def _blank(size: int = 32) -> dict[str, Any]:
    """Labels of a view in which there is nothing."""
    upright = np.array([[0, -1, 0, 0, 0, 1, 1, 0, 0]], dtype=np.float32)
    return {
        "rgb": np.zeros((1, size, size, 3), dtype=np.uint8),
        "depth": np.full((1, size, size), 2, dtype=np.float32),
        "instances": np.zeros((1, size, size), dtype=np.int16),
        "object_class": np.zeros((1, len(OBJECT_CLASSES)), dtype=np.float32),
        "scene_class": np.zeros(1, dtype=np.int64),
        "semantic_segmentation": np.zeros((1, size, size), dtype=np.uint8),
        "vanishing_points": upright,
        "room_layout": np.ones((1, 9), dtype=np.float32),
    }


def _has(view: dict[str, Any], name: str) -> bool:
    return bool(attributes(view)[0, PLACES[name]])
