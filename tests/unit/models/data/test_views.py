import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.data.rooms.config import RoomsConfig
from models.data.rooms.render import render
from models.data.splits import SPLITS, SplitSizes
from models.data.views import INDEX, RoomsViews, UnknownLabel
from models.training.progress import NullContext, Stopped

ROOMS = RoomsConfig(seed=2, size=16)
SIZES = SplitSizes(train=9, transfer=5, validation=3, test=4)


class Stopper(NullContext):
    """A runner that asks for a stop after some chunks."""

    def __init__(self, after: int) -> None:
        self.reports: list[float] = []
        self._left = after

    def progress(self, fraction: float, step: str) -> None:
        self.reports.append(fraction)

    def should_stop(self) -> bool:
        self._left -= 1
        return self._left < 0


@pytest.fixture
def views(tmp_path: Path) -> RoomsViews:
    return RoomsViews(ROOMS, SIZES, tmp_path, workers=1)


def test_no_view_is_in_two_splits(views: RoomsViews) -> None:
    seen = [int(index) for split in SPLITS for index in np.asarray(views.load(split, ())[INDEX])]
    assert len(seen) == len(set(seen)) == SIZES.total


def test_a_split_holds_the_views_of_its_indices(views: RoomsViews) -> None:
    loaded = views.load("test", ("rgb", "depth"))
    rendered = render(ROOMS, [int(index) for index in np.asarray(loaded[INDEX])], ("rgb", "depth"))
    assert all(np.array_equal(loaded[name], rendered[name]) for name in rendered)


def test_a_view_stays_the_same_when_splits_grow(views: RoomsViews, tmp_path: Path) -> None:
    grown = RoomsViews(ROOMS, replace(SIZES, train=15, test=8), tmp_path, workers=1)
    for split in ("train", "test"):
        few, many = views.load(split, ("rgb",)), grown.load(split, ("rgb",))
        assert np.array_equal(few["rgb"], many["rgb"][: views.size(split)])
        assert np.array_equal(few[INDEX], many[INDEX][: views.size(split)])


def test_labels_asked_for_later_belong_to_the_same_views(views: RoomsViews, tmp_path: Path) -> None:
    views.load("train", ("rgb",))
    later = views.load("train", ("rgb", "normals"))
    together = RoomsViews(ROOMS, SIZES, tmp_path / "other", workers=1).load("train", ("normals", "rgb"))
    assert all(np.array_equal(later[name], together[name]) for name in together)


def test_rooms_of_another_seed_or_style_share_no_file(tmp_path: Path) -> None:
    kinds = (ROOMS, replace(ROOMS, seed=3), replace(ROOMS, style="b"))
    sets = [RoomsViews(kind, SIZES, tmp_path, workers=1) for kind in kinds]
    pictures = [np.asarray(views.load("test", ("rgb",))["rgb"]) for views in sets]
    assert len({views.fingerprint for views in sets}) == len({picture.tobytes() for picture in pictures}) == 3


def test_the_fingerprint_names_rooms_and_sizes(views: RoomsViews, tmp_path: Path) -> None:
    assert RoomsViews(ROOMS, SIZES, tmp_path / "elsewhere").fingerprint == views.fingerprint
    assert RoomsViews(ROOMS, replace(SIZES, test=5), tmp_path).fingerprint != views.fingerprint


def test_what_a_reader_writes_stays_with_the_reader(views: RoomsViews) -> None:
    mine = np.asarray(views.load("test", ("rgb",))["rgb"])
    before = mine.copy()
    mine[:] = 0
    assert np.array_equal(views.load("test", ("rgb",))["rgb"], before)


def test_renderers_side_by_side_in_one_folder_do_not_disturb_each_other(tmp_path: Path) -> None:
    def load(_: int) -> bytes:
        return np.asarray(
            RoomsViews(ROOMS, SIZES, tmp_path, workers=1).load("train", ("rgb",))["rgb"]
        ).tobytes()

    with ThreadPoolExecutor(3) as executor:
        assert len(set(executor.map(load, range(3)))) == 1
    assert not list(tmp_path.glob("*/.rendering-*"))


def test_many_views_come_from_processes_bit_by_bit(tmp_path: Path) -> None:
    many = replace(SIZES, train=600)
    loaded = RoomsViews(ROOMS, many, tmp_path, workers=2).load("train", ("rgb", "depth"))
    last = range(590, 600)
    assert all(
        np.array_equal(loaded[name][590:], values)
        for name, values in render(ROOMS, last, ("rgb", "depth")).items()
    )


def test_a_stop_ends_the_processes_that_render(tmp_path: Path) -> None:
    before = multiprocessing.active_children()
    with pytest.raises(Stopped):
        RoomsViews(ROOMS, replace(SIZES, train=600), tmp_path, workers=2).prepare(
            ("depth",), Stopper(after=2)
        )
    assert multiprocessing.active_children() == before
    assert not list(tmp_path.glob("*/*.npy"))


def test_preparing_reports_to_the_end_and_leaves_nothing_to_render(views: RoomsViews) -> None:
    context = Stopper(after=100)
    views.prepare(("rgb", "scene_class"), context)
    assert context.reports == sorted(context.reports)
    assert context.reports[-1] == 1.0
    views.prepare(("rgb", "scene_class"), Stopper(after=0))


def test_a_stopped_preparation_keeps_what_is_whole(views: RoomsViews, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        views.prepare(("rgb",), Stopper(after=2))
    found = sorted(path.name for path in tmp_path.glob("*/*.npy"))
    assert found == ["train-9-rgb.npy", "transfer-5-rgb.npy"]
    assert not list(tmp_path.glob("*/.rendering-*"))


def test_a_label_that_rooms_lack_is_named(views: RoomsViews) -> None:
    with pytest.raises(UnknownLabel, match="smell"):
        views.load("test", ("rgb", "smell"))
