import numpy as np
import pytest

from models.adaptation.shared import DomainsError, shared_domains, source_numbers
from models.data.classes.arrays import ArrayNames, open_features_npz, open_images_npz
from models.data.classes.cached import CachedClasses
from models.data.labelled import UNKNOWN
from tests.class_files import class_npz, examples

NAMES = ArrayNames(x="x", y="y", classes="classes")


@pytest.fixture
def opened(tmp_path):
    def open_one(name, names=NAMES, read=open_images_npz, **changed):
        return CachedClasses(read(class_npz(tmp_path / f"{name}.npz", **changed), names), tmp_path / "cache")

    return open_one


def test_labels_of_the_target_are_matched_by_name(opened):
    source = opened("source")
    target = opened("target", classes=np.array(["sky", "apple", "moon"]))
    first, second = shared_domains(source, target, image_size=8)
    assert first.labels[:3].tolist() == [0, 1, 2]
    assert second.labels[:3].tolist() == [2, 0, UNKNOWN], "the source knows no moon"
    assert first.inputs.shape == second.inputs.shape == (30, 8, 8, 3)


def test_a_target_may_be_restricted_to_some_classes(opened):
    _, target = shared_domains(opened("source"), opened("target"), target_classes=["sky", "apple"])
    assert np.bincount(target.labels).tolist() == [10, 0, 10]
    x, y = examples()
    assert np.array_equal(target.inputs, x[y != 1])


def test_a_target_may_have_no_labels(opened):
    unlabelled = opened("target", names=ArrayNames(x="x"))
    _, target = shared_domains(opened("source"), unlabelled)
    assert set(target.labels.tolist()) == {UNKNOWN}
    with pytest.raises(DomainsError, match="the target has no class 'sky'; it has none"):
        shared_domains(opened("source"), unlabelled, target_classes=["sky"])


def test_examples_of_the_source_without_a_label_are_left_out(opened):
    source = opened("source", y=np.array([0, -1, 2] * 10))
    assert len(shared_domains(source, opened("target"))[0]) == 20
    with pytest.raises(DomainsError, match="no labelled example"):
        shared_domains(opened("none", y=np.full(30, -1)), opened("target"))


def test_vectors_meet_vectors_of_the_same_length(opened):
    vectors = [opened(str(n), read=open_features_npz, x=np.ones((30, n))) for n in (4, 5)]
    source, target = shared_domains(vectors[0], vectors[0])
    assert source.inputs.shape == target.inputs.shape == (30, 4)
    for other in (vectors[1], opened("images")):
        with pytest.raises(DomainsError, match="the source vectors of 4 numbers") as caught:
            shared_domains(vectors[0], other)
        assert caught.value.field == "target"


def test_images_of_two_sizes_need_one(opened):
    small = opened("small", x=examples(side=10)[0])
    with pytest.raises(DomainsError, match="12 pixels high, of the target 10") as caught:
        shared_domains(opened("source"), small)
    assert caught.value.field == "image_size"


@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        (["moon", "sky", "sun"], "the target has no class 'moon', 'sun'; it has sky, apple, leaf"),
        (["leaf"], "the source has no class 'leaf'; it has apple, sky"),
        ([], "at least one"),
    ],
)
def test_classes_that_are_not_there_are_named(chosen, named):
    with pytest.raises(DomainsError) as caught:
        source_numbers(["apple", "sky"], ["sky", "apple", "leaf"], chosen)
    assert named in str(caught.value)
    assert caught.value.field == "target_classes"


def test_a_restriction_that_leaves_nothing_is_refused(opened):
    target = opened("target", y=np.zeros(30, dtype=np.uint8))
    with pytest.raises(DomainsError, match="no example of sky"):
        shared_domains(opened("source"), target, target_classes=["sky"])


def test_a_source_of_one_class_is_refused(opened):
    with pytest.raises(DomainsError, match="1 classes"):
        shared_domains(
            opened("source", classes=np.array(["all"]), y=np.zeros(30, dtype=np.uint8)), opened("target")
        )
