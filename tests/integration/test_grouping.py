"""Which tasks of a small atlas should share a network, from the question to the recommendation, by a real worker."""

from pathlib import Path
from typing import Any

import pytest

from app.jobs.states import JobState
from models.multitask.serving import load_model
from tests.integration.worker_process import job_of, jobs_of, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

API = "/api/v1"
TASKS = ("depth", "normals", "scene_class")
SMALL_ATLAS = {
    **{f"{part}_training.steps": 6 for part in ("task", "transfer", "scratch")},
    **{f"{part}_training.batch_size": 8 for part in ("task", "transfer", "scratch")},
    "splits.train": 32,
    "splits.transfer": 16,
    "splits.validation": 8,
    "splits.test": 8,
}


def test_a_question_from_an_atlas_to_the_recommended_networks(api, platform, start_worker, tmp_path):
    worker = start_worker(platform)

    def succeeded(response: Any) -> dict[str, Any]:
        assert response.status_code == 202, response.text
        job = response.json()
        ends = {JobState.SUCCEEDED, JobState.FAILED}
        until(lambda: job_of(platform, job["id"]).state in ends, [worker], 250)
        assert job_of(platform, job["id"]).state == JobState.SUCCEEDED, worker.said()[-3000:]
        return job

    body = {"name": "rooms", "preset": "tiny", "tasks": list(TASKS), "orders": [1], "overrides": SMALL_ATLAS}
    atlas = succeeded(api.post(f"{API}/atlases", json=body))["resource"]["id"]
    job = succeeded(api.post(f"{API}/atlases/{atlas}/groupings", json={"epochs": 2, "method": "mgda-ub"}))

    response = api.get(f"{API}/atlases/{atlas}/groupings/{job['result']['grouping_id']}")
    found = response.json()
    assert found["status"] == "ready"
    assert_checked(found)
    kinds = [child.kind for child in jobs_of(platform, job["id"])]
    assert kinds == [*["grouping.network"] * len(found["runs"]), "grouping.summary"]

    for run in found["runs"]:
        url = f"{API}/atlases/{atlas}/groupings/{found['id']}/models/{run['model_id']}"
        file = Path(tmp_path / run["id"])
        file.write_bytes(api.get(url).content)
        assert list(load_model(file.read_bytes()).tasks) == run["tasks"]


def assert_checked(found: dict[str, Any]) -> None:
    """Every grouping of three tasks within two networks, and all separate, was measured against single tasks."""
    assert found["tasks"] == list(TASKS)
    assert found["config"]["network"]["image_size"] == 32
    groupings = found["groupings"]
    scores = [each["score"] for each in groupings if each["rank"] is not None]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    for each in groupings:
        assert each["delta_m"] is not None, each["detail"]
        assert each["validation_delta_m"] is not None
        assert each["within_budget"] == (len(each["groups"]) <= 2)
        mean = sum(task["delta_m"] for task in each["tasks"]) / len(TASKS)
        assert each["delta_m"] == pytest.approx(mean, rel=1e-3, abs=1e-3)
    separate = next(each for each in groupings if each["all_separate"])
    assert separate["delta_m"] == separate["score"] == 0
    affordable = [each for each in groupings if each["within_budget"]]
    best = min(affordable, key=lambda each: each["validation_delta_m"])
    assert found["recommended"] == best["groups"]
    lowest = min(each["delta_m"] for each in affordable)
    assert found["regret"] == pytest.approx(groupings[0]["delta_m"] - lowest, rel=1e-3, abs=1e-3)
    assert -1 <= found["correlation"] <= 1
    assert all(run["status"] == "succeeded" for run in found["runs"])
