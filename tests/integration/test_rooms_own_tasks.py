"""Rooms whose attributes and instances are tasks: registered, opened, and offered to atlases by name."""

import numpy as np
import pytest

from app.datasets.service import DatasetsService
from jobs.views import open_views
from models.data.splits import SplitSizes

API = "/api/v1"
SMALL = SplitSizes(train=6, transfer=2, validation=2, test=4)


@pytest.fixture
def dataset(api):
    options = {"views": 1000, "size": 32, "attributes": True, "instances": True}
    body = {"name": "rooms", "kind": "rooms", "options": options}
    response = api.post(f"{API}/datasets", json=body)
    assert response.status_code == 201, response.text
    return response.json()


def test_every_own_task_that_is_reported_has_its_labels(api, dataset, platform):
    own = [task["name"] for task in dataset["report"]["own_tasks"]]
    assert len(own) == 41
    with platform.database.session(read_only=True) as session:
        stored = DatasetsService(session, platform).get(dataset["id"])
    views = open_views(stored, SMALL, platform.settings.datasets.cache)
    assert tuple(task.name for task in views.label_info.own) == tuple(own)
    arrays = views.load("test", own)
    assert arrays["instance_offsets"].shape == (4, 32, 32, 2)
    scenes = [name for name in own if name.startswith("is_")][:8]
    assert np.array_equal(sum(np.asarray(arrays[name]) for name in scenes), np.ones(4))


def test_an_atlas_has_the_preset_s_tasks_unless_own_ones_are_named(api, dataset):
    body = {"name": "r", "preset": "tiny", "dataset": dataset["id"]}

    def tasks(**more):
        started = api.post(f"{API}/atlases", json=body | more)
        assert started.status_code == 202, started.text
        return api.get(f"{API}/atlases/{started.json()['resource']['id']}").json()["tasks"]

    assert tasks() == ["autoencoding", "depth", "normals", "scene_class"]
    assert tasks(tasks=["depth", "has_window"], orders=[1]) == ["depth", "has_window"]
