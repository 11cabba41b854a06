from pathlib import Path

import numpy as np
import pytest

from models.data.classes.arrays import ArrayNames, open_features_npz, open_images_npz
from models.data.classes.cached import CachedClasses
from models.data.classes.found import ClassesError
from models.data.labelled import UNKNOWN
from tests.class_files import CLASSES, class_npz, examples

NAMES = ArrayNames(x="x", y="y", classes="classes")
SHARED = Path(__file__).parents[6] / "shared/data"


def opened(path, cache, names=NAMES, read=open_images_npz):
    return CachedClasses(read(path, names), cache)


def test_images_and_labels_come_as_they_are_stored(tmp_path):
    found = opened(class_npz(tmp_path / "a.npz"), tmp_path / "cache").load("train", None)
    x, y = examples()
    assert np.array_equal(found.inputs, x)
    assert np.array_equal(found.labels, y)
    assert (found.inputs.dtype, found.labels.dtype) == (np.uint8, np.int64)


@pytest.mark.parametrize("shape", [(30, 12, 12), (30, 12, 12, 1)])
def test_greys_become_three_equal_channels_of_the_size_asked_for(tmp_path, shape):
    greys = examples()[0][..., :1].reshape(shape)
    found = opened(class_npz(tmp_path / "a.npz", x=greys), tmp_path / "cache").load("train", 8)
    assert found.inputs.shape == (30, 8, 8, 3)
    assert np.array_equal(found.inputs[..., 0], found.inputs[..., 2])
    assert abs(found.inputs[0, ..., 0].mean() - greys[0].mean()) < 2


def test_classes_without_names_are_called_by_the_numbers_that_occur(tmp_path):
    path = class_npz(tmp_path / "a.npz", y=np.array([5, 3, 9] * 10))
    found = open_images_npz(path, ArrayNames(x="x", y="y"))
    assert found.classes == ("3", "5", "9")
    assert found.labels["train"][:3].tolist() == [1, 0, 2]
    assert found.counts("train") == {"3": 10, "5": 10, "9": 10}


def test_a_named_class_of_which_there_is_no_example_stays_a_class(tmp_path):
    path = class_npz(tmp_path / "a.npz", y=np.zeros(30, dtype=np.int16))
    assert open_images_npz(path, NAMES).counts("train") == {"apple": 30, "leaf": 0, "sky": 0}


def test_examples_may_have_no_class(tmp_path):
    unlabelled = open_images_npz(class_npz(tmp_path / "a.npz"), ArrayNames(x="x"))
    assert (unlabelled.classes, set(unlabelled.labels["train"].tolist())) == ((), {UNKNOWN})
    some = open_images_npz(class_npz(tmp_path / "b.npz", y=np.array([0, -1, 2] * 10)), NAMES)
    assert some.counts("train") == {"apple": 10, "leaf": 0, "sky": 10}


def test_a_share_of_each_class_is_kept_apart_by_the_seed(tmp_path):
    path = class_npz(tmp_path / "a.npz")
    found = [
        open_images_npz(path, ArrayNames(x="x", y="y", classes="classes", seed=seed, test_fraction=0.25))
        for seed in (0, 0, 1)
    ]
    assert found[0].counts("test") == dict.fromkeys(CLASSES, 2)
    assert found[0].counts("train") == dict.fromkeys(CLASSES, 8)
    parts = [CachedClasses(each, tmp_path / "cache").load("test", None).inputs for each in found]
    assert np.array_equal(parts[0], parts[1])
    assert not np.array_equal(parts[0], parts[2])
    train = CachedClasses(found[0], tmp_path / "cache").load("train", None).inputs
    seen = {image.tobytes() for part in (train, parts[0]) for image in part}
    assert len(seen) == 30, "no example is in both parts, and none is lost"


def test_a_test_part_may_be_arrays_of_another_size(tmp_path):
    x, y = examples(9, side=16)
    path = class_npz(tmp_path / "a.npz", x2=x, y2=y)
    names = ArrayNames(x="x", y="y", classes="classes", x_test="x2", y_test="y2")
    found = opened(path, tmp_path / "cache", names)
    assert (found.size("train"), found.size("test")) == (30, 9)
    assert found.load("test", 12).inputs.shape == (9, 12, 12, 3)
    with pytest.raises(ValueError, match="several sizes"):
        found.load("test", None)


def test_a_part_without_examples_is_empty(tmp_path):
    found = opened(class_npz(tmp_path / "a.npz"), tmp_path / "cache").load("test", 8)
    assert (found.inputs.shape, found.labels.shape) == ((0, 8, 8, 3), (0,))


def test_vectors_come_as_float32(tmp_path):
    x = np.random.default_rng(0).normal(size=(30, 7))
    found = opened(class_npz(tmp_path / "a.npz", x=x), tmp_path / "cache", read=open_features_npz)
    assert found.features == 7
    assert np.array_equal(found.load("train", None).inputs, x.astype(np.float32))
    assert found.load("test", None).inputs.shape == (0, 7)


def test_other_content_or_options_are_other_data(tmp_path):
    path, more = class_npz(tmp_path / "a.npz"), ArrayNames(x="x", y="y", classes="classes", test_fraction=0.5)
    other = class_npz(tmp_path / "b.npz", x=examples()[0] // 2)
    prints = [open_images_npz(path, NAMES), open_images_npz(path, more), open_images_npz(other, NAMES)]
    assert len({each.fingerprint for each in prints}) == 3
    assert open_images_npz(path, NAMES).fingerprint == prints[0].fingerprint


def test_arrays_that_no_option_names_are_reported(tmp_path):
    path = class_npz(tmp_path / "a.npz", notes=np.zeros(3))
    assert [each.path for each in open_images_npz(path, NAMES).skipped] == ["a.npz/notes"]


@pytest.mark.parametrize(
    ("changed", "names", "option", "named"),
    [
        ({}, {"x": "z"}, "x", "no array 'z'; it has classes, x, y"),
        ({}, {"y": "labels"}, "y", "no array 'labels'"),
        ({}, {"y": None}, "classes", "without y"),
        ({}, {"x_test": "x"}, "y_test", "both, or neither"),
        ({}, {"y_test": "y"}, "y_test", "without x_test"),
        ({}, {"x_test": "x", "y_test": "y", "test_fraction": 0.5}, "test_fraction", "leave one"),
        ({"x": np.zeros((30, 12, 12, 3), dtype=np.float32)}, {}, "x", "uint8"),
        ({"x": np.zeros((30, 12, 12, 4), dtype=np.uint8)}, {}, "x", "(30, 12, 12, 4)"),
        ({"x": np.zeros((0, 12, 12), dtype=np.uint8)}, {}, "x", "(0, 12, 12)"),
        ({"y": np.zeros(29, dtype=np.uint8)}, {}, "y", "shape (30,)"),
        ({"y": np.zeros(30)}, {}, "y", "whole numbers"),
        ({"y": np.full(30, 3)}, {}, "y", "the class 3; 3 are named"),
        ({"y": np.full(30, -2)}, {}, "y", "-2"),
        ({"classes": np.zeros(3)}, {}, "classes", "texts"),
        ({"classes": np.array(["a", "a", "b"])}, {}, "classes", "twice: a"),
        ({"classes": np.array(["a", " ", "b"])}, {}, "classes", "empty"),
    ],
)
def test_what_is_wrong_is_named_by_its_option(tmp_path, changed, names, option, named):
    chosen = {"x": "x", "y": "y", "classes": "classes"} | names
    with pytest.raises(ClassesError) as caught:
        open_images_npz(class_npz(tmp_path / "a.npz", **changed), ArrayNames(**chosen))
    assert [problem[0] for problem in caught.value.problems] == [option]
    assert named in caught.value.problems[0][1]


@pytest.mark.parametrize("x", [np.array([[np.nan]] * 30), np.array([[1e300]] * 30)])
def test_vectors_that_are_not_finite_are_refused(tmp_path, x):
    with pytest.raises(ClassesError, match="not finite"), np.errstate(over="ignore"):
        open_features_npz(class_npz(tmp_path / "a.npz", x=x), NAMES)


def test_a_damaged_file_is_refused(tmp_path):
    path = class_npz(tmp_path / "a.npz")
    content = bytearray(path.read_bytes())
    content[300] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ClassesError):
        open_images_npz(path, NAMES)
    path.write_bytes(b"no zip")
    with pytest.raises(ClassesError, match="no readable npz"):
        open_images_npz(path, NAMES)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the benchmark packs")
def test_the_benchmark_packs_open():
    digits = ArrayNames(x="x_train", y="y_train", x_test="x_test", y_test="y_test")
    usps = open_images_npz(SHARED / "usps.npz", digits)
    assert usps.classes == tuple("0123456789")
    assert (usps.image_size, len(usps.labels["train"]), len(usps.labels["test"])) == (16, 7291, 2007)
    mnist = open_images_npz(SHARED / "mnist.npz", digits)
    assert (mnist.image_size, len(mnist.labels["train"]), mnist.counts("test")["1"]) == (28, 60000, 1135)
    pacs = ArrayNames(x="cartoon_x", y="cartoon_y", classes="classes")
    cartoons = open_images_npz(SHARED / "pacs_photo_cartoon_64.npz", pacs)
    assert cartoons.classes == ("dog", "elephant", "giraffe", "guitar", "horse", "house", "person")
    assert sum(cartoons.counts("train").values()) == 2344
