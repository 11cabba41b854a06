"""What is read of a folder, what is left out, and how views are dealt to splits."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from models.data.labels_2d import edges_2d, keypoints_2d, segmentation_2d
from models.data.splits import SPLITS, SplitSizes
from models.data.taskonomy_folder.layout import FolderError
from models.data.taskonomy_folder.survey import FolderOptions, image_problems, plan, survey
from models.data.taskonomy_folder.views import TaskonomyViews
from models.data.views import INDEX, UnknownLabel
from models.tasks.registry import definition
from models.training.progress import NullContext, Stopped
from tests.taskonomy_layout import file_of, pattern_folder, patterns, split_csv, write_view

import torch  # isort: skip - the last, it is slow

OPTIONS = {"size": 32, "splits": None, "seed": 0, "views": 1000}


def surveyed(root, **changed):
    found = plan(root, FolderOptions(**OPTIONS | changed))
    return survey(found, image_problems(found))


def opened(seen, cache, tasks=()):
    counts = {split: len(seen.complete(split, tasks)) for split in SPLITS}
    return TaskonomyViews(seen, SplitSizes(**counts), cache, tasks)


def everything(seen, views, label):
    """A label of all views of all splits, by the number that `pattern_folder` gave them."""
    values = {}
    for split in SPLITS:
        array = np.asarray(views.load(split, [label])[label])
        for view, value in zip(seen.views[split], array, strict=True):
            house = int(view.id.building.split()[1])
            values[8 * house + 2 * view.id.point + view.id.view] = value
    return values


@pytest.fixture(params=["building", "domain"])
def folder(request, tmp_path):
    return pattern_folder(tmp_path / "my data", arrangement=request.param)


@pytest.fixture
def small(tmp_path):
    return pattern_folder(tmp_path / "data")


@pytest.fixture
def images(tmp_path):
    return pattern_folder(tmp_path / "data", only=["rgb"])


def test_every_label_has_its_unit(folder, tmp_path):
    seen = surveyed(folder)
    views = opened(seen, tmp_path / "cache")
    bottom = np.arange(32)[:, None] >= 16
    for number, depth in everything(seen, views, "depth").items():
        assert np.allclose(depth, np.where(bottom, 2, 1) + number / 512)
    constant = {
        "reshading": 0.2, "occlusion_edges": 205 / (65535 * 0.00625), "edges_2d": 2621 / (65535 * 0.08),
        "keypoints_2d": 164 / (65535 * 0.005), "keypoints_3d": 16384 / 65535,
    }  # fmt: skip
    arrays = views.load("train", views.labels)
    for label, value in constant.items():
        assert np.asarray(arrays[label]) == pytest.approx(value, abs=1e-5), label
    assert np.allclose(arrays["distance"], np.where(bottom, 4, 2))
    assert np.allclose(arrays["curvature"], (38 / 127 / 0.03, 0))
    assert np.allclose(arrays["normals"], np.where(bottom[..., None], (0, -1, 0), (0, 0, -1)))
    assert np.array_equal(arrays["semantic_segmentation"][0], np.where(bottom, 4, 0) + np.zeros((32, 32)))
    assert set(np.unique(arrays["segmentation_2d"])) == set(np.unique(arrays["segmentation_25d"])) == {0, 1}
    assert np.allclose(arrays["object_class"], 0.1)
    # The released code takes what is no distribution for logits.
    assert np.allclose(arrays["scene_class"], np.exp(np.arange(4)) / np.exp(np.arange(4)).sum())
    assert np.asarray(arrays["valid"]).all()
    assert seen.skipped == ()


def test_both_arrangements_give_the_same_arrays(tmp_path):
    arrays = []
    for arrangement in ("building", "domain"):
        seen = surveyed(pattern_folder(tmp_path / arrangement, arrangement=arrangement))
        views = opened(seen, tmp_path / "cache" / arrangement)
        arrays.append(views.load("test", sorted(views.labels)))
    assert arrays[0].keys() == arrays[1].keys()
    assert all(np.array_equal(arrays[0][name], arrays[1][name]) for name in arrays[0])


def test_pixels_without_geometry_are_masked_and_reach_no_loss(tmp_path):
    files = patterns(0, side=64)
    holes = np.zeros((64, 64), dtype=bool)
    holes[8:24, 8:24] = True
    depth = np.where(holes, 65535, files["depth_zbuffer"]).astype(np.uint16)
    shading = np.where(holes, 255, 51).astype(np.uint8)
    fields = {name: files[name] for name in ("rgb", "normal", "depth_euclidean")}
    only = [*fields, "depth_zbuffer", "reshading"]
    fields |= {"depth_zbuffer": depth, "reshading": shading}
    seen = surveyed(pattern_folder(tmp_path / "data", only=only, **fields))
    views = opened(seen, tmp_path / "cache")
    arrays = {name: np.asarray(values) for name, values in views.load("train", seen.labels).items()}
    valid = arrays["valid"][0]
    assert valid.sum() == 32 * 32 - 8 * 8
    assert not valid[4:12, 4:12].any()
    assert (arrays["depth"][:, ~valid] == 0).all(), "no value at all where nothing was measured"
    assert arrays["reshading"][:, valid] == pytest.approx(0.2), "no hole bleeds into its neighbours"
    task = definition("depth", image_size=32)
    batch = {name: torch.from_numpy(arrays[name]) for name in (*task.labels, INDEX)}
    task = task.fitted(batch)
    target = task.target(batch)
    wrong = target.values.masked_fill(~target.mask, 1e6)
    assert task.loss(wrong, target).max() == 0


def test_a_mask_of_its_own_counts_too(tmp_path):
    mask = np.ones((32, 32), dtype=bool)
    mask[:, :5] = False
    only = ["rgb", "mask_valid"]
    seen = surveyed(pattern_folder(tmp_path / "data", only=only, mask_valid=mask))
    valid = np.asarray(opened(seen, tmp_path / "cache").load("test", ["valid"])["valid"])
    assert np.array_equal(valid, np.broadcast_to(mask, valid.shape))


def test_images_that_are_not_square_are_cropped_in_the_middle(tmp_path):
    wide = np.zeros((32, 48), dtype=np.uint16)
    wide[:, 8:40] = 512
    rgb = np.repeat(np.where(wide[..., None], 200, 0), 3, axis=2).astype(np.uint8)
    only = ["rgb", "depth_zbuffer"]
    seen = surveyed(pattern_folder(tmp_path / "data", only=only, rgb=rgb, depth_zbuffer=wide), size=16)
    arrays = opened(seen, tmp_path / "cache").load("train", ["rgb", "depth"])
    assert (arrays["depth"] == 1).all()
    assert (arrays["rgb"] == 200).all()


def test_labels_in_the_plane_are_computed_where_the_folder_has_none(tmp_path):
    seen = surveyed(pattern_folder(tmp_path / "data", only=["rgb"]))
    assert seen.computed == {"edges_2d", "keypoints_2d", "segmentation_2d"}
    arrays = opened(seen, tmp_path / "cache").load("train", ["rgb", *seen.computed])
    for name, compute in (
        ("edges_2d", edges_2d),
        ("keypoints_2d", keypoints_2d),
        ("segmentation_2d", segmentation_2d),
    ):
        assert np.array_equal(arrays[name], compute(np.asarray(arrays["rgb"]))), name


def test_what_the_folder_lacks_is_said(tmp_path):
    seen = surveyed(pattern_folder(tmp_path / "data", only=["rgb", "principal_curvature"]))
    assert seen.lacking["normals"] == "the folder has no normal"
    assert seen.lacking["curvature"].startswith("no mask: it needs mask_valid, depth_zbuffer")
    views = opened(seen, tmp_path / "cache")
    with pytest.raises(UnknownLabel, match=r"normals \(the folder has no normal\)"):
        views.load("train", ["normals"])


def test_points_with_one_view_and_files_without_keys_leave_their_tasks_unavailable(tmp_path):
    root = pattern_folder(tmp_path / "data", only=["rgb"])
    for path in root.glob("*/points/*.json"):
        info = json.loads(path.read_text())
        for key in ("bounding_box_ranges", "vanishing_points_gaussian_sphere", "nonfixated_points_in_view"):
            del info[key]
        path.write_text(json.dumps(info))
    seen = surveyed(root)
    assert seen.lacking["room_layout"] == "no file of points has bounding_box_ranges"
    assert seen.lacking["egomotion"] == "no point has three views"
    assert "nonfixated_points_in_view" in seen.lacking["nonfixated_pose"]
    assert {"fixated_pose", "point_matching"} <= seen.labels


def damage(root):
    """Spoil one file of a kind each, of different views; their paths and what is said of them."""

    def at(point, view, domain):
        return file_of(root, "house 0", point, view, domain)

    whole = at(0, 0, "normal").read_bytes()
    at(0, 0, "normal").write_bytes(whole[: len(whole) // 2])
    bent = bytearray(at(0, 1, "reshading").read_bytes())
    bent[45] ^= 0xFF
    at(0, 1, "reshading").write_bytes(bent)
    Image.fromarray(np.zeros((32, 32), dtype=np.uint8)).save(at(1, 0, "depth_zbuffer"))
    Image.fromarray(np.zeros((16, 32), dtype=np.uint16)).save(at(1, 1, "edge_texture"))
    at(2, 0, "keypoints2d").unlink()
    at(2, 1, "points").write_text('{"camera_location": [1, 2')
    np.save(at(3, 0, "class_object"), np.full(7, 1 / 7))
    at(3, 1, "class_scene").write_bytes(b"")
    return {
        "normal/point_0_view_0": "damaged", "reshading/point_0_view_1": "damaged",
        "depth_zbuffer/point_1_view_0": "is grey of 8 bits, must be grey of 16 bits",
        "edge_texture/point_1_view_1": "is 32x16, the image is 32x32",
        "keypoints2d/point_2_view_0": "is missing", "points/point_2_view_1": "perhaps cut off",
        "class_object/point_3_view_0": "number of classes", "class_scene/point_3_view_1": "is no array",
    }  # fmt: skip


def test_a_damaged_file_costs_its_view_that_label_and_nothing_else(small, tmp_path):
    said = damage(small)
    seen = surveyed(small)
    skipped = dict(seen.skipped)
    assert len(skipped) == len(said)
    for path, reason in said.items():
        (found,) = [text for name, text in skipped.items() if name.startswith(f"house 0/{path}")]
        assert reason in found, path
    assert sum(len(seen.views[split]) for split in SPLITS) == 48
    missing = {view.id[1:]: view.missing for split in SPLITS for view in seen.views[split] if view.missing}
    assert missing[0, 0] == {"normals"}
    assert missing[2, 0] == {"keypoints_2d", "fixated_pose"}, "its partner has no camera"
    assert {"room_layout", "vanishing_points", "fixated_pose", "point_matching"} <= missing[2, 1]
    tasks = ["normals", "depth"]
    views = opened(seen, tmp_path / "cache", tasks)
    assert sum(views.size(split) for split in SPLITS) == 46
    for split in SPLITS:
        arrays = views.load(split, ["normals", "depth", "valid"])
        assert np.allclose(np.linalg.norm(arrays["normals"], axis=-1), 1)
    other = opened(seen, tmp_path / "cache")
    with pytest.raises(UnknownLabel, match="has no normals"):
        [other.load(split, ["normals"]) for split in SPLITS]


def test_a_view_without_a_sound_image_is_left_out(small, tmp_path):
    file_of(small, "house 1", 0, 0, "rgb").write_bytes(b"no image")
    write_view(small, "house 1", 9, 9, {"depth_zbuffer": patterns(0)["depth_zbuffer"]})
    (small / "house 1" / "rgb" / "thumbs.db").write_bytes(b"x")
    seen = surveyed(small)
    assert sum(len(seen.views[split]) for split in SPLITS) == 47
    skipped = dict(seen.skipped)
    assert "damaged" in skipped["house 1/rgb/point_0_view_0_domain_rgb.png"]
    assert "not named as an image" in skipped["house 1/rgb/thumbs.db"]


def test_unknown_domains_are_reported(images):
    (images / "house 2" / "holograms").mkdir()
    assert ("house 2/holograms/", "no domain that this kind reads") in surveyed(images).skipped


def buildings_of(seen, split):
    return {view.id.building for view in seen.views[split]}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_building_is_in_two_splits_and_no_point_in_two_parts(images, seed):
    seen = surveyed(images, seed=seed)
    val = buildings_of(seen, "transfer") | buildings_of(seen, "validation")
    train, test = buildings_of(seen, "train"), buildings_of(seen, "test")
    assert len(train) + len(val) + len(test) == len(train | val | test) == 6
    points = [{view.id[:2] for view in seen.views[split]} for split in ("transfer", "validation")]
    assert points[0].isdisjoint(points[1])
    assert min(len(seen.views[split]) for split in SPLITS) >= 2


def test_the_seed_deals_out_buildings(images):
    assert len({tuple(sorted(buildings_of(surveyed(images, seed=seed), "test"))) for seed in range(8)}) > 2
    assert surveyed(images).fingerprint == surveyed(images).fingerprint
    assert surveyed(images).fingerprint != surveyed(images, seed=1).fingerprint


@pytest.mark.parametrize("ending", ["\r", "\r\n", "\n"])
def test_a_released_split_file_is_followed(images, ending):
    parts = {"House 0": "test", "house 1": "test", "house 2": "val", "house 3": "train", "woodbine": "val"}
    path = split_csv(images, parts, ending)
    for name in ("tiny", "splits_taskonomy/train_val_test_tiny.csv", "train_val_test_tiny.csv"):
        seen = surveyed(images, splits=name)
        assert buildings_of(seen, "train") == {"house 3"}
        assert buildings_of(seen, "transfer") == buildings_of(seen, "validation") == {"house 2"}
        assert buildings_of(seen, "test") == {"house 0", "house 1"}
    skipped = dict(seen.skipped)
    assert "does not list" in skipped["house 4/"]
    assert skipped[path.name] == "1 of its 5 buildings are not in the folder: woodbine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,train,val\rhouse 0,1,0\r", "line 1 must be id,train,val,test"),
        ("id,train,val,test\rhouse 0,1,1,0\r", "line 2 must name a building"),
        ("id,train,val,test\rhouse 0,1,0,0\rhouse 1,1\r", "line 3 must name a building"),
        ("id,train,val,test\rhouse 0,1,0,0\rhouse 0,0,1,0\r", "line 3: house 0 is in two splits"),
        ("id,train,val,test\rhouse 0,1,0,0\r", "leaves no building of the folder for val"),
    ],
)
def test_what_is_wrong_with_a_split_file_is_named(images, text, said):
    (images / "mine.csv").write_bytes(text.encode())
    with pytest.raises(FolderError, match=said) as caught:
        surveyed(images, splits="mine.csv")
    assert caught.value.problems[0][0] == "splits"


def test_a_split_file_lies_below_the_folder(images, tmp_path):
    (tmp_path / "outside.csv").write_text("id,train,val,test\n")
    for name in ("../outside.csv", str(tmp_path / "outside.csv"), "none", "a\0b"):
        with pytest.raises(FolderError) as caught:
            surveyed(images, splits=name)
        assert caught.value.problems[0][0] == "splits"


def test_fewer_views_are_whole_points_from_all_buildings(images):
    seen = surveyed(images, views=24)
    assert len(seen.views["train"]) <= 15
    assert len(buildings_of(seen, "train")) == 4
    points = [view.id[:2] for view in seen.views["train"]]
    assert all(points.count(point) == 2 for point in points)


def test_folders_that_are_no_such_data_set_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(FolderError, match="must be a folder"):
        surveyed(tmp_path / "file")
    with pytest.raises(FolderError, match="holds no images as"):
        surveyed(tmp_path / "empty")
    with pytest.raises(FolderError, match="3 are needed"):
        surveyed(pattern_folder(tmp_path / "two", buildings=2, only=["rgb"]))
    with pytest.raises(FolderError, match="fewer than 2 views for the split validation"):
        surveyed(pattern_folder(tmp_path / "one", buildings=3, points=1, only=["rgb"]))


def test_a_changed_file_changes_the_fingerprint(images):
    before = surveyed(images).fingerprint
    path = file_of(images, "house 3", 1, 1, "rgb")
    found = path.stat()
    path.write_bytes(path.read_bytes())
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 10**9))
    assert surveyed(images).fingerprint != before


def test_a_file_that_breaks_later_fails_by_name(small, tmp_path):
    views = opened(surveyed(small), tmp_path / "cache")
    file_of(small, "house 0", 0, 0, "normal").write_bytes(b"")
    with pytest.raises(FolderError, match="point 0 view 0 of house 0"):
        views.prepare(["normals"], NullContext())


def test_prepared_views_are_not_decoded_again(small, tmp_path):
    class Stopper(NullContext):
        def should_stop(self):
            return True

    views = opened(surveyed(small), tmp_path / "cache")
    with pytest.raises(Stopped):
        views.prepare(views.labels, Stopper())
    views.prepare(views.labels, NullContext())
    views.prepare(views.labels, Stopper())


def test_a_split_never_holds_more_views_than_are_complete(images, tmp_path):
    seen = surveyed(images)
    with pytest.raises(ValueError, match="the split test has"):
        TaskonomyViews(seen, SplitSizes(train=2, transfer=2, validation=2, test=40), tmp_path)


def test_a_tuple_never_has_a_view_without_a_camera(images):
    file_of(images, "house 0", 0, 1, "points").write_text("[]")
    seen = surveyed(images)
    for split in SPLITS:
        blind = {at for at, view in enumerate(seen.views[split]) if view.info is None}
        for tuples in seen.tuples[split].values():
            assert blind.isdisjoint(tuples.members.ravel().tolist())
