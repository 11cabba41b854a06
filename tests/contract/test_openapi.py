"""The HTTP contract: the committed document is the generated one, and answers are as it says."""

import json
import re
import shutil
from pathlib import Path

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)

from app.core.settings import load_settings
from app.jobs.presence import WorkerPresence
from app.jobs.service import JobSpec, JobsService
from app.main import create_app
from app.web import openapi_document

ROOT = Path(__file__).parents[2]
EXAMPLES = 8


CSV = b"""sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full
self,edges,0.5,,
a,edges,0.3,0.9,0.1
b,edges,0.2,0.8,0.1
a+b,edges,0.4,0.95,0.2
a,normals,0.6,,
random,normals,0.1,,
"""


@pytest.fixture(scope="module")
def application(tmp_path_factory, sqlite_template, redis_url):
    """The whole application, open, on a folder of its own; a worker has been heard of and takes no jobs."""
    folder = tmp_path_factory.mktemp("openapi")
    service = load_settings(
        {
            "TASKATLAS_DATA": str(folder),
            "TASKATLAS_REDIS_URL": redis_url,
            "TASKATLAS_DATASET_ROOTS": str(folder / "data-sets"),
            "TASKATLAS_INFERENCE_URL": f"unix:{folder / 'nobody.sock'}",
            "TASKATLAS_SWEEP_S": "600",
        }
    )
    shutil.copy(sqlite_template, Path(service.database.url.removeprefix("sqlite:///")))
    app = create_app(service)
    platform = app.state.platform
    with platform.database.session() as session:
        WorkerPresence(session, platform).hear_from("w1", ["cpu"])
    yield app
    platform.close()


@pytest.fixture(scope="module")
def known(application):
    """Ids of what there is: random ones are never found."""
    client = TestClient(application)
    made = client.post("/api/v1/atlases/import", data={"name": "known"}, files={"file": ("a.csv", CSV)})
    assert made.status_code == 201, made.text
    atlas_id = made.json()["id"]
    transfer_id = client.get(f"/api/v1/atlases/{atlas_id}/transfers").json()["items"][0]["id"]
    objects = {"name": "known", "kind": "rooms", "options": {"views": 64, "objects": True}}
    dataset_id = client.post("/api/v1/datasets", json=objects).json()["id"]
    asked = {"name": "known", "source_dataset": dataset_id, "target_dataset": dataset_id, "seeds": [0]}
    adaptation_id = client.post("/api/v1/adaptations", json=asked).json()["resource"]["id"]
    tasks = {"tasks": ["depth", "scene_class"], "methods": ["single"]}
    shared = client.post("/api/v1/multitask", json={"name": "known", "dataset": dataset_id, **tasks})
    multitask_id = shared.json()["resource"]["id"]
    platform = application.state.platform
    with platform.database.session() as session:
        job_id = JobsService(session, platform).submit(JobSpec("atlas.affinity", "t", {})).id
    return {
        "atlas_id": atlas_id,
        "transfer_id": transfer_id,
        "adaptation_id": adaptation_id,
        "multitask_id": multitask_id,
        "job_id": job_id,
        "name": "edges",
    }


@pytest.fixture(scope="module")
def document(application):
    return application.openapi()


def operations(document):
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_the_committed_document_is_the_generated_one(tmp_path):
    generated = openapi_document(load_settings({"TASKATLAS_DATA": str(tmp_path)}))
    committed = (ROOT / "docs/openapi.json").read_text()
    assert committed == generated, "run `make openapi` and commit docs/openapi.json"


def test_the_document_depends_on_no_setting(tmp_path):
    one = openapi_document(load_settings({"TASKATLAS_DATA": str(tmp_path / "one")}))
    two = openapi_document(load_settings({"TASKATLAS_DATA": str(tmp_path / "two"), "TASKATLAS_PORT": "9"}))
    assert one == two
    assert str(tmp_path) not in one


def test_operations_have_readable_names_of_their_own(document):
    names = [operation["operationId"] for operation in operations(document).values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", name) for name in names)


def test_every_operation_says_what_it_does_and_how_it_fails(document):
    for name, operation in operations(document).items():
        assert operation["description"] or operation["summary"], name
        if "/api/v1/" not in name:
            continue
        assert {"401", "403"} <= set(operation["responses"]) or "/tasks" in name, name
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                content = response["content"]
                assert list(content) == ["application/problem+json"], (name, status)


def test_every_field_of_every_schema_is_in_snake_case(document):
    for name, schema in document["components"]["schemas"].items():
        for field in schema.get("properties", ()):
            assert re.fullmatch(r"[a-z][a-z0-9_]*", field), (name, field)


def test_references_of_the_document_lead_somewhere(document):
    schemas = document["components"]["schemas"]
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)):
        assert reference.removeprefix("#/components/schemas/") in schemas


@pytest.fixture(scope="module")
def contract(application):
    return schemathesis.openapi.from_asgi("/openapi.json", application)


ENDLESS = "GET /api/v1/jobs/{job_id}/events"  # a stream that ends with its job; followed in the tests of jobs
NEEDS_ENGINE = "POST /api/v1/atlases/{atlas_id}/infer"  # with a known id; its own tests start one


def check(operation, ids):
    """Ask an operation in many ways, with these ids in place of random ones."""

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answers_as_documented(case):
        case.path_parameters = {**case.path_parameters, **ids} if ids else case.path_parameters
        case.call_and_validate(
            excluded_checks=[
                positive_data_acceptance,  # a schema cannot say which tasks, paths and data sets there are
                negative_data_rejection,  # a parameter that no route knows is no error
                unsupported_method,
            ]
        )

    answers_as_documented()


def test_answers_are_as_the_document_says(contract, known, subtests):
    for found in contract.get_all_operations():
        operation = found.ok()
        if operation.label == ENDLESS:
            continue
        with subtests.test(msg=operation.label):
            check(operation, {})
        ids = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
        if ids and operation.method.upper() != "DELETE" and operation.label != NEEDS_ENGINE:
            with subtests.test(msg=f"{operation.label}, known ids"):
                check(operation, ids)
