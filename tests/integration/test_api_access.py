"""Who may do what, and that every failure is a problem document."""

import re

import pytest

from app.core.security import Scope
from tests.asserts import assert_problem
from tests.integration.api_atlases import build, import_table, imported

API = "/api/v1"
READING = [
    "/tasks",
    "/tasks/depth",
    "/datasets",
    "/datasets/none",
    "/atlases",
    "/atlases/none",
    "/atlases/none/affinity",
    "/atlases/none/transfers",
    "/atlases/none/transfers/none",
    "/jobs",
]


@pytest.mark.parametrize("path", READING)
def test_reading_needs_a_key_with_the_scope_read(api, authorize, path):
    may_train = authorize(Scope.TRAIN)
    assert_problem(api.get(API + path), 401)
    assert_problem(api.get(API + path, headers={"Authorization": "Bearer tak_wrong"}), 401)
    assert_problem(api.get(API + path, headers={"Authorization": "Basic dGFr"}), 401)
    assert_problem(api.get(API + path, headers=may_train), 403, detail="read")
    assert api.get(API + path, headers=authorize(Scope.READ)).status_code in {200, 404}
    assert api.get(API + path, headers=authorize(Scope.ADMIN)).status_code in {200, 404}


def test_changing_needs_a_key_with_the_scope_train(api, authorize):
    reader, trainer = authorize(Scope.READ), authorize(Scope.TRAIN)
    rooms = {"name": "rooms", "kind": "rooms"}
    assert_problem(api.post(f"{API}/datasets", json=rooms, headers=reader), 403, detail="train")
    assert_problem(api.delete(f"{API}/datasets/none", headers=reader), 403)
    assert_problem(api.post(f"{API}/atlases", json={"name": "x"}, headers=reader), 403)
    assert_problem(api.delete(f"{API}/atlases/none", headers=reader), 403)
    assert_problem(import_table(api, headers=reader), 403)
    assert_problem(import_table(api), 401)
    assert import_table(api, headers=trainer).status_code == 201
    assert_problem(api.get(f"{API}/atlases", headers=trainer), 403)


def test_one_key_does_not_see_another_keys_first_response(api, authorize):
    first, second = (authorize(Scope.TRAIN) | {"Idempotency-Key": "same"} for _ in range(2))
    one, other = import_table(api, headers=first), import_table(api, headers=second)
    assert one.json()["id"] != other.json()["id"]


def test_without_any_key_the_service_is_open(api):
    assert build(api).status_code == 202
    assert api.get(f"{API}/atlases", headers={"Authorization": "Bearer whatever"}).status_code == 200


def test_unknown_places_and_methods_are_problems(api):
    assert_problem(api.get(f"{API}/nothing"), 404, detail="/nothing")
    assert_problem(api.put(f"{API}/atlases"), 405, detail="PUT")
    assert api.put(f"{API}/tasks").headers["allow"] == "GET"


@pytest.mark.parametrize("path", ["/atlases/{}", "/datasets/{}", "/tasks/{}", "/atlases/{}/affinity"])
@pytest.mark.parametrize("odd", ["%00", "a%2Fb", "%F0%9F%92%A1", "x" * 5000, "%FF", "'%20OR%201=1"])
def test_odd_ids_are_not_found(api, path, odd):
    assert_problem(api.get(API + path.format(odd)), 404)


def test_a_request_id_comes_back(api):
    assert api.get(f"{API}/tasks", headers={"X-Request-ID": "mine-1"}).headers["x-request-id"] == "mine-1"
    assert re.fullmatch("[0-9a-f]{16}", api.get(f"{API}/tasks").headers["x-request-id"])


def test_every_route_of_the_contract_declares_its_problems(api):
    document = api.get("/openapi.json").json()
    operations = [
        (path, operation)
        for path, methods in document["paths"].items()
        if path.startswith(API)
        for operation in methods.values()
    ]
    assert len(operations) > 20
    for path, operation in operations:
        declared = set(operation["responses"])
        assert {"401", "403", "503"} <= declared, path
        assert operation["security"] == [{"key": []}, {}]
        if "{" in path:
            assert "404" in declared, path
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= declared, path
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert set(response["content"]) == {"application/problem+json"}, (path, status)


def test_the_numbers_of_an_atlas_survive_a_restart(api, platform):
    from fastapi.testclient import TestClient

    from app.main import create_app

    atlas = imported(api)
    before = api.get(f"{API}/atlases/{atlas}/affinity")
    with TestClient(create_app(platform.settings)) as restarted:
        after = restarted.get(f"{API}/atlases/{atlas}/affinity")
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])
