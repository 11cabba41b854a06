"""An atlas of a folder in Taskonomy's layout, from its registration to its affinities."""

import numpy as np
import pytest

from app.datasets.service import DatasetsService
from app.jobs.states import JobState
from jobs.views import DataChanged, open_views
from models.data.rooms.config import RoomsConfig
from models.data.splits import SPLITS, SplitSizes
from models.tasks.registry import definition
from models.taxonomy.dictionary import TASKS
from tests.asserts import assert_problem
from tests.integration.worker_process import job_of, until
from tests.taskonomy_layout import file_of, pattern_folder, rooms_folder, split_csv

API = "/api/v1"
LABELS = ("autoencoding", "depth", "normals", "fixated_pose")
FEW_STEPS = {
    f"{part}_training.{name}": 4
    for part in ("task", "transfer", "scratch")
    for name in ("steps", "batch_size")
}


def register(api, path, **fields):
    body = {"name": "homes", "kind": "taskonomy_folder", "location": str(path), "options": {"size": 32}}
    return api.post(f"{API}/datasets", json=body | fields)


def registered(api, path, **fields):
    response = register(api, path, **fields)
    assert response.status_code == 201, response.text
    return response.json()


def stored(platform, dataset):
    with platform.database.session(read_only=True) as session:
        return DatasetsService(session, platform).get(dataset["id"])


def test_a_registered_folder_reports_what_is_in_it(api, tmp_path):
    root = pattern_folder(tmp_path / "my homes")
    split_csv(root, {f"house {n}": ("train", "val", "test")[n % 3] for n in range(6)})
    file_of(root, "house 0", 1, 1, "normal").write_bytes(b"\x89PNG")
    dataset = registered(api, root, options={"size": 32, "splits": "tiny"})
    report = dataset["report"]
    assert report["image_size"] == 32
    assert report["splits"]["train"] == report["splits"]["test"] == 16
    assert report["splits"]["transfer"] + report["splits"]["validation"] == 16
    assert report["tasks"]["normals"] == {"available": True, "views": 47, "detail": None}
    assert report["gaps"] == [{"split": "train", "tasks": ["normals"], "views": 1}]
    assert report["skipped_total"] == 1
    assert report["skipped"][0]["path"] == "house 0/normal/point_1_view_1_domain_normal.png"
    assert api.get(f"{API}/datasets/{dataset['id']}").json() == dataset


def test_every_task_that_is_reported_has_its_labels(api, platform, tmp_path):
    dataset = registered(api, pattern_folder(tmp_path / "a", edge_texture=None, normal=None))
    sizes = SplitSizes(train=4, transfer=2, validation=2, test=4)
    views = open_views(stored(platform, dataset), sizes, platform.settings.datasets.cache)
    for name in TASKS:
        needed = definition(name, image_size=32, label_info=views.label_info).labels
        assert dataset["report"]["tasks"][name]["available"] == (set(needed) <= views.labels), name


@pytest.mark.parametrize(
    ("fields", "pointer", "named"),
    [
        ({"options": {"style": "a"}}, "/options/style", "taskonomy_folder has size, splits, seed, views"),
        ({"options": {"splits": "../tiny.csv"}}, "/options/splits", "no split file"),
        ({"location": None}, "/location", "is needed"),
        ({"location": "/etc"}, "/location", "TASKATLAS_DATASET_ROOTS"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(api, tmp_path, fields, pointer, named):
    root = pattern_folder(tmp_path / "a", only=["rgb"])
    problem = assert_problem(register(api, root, **fields), 422, pointer=pointer)
    assert named in problem["errors"][0]["detail"]
    assert api.get(f"{API}/datasets").json()["items"] == []


def test_folders_that_are_missing_or_of_another_layout_are_named(api, tmp_path):
    assert_problem(register(api, tmp_path / "none"), 422, pointer="/location", detail="nothing is at")
    (tmp_path / "photographs").mkdir()
    problem = register(api, tmp_path / "photographs")
    assert_problem(problem, 422, pointer="/location", detail="holds no images as <building>/rgb/")


def test_an_atlas_takes_the_views_that_have_the_labels_of_its_tasks(api, platform, tmp_path):
    root = pattern_folder(tmp_path / "a", points=8, only=["rgb", "depth_zbuffer", "normal"])
    for point in range(8):
        for building in range(6):
            file_of(root, f"house {building}", point, 0, "normal").unlink()
    dataset = registered(api, root)
    has = dataset["report"]["splits"]
    configs = {}
    for tasks in (["autoencoding", "depth"], ["autoencoding", "normals"]):
        body = {"name": "a", "preset": "tiny", "dataset": dataset["id"], "tasks": tasks, "orders": [1]}
        small = {name: 2 for name in FEW_STEPS if name.endswith("batch_size")}
        started = api.post(f"{API}/atlases", json=body | {"overrides": small})
        assert started.status_code == 202, started.text
        atlas = api.get(f"{API}/atlases/{started.json()['resource']['id']}").json()
        configs[tasks[1]] = atlas["config"]["splits"]
    assert configs["depth"] == has
    assert configs["normals"] == {split: has[split] // 2 for split in SPLITS}
    sizes = SplitSizes(**configs["normals"])
    cache = platform.settings.datasets.cache
    views = open_views(stored(platform, dataset), sizes, cache, ["autoencoding", "normals"])
    assert np.allclose(np.linalg.norm(views.load("train", ["normals"])["normals"], axis=-1), 1)


def test_a_folder_that_was_changed_after_its_registration_is_not_used(api, platform, tmp_path):
    root = pattern_folder(tmp_path / "a", only=["rgb", "normal"])
    dataset = stored(platform, registered(api, root))
    sizes = SplitSizes(train=4, transfer=2, validation=2, test=4)
    open_views(dataset, sizes, platform.settings.datasets.cache)
    file_of(root, "house 2", 0, 0, "normal").unlink()
    with pytest.raises(DataChanged, match="register it again"):
        open_views(dataset, sizes, platform.settings.datasets.cache)


@pytest.mark.slow
def test_an_atlas_is_built_from_a_folder(api, platform, tmp_path, start_worker):
    rooms_folder(
        tmp_path / "homes", RoomsConfig(seed=2, size=32), rooms=24, buildings=6, arrangement="domain"
    )
    dataset = registered(api, tmp_path / "homes")
    body = {
        "name": "homes", "preset": "tiny", "dataset": dataset["id"], "tasks": LABELS, "orders": [1],
        "overrides": FEW_STEPS,
    }  # fmt: skip
    job = api.post(f"{API}/atlases", json=body).json()
    worker = start_worker(platform)
    until(lambda: job_of(platform, job["id"]).state in {JobState.SUCCEEDED, JobState.FAILED}, [worker], 200)
    assert job_of(platform, job["id"]).state == JobState.SUCCEEDED, worker.said()[-3000:]
    matrix = api.get(f"{API}/atlases/{job['resource']['id']}/affinity").json()
    values = np.array(matrix["values"], dtype=float)
    assert np.isnan(values).sum() == len(LABELS), "but for a target from itself, everything was measured"
