"""`/healthz`, `/readyz` and `/metrics`: what an orchestrator and Prometheus rely on."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from app.core.settings import DatabaseSettings, QueueSettings
from app.jobs.presence import WorkerPresence
from app.jobs.service import JobSpec, JobsService
from app.main import create_app
from tests.asserts import assert_problem


@pytest.fixture
def worker(platform):
    """A worker that is alive."""
    with platform.database.session() as session:
        WorkerPresence(session, platform).hear_from("w1", ["cpu"])


def test_a_process_that_answers_is_alive(api):
    assert api.get("/healthz").json() == {"status": "alive"}


def test_ready_when_database_broker_and_a_worker_are_there(api, worker):
    response = api.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ready", "workers": ["w1"]}


def test_without_a_worker_the_service_is_not_ready(api):
    problem = assert_problem(api.get("/readyz"), 503, pointer="worker")
    assert len(problem["errors"]) == 1


def test_what_does_not_answer_is_named(platform, worker, tmp_path):
    no_broker = replace(platform.settings, queue=QueueSettings(f"unix://{tmp_path / 'nobody.sock'}"))
    with TestClient(create_app(no_broker)) as client:
        problem = assert_problem(client.get("/readyz"), 503, pointer="broker")
        assert len(problem["errors"]) == 1
        assert client.get("/healthz").status_code == 200
    no_database = replace(
        platform.settings, database=DatabaseSettings(f"sqlite:///{tmp_path / 'missing' / 'folder.db'}")
    )
    with TestClient(create_app(no_database)) as client:
        assert_problem(client.get("/readyz"), 503, pointer="database")
        assert client.get("/healthz").status_code == 200
        assert_problem(client.get("/api/v1/jobs"), 503)


def samples(client):
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def requests(found, **labels):
    return found.get(("taskatlas_requests_total", tuple(sorted(labels.items()))), 0)


def test_requests_are_counted_by_route_not_by_id(api):
    for number in range(3):
        api.get(f"/api/v1/jobs/job_{number}")
    api.get("/nowhere/1")
    found = samples(api)
    assert requests(found, method="GET", route="/jobs/{job_id}", status="404") == 3
    assert requests(found, method="GET", route="unmatched", status="404") == 1
    assert not [labels for _, labels in found if "job_1" in str(labels)]
    count = found["taskatlas_request_seconds_count", (("method", "GET"), ("route", "/jobs/{job_id}"))]
    assert count == 3


def test_jobs_are_counted_by_state(api, platform):
    with platform.database.session() as session:
        JobsService(session, platform).submit(JobSpec("k", "t", {}))
    found = samples(api)
    by_state = {labels[0][1]: value for (name, labels), value in found.items() if name == "taskatlas_jobs"}
    assert by_state == {"queued": 1, "running": 0, "succeeded": 0, "failed": 0, "cancelled": 0}


def test_two_applications_in_one_process_count_for_themselves(api, platform):
    with TestClient(create_app(platform.settings)) as other:
        other.get("/healthz")
        assert requests(samples(other), method="GET", route="/healthz", status="200") == 1
    assert requests(samples(api), method="GET", route="/healthz", status="200") == 0


def test_every_answer_has_the_id_of_its_request_and_a_log_line(api, caplog):
    caplog.set_level("INFO", logger="app.core.telemetry")
    given = api.get("/healthz", headers={"X-Request-ID": "abc-123"})
    assert given.headers["x-request-id"] == "abc-123"
    made = {api.get("/healthz").headers["x-request-id"] for _ in range(3)}
    assert len(made) == 3
    forged = api.get("/healthz", headers={"X-Request-ID": 'x" level=error'}).headers["x-request-id"]
    assert "error" not in forged
    lines = [record for record in caplog.records if record.name == "app.core.telemetry"]
    assert len(lines) == 5
    assert {(line.method, line.path, line.status) for line in lines} == {("GET", "/healthz", 200)}
