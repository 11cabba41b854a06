"""A user's folder: what is taken, what is skipped and why, and what never leaves the folder."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from models.data.own.declaration import DeclarationError
from models.data.own.folder import open_folder
from models.data.own.views import OwnViews
from models.data.splits import SPLITS, SplitSizes
from models.data.views import INDEX, UnknownLabel
from models.tasks.registry import definition
from models.training.progress import NullContext, Stopped
from tests.own_folder import COLOURS, TOML, class_folders, own_folder

SIZES = SplitSizes(train=24, transfer=8, validation=5, test=8)


def opened(root, **options):
    return open_folder(root, **{"size": 32, "seed": 0} | options)


@pytest.fixture
def root(tmp_path):
    return own_folder(tmp_path / "mine")


@pytest.fixture
def views(root, tmp_path):
    return OwnViews(opened(root), SIZES, tmp_path / "cache", workers=2)


def test_arrays_are_those_of_the_files_and_the_table(views, root):
    found = {name: np.asarray(values) for name, values in views.load("test", views.labels).items()}
    lines = (root / "plates.csv").read_text().splitlines()[1:]
    for row, place in enumerate(found[INDEX].tolist()):
        before, _, colour, dx, dy, _ = lines[place].split(",")
        picture = np.asarray(
            Image.open(root / before).crop((10, 0, 50, 40)).resize((32, 32), Image.Resampling.BICUBIC)
        )
        assert np.array_equal(found["rgb"][row], picture)
        assert np.array_equal(found["motion_images"][row, 0], picture)
        assert sorted(COLOURS)[found["colour"][row]] == colour
        assert found["motion"][row].tolist() == [float(dx), float(dy)]
    assert set(np.unique(found["heat"][~np.isnan(found["heat"])])) == {300.0, 320.0}
    assert np.isnan(found["heat"][:, :, :3]).all(), (
        "columns 10 to 13 of 60 are invalid: 0 to 3 of 40 in the square"
    )
    assert set(np.unique(found["parts"])) == {-1, 0, 1}
    assert np.array_equal(found["valid"], ~np.isnan(found["heat"]))
    assert set(np.unique(found["depth"][found["valid"]])) == {1.0, 2.0}


def test_every_task_of_the_folder_has_a_definition_that_reads_its_arrays(views):
    for name in ("colour", "heat", "motion", "parts", "depth", "edges_2d", "segmentation_2d", "jigsaw"):
        task = definition(name, image_size=32, label_info=views.label_info)
        assert set(task.labels) <= views.labels, name


def test_splits_are_disjoint_and_repeat_with_the_seed(root):
    first, again, other = opened(root), opened(root), opened(root, seed=1)
    places = np.concatenate([first.splits[split] for split in SPLITS])
    assert sorted(places.tolist()) == list(range(60))
    assert all(np.array_equal(first.splits[split], again.splits[split]) for split in SPLITS)
    assert not np.array_equal(first.splits["test"], other.splits["test"])


def test_splits_of_a_column_are_kept(tmp_path):
    root = own_folder(tmp_path / "mine", toml=TOML.replace("[images]", '[images]\nsplit = "part"'))
    folder = opened(root)
    assert folder.splits["train"].tolist() == [n for n in range(60) if n % 6 < 3]
    assert folder.splits["test"].tolist() == [n for n in range(60) if n % 6 == 5]


def test_folders_of_images_are_classes(tmp_path):
    folder = opened(class_folders(tmp_path / "pets"))
    (task,) = folder.label_info.own
    assert (task.name, task.kind, task.classes) == ("class", "class", ("cat", "dog"))
    views = OwnViews(folder, SplitSizes(20, 6, 4, 6), tmp_path / "cache")
    found = views.load("train", ["class"])
    assert {("cat", "dog")[k] for k in found["class"].tolist()} == {"cat", "dog"}


def test_files_of_no_use_are_skipped_with_the_reason(root):
    (root / "photos/0_0.png").unlink()
    (root / "photos/1_1.png").write_bytes(b"no picture")
    whole = (root / "photos/2_0.png").read_bytes()
    (root / "photos/2_0.png").write_bytes(whole[: len(whole) // 2])
    Image.new("L", (60, 40)).save(root / "heat/3_0.png")
    np.save(root / "parts/4_0.npy", np.full((40, 60), 7))
    np.save(root / "depth/5_0.npy", np.ones((40, 40)))
    np.save(root / "depth/6_0.npy", np.array([{}], dtype=object), allow_pickle=True)
    table = root / "plates.csv"
    table.write_text(
        table.read_text().replace("photos/7_0.png,photos/7_1.png,green,", "photos/7_0.png,photos/7_1.png,,")
    )
    folder = opened(root)
    said = {each.path: each.reason for each in folder.skipped}
    assert len(folder.views) == 60 - 8
    assert said["photos/0_0.png"] == "is not there"
    assert said["photos/1_1.png"] == "is neither JPEG nor PNG"
    assert said["photos/2_0.png"] == "is damaged and cannot be decoded"
    assert said["heat/3_0.png"] == "holds no valid pixel"
    assert said["parts/4_0.npy"] == "holds class 7; classes are 0 to 1"
    assert said["depth/5_0.npy"] == "is 40 x 40, its image has another shape"
    assert "pickle" in said["depth/6_0.npy"]
    assert said["plates.csv line 9"] == "has nothing in the column colour"


def test_nothing_outside_the_folder_is_read(tmp_path):
    root = own_folder(tmp_path / "mine")
    secret = tmp_path / "secret.png"
    Image.new("RGB", (60, 40)).save(secret)
    (root / "photos/0_0.png").unlink()
    (root / "photos/0_0.png").symlink_to(secret)
    table = root / "plates.csv"
    changed = (
        table.read_text().replace("photos/1_0.png", "../secret.png").replace("photos/2_0.png", str(secret))
    )
    table.write_text(changed)
    said = {each.path: each.reason for each in opened(root).skipped}
    assert said == dict.fromkeys(("photos/0_0.png", "../secret.png", str(secret)), "leads out of the folder")


@pytest.mark.parametrize("name", ["tasks.toml", "plates.csv"])
def test_no_declaration_or_table_is_read_from_outside(tmp_path, name):
    root = own_folder(tmp_path / "mine")
    (root / name).rename(tmp_path / name)
    (root / name).symlink_to(tmp_path / name)
    with pytest.raises(DeclarationError, match="leads out of the folder"):
        opened(root)
    with pytest.raises(DeclarationError, match="leads out of the folder"):
        opened(root, tasks_file="../tasks.toml")


def test_links_inside_a_glob_do_not_lead_outside(tmp_path):
    root = class_folders(tmp_path / "pets")
    Image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    (root / "cat/link.png").symlink_to(tmp_path / "secret.png")
    folder = opened(root)
    assert [(each.path, each.reason) for each in folder.skipped] == [
        ("cat/link.png", "leads out of the folder")
    ]
    assert len(folder.views) == 40


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda root: (root / "plates.csv").unlink(), "plates.csv is not there"),
        (
            lambda root: (root / "plates.csv").write_text("a,b\n"),
            "images.image: plates.csv has no column 'before'",
        ),
        (
            lambda root: (root / "plates.csv").write_text("before,after,colour,dx,dy\na,b\n"),
            "line 2 has 2 cells",
        ),
        (lambda root: (root / "plates.csv").write_bytes(b"\xff\xfe\x00"), "is no UTF-8"),
        (lambda root: [path.unlink() for path in (root / "photos").iterdir()], "no example can be used"),
    ],
)
def test_what_is_wrong_with_a_folder_is_named(root, change, problem):
    change(root)
    with pytest.raises(DeclarationError) as refused:
        opened(root)
    assert any(problem in each for each in refused.value.problems), refused.value.problems


def test_a_folder_without_declaration_or_classes_is_refused(tmp_path):
    with pytest.raises(DeclarationError, match="finds no image"):
        opened(tmp_path)
    with pytest.raises(DeclarationError, match=r"tasks\.toml is not there"):
        opened(tmp_path, tasks_file="tasks.toml")
    with pytest.raises(DeclarationError, match=r"tasks\.class\.classes: 2 to 1000"):
        opened(class_folders(tmp_path / "one", classes=("cat",)))
    with pytest.raises(DeclarationError, match="too few"):
        opened(class_folders(tmp_path / "few", count=6))


def test_the_content_names_all_that_was_read(root, tmp_path):
    first = opened(root).content
    assert opened(root, workers=3).content == first
    assert opened(root, size=40).content != first
    for name in ("photos/3_1.png", "heat/3_0.png", "tasks.toml", "plates.csv"):
        path = root / name
        before = path.read_bytes()
        changed = (root / name.replace("3_", "9_")).read_bytes() if "3_" in name else before + b"\n"
        path.write_bytes(changed)
        assert opened(root).content != first, name
        path.write_bytes(before)
    assert opened(root).content == first


def test_what_was_found_is_remembered_until_a_file_changes(root, tmp_path):
    memo = tmp_path / "cache/memo.json"
    first = opened(root, memo=memo)
    said = json.loads(memo.read_text())
    memo.write_text(json.dumps(said | {"content": "remembered"}))
    assert opened(root, memo=memo).content == "remembered"
    os.utime(root / "photos/3_0.png", ns=(0, 0))
    assert opened(root, memo=memo).content == first.content


def test_fewer_examples_are_spread_evenly_and_more_are_refused(root, tmp_path):
    folder = opened(root)
    views = OwnViews(folder, SplitSizes(train=12, transfer=8, validation=5, test=8), tmp_path / "cache")
    assert set(views.load("train", ["rgb"])[INDEX].tolist()) <= set(folder.splits["train"].tolist())
    assert views.fingerprint != OwnViews(folder, SIZES, tmp_path / "cache").fingerprint
    with pytest.raises(ValueError, match="not 100"):
        OwnViews(folder, SplitSizes(train=100, transfer=8, validation=5, test=8), tmp_path / "cache")


def test_labels_that_the_folder_lacks_are_unknown(views):
    with pytest.raises(UnknownLabel, match="normals"):
        views.load("test", ["normals"])


def test_reading_stops_where_it_is_asked_to(views):
    class Stopping(NullContext):
        def should_stop(self):
            return True

    with pytest.raises(Stopped):
        views.prepare(["rgb"], Stopping())


def test_labels_of_the_dictionary_have_its_forms(tmp_path):
    toml = TOML.replace("[tasks.colour]", "[tasks.object_class]").replace(
        'kind = "class"\ntitle = "Colour of the disc"', ""
    )
    toml = toml.replace("[tasks.parts]\n", "[tasks.semantic_segmentation]\n").replace(
        'kind = "classes"\n', ""
    )
    folder = opened(own_folder(tmp_path / "mine", toml=toml))
    info = folder.label_info
    assert info.object_classes == ("blue", "green", "red")
    assert info.semantic_classes == ("plate", "disc", "not known")
    assert info.semantic_ignored == (2,)
    found = OwnViews(folder, SIZES, tmp_path / "cache").load(
        "test", ["object_class", "semantic_segmentation"]
    )
    assert found["object_class"].shape == (8, 3)
    assert np.asarray(found["object_class"]).sum() == 8
    assert set(np.unique(found["semantic_segmentation"])) == {0, 1, 2}
