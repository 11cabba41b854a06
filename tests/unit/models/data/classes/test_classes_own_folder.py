import numpy as np
import pytest

from models.data.classes.cached import CachedClasses
from models.data.classes.own_folder import classes_of
from models.data.own.folder import open_folder
from tests.class_files import CLASSES, class_folders
from tests.own_folder import own_folder


def opened(root):
    return open_folder(root, size=16, seed=0)


def test_folders_of_images_are_classes(tmp_path):
    data = classes_of(opened(class_folders(tmp_path / "plates")))
    assert data is not None
    assert data.classes == CLASSES
    assert (data.counts("train"), data.counts("test")) == (
        dict.fromkeys(CLASSES, 10),
        dict.fromkeys(CLASSES, 0),
    )
    found = CachedClasses(data, tmp_path / "cache").load("train", 12)
    means = np.array([found.inputs[found.labels == label].mean(axis=(0, 1, 2)) for label in range(3)])
    assert means.argmax(axis=1).tolist() == [0, 1, 2], "red, green and blue plates"


@pytest.mark.parametrize("apart", ["test", "val", "valid", "validation"])
def test_what_lies_beside_train_is_kept_apart(tmp_path, apart):
    root = class_folders(tmp_path / "plates", below="train")
    class_folders(root, 9, below=apart)
    folder = opened(root)
    data = classes_of(folder)
    assert data is not None
    assert data.counts("train") == dict.fromkeys(CLASSES, 10)
    assert data.counts("test") == dict.fromkeys(CLASSES, 3)
    assert sum(len(places) for places in folder.splits.values()) == 39, "an atlas deals all of them out"


def test_a_class_may_be_called_train(tmp_path):
    root = class_folders(tmp_path / "plates")
    (root / "sky").rename(root / "train")
    data = classes_of(opened(root))
    assert data is not None
    assert data.classes == ("apple", "leaf", "train")


def test_a_declared_class_task_is_enough_and_its_test_split_is_kept_apart(tmp_path):
    toml = """
[images]
table = "plates.csv"
image = "before"
split = "part"

[tasks.colour]
kind = "class"
column = "colour"
"""
    folder = opened(own_folder(tmp_path / "plates", toml=toml))
    data = classes_of(folder)
    assert data is not None
    assert data.classes == ("blue", "green", "red")
    assert sum(data.counts("test").values()) == len(folder.splits["test"])


def test_a_folder_with_several_or_no_class_tasks_has_no_classes(tmp_path):
    for name, tasks in {"none": [], "two": ["colour", "again"]}.items():
        declared = "".join(f'[tasks.{task}]\nkind = "class"\ncolumn = "colour"\n' for task in tasks)
        toml = '[images]\ntable = "plates.csv"\nimage = "before"\n[tasks.depth]\nfiles = "depth/{stem}.npy"\n'
        assert classes_of(opened(own_folder(tmp_path / name, toml=toml + declared))) is None
