import gzip

import numpy as np
import pytest

from models.data.classes.cached import CachedClasses
from models.data.classes.found import ClassesError
from models.data.classes.idx import open_idx
from tests.class_files import CLASSES, examples, idx_bytes, idx_folder


@pytest.mark.parametrize("mark", ["-", "."])
@pytest.mark.parametrize("zipped", [False, True])
def test_files_of_either_name_and_compressed_ones_are_the_same(tmp_path, mark, zipped):
    folder = idx_folder(tmp_path / "digits", mark=mark, zipped=zipped, parts=("train", "t10k"))
    data = open_idx(folder)
    found = CachedClasses(data, tmp_path / "cache").load("train", None)
    x, y = examples()
    assert np.array_equal(found.inputs[..., 1], x[..., 0])
    assert np.array_equal(found.labels, y)
    assert data.classes == ("0", "1", "2")
    assert (data.image_size, len(data.labels["test"])) == (12, 30)


def test_without_files_of_the_test_part_a_share_is_kept_apart(tmp_path):
    data = open_idx(idx_folder(tmp_path / "digits"), classes=CLASSES, test_fraction=0.5)
    assert data.counts("train") == data.counts("test") == dict.fromkeys(CLASSES, 5)
    found = CachedClasses(data, tmp_path / "cache").load("test", 8)
    assert found.inputs.shape == (15, 8, 8, 3)


def test_other_files_of_the_folder_are_reported(tmp_path):
    folder = idx_folder(tmp_path / "digits")
    (folder / "readme.txt").touch()
    assert [each.path for each in open_idx(folder).skipped] == ["readme.txt"]


X, Y = examples()[0][..., 0], examples()[1]


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("train-images-idx3-ubyte", idx_bytes(X)[:-1], "cut short"),
        ("train-images-idx3-ubyte", idx_bytes(X) + b"\0", "more than the 30 examples"),
        ("train-images-idx3-ubyte", idx_bytes(X)[:9], "within its header"),
        ("train-images-idx3-ubyte", idx_bytes(Y), "0x00000801, not with 0x00000803"),
        ("train-images-idx3-ubyte", idx_bytes(X[:29]), "29 examples, train-labels-idx1-ubyte has 30"),
        ("train-images-idx3-ubyte", idx_bytes(X[:0]), "shape (0, 12, 12)"),
        ("train-labels-idx1-ubyte", idx_bytes(Y)[:-1], "cut short"),
        ("t10k-labels-idx1-ubyte", idx_bytes(Y), "needs t10k-images-idx3-ubyte"),
    ],
)
def test_a_file_that_does_not_fit_is_named(tmp_path, name, content, named):
    folder = idx_folder(tmp_path / "digits")
    (folder / name).write_bytes(content)
    with pytest.raises(ClassesError) as caught:
        open_idx(folder)
    assert named in str(caught.value)


def test_a_damaged_compressed_file_is_named(tmp_path):
    folder = idx_folder(tmp_path / "digits", zipped=True)
    path = folder / "train-images-idx3-ubyte.gz"
    for content in (path.read_bytes()[:-20], b"no gzip", gzip.compress(b"\0\0")):
        path.write_bytes(content)
        with pytest.raises(ClassesError, match="train-images"):
            open_idx(folder)


def test_a_label_without_a_name_and_a_folder_without_files_are_refused(tmp_path):
    with pytest.raises(ClassesError, match="the class 2; 2 are named"):
        open_idx(idx_folder(tmp_path / "digits"), classes=CLASSES[:2])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ClassesError, match="has neither"):
        open_idx(tmp_path / "empty")
    with pytest.raises(ClassesError, match="must be a folder"):
        open_idx(tmp_path / "nothing")


def test_changed_files_are_other_data(tmp_path):
    folder = idx_folder(tmp_path / "digits")
    before = open_idx(folder).fingerprint
    (folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes((Y + 1) % 3))
    assert open_idx(folder).fingerprint != before
