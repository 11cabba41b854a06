import json

import numpy as np
import pytest

from app.datasets.kinds.base import DatasetRejected
from app.datasets.kinds.registry import KINDS
from models.data.rooms.labels import FREQUENT_OBJECTS
from models.taxonomy.dictionary import TASKS
from tests.class_files import CLASSES, class_folders, class_npz, idx_folder, image_list

ARRAYS = {"x": "x", "y": "y", "classes": "classes"}
TENS = dict.fromkeys(CLASSES, 10)


def located(kind, folder):
    """A small data set of a kind: where it lies, and its options."""
    if kind == "images_npz":
        return class_npz(folder / "a.npz"), ARRAYS
    if kind == "features_npz":
        return class_npz(folder / "a.npz", x=np.ones((30, 4))), ARRAYS
    if kind == "idx":
        return idx_folder(folder / "digits"), {"classes": list(CLASSES)}
    root = class_folders(folder / "plates")
    lines = {f"/else/{CLASSES[n % 3]}/frame_{n:04}.png": n % 3 for n in range(30)}
    image_list(root / "list.txt", lines)
    return root, {"list": "list.txt", "classes": list(CLASSES)}


OF_FILES = ("images_npz", "features_npz", "idx", "image_list")


@pytest.mark.parametrize("kind", OF_FILES)
def test_the_report_counts_examples_by_class_and_part(tmp_path, kind):
    location, options = located(kind, tmp_path)
    report = KINDS[kind].inspect(location, options | {"test_fraction": 0.5}).report
    assert report.splits == {"train": 15, "test": 15}
    assert report.classes is not None
    assert [(each.name, each.examples) for each in report.classes] == [
        (name, {"train": 5, "test": 5}) for name in CLASSES
    ]
    assert report.image_size == (None if kind == "features_npz" else 12)


@pytest.mark.parametrize("kind", OF_FILES)
def test_no_task_of_the_dictionary_is_available(tmp_path, kind):
    report = KINDS[kind].inspect(*located(kind, tmp_path)).report
    assert set(report.tasks) == set(TASKS)
    assert not any(each.available for each in report.tasks.values())
    assert all("adaptations" in str(each.detail) for each in report.tasks.values())


@pytest.mark.parametrize("kind", OF_FILES)
def test_stored_options_open_the_same_data(tmp_path, kind):
    location, options = located(kind, tmp_path)
    found = KINDS[kind].inspect(location, options)
    stored = json.loads(json.dumps(dict(found.options)))
    assert stored["test_fraction"] == 0.0
    assert KINDS[kind].inspect(location, stored).fingerprint == found.fingerprint


@pytest.mark.parametrize(
    ("kind", "changed", "pointer", "named"),
    [
        ("images_npz", {"x": "photo_x"}, "/options/x", "no array 'photo_x'; it has classes, x, y"),
        ("images_npz", {"colour": 1}, "/options/colour", "images_npz has x, y, classes"),
        ("images_npz", {"test_fraction": 1.0}, "/options/test_fraction", "less than 1"),
        ("features_npz", {"seed": -1}, "/options/seed", "greater than or equal to 0"),
        ("features_npz", {"y": "z"}, "/options/y", "no array 'z'"),
        ("idx", {"classes": ["a", "b"]}, "/options/classes", "the class 2; 2 are named"),
        ("idx", {"x": "x"}, "/options/x", "idx has classes"),
        ("image_list", {"classes": ["apple"]}, "/options/list", "line 2: the class 1; 1 are named"),
        ("image_list", {"class_map": "office"}, "/options/class_map", "classes names them"),
        ("image_list", {"root": "../.."}, "/options/root", "'../..'"),
    ],
)
def test_what_is_wrong_is_named_by_its_option(tmp_path, kind, changed, pointer, named):
    location, options = located(kind, tmp_path)
    with pytest.raises(DatasetRejected) as caught:
        KINDS[kind].inspect(location, options | changed)
    assert [error.pointer for error in caught.value.errors] == [pointer]
    assert named in caught.value.errors[0].detail


@pytest.mark.parametrize("kind", OF_FILES)
def test_a_location_of_another_kind_is_refused(tmp_path, kind):
    _, options = located(kind, tmp_path)
    (tmp_path / "note").write_text("nothing")
    with pytest.raises(DatasetRejected) as caught:
        KINDS[kind].inspect(tmp_path / "note", options)
    assert {error.pointer for error in caught.value.errors} == {"/location"}


def test_many_skipped_files_are_counted_and_the_first_listed(tmp_path):
    root = class_folders(tmp_path / "plates")
    lines = {f"{CLASSES[n % 3]}/frame_{n:04}.png": n % 3 for n in range(200)}
    image_list(root / "list.txt", lines)
    report = KINDS["image_list"].inspect(root, {"list": "list.txt"}).report
    assert (len(report.skipped), report.skipped_total) == (100, 170)


def test_an_image_folder_of_classes_serves_atlases_and_adaptations(tmp_path):
    report = KINDS["image_folder"].inspect(class_folders(tmp_path / "plates"), {"size": 16}).report
    assert set(report.splits) == {"train", "transfer", "validation", "test"}
    assert report.tasks["autoencoding"].available
    assert report.classes is not None
    assert {each.name: dict(each.examples or {}) for each in report.classes} == {
        name: {"train": count, "test": 0} for name, count in TENS.items()
    }


def test_rooms_show_objects_only_when_asked():
    plain = KINDS["rooms"].inspect(None, {"views": 160})
    assert plain.report.classes is None
    assert "objects" not in plain.options, "data sets of before there were objects stay what they are"
    found = KINDS["rooms"].inspect(None, {"views": 160, "objects": True})
    assert found.report.classes is not None
    assert [(each.name, each.examples) for each in found.report.classes] == [
        (name, None) for name in FREQUENT_OBJECTS
    ]
    assert found.options["objects"] is True
    assert found.report.tasks == plain.report.tasks
    assert found.fingerprint != plain.fingerprint
