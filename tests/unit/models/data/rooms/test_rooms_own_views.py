from pathlib import Path

import numpy as np
import pytest
import torch

from models.data.instances import centre_offsets
from models.data.rooms.attributes import ATTRIBUTES, SOURCE_LABELS, attributes
from models.data.rooms.config import RoomsConfig
from models.data.rooms.own_views import OwnRooms
from models.data.splits import SPLITS, SplitSizes
from models.data.views import RoomsViews, UnknownLabel
from models.tasks.registry import definition
from models.training.progress import NullContext, Stopped

ROOMS = RoomsConfig(seed=2, size=16)
SIZES = SplitSizes(train=9, transfer=5, validation=3, test=4)


class Recorder(NullContext):
    """A runner that remembers what it was told, and may ask for a stop."""

    def __init__(self, stop_at: float = 2.0) -> None:
        self.reports: list[float] = []
        self._stop_at = stop_at

    def progress(self, fraction: float, step: str) -> None:
        self.reports.append(fraction)

    def should_stop(self) -> bool:
        return bool(self.reports) and self.reports[-1] >= self._stop_at


@pytest.fixture
def views(tmp_path: Path) -> OwnRooms:
    return OwnRooms(ROOMS, SIZES, tmp_path, attributes=True, instances=True, workers=1)


def test_views_and_their_labels_are_those_of_the_plain_rooms(views: OwnRooms, tmp_path: Path):
    plain = RoomsViews(ROOMS, SIZES, tmp_path / "plain", workers=1)
    for split in SPLITS:
        found, expected = views.load(split, ("rgb", "depth")), plain.load(split, ("rgb", "depth"))
        assert found.keys() == expected.keys()
        assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_attributes_and_offsets_are_worked_out_of_the_view_s_labels(views: OwnRooms):
    names = [each.name for each in ATTRIBUTES]
    found = views.load("train", ["rgb", "instance_offsets", *names])
    labels = views.load("train", SOURCE_LABELS)
    expected = attributes(labels)
    assert all(np.array_equal(found[name], expected[:, place]) for place, name in enumerate(names))
    assert found["is_bright"].dtype == np.int64
    offsets = centre_offsets(np.asarray(labels["instances"], dtype=np.int64))
    assert np.array_equal(found["instance_offsets"], offsets, equal_nan=True)


def test_only_the_tasks_asked_for_are_declared(tmp_path: Path):
    attributes_only = OwnRooms(ROOMS, SIZES, tmp_path, attributes=True, workers=1)
    instances_only = OwnRooms(ROOMS, SIZES, tmp_path, instances=True, workers=1)
    assert [task.name for task in instances_only.label_info.own] == ["instance_offsets"]
    assert len(attributes_only.label_info.own) == 40
    assert "instance_offsets" not in attributes_only.labels
    with pytest.raises(UnknownLabel, match="has_bed"):
        instances_only.load("test", ("rgb", "has_bed"))


def test_other_tasks_are_other_data(tmp_path: Path):
    plain = RoomsViews(ROOMS, SIZES, tmp_path, workers=1)
    prints = {
        OwnRooms(ROOMS, SIZES, tmp_path, attributes=a, instances=i, workers=1).fingerprint
        for a, i in ((True, False), (False, True), (True, True))
    }
    assert len(prints | {plain.fingerprint}) == 4


def test_preparing_reports_growing_progress_to_the_end(views: OwnRooms):
    runner = Recorder()
    views.prepare(("rgb", "has_bed", "instance_offsets"), runner)
    assert runner.reports == sorted(runner.reports)
    assert runner.reports[-1] == pytest.approx(1)
    again = Recorder()
    views.prepare(("rgb", "has_bed", "instance_offsets"), again)
    assert again.reports == []


def test_preparing_can_be_stopped_between_splits(views: OwnRooms):
    with pytest.raises(Stopped):
        views.prepare(("has_bed",), Recorder(stop_at=0.92))
    assert set(np.asarray(views.load("test", ("has_bed",))["has_bed"])) <= {0, 1}


@pytest.mark.parametrize("name", ["instance_offsets", "is_kitchen"])
def test_the_tasks_train_like_any_declared_one(views: OwnRooms, name: str):
    task = definition(name, image_size=16, label_info=views.label_info)
    arrays = views.load("train", task.labels)
    batch = {label: torch.from_numpy(np.array(arrays[label])) for label in task.labels}
    fitted = task.fitted(batch)
    target = fitted.target(batch)
    guess = fitted.constant(target)
    prediction = guess.expand(len(target), *guess.shape).clone()
    assert torch.isfinite(fitted.loss(prediction, target)).all()
    assert torch.isfinite(fitted.metrics(prediction, target)[task.task.metric]).all()
