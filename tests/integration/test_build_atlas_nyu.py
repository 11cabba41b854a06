"""An atlas of data that is not rendered: a file of photographs, from its registration to its taxonomy."""

import numpy as np
import pytest

from app.datasets.kinds.classes import ClassKind
from app.datasets.kinds.registry import KINDS
from app.jobs.states import JobState
from jobs.views import OPENERS, DataChanged, open_views
from models.data.splits import SplitSizes
from models.tasks.registry import definition
from models.taxonomy.dictionary import TASKS
from tests.asserts import assert_problem
from tests.integration.worker_process import job_of, until
from tests.nyu_file import nyu_file

API = "/api/v1"
LABELS = ("autoencoding", "depth", "normals", "semantic_segmentation")
FEW_STEPS = {
    f"{part}_training.{name}": 8
    for part in ("task", "transfer", "scratch")
    for name in ("steps", "batch_size")
}
SMALL = SplitSizes(train=10, transfer=4, validation=2, test=8)


def register(api, path, **fields):
    return api.post(
        f"{API}/datasets", json={"name": "nyu", "kind": "nyu_npz", "location": str(path)} | fields
    )


@pytest.fixture
def dataset(api, tmp_path):
    response = register(api, nyu_file(tmp_path / "nyu.npz", notes=np.zeros(2)))
    assert response.status_code == 201, response.text
    return response.json()


def test_a_registered_file_reports_splits_tasks_and_what_is_not_read(dataset):
    report = dataset["report"]
    assert report["image_size"] == 32
    assert sum(report["splits"].values()) == 96
    assert report["splits"]["test"] == 30
    available = {name for name, task in report["tasks"].items() if task["available"]}
    assert available == {
        *("autoencoding", "denoising", "colorization", "inpainting", "jigsaw", "random"),
        *("edges_2d", "keypoints_2d", "segmentation_2d", "depth", "normals", "semantic_segmentation"),
    }
    assert report["tasks"]["scene_class"]["detail"] == "nyu_npz has no labels for scene_class"
    assert report["skipped"] == [{"path": "nyu.npz/notes", "reason": "no array that this kind reads"}]


def test_every_task_that_is_reported_has_its_labels(dataset, platform):
    views = open_views(stored(platform, dataset), SMALL, platform.settings.datasets.cache)
    for name in TASKS:
        needed = definition(name, image_size=32, label_info=views.label_info).labels
        assert dataset["report"]["tasks"][name]["available"] == (set(needed) <= views.labels), name


def stored(platform, dataset):
    from app.datasets.service import DatasetsService

    with platform.database.session(read_only=True) as session:
        return DatasetsService(session, platform).get(dataset["id"])


@pytest.mark.parametrize(
    ("fields", "pointer", "named"),
    [
        ({"options": {"seed": 1}}, "/options/seed", "nyu_npz has none"),
        ({"location": None}, "/location", "is needed"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(api, tmp_path, fields, pointer, named):
    problem = assert_problem(register(api, nyu_file(tmp_path / "a.npz"), **fields), 422, pointer=pointer)
    assert named in problem["errors"][0]["detail"]


def test_what_is_wrong_with_a_file_is_named(api, tmp_path):
    broken = nyu_file(tmp_path / "a.npz", depth=np.zeros((2, 2)), seg=np.zeros(3))
    problem = assert_problem(register(api, broken), 422, pointer="/location")
    assert [error["detail"].split()[1] for error in problem["errors"]] == ["depth", "seg"]
    assert_problem(register(api, tmp_path), 422, pointer="/location", detail="cannot be read")


def test_an_atlas_keeps_to_the_splits_of_the_file(api, dataset):
    body = {"name": "nyu", "preset": "tiny", "dataset": dataset["id"], "tasks": LABELS}
    small = {
        "task_training.batch_size": 8,
        "transfer_training.batch_size": 8,
        "scratch_training.batch_size": 8,
    }
    too_many = api.post(f"{API}/atlases", json=body | {"overrides": small | {"splits.test": 31}})
    assert_problem(too_many, 422, pointer="/overrides/splits.test")
    unlabelled = api.post(f"{API}/atlases", json=body | {"tasks": [*LABELS, "scene_class"]})
    assert_problem(unlabelled, 422, detail="no labels for scene_class")
    started = api.post(f"{API}/atlases", json=body | {"overrides": small | {"splits.test": 20}})
    assert started.status_code == 202, started.text
    config = api.get(f"{API}/atlases/{started.json()['resource']['id']}").json()["config"]
    assert config["splits"] == dataset["report"]["splits"] | {"test": 20}


def test_every_kind_can_be_opened_by_a_worker():
    of_classes = {
        name for name, kind in KINDS.items() if isinstance(kind, ClassKind)
    }  # jobs.labelled opens these
    assert OPENERS.keys() | of_classes == KINDS.keys()


def test_a_file_that_was_changed_after_its_registration_is_not_used(dataset, platform, tmp_path):
    nyu_file(tmp_path / "nyu.npz", without=("seg",))
    with pytest.raises(DataChanged, match="register it again"):
        open_views(stored(platform, dataset), SMALL, platform.settings.datasets.cache)


@pytest.mark.slow
def test_an_atlas_is_built_from_a_file(api, dataset, platform, start_worker):
    body = {
        "name": "nyu", "preset": "tiny", "dataset": dataset["id"], "tasks": LABELS, "overrides": FEW_STEPS
    }  # fmt: skip
    job = api.post(f"{API}/atlases", json=body).json()
    worker = start_worker(platform)
    until(lambda: job_of(platform, job["id"]).state in {JobState.SUCCEEDED, JobState.FAILED}, [worker], 200)
    assert job_of(platform, job["id"]).state == JobState.SUCCEEDED, worker.said()[-3000:]
    atlas = job["resource"]["id"]
    matrix = api.get(f"{API}/atlases/{atlas}/affinity").json()
    assert matrix["targets"] == list(LABELS)
    values = np.array(matrix["values"], dtype=float)
    assert np.isnan(values).sum() == len(LABELS), "but for a target from itself, everything was measured"
    taxonomy = api.get(f"{API}/atlases/{atlas}/taxonomy", params={"budget": 2}).json()
    assert taxonomy["optimal"]
    assert {transfer["target"] for transfer in taxonomy["transfers"]} == set(LABELS)
