from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.data.cached_views import CachedViews, all_views
from models.data.classes.arrays import ArrayNames, open_images_npz
from models.data.classes.found import ClassesError
from models.data.classes.idx import open_idx
from models.data.labels_2d import edges_2d
from models.data.multimnist.bundled import bundled_digits
from models.data.multimnist.pairs import overlapped
from models.data.multimnist.source import multimnist
from models.data.pooled import PooledViews
from models.data.splits import SPLITS, SplitSizes
from models.data.views import INDEX, UnknownLabel
from models.tasks.registry import definition
from models.training.progress import NullContext, Stopped
from tests.class_files import class_npz, examples, idx_folder

SHARED = Path(__file__).parents[6] / "shared/data"
LABELS = ("rgb", "left", "right")


@pytest.fixture(scope="module")
def bundled():
    return multimnist(bundled_digits(), seed=0)


@pytest.fixture
def views(bundled, tmp_path):
    return CachedViews(bundled, all_views(bundled), tmp_path / "cache")


def read(digits, part):
    return np.concatenate(list(digits.read(part, 28)))


def test_the_bundled_digits_lie_in_the_box_of_mnist_s():
    digits = bundled_digits()
    images = read(digits, "train")
    assert images.shape == (1797, 28, 28, 3)
    assert not images[:, :4].any()
    assert not images[:, :, 24:].any()
    assert images[:, 4:24, 4:24].max() == 255
    assert set(digits.counts("train")) == set("0123456789")


def test_an_image_shows_the_digits_that_its_labels_name(bundled, views):
    images, known = read(bundled.digits, "train"), bundled.digits.labels["train"]
    for split in SPLITS:
        found = views.load(split, LABELS)
        ids = found[INDEX]
        other = bundled.partner[ids]
        assert np.array_equal(found["rgb"], overlapped(images[ids], images[other], 28))
        assert np.array_equal(found["left"], known[ids])
        assert np.array_equal(found["right"], known[other])
        assert (found["rgb"].dtype, found["left"].dtype) == (np.uint8, np.int64)


def test_no_digit_is_in_two_splits_on_either_side(bundled):
    seen = [{*ids.tolist(), *bundled.partner[ids].tolist()} for ids in bundled.splits.values()]
    assert sum(map(len, seen)) == len(set().union(*seen)) == 1797
    assert {split: len(ids) for split, ids in bundled.splits.items()} == {
        "train": 1152,
        "transfer": 143,
        "validation": 143,
        "test": 359,
    }


def test_the_test_part_of_the_digits_is_the_test_split(tmp_path):
    folder = idx_folder(tmp_path / "idx", parts=("train", "t10k"))
    found = multimnist(open_idx(folder), seed=1)
    views = CachedViews(found, all_views(found), tmp_path / "cache")
    assert {split: views.size(split) for split in SPLITS} == {
        "train": 24,
        "transfer": 3,
        "validation": 3,
        "test": 30,
    }
    assert views.load("test", ["left"])[INDEX].tolist() == list(range(30, 60))
    y = examples()[1]
    assert np.array_equal(views.load("test", ["left"])["left"], y)
    assert np.array_equal(views.load("train", ["right"])["right"], y[found.partner[found.splits["train"]]])


def test_coloured_digits_keep_their_colours(tmp_path):
    digits = open_images_npz(class_npz(tmp_path / "a.npz"), ArrayNames(x="x", y="y", classes="classes"))
    found = multimnist(digits, seed=0)
    assert found.tasks[0].classes == ("apple", "leaf", "sky")
    image = next(iter(found.decode(found.splits["test"], ["rgb"])))["rgb"][0]
    assert image[0, 0].tolist() == read(digits, "train")[found.splits["test"][0]][0, 0].tolist()


def test_seed_size_and_digits_name_the_data(bundled):
    digits = bundled_digits()
    others = [multimnist(digits, seed=1), multimnist(digits, seed=0, size=32)]
    assert len({bundled.content, *(each.content for each in others)}) == 3
    assert multimnist(digits, seed=0).content == bundled.content


def test_the_size_of_the_images_may_be_another(tmp_path):
    found = multimnist(bundled_digits(), seed=0, size=32)
    views = CachedViews(found, SplitSizes(8, 4, 4, 4), tmp_path)
    assert views.image_size == 32
    assert views.load("train", ["rgb"])["rgb"].shape == (8, 32, 32, 3)


def test_fewer_views_are_spread_over_the_split(bundled, tmp_path):
    few = CachedViews(bundled, SplitSizes(train=10, transfer=5, validation=5, test=5), tmp_path)
    ids = few.load("train", ["left"])[INDEX]
    assert np.array_equal(ids, bundled.splits["train"][np.arange(10) * 1152 // 10])
    with pytest.raises(ValueError, match="the split test has 359 views, not 360"):
        CachedViews(bundled, SplitSizes(train=10, transfer=5, validation=5, test=360), tmp_path)


def test_the_tasks_of_the_image_can_be_trained_too(views):
    found = views.load("validation", ["edges_2d", "rgb"])
    assert np.array_equal(found["edges_2d"], edges_2d(np.asarray(found["rgb"])))
    with pytest.raises(UnknownLabel, match="depth"):
        views.load("test", ["depth"])


def test_a_network_learns_from_the_labels_as_they_are(views):
    import torch

    found = views.load("test", LABELS)
    for name in ("left", "right"):
        task = definition(name, image_size=28, label_info=views.label_info)
        batch = {label: torch.from_numpy(np.array(found[label][:4])) for label in task.labels}
        assert task.target(batch).values.argmax(1).tolist() == found[name][:4].tolist()


def test_pooled_views_hold_all_that_may_be_trained_on(views):
    assert len(PooledViews(views).load("train", LABELS)["left"]) == 1152 + 143


def test_preparing_stops_when_asked_to(views):
    class Stop(NullContext):
        def should_stop(self):
            return True

    with pytest.raises(Stopped):
        views.prepare(LABELS, Stop())


def test_digits_of_no_use_are_refused(tmp_path):
    digits = open_images_npz(class_npz(tmp_path / "a.npz"), ArrayNames(x="x", y="y", classes="classes"))
    unlabelled = open_images_npz(tmp_path / "a.npz", ArrayNames(x="x"))
    few = open_images_npz(
        class_npz(tmp_path / "b.npz", x=examples(18)[0], y=examples(18)[1]), ArrayNames(x="x", y="y")
    )
    one = replace(digits, classes=("apple",))
    for each, reason in ((unlabelled, "no class"), (few, "18 digits leave 1"), (one, "1 class")):
        with pytest.raises(ClassesError, match=reason):
            multimnist(each, seed=0)


@pytest.mark.skipif(not (SHARED / "mnist.npz").exists(), reason="needs the digits of MNIST")
def test_multimnist_has_the_sizes_of_the_paper(tmp_path):
    names = ArrayNames(x="x_train", y="y_train", x_test="x_test", y_test="y_test")
    found = multimnist(open_images_npz(SHARED / "mnist.npz", names), seed=0)
    assert {split: len(ids) for split, ids in found.splits.items()} == {
        "train": 48_000,
        "transfer": 6_000,
        "validation": 6_000,
        "test": 10_000,
    }
    views = CachedViews(found, SplitSizes(train=48_000, transfer=2, validation=2, test=2), tmp_path)
    images = views.load("train", ["rgb"])["rgb"]
    assert images.shape == (48_000, 28, 28, 3)
    # The mean of MNIST's pixels is 0.1307; two digits, of which some is hidden, on 1.65 times the area.
    assert 0.1307 < images.mean() / 255 < 2 * 0.1307
