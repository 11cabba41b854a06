import json

import numpy as np
import pytest

from app.datasets.kinds.base import DatasetRejected, DerivedKind
from app.datasets.kinds.multimnist import MultiMnistKind
from models.taxonomy.dictionary import TASKS
from tests.class_files import class_npz, examples, idx_folder

KIND = MultiMnistKind()
READ = {"kind": "images_npz", "options": {"x": "x", "y": "y", "classes": "classes"}}


def split_npz(path):
    x, y = examples()
    return class_npz(path, x_train=x, y_train=y, x_test=x, y_test=y)


def test_without_a_location_the_bundled_digits_are_taken():
    found = KIND.inspect(None, {})
    assert found.options == {"digits": "bundled", "seed": 0, "size": 28}
    assert found.fingerprint == KIND.inspect(None, {"digits": "bundled"}).fingerprint
    assert found.fingerprint == KIND.inspect(None, {"digits": None}).fingerprint
    assert found.report.splits == {"train": 1152, "transfer": 143, "validation": 143, "test": 359}
    assert [(task.name, task.kind, len(task.classes)) for task in found.report.own] == [
        ("left", "class", 10),
        ("right", "class", 10),
    ]


def test_tasks_of_the_image_are_available_and_others_are_not():
    tasks = KIND.inspect(None, {"size": 32}).report.tasks
    assert set(tasks) == {*TASKS, "left", "right"}
    assert tasks["left"].available
    assert tasks["edges_2d"].available
    assert tasks["autoencoding"].views == 1797
    assert tasks["depth"].detail == "multimnist has no labels for depth"


def test_a_folder_is_read_as_idx_and_a_file_by_the_usual_names(tmp_path):
    folder = KIND.inspect(idx_folder(tmp_path / "idx"), {})
    assert folder.options["digits"] == {"kind": "idx", "options": {}}
    file = KIND.inspect(split_npz(tmp_path / "a.npz"), {"seed": 3})
    assert file.options["digits"]["kind"] == "images_npz"
    assert file.report.splits == {"train": 24, "transfer": 3, "validation": 3, "test": 30}
    assert {each.path for each in file.report.skipped} == {"a.npz/x", "a.npz/y", "a.npz/classes"}


def test_stored_options_make_the_same_data(tmp_path):
    for location, options in (
        (None, {}),
        (idx_folder(tmp_path / "idx"), {"seed": 1}),
        (split_npz(tmp_path / "a.npz"), {"size": 32}),
        (class_npz(tmp_path / "b.npz"), {"digits": READ}),
    ):
        found = KIND.inspect(location, options)
        stored = json.loads(json.dumps(dict(found.options)))
        assert KIND.inspect(location, stored) == found


def test_seed_and_size_are_other_data():
    prints = [KIND.inspect(None, options).fingerprint for options in ({}, {"seed": 1}, {"size": 32})]
    assert len(set(prints)) == 3


def test_only_a_name_that_is_not_the_bundled_ones_may_be_a_data_set_s():
    assert isinstance(KIND, DerivedKind)
    given = [{}, {"digits": None}, {"digits": "bundled"}, {"digits": READ}, {"digits": "dat_1"}]
    assert [KIND.source_id(options) for options in given] == [None, None, None, None, "dat_1"]


@pytest.mark.parametrize(
    ("options", "located", "pointer", "named"),
    [
        ({"digits": "mnist"}, False, "/options/digits", "not 'mnist'"),
        ({"digits": READ}, False, "/location", "is needed"),
        ({"digits": "bundled"}, True, "/options/digits", "leave one of the two out"),
        ({"digits": {"kind": "rooms"}}, True, "/options/digits", "'idx' or 'images_npz'"),
        ({"digits": {"kind": "images_npz", "options": {"x": "z"}}}, True, "/options/digits/options/x", "'z'"),
        ({"digits": {"kind": "idx", "options": {"x": 1}}}, True, "/options/digits/options/x", "idx has"),
        ({"digits": {"kind": "images_npz", "options": {"x": "x"}}}, True, "/options/digits", "no class"),
        ({}, True, "/location", "no array 'x_train'; it has classes, x, y"),
        ({"seed": -1}, False, "/options/seed", "greater than or equal to 0"),
        ({"size": 8}, False, "/options/size", "16"),
        ({"digit": "bundled"}, False, "/options/digit", "multimnist has digits, seed, size"),
    ],
)
def test_what_is_wrong_is_named_by_its_option(tmp_path, options, located, pointer, named):
    location = class_npz(tmp_path / "a.npz") if located else None
    with pytest.raises(DatasetRejected) as caught:
        KIND.inspect(location, options)
    assert any(error.pointer == pointer and named in error.detail for error in caught.value.errors)


def test_too_few_digits_and_files_that_are_not_there_are_refused(tmp_path):
    few = class_npz(tmp_path / "a.npz", x=examples(9)[0], y=np.arange(9) % 3)
    for location, options, named in (
        (few, {"digits": READ}, "9 digits leave 0"),
        (tmp_path / "none.npz", {}, "No such file"),
    ):
        with pytest.raises(DatasetRejected, match=named):
            KIND.inspect(location, options)
