import os

import numpy as np
import pytest
from PIL import Image

from models.data.classes.cached import CachedClasses
from models.data.classes.class_maps import CLASS_MAPS, OFFICE_10, OFFICE_31
from models.data.classes.found import ClassesError
from models.data.classes.image_list import ListOptions, open_image_list
from models.data.labelled import UNKNOWN
from models.data.own.files import UnusableFile
from tests.class_files import CLASSES, class_folders, examples, image_list

AUTHOR = "/home/somebody/data/plates/images"


@pytest.fixture
def folder(tmp_path):
    """Images in class folders below `images`, and a list with its author's paths, numbered 0, 5 and 22."""
    root = tmp_path / "plates"
    class_folders(root, below="images")
    image_list(root / "list.txt", listed(range(30)))
    return root


def listed(numbers, start=AUTHOR):
    return {f"{start}/{CLASSES[n % 3]}/frame_{n:04}.png": (0, 5, 22)[n % 3] for n in numbers}


def test_paths_of_another_machine_are_found_by_their_ends(folder, tmp_path):
    data = open_image_list(folder, ListOptions(list="list.txt", root="images"))
    assert data.classes == ("0", "5", "22")
    found = CachedClasses(data, tmp_path / "cache").load("train", None)
    x, y = examples()
    assert np.array_equal(found.inputs, x)
    assert np.array_equal(found.labels, y)
    assert data.skipped == ()


@pytest.mark.parametrize(
    ("root", "strip"), [("images", AUTHOR), ("images", AUTHOR + "/"), (".", "/home/somebody/data/plates/")]
)
def test_what_is_to_be_taken_off_may_be_said(folder, root, strip):
    data = open_image_list(folder, ListOptions(list="list.txt", root=root, strip=strip))
    assert len(data.labels["train"]) == 30
    with pytest.raises(ClassesError, match=r"none of the 30 images.*does not start with /other"):
        open_image_list(folder, ListOptions(list="list.txt", root=root, strip="/other"))


def test_a_published_map_names_the_classes(folder):
    data = open_image_list(folder, ListOptions(list="list.txt", class_map="office-31"))
    assert data.classes == OFFICE_31
    counts = {name: count for name, count in data.counts("train").items() if count}
    assert counts == {"back_pack": 10, "calculator": 10, "projector": 10}


def test_maps_hold_as_many_classes_as_published():
    assert {name: len(classes) for name, classes in CLASS_MAPS.items()} == {
        "office-31": 31,
        "imagenet-1k": 1000,
        "caltech-256": 256,
    }
    assert tuple(sorted(OFFICE_31)) == OFFICE_31
    assert (
        *("back_pack", "bike", "calculator", "headphones", "keyboard"),
        *("laptop_computer", "monitor", "mouse", "mug", "projector"),
    ) == OFFICE_10


@pytest.mark.parametrize("as_file", [False, True])
def test_names_may_be_given_and_stand_in_the_list(folder, as_file):
    image_list(
        folder / "names.txt", {f"images/{name}/frame_{n:04}.png": name for n, name in enumerate(CLASSES)}
    )
    (folder / "classes.txt").write_text("leaf\napple\nsky\n\n")
    classes = "classes.txt" if as_file else ("leaf", "apple", "sky")
    data = open_image_list(folder, ListOptions(list="names.txt", classes=classes))
    assert data.classes == ("leaf", "apple", "sky")
    assert data.labels["train"].tolist() == [1, 0, 2]


def test_a_path_may_hold_spaces_and_a_class_be_unknown(folder):
    (folder / "images/apple/frame_0000.png").rename(folder / "images/apple/frame 0.png")
    image_list(folder / "few.txt", {"apple/frame 0.png": -1, "leaf/frame_0001.png": 3})
    data = open_image_list(folder, ListOptions(list="few.txt", root="images"))
    assert (data.classes, data.labels["train"].tolist()) == (("3",), [UNKNOWN, 0])


def test_a_second_list_is_what_is_kept_apart(folder):
    image_list(folder / "train.txt", listed(range(20)))
    image_list(folder / "test.txt", listed([20, 23, 26]))
    data = open_image_list(folder, ListOptions(list="train.txt", test_list="test.txt"))
    assert (len(data.labels["train"]), data.counts("test")) == (20, {"0": 0, "5": 0, "22": 3})


def test_files_that_are_lost_or_damaged_are_skipped_with_the_reason(folder):
    (folder / "images/apple/frame_0000.png").unlink()
    (folder / "images/leaf/frame_0001.png").write_bytes(b"no picture")
    data = open_image_list(folder, ListOptions(list="list.txt"))
    assert len(data.labels["train"]) == 28
    reasons = {each.path: each.reason for each in data.skipped}
    assert reasons == {
        f"{AUTHOR}/apple/frame_0000.png": "is not there, nor is any end of this path below the root",
        "images/leaf/frame_0001.png": "is neither JPEG nor PNG",
    }


def test_no_file_outside_of_the_folder_is_read(folder, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    image_list(folder / "more.txt", {"link.png": 0, "../secret.png": 0, "images/apple/frame_0000.png": 0})
    data = open_image_list(folder, ListOptions(list="more.txt"))
    assert len(data.labels["train"]) == 1
    assert len(data.skipped) == 2
    for change in ({"list": "../more.txt"}, {"list": "more.txt", "root": ".."}):
        (tmp_path / "more.txt").write_text("secret.png 0")
        with pytest.raises(ClassesError):
            open_image_list(folder, ListOptions(**change))


def test_two_paths_that_end_like_one_file_are_refused(folder):
    image_list(folder / "two.txt", {"/a/frame_0000.png": 0, "/b/frame_0000.png": 1})
    with pytest.raises(ClassesError, match="both end like") as caught:
        open_image_list(folder, ListOptions(list="two.txt", root="images/apple"))
    assert caught.value.problems[0][0] == "strip"


@pytest.mark.parametrize(
    ("text", "options", "option", "named"),
    [
        ("a.png", {}, "list", "line 1: wants a path and a class"),
        ("a.png 0\n\nb.png cat", {}, "list", "line 3: unknown class 'cat'"),
        ("a.png 31", {"class_map": "office-31"}, "list", "line 1: the class 31; 31 are named"),
        ("a.png -2", {}, "list", "line 1: the class -2"),
        ("", {}, "list", "lists nothing"),
        ("a.png 0", {}, "root", "none of the 1 images"),
        ("a.png 0", {"list": "nowhere.txt"}, "list", "nowhere.txt is not there"),
        ("a.png 0", {"root": "nowhere"}, "root", "'nowhere'"),
        ("a.png 0", {"class_map": "office-32"}, "class_map", "'office-32'; there are caltech-256"),
        ("a.png 0", {"class_map": "office-31", "classes": ("a",)}, "class_map", "leave one"),
        ("a.png 0", {"classes": ("a", "a")}, "classes", "twice: a"),
        ("a.png 0", {"classes": "nowhere.txt"}, "classes", "nowhere.txt"),
    ],
)
def test_what_is_wrong_is_named_by_its_option(folder, text, options, option, named):
    (folder / "bad.txt").write_text(text)
    with pytest.raises(ClassesError) as caught:
        open_image_list(folder, ListOptions(**({"list": "bad.txt"} | options)))
    assert [problem[0] for problem in caught.value.problems] == [option]
    assert named in caught.value.problems[0][1]


def test_a_memo_is_used_until_a_file_changes(folder, tmp_path):
    options, memo = ListOptions(list="list.txt", root="images"), tmp_path / "memo.json"
    first = open_image_list(folder, options, memo=memo)
    path = folder / "images/apple/frame_0000.png"
    times, content = path.stat(), path.read_bytes()
    path.write_bytes(b"?" * len(content))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert open_image_list(folder, options, memo=memo).fingerprint == first.fingerprint, "nothing was decoded"
    os.utime(path)
    changed = open_image_list(folder, options, memo=memo)
    assert changed.fingerprint != first.fingerprint
    assert len(changed.skipped) == 1


def test_images_of_several_sizes_are_stretched_to_the_size_asked_for(folder, tmp_path):
    wide = np.zeros((10, 40, 3), dtype=np.uint8)
    wide[:, 20:] = 255
    Image.fromarray(wide).save(folder / "images/apple/frame_0000.png")
    data = open_image_list(folder, ListOptions(list="list.txt"))
    assert data.image_size is None
    image = CachedClasses(data, tmp_path / "cache").load("train", 16).inputs[0]
    assert image[:, :6].max() < 20
    assert image[:, 10:].min() > 235, "nothing is cropped"


def test_a_file_that_is_lost_after_it_was_listed_is_an_error(folder, tmp_path):
    data = open_image_list(folder, ListOptions(list="list.txt"))
    (folder / "images/apple/frame_0000.png").unlink()
    with pytest.raises(UnusableFile, match="is not there"):
        CachedClasses(data, tmp_path / "cache").load("train", 16)
