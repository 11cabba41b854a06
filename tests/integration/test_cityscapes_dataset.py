"""Street scenes as a registered data set: opened for trainings, and offered to atlases."""

import numpy as np
import pytest
from PIL import Image

from app.datasets.service import DatasetsService
from jobs.views import DataChanged, open_views
from models.data.splits import SplitSizes
from models.tasks.registry import definition
from models.taxonomy.dictionary import TASKS
from tests.asserts import assert_problem
from tests.cityscapes_layout import cityscapes_folder, file_of

API = "/api/v1"
SMALL_BATCHES = {f"{part}_training.batch_size": 2 for part in ("task", "transfer", "scratch")}
SMALL = SplitSizes(train=5, transfer=2, validation=2, test=4)


@pytest.fixture
def root(tmp_path):
    return cityscapes_folder(tmp_path / "streets")


@pytest.fixture
def dataset(api, root):
    body = {"name": "streets", "kind": "cityscapes", "location": str(root), "options": {"size": 32}}
    response = api.post(f"{API}/datasets", json=body)
    assert response.status_code == 201, response.text
    return response.json()


def opened(platform, dataset):
    with platform.database.session(read_only=True) as session:
        stored = DatasetsService(session, platform).get(dataset["id"])
    return open_views(stored, SMALL, platform.settings.datasets.cache)


def test_every_task_that_is_reported_has_its_labels(dataset, platform):
    views = opened(platform, dataset)
    for name in (*TASKS, "instance_offsets", "disparity"):
        needed = definition(name, image_size=32, label_info=views.label_info).labels
        assert dataset["report"]["tasks"][name]["available"] == (set(needed) <= views.labels), name
    assert np.asarray(views.load("test", ("disparity",))["disparity"]).shape == (4, 32, 32)


def test_files_that_changed_are_refused(dataset, platform, root):
    Image.new("RGB", (64, 32)).save(file_of(root, "val", "lindau", 0, "leftImg8bit"))
    with pytest.raises(DataChanged, match="register it again"):
        opened(platform, dataset)


def test_damage_is_looked_for_once_on_a_machine(dataset, platform):
    first = opened(platform, dataset)
    kept = list(platform.settings.datasets.cache.glob("cityscapes-problems-*.json"))
    assert len(kept) == 1
    assert opened(platform, dataset).fingerprint == first.fingerprint


def test_an_atlas_takes_the_tasks_that_there_are_labels_for(api, dataset):
    body = {"name": "streets", "preset": "tiny", "dataset": dataset["id"], "overrides": SMALL_BATCHES}
    started = api.post(f"{API}/atlases", json=body)
    assert started.status_code == 202, started.text
    atlas = api.get(f"{API}/atlases/{started.json()['resource']['id']}").json()
    assert atlas["tasks"] == ["autoencoding", "instance_offsets", "disparity"]


def test_a_folder_of_something_else_is_422(api, tmp_path):
    body = {"name": "x", "kind": "cityscapes", "location": str(tmp_path)}
    assert_problem(api.post(f"{API}/datasets", json=body), 422, pointer="/location", detail="holds no images")
