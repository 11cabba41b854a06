"""Multi-task training from data sets to answers, by real workers and the real inference process."""

import base64
import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from safetensors import safe_open

from app.core.platform import Platform
from app.jobs.states import JobState
from tests.integration.api_multitask import API, TASKS, rooms, runs_of, train
from tests.integration.inference_atlas import engine
from tests.integration.worker_process import WorkerProcess, job_of, jobs_of, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ENDS = {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}
SMALL = {"evaluations": 2, "validation_images": 4}


@dataclass
class Service:
    """The service with one worker and no web server of its own."""

    platform: Platform
    http: TestClient
    worker: WorkerProcess

    def ended(self, response: Any) -> dict[str, Any]:
        """The training of an accepted request, once its job has ended."""
        assert response.status_code == 202, response.text
        job = response.json()
        until(lambda: job_of(self.platform, job["id"]).state in ENDS, [self.worker], 240)
        return self.shown(job["resource"]["id"])

    def shown(self, multitask_id: str) -> dict[str, Any]:
        response = self.http.get(f"{API}/multitask/{multitask_id}")
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
def service(api, platform, start_worker):
    return Service(platform, api, start_worker(platform))


@pytest.fixture
def dataset(api):
    return rooms(api)


def picture(seed):
    """A photograph of nothing as PNG, larger than the network's images and not square."""
    pixels = np.random.default_rng(seed).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_training_from_a_data_set_to_predictions(service, dataset, tmp_path):
    fields = {"methods": ["single", "uniform", "mgda-ub"], "preferences": [[1, 3]], "batch_size": 16}
    found = service.ended(train(service.http, dataset, **fields, overrides=SMALL))
    assert found["status"] == "ready", service.worker.said()[-3000:]
    assert found["running"] == []
    assert [(run["method"], run["preference"], run["status"]) for run in found["results"]] == [
        ("single", None, "succeeded"),
        ("uniform", None, "succeeded"),
        ("mgda-ub", [0.25, 0.75], "succeeded"),
    ]
    for run in found["results"]:
        assert_is_measured(run)
    single, uniform, mgda = found["results"]
    assert (single["stationarity"], single["weights"]) == (None, None)
    assert uniform["weights"] == {"depth": 0.5, "scene_class": 0.5}
    assert sum(mgda["weights"].values()) == pytest.approx(1, abs=1e-4)
    assert uniform["stationarity"] >= 0
    assert [each["n"] for each in found["summary"]] == [1, 1, 1]

    url = f"{API}/multitask/{found['id']}"
    front = service.http.get(f"{url}/front").json()
    assert [point["shared"] for point in front["points"]] == [False, True, True]
    assert not all(point["dominated"] for point in front["points"])
    with engine(service.platform.settings):
        assert_all_tasks_are_answered(service.http, url, mgda)
        assert_a_model_is_chosen(service.http, url, found)
        assert_answers_take_the_form_that_is_asked_for(service.http, url, mgda)

    path = tmp_path / "model.safetensors"
    path.write_bytes(service.http.get(f"{url}/models/{mgda['model_id']}").content)
    with safe_open(path, framework="numpy") as file:
        assert json.loads(file.metadata()["network"])["kind"] == "multi_head"


def assert_is_measured(run):
    assert list(run["metrics"]) == list(run["validation_metrics"]) == list(TASKS)
    assert next(iter(run["metrics"]["depth"])) == "absolute_relative_error"
    assert len(run["curves"]["steps"]) == 2
    assert set(run["curves"]["losses"]) == set(run["curves"]["validation"]) == set(TASKS)
    assert run["delta_m_reason"] or run["delta_m"] is not None


def ask(http, url, count=1, accept="application/json", **data):
    files = [("image", (f"{seed}.png", picture(seed % 2), "image/png")) for seed in range(count)]
    response = http.post(f"{url}/predict", files=files, data=data, headers={"Accept": accept})
    assert response.status_code == 200, response.text
    return response


def assert_all_tasks_are_answered(http, url, run):
    answer = ask(http, url, 3, model=run["model_id"]).json()
    assert (answer["model_id"], answer["method"], answer["image_size"]) == (run["model_id"], "mgda-ub", 32)
    assert answer["preference"] == [0.25, 0.75]
    assert [each["image"] for each in answer["predictions"]] == [0, 1, 2]
    first, second, third = (each["tasks"] for each in answer["predictions"])
    assert first == third != second
    assert list(first) == list(TASKS)
    assert (first["depth"]["kind"], first["depth"]["value"]) == ("map", None)
    assert Image.open(io.BytesIO(base64.b64decode(first["depth"]["png"]))).width >= 32
    assert (first["scene_class"]["kind"], first["scene_class"]["png"]) == ("class", None)
    assert first["scene_class"]["value"]["class"]


def assert_a_model_is_chosen(http, url, found):
    single = found["results"][0]
    assert ask(http, url, model=single["model_id"]).json()["method"] == "single"
    assert ask(http, url, preference="[0, 1]").json()["method"] != "single"
    preferred = ask(http, url, tasks="scene_class").json()
    assert preferred["model_id"] == found["preferred_model"]
    assert list(preferred["predictions"][0]["tasks"]) == ["scene_class"]


def assert_answers_take_the_form_that_is_asked_for(http, url, run):
    of_depth = {"tasks": "depth", "model": run["model_id"]}
    sent = ask(http, url, png="false", array="true", **of_depth).json()["predictions"][0]["tasks"]["depth"]
    assert sent["png"] is None
    with np.load(io.BytesIO(base64.b64decode(sent["array"]))) as arrays:
        assert arrays["prediction"].shape == (32, 32)
    drawn = ask(http, url, accept="image/png", **of_depth)
    assert drawn.headers["content-type"] == "image/png"
    parts = ask(http, url, 2, accept="multipart/mixed", **of_depth)
    assert parts.headers["content-type"].startswith("multipart/mixed")
    assert drawn.content in parts.content
    assert b'filename="1-depth.json"' in parts.content


def test_a_run_that_diverges_leaves_its_siblings_alone(service, dataset):
    fields = {"methods": ["uniform", "grid"], "preferences": [[1, 1]], "optimiser": "sgd"}
    found = service.ended(
        train(service.http, dataset, **fields, learning_rate=1000, epochs=8, batch_size=8, overrides=SMALL)
    )
    assert found["status"] == "failed", "there is no model at all"
    assert {run["status"] for run in found["results"]} == {"diverged"}
    for run in found["results"]:
        assert run["error"]["step"] >= 0
        assert "loss is" in run["error"]["detail"]
        assert run["model_id"] is None
    children = jobs_of(service.platform, found["job_id"])
    assert [child.state for child in children] == [JobState.SUCCEEDED] * 2 + [JobState.FAILED]
    assert service.http.get(f"{API}/multitask/{found['id']}/front").json()["points"] == []


def test_curves_are_seen_live_and_a_cancelled_training_keeps_them(service, dataset):
    overrides = {**SMALL, "evaluations": 1000}
    job = train(
        service.http, dataset, methods=["uniform"], epochs=5000, batch_size=8, overrides=overrides
    ).json()
    multitask_id = job["resource"]["id"]

    def curves():
        return service.shown(multitask_id)["running"][0]["curves"]

    until(lambda: (found := curves()) is not None and len(found["steps"]) > 1, [service.worker])
    service.http.delete(f"{API}/jobs/{job['id']}")
    until(lambda: job_of(service.platform, job["id"]).state == JobState.CANCELLED, [service.worker])
    found = service.shown(multitask_id)
    assert found["status"] == "cancelled"
    assert len(found["running"][0]["curves"]["steps"]) > 1


def test_a_run_killed_and_resumed_gives_the_same_weights(api, platform, start_worker, dataset):
    def started():
        return train(api, dataset, methods=["gradnorm"], epochs=60, batch_size=8, overrides=SMALL)

    def weights(multitask_id):
        return runs_of(platform, multitask_id)["gradnorm", 0, None].outcome.weights

    first = start_worker(platform, "first", TASKATLAS_CHECKPOINT_S="0.3")
    killed = started().json()
    child = jobs_of(platform, killed["id"])[0].id
    until(lambda: job_of(platform, child).checkpoint is not None, [first])
    first.kill()
    assert job_of(platform, child).state == JobState.RUNNING
    second = start_worker(platform, "second")
    until(lambda: job_of(platform, killed["id"]).state in ENDS, [second])
    assert job_of(platform, child).attempt == 2
    unbroken = started().json()
    until(lambda: job_of(platform, unbroken["id"]).state in ENDS, [second])
    assert weights(killed["resource"]["id"]) == weights(unbroken["resource"]["id"]) is not None


def test_rooms_are_rendered_anew_at_another_size(service, dataset):
    fields = {"methods": ["uniform"], "image_size": 16, "epochs": 1, "tasks": ["depth", "normals"]}
    found = service.ended(train(service.http, dataset, **fields, overrides=SMALL))
    assert found["status"] == "ready", service.worker.said()[-3000:]
    files = [("image", ("0.png", picture(0), "image/png"))]
    with engine(service.platform.settings):
        answer = service.http.post(f"{API}/multitask/{found['id']}/predict", files=files).json()
    assert answer["image_size"] == 16
