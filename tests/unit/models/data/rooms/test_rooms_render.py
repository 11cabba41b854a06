import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

from models.data.rooms.config import RoomsConfig, RoomsConfigError
from models.data.rooms.labels import LABELS, OBJECT_CLASSES, SCENE_CLASSES, SEMANTIC_CLASSES
from models.data.rooms.render import render

CONFIG = RoomsConfig(seed=3, size=32)
SINGLE_VIEW = tuple(name for name in LABELS if not name.startswith(("fixated", "nonfixated", "ego", "point")))


@pytest.fixture(scope="module")
def views() -> dict[str, np.ndarray]:
    return render(CONFIG, range(20), LABELS)


def assert_same_bits(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    assert first.keys() == second.keys()
    for name, values in first.items():
        assert values.dtype == second[name].dtype
        assert values.tobytes() == second[name].tobytes(), name


@pytest.mark.parametrize("name", LABELS)
def test_label_has_the_shape_and_dtype_that_its_spec_promises(
    name: str, views: dict[str, np.ndarray]
) -> None:
    spec = LABELS[name]
    assert views[name].shape == (20, *(CONFIG.size if n is None else n for n in spec.shape))
    assert views[name].dtype == spec.dtype
    assert np.isfinite(views[name].astype(np.float64)).all()


@pytest.mark.parametrize(
    "name",
    ["occlusion_edges", "keypoints_3d", "reshading", "edges_2d", "keypoints_2d", "object_class"],
)
def test_responses_lie_between_zero_and_one(name: str, views: dict[str, np.ndarray]) -> None:
    assert views[name].min() >= 0.0
    assert views[name].max() <= 1.0
    assert views[name].max() > 0.3


def test_class_ids_index_their_classes(views: dict[str, np.ndarray]) -> None:
    assert views["semantic_segmentation"].max() < len(SEMANTIC_CLASSES)
    assert set(views["scene_class"]) <= set(range(len(SCENE_CLASSES)))
    assert views["object_class"].shape[1] == len(OBJECT_CLASSES)
    np.testing.assert_allclose(views["object_class"].sum(axis=1), 1.0, rtol=1e-6)


def test_view_is_the_same_bits_in_any_batch_and_order(views: dict[str, np.ndarray]) -> None:
    order = [17, 2, 2, 11]
    again = render(CONFIG, order, LABELS)
    assert_same_bits(again, {name: values[order] for name, values in views.items()})
    alone = render(CONFIG, [11], LABELS)
    assert_same_bits(alone, {name: values[11:12] for name, values in views.items()})


def test_view_is_the_same_bits_in_another_process_and_in_threads(views: dict[str, np.ndarray]) -> None:
    expected = {name: views[name] for name in SINGLE_VIEW}
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert_same_bits(render(CONFIG, range(20), SINGLE_VIEW, pool), expected)
    with ThreadPoolExecutor(2) as pool:
        assert_same_bits(render(CONFIG, range(20), SINGLE_VIEW, pool), expected)


@pytest.mark.parametrize("name", LABELS)
def test_label_does_not_depend_on_what_else_is_asked(name: str, views: dict[str, np.ndarray]) -> None:
    assert_same_bits(render(CONFIG, [4, 5], [name]), {name: views[name][4:6]})


def test_styles_share_geometry_and_differ_in_colour() -> None:
    names = ["rgb", "depth", "semantic_segmentation", "scene_class", "vanishing_points", "valid"]
    a, b = (render(RoomsConfig(size=32, style=style), range(8), names) for style in ("a", "b"))
    for name in names[1:]:
        assert a[name].tobytes() == b[name].tobytes(), name
    assert np.abs(a["rgb"].astype(int) - b["rgb"]).mean() > 20


def test_seeds_and_indices_give_different_views(views: dict[str, np.ndarray]) -> None:
    other = render(RoomsConfig(seed=4, size=32), range(20), ["rgb"])["rgb"]
    every = np.concatenate((views["rgb"], other))
    assert len({image.tobytes() for image in every}) == 40


def test_no_views_give_empty_arrays() -> None:
    empty = render(CONFIG, [], ["rgb", "scene_class"])
    assert empty["rgb"].shape == (0, 32, 32, 3)
    assert empty["scene_class"].dtype == np.int64


@pytest.mark.parametrize(("indices", "labels"), [([0], ["colour"]), ([-1], ["rgb"])])
def test_unknown_labels_and_negative_indices_are_refused(indices: list[int], labels: list[str]) -> None:
    with pytest.raises(RoomsConfigError):
        render(CONFIG, indices, labels)


@pytest.mark.parametrize("fields", [{"seed": -1}, {"size": 60}, {"size": 8}, {"style": "c"}])
def test_config_outside_its_range_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(RoomsConfigError):
        RoomsConfig(**fields)  # type: ignore[arg-type]


def test_images_have_decent_light_and_contrast() -> None:
    images = render(RoomsConfig(size=32), range(200), ["rgb"])["rgb"].astype(float)
    means, spreads = images.mean(axis=(1, 2, 3)), images.std(axis=(1, 2, 3))
    assert np.percentile(means, 2) > 60
    assert np.percentile(means, 98) < 215
    assert np.percentile(spreads, 5) > 25


def test_views_show_objects_of_balanced_classes() -> None:
    names = ["semantic_segmentation", "instances", "scene_class"]
    views = render(RoomsConfig(size=32), range(400), names)
    objects = [len(np.unique(ids)) - 1 for ids in views["instances"]]
    assert np.median(objects) >= 5
    assert np.bincount(views["scene_class"], minlength=8).min() > 25
    for index, name in enumerate(SEMANTIC_CLASSES):
        seen = (views["semantic_segmentation"] == index).sum(axis=(1, 2)) > 5
        assert seen.mean() > 0.08, name
