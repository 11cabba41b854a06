"""Adaptations from data sets to answers, by real workers and the real inference process."""

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
from tests.integration.api_adaptations import (
    API,
    CLASSES,
    adapt,
    features_npz,
    images_npz,
    runs_of,
    shapes,
)
from tests.integration.inference_atlas import engine
from tests.integration.worker_process import WorkerProcess, job_of, jobs_of, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ENDS = {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}
SMALL = {"learning_rate": 0.01, "bottleneck": 32, "discriminator_width": 16, "evaluations": 4}


@dataclass
class Service:
    """The service with one worker and no web server of its own."""

    platform: Platform
    http: TestClient
    worker: WorkerProcess

    def ended(self, response: Any) -> dict[str, Any]:
        """The adaptation of an accepted request, once its job has ended."""
        assert response.status_code == 202, response.text
        job = response.json()
        until(lambda: job_of(self.platform, job["id"]).state in ENDS, [self.worker], 200)
        return self.shown(job["resource"]["id"])

    def shown(self, adaptation_id: str) -> dict[str, Any]:
        response = self.http.get(f"{API}/adaptations/{adaptation_id}")
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
def service(api, platform, start_worker):
    return Service(platform, api, start_worker(platform))


@pytest.fixture
def source(api, tmp_path):
    return images_npz(api, tmp_path, "source", *shapes(150, 0))


@pytest.fixture
def target(api, tmp_path):
    images, labels = shapes(80, 1, classes=CLASSES[:2], inverted=True)
    return images_npz(api, tmp_path, "target", images, labels)


def picture(name):
    """A shape as PNG, larger than the network's images and not square."""
    images, _ = shapes(1, 5, classes=(name,))
    buffer = io.BytesIO()
    Image.fromarray(images[0]).resize((70, 56)).save(buffer, "PNG")
    return buffer.getvalue()


def test_an_adaptation_from_data_sets_to_predictions(service, source, target, tmp_path):
    response = adapt(
        service.http,
        source,
        target,
        seeds=[0],
        steps=60,
        batch_size=32,
        overrides=SMALL,
    )
    found = service.ended(response)
    assert found["status"] == "ready", service.worker.said()[-3000:]
    assert [(run["method"], run["status"]) for run in found["results"]] == [
        ("source-only", "succeeded"),
        ("san", "succeeded"),
    ]
    for run in found["results"]:
        assert run["curves"]["steps"] == [15, 30, 45, 60]
        assert run["source_accuracy"] > 0.8, "learns to tell the shapes apart"
        assert set(run["per_class"]) == {"circle", "square"}
        assert run["accuracy_oracle"] >= max(run["accuracy_label_free"], run["accuracy_last"])
    only, san = found["results"]
    assert only["class_weights"] is None
    assert set(san["class_weights"]) == set(CLASSES)
    assert sum(weights[-1] for weights in san["class_weights"].values()) == pytest.approx(3, abs=1e-4)
    assert found["summary"][0]["verdict"] is None
    verdict = found["summary"][1]["verdict"]
    assert (verdict["judged_by"], verdict["seeds"]) == ("labels", 1)
    url = f"{API}/adaptations/{found['id']}"
    embeddings = service.http.get(f"{url}/embedding").json()["embeddings"]
    assert [each["method"] for each in embeddings] == ["source-only", "san"]
    assert {point["domain"] for point in embeddings[0]["points"]} == {"source", "target"}

    names = ("circle", "square", "cross", "circle")
    files = [("image", (f"{name}.png", picture(name), "image/png")) for name in names]
    model = {"model": only["model_id"]}
    with engine(service.platform.settings):
        asked = service.http.post(f"{url}/predict", files=files, data=model)
        preferred = service.http.post(f"{url}/predict", files=files[:1])
    assert asked.status_code == 200, asked.text
    predictions = asked.json()["predictions"]
    assert [each["class"] for each in predictions] == list(names)
    for each in predictions:
        values = list(each["probabilities"].values())
        assert values == sorted(values, reverse=True)
        assert sum(values) == pytest.approx(1, abs=1e-4)
        assert next(iter(each["probabilities"])) == each["class"]
    assert predictions[0] == predictions[3]
    assert preferred.json()["model_id"] == found["preferred_model"]

    path = tmp_path / "model.safetensors"
    path.write_bytes(service.http.get(f"{url}/models/{san['model_id']}").content)
    assert_says_what_it_is(path, san)


def assert_says_what_it_is(path, run):
    """A downloaded model can be read without this service."""
    with safe_open(path, framework="numpy") as opened:
        header = opened.metadata()
        metadata = json.loads(header["metadata"])
        assert opened.get_tensor("module.scores.weight").shape == (3, 32)
    assert json.loads(header["network"])["kind"] == "classifier"
    assert (metadata["classes"], metadata["image_size"]) == (list(CLASSES), 28)
    assert (metadata["method"], metadata["seed"]) == (run["method"], run["seed"])
    assert metadata["step"] == run["step_label_free"]


def test_vectors_are_adapted_and_predicted_too(service, api, tmp_path):
    vectors = features_npz(api, tmp_path, "vectors", count=120)
    fields = {"backbone": "features", "methods": ["source-only"], "seeds": [0], "steps": 60}
    found = service.ended(adapt(api, vectors, vectors, target_classes=["cross"], overrides=SMALL, **fields))
    assert found["status"] == "ready", service.worker.said()[-3000:]
    assert found["results"][0]["per_class"].keys() == {"cross"}
    url = f"{API}/adaptations/{found['id']}/predict"
    rows = np.array([[0.0] * 5, [6.0] * 5])
    buffer = io.BytesIO()
    np.savez(buffer, rows)
    with engine(service.platform.settings):
        by_json = api.post(url, json={"vectors": rows.tolist()})
        by_npz = api.post(url, files={"vectors": ("rows.npz", buffer.getvalue(), "application/octet-stream")})
    assert by_json.status_code == 200, by_json.text
    assert [each["class"] for each in by_json.json()["predictions"]] == ["circle", "cross"]
    assert by_npz.json() == by_json.json()


def test_a_run_that_diverges_leaves_its_siblings_alone(service, source, target):
    overrides = {**SMALL, "learning_rate": 5000}
    found = service.ended(
        adapt(service.http, source, target, methods=["source-only", "dann"], seeds=[0], overrides=overrides)
    )
    assert {run["status"] for run in found["results"]} == {"diverged"}
    for run in found["results"]:
        assert run["error"]["step"] >= 0
        assert "loss is" in run["error"]["detail"]
    assert found["running"] == []
    job = service.http.get(f"{API}/jobs/{found['job_id']}").json()
    children = jobs_of(service.platform, job["id"])
    assert [child.state for child in children[:-1]] == [JobState.SUCCEEDED] * 2


def test_curves_are_seen_live_and_a_cancelled_adaptation_keeps_them(service, source, target):
    response = adapt(
        service.http, source, target, seeds=[0], steps=100_000, overrides={**SMALL, "evaluations": 1000}
    )
    job = response.json()
    adaptation_id = job["resource"]["id"]

    def curves():
        return service.shown(adaptation_id)["running"][0]["curves"]

    until(lambda: (found := curves()) is not None and len(found["steps"]) > 1, [service.worker])
    service.http.delete(f"{API}/jobs/{job['id']}")
    until(lambda: job_of(service.platform, job["id"]).state == JobState.CANCELLED, [service.worker])
    found = service.shown(adaptation_id)
    assert found["status"] == "cancelled"
    assert len(found["running"][0]["curves"]["steps"]) > 1


def test_a_run_killed_and_resumed_gives_the_same_weights(api, platform, start_worker, source, target):
    def started():
        return adapt(
            api, source, target, methods=["san"], seeds=[0], steps=300, batch_size=16, overrides=SMALL
        )

    def weights(adaptation_id):
        return runs_of(platform, adaptation_id)["san", 0].outcome.weights

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
