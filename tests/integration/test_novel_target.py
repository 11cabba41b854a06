"""A novel target from its labels to an answer, by a real worker and the real inference process."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.core.platform import Platform
from app.jobs.states import JobState
from tests.integration.inference_atlas import engine
from tests.integration.worker_process import WorkerProcess, job_of, jobs_of, until
from tests.own_folder import own_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

API = "/api/v1"
TASKS = ("autoencoding", "depth", "normals")
SMALL_ATLAS = {
    **{f"{part}_training.steps": 6 for part in ("task", "transfer", "scratch")},
    **{f"{part}_training.batch_size": 8 for part in ("task", "transfer", "scratch")},
    "splits.train": 32,
    "splits.transfer": 16,
    "splits.validation": 8,
    "splits.test": 8,
}
FEW_STEPS = {"transfer_training.steps": 10, "scratch_training.steps": 10}


@dataclass
class Service:
    """The service with one worker and no web server of its own."""

    platform: Platform
    http: TestClient
    worker: WorkerProcess

    def succeeded(self, response: Any) -> dict[str, Any]:
        """The job of an accepted request, once it has succeeded."""
        assert response.status_code == 202, response.text
        job = response.json()
        ends = {JobState.SUCCEEDED, JobState.FAILED}
        until(lambda: job_of(self.platform, job["id"]).state in ends, [self.worker], 200)
        assert job_of(self.platform, job["id"]).state == JobState.SUCCEEDED, self.worker.said()[-3000:]
        return job

    def get(self, path: str) -> Any:
        response = self.http.get(API + path)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
def service(api, platform, start_worker):
    return Service(platform, api, start_worker(platform))


@pytest.fixture
def atlas(service) -> str:
    body = {"name": "a", "preset": "tiny", "tasks": TASKS, "orders": [1], "overrides": SMALL_ATLAS}
    return service.succeeded(service.http.post(f"{API}/atlases", json=body))["resource"]["id"]


@pytest.fixture
def few(api) -> str:
    options = {"seed": 9, "views": 64, "size": 32}
    body = {"name": "few", "kind": "rooms", "options": options}
    return api.post(f"{API}/datasets", json=body).json()["id"]


def picture() -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (40, 48, 3), np.uint8)
    Image.fromarray(noise).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def plates(api, tmp_path) -> str:
    folder = str(own_folder(tmp_path / "plates", 90))
    body = {"name": "plates", "kind": "image_folder", "location": folder, "options": {"size": 32}}
    return api.post(f"{API}/datasets", json=body).json()["id"]


def test_novel_targets_from_their_labels_to_answers(service, atlas, few, plates):
    rooms = trained(service, atlas, few, "scene_class")
    motion = trained(service, atlas, plates, "motion")
    assert rooms["images"] == {"labels": 32, "validation": 12, "test": 20}
    assert motion["images"] == {"labels": 68, "validation": 9, "test": 13}
    assert motion["facts"]["metrics"]["rmse"] == {"unit": "pixels", "lower_is_better": True}
    listed = service.get(f"/atlases/{atlas}/targets")["items"]
    assert [target["task"] for target in listed] == ["motion", "scene_class"]

    with engine(service.platform.settings):
        best, last, scratch = (
            ask(service, rooms, 1, **fields)
            for fields in ({}, {"model": rooms["ranking"][-1]["id"]}, {"model": rooms["scratch"]["id"]})
        )
        moved = ask(service, motion, 2)
    for prediction in (best, last, scratch):
        assert (prediction["task"], prediction["kind"]) == ("scene_class", "class")
        assert sum(each["probability"] for each in prediction["value"]["top"]) > 0.9
    assert best["sources"] == rooms["best"]["sources"]
    assert last["transfer_id"] == rooms["ranking"][-1]["id"]
    assert scratch["transfer_id"] is None
    assert moved["value"].keys() == {"right", "down"}


def trained(service: Service, atlas: str, dataset: str, task: str) -> dict[str, Any]:
    """A target of two orders, once it is trained for and ranked."""
    body = {"name": task, "dataset": dataset, "task": task, "per_target": 2, "overrides": FEW_STEPS}
    job = service.succeeded(service.http.post(f"{API}/atlases/{atlas}/targets", json=body))
    kinds = [each.kind for each in jobs_of(service.platform, job["id"])]
    assert kinds == ["target.transfers", "target.baselines", "target.transfers", "target.ranking"]
    target = service.get(f"/atlases/{atlas}/targets/{job['result']['target_id']}")
    assert_ranked(target)
    return target


def ask(service: Service, target: dict[str, Any], images: int, **fields: str) -> dict[str, Any]:
    """The prediction for some images."""
    url = f"{API}/atlases/{target['atlas_id']}/targets/{target['id']}/infer"
    files = [("image", ("a.png", picture(), "image/png"))] * images
    answer = service.http.post(url, files=files, data=fields)
    assert answer.status_code == 200, answer.text
    return answer.json()["predictions"][0]


def assert_ranked(target: dict[str, Any]) -> None:
    """Every source and the best pairs were trained, ranked on validation and held against both baselines."""
    assert target["status"] == "ready"
    ranking = target["ranking"]
    sets = [tuple(model["sources"]) for model in ranking]
    assert {sources for sources in sets if len(sources) == 1} == {(name,) for name in (*TASKS, "random")}
    assert sum(len(sources) == 2 for sources in sets) == 2
    losses = [model["validation_loss"] for model in ranking]
    assert losses == sorted(losses)
    assert sum(model["affinity"] for model in ranking) == pytest.approx(1)
    for model in ranking:
        assert 0 <= model["win_rate_vs_scratch"] <= 1
        assert 0 <= model["win_rate_vs_constant"] <= 1
        assert model["metrics"].keys() == target["facts"]["metrics"].keys()
    scratch = target["scratch"]
    assert (scratch["kind"], scratch["sources"], scratch["affinity"]) == ("scratch", [], None)
    assert target["constant"]["test_loss"] > 0
    best = min([*ranking, scratch], key=lambda model: model["validation_loss"])
    assert target["best"]["validation_loss"] == best["validation_loss"]
