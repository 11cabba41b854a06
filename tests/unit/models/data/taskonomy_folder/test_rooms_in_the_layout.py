"""Rendered rooms, written in the released layout and read back, give the labels that they were written from."""

import numpy as np
import pytest

from models.data.rooms.config import RoomsConfig
from models.data.splits import SPLITS, SplitSizes
from models.data.taskonomy_folder.domains import task_labels
from models.data.taskonomy_folder.survey import FolderOptions, image_problems, plan, survey
from models.data.taskonomy_folder.tuples import tuple_labels
from models.data.taskonomy_folder.views import TaskonomyViews
from models.tasks.registry import definition
from models.taxonomy.dictionary import TASKS
from models.training.progress import NullContext
from models.transfer.atlas import build_atlas
from models.transfer.presets import atlas_config
from tests.taskonomy_layout import rooms_folder

SIDE = 32
CONFIG = RoomsConfig(seed=4, size=SIDE)
OPTIONS = FolderOptions(size=SIDE, splits=None, seed=0, views=1000)


def opened(root, cache, *, tasks=(), options=OPTIONS, sizes=None):
    found = plan(root, options)
    seen = survey(found, image_problems(found))
    counts = {split: len(seen.complete(split, tasks)) for split in SPLITS}
    return seen, TaskonomyViews(seen, sizes or SplitSizes(**counts), cache, tasks)


@pytest.fixture(scope="module", params=["building", "domain"])
def folder(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("with a space") / request.param
    return root, rooms_folder(root, CONFIG, rooms=18, buildings=6, arrangement=request.param)


@pytest.fixture(scope="module")
def loaded(folder, tmp_path_factory):
    """(written, read) labels of every view, by label."""
    root, written = folder
    seen, views = opened(root, tmp_path_factory.mktemp("cache"))
    pairs = {}
    for split in SPLITS:
        labels = [name for name in views.labels if name.removesuffix("_images") not in SPECIAL]
        arrays = views.load(split, labels)
        for row, view in enumerate(seen.views[split]):
            for name in labels:
                if name in written[view.id]:
                    pairs.setdefault(name, []).append((written[view.id][name], np.asarray(arrays[name][row])))
    return {name: tuple(map(np.stack, zip(*rows, strict=True))) for name, rows in pairs.items()}


SPECIAL = {"fixated_pose", "nonfixated_pose", "egomotion", "point_matching"}


def test_images_and_masks_come_back_as_they_were(loaded):
    for name in ("rgb", "valid"):
        wrote, read = loaded[name]
        assert read.dtype == wrote.dtype
        assert np.array_equal(wrote, read), name


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("depth", 1 / 1024 + 1e-6),
        ("distance", 1 / 1024 + 1e-6),
        ("normals", 0.006),
        ("reshading", 0.003),
        ("keypoints_3d", 0.001),
        ("edges_2d", 0.001),
        ("keypoints_2d", 0.002),
    ],
)
def test_maps_come_back_within_the_rounding_of_their_files(loaded, name, tolerance):
    wrote, read = loaded[name]
    valid = loaded["valid"][0]
    assert read.dtype == np.float32
    assert np.abs(wrote - read)[valid].max() < tolerance


def test_curvature_comes_back_as_far_as_eight_bits_reach(loaded):
    wrote, read = loaded["curvature"]
    assert np.abs(np.clip(wrote, -33, 33) - read)[loaded["valid"][0]].max() < 0.5 / (127 * 0.03) + 0.5


def test_classes_and_segments_come_back(loaded):
    wrote, read = loaded["semantic_segmentation"]
    assert np.array_equal(wrote % 17 + 1, read)
    for name in ("segmentation_2d", "segmentation_25d"):
        for first, second in zip(*loaded[name], strict=True):
            pairs = {*zip(first.ravel().tolist(), second.ravel().tolist(), strict=True)}
            assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    wrote, read = loaded["scene_class"]
    assert np.array_equal(wrote, read.argmax(axis=1))


def test_room_and_axes_come_back_in_our_frame(loaded):
    for name in ("room_layout", "vanishing_points"):
        wrote, read = loaded[name]
        assert np.allclose(wrote, read, atol=1e-4), name


def test_poses_of_pairs_and_triplets_are_those_of_the_cameras(folder, tmp_path):
    root, written = folder
    tasks = ["egomotion", "fixated_pose"]
    seen, views = opened(root, tmp_path, tasks=tasks)
    for split in SPLITS:
        arrays = views.load(split, ["egomotion", "egomotion_images", "fixated_pose"])
        rows = seen.complete(split, tasks)
        assert len(rows) == len(arrays["egomotion"]) > 0
        for row, position in enumerate(rows):
            building, point, view = seen.views[split][position].id
            others = [written[building, point, (view + step) % 3]["rgb"] for step in range(3)]
            assert np.array_equal(arrays["egomotion_images"][row], others)
            if view == 0:
                poses = written[building, point, 0]["poses"]
                assert np.allclose(arrays["egomotion"][row], poses, atol=1e-5)
                assert np.allclose(arrays["fixated_pose"][row], poses[:6], atol=1e-5)


def test_a_nonfixated_pair_looks_at_a_point_that_the_first_camera_sees(folder):
    root, written = folder
    found = plan(root, OPTIONS)
    seen = survey(found, {})
    views, tuples = seen.views["train"], seen.tuples["train"]["nonfixated_pose"]
    rows = np.flatnonzero(tuples.members[:, 0] >= 0)
    labels = tuple_labels("nonfixated_pose", tuples, [view.info for view in views], rows)
    firsts = 0
    for row, label in zip(rows, labels, strict=True):
        first, second = (views[at].id for at in tuples.members[row])
        assert (second.building, second.point) == (first.building, 1000 + first.point)
        if first.view == 0:
            firsts += 1
            assert np.allclose(label, written[first]["aside"], atol=1e-5)
    assert firsts > 5


def test_point_matching_shows_both_kinds_of_pairs(folder, tmp_path):
    root, _ = folder
    seen, views = opened(root, tmp_path, tasks=["point_matching"])
    arrays = views.load("train", ["point_matching", "point_matching_images"])
    matches = np.asarray(arrays["point_matching"])
    assert 0.2 < matches.mean() < 0.8
    members = seen.tuples["train"]["point_matching"].members
    points = [[seen.views["train"][at].id[:2] for at in pair] for pair in members]
    assert [first == second for first, second in points] == matches.astype(bool).tolist()
    assert all(first[0] == second[0] for first, second in points)
    assert all(first != second for first, second in members.tolist())


def test_all_tasks_of_a_whole_folder_can_be_trained_and_read_what_they_need(folder, tmp_path):
    root, _ = folder
    seen, views = opened(root, tmp_path)
    # The second points of the few views of the validation part may be in the other part.
    assert set(seen.lacking) <= {"nonfixated_pose", "nonfixated_pose_images"}
    assert not seen.computed
    for task in TASKS:
        needed = definition(task, image_size=SIDE, label_info=views.label_info).labels
        assert set(task_labels(task)) == set(needed), task


@pytest.mark.slow
def test_an_atlas_is_built_from_a_folder(tmp_path):
    rooms_folder(tmp_path / "data", CONFIG, rooms=24, buildings=6)
    tasks = ("normals", "scene_class", "fixated_pose")
    _, views = opened(tmp_path / "data", tmp_path / "cache", tasks=tasks)
    sizes = {f"splits.{split}": views.size(split) for split in SPLITS}
    training = {
        f"{part}_training.{name}": 4
        for part in ("task", "transfer", "scratch")
        for name in ("steps", "batch_size")
    }
    config = atlas_config("tiny", tasks=tasks, orders=(1,), overrides={"image_size": SIDE} | sizes | training)
    result = build_atlas(config, views, NullContext())
    for target in config.targets:
        measured = result.targets[target]
        losses = [measured.scratch.test_losses, *(each.test_losses for each in measured.transfers)]
        assert np.isfinite(losses).all()
        assert sum(edge.affinity for edge in measured.evaluation.transfers) == pytest.approx(1)
