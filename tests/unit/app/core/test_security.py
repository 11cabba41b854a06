"""Without a key the service is open; with one, each route asks for its scope."""

import pytest

from app.core.errors import Forbidden
from app.core.security import OPEN, Principal, Scope, hash_token, new_token
from tests.asserts import assert_problem

READ = ("GET", "/api/v1/jobs")
TRAIN = ("DELETE", "/api/v1/jobs/job_unknown")
ADMIN = ("GET", "/api/v1/keys")


def ask(api, call, headers=None):
    return api.request(*call, headers=headers)


def test_the_service_is_open_until_there_is_a_key(api, authorize):
    assert ask(api, READ).status_code == 200
    assert ask(api, ADMIN).status_code == 200
    assert ask(api, READ, {"Authorization": "Bearer whatever"}).status_code == 200
    authorize(Scope.ADMIN)
    assert_problem(ask(api, READ), 401)


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Bearer tak_wrong", "Basic dXNlcjpwYXNz", "tak_wrong", "Bearer \u00e4"]
)
def test_a_wrong_key_is_refused_and_told_so_in_one_problem(api, authorize, value):
    authorize(Scope.ADMIN)
    assert_problem(ask(api, READ, {"Authorization": value.encode("latin-1")}), 401)


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        ([Scope.READ], {READ}),
        ([Scope.INFER], set()),
        ([Scope.TRAIN], {TRAIN}),
        ([Scope.READ, Scope.TRAIN], {READ, TRAIN}),
        ([Scope.ADMIN], {READ, TRAIN, ADMIN}),
    ],
)
def test_a_key_opens_what_its_scopes_say_and_no_more(api, authorize, scopes, allowed):
    headers = authorize(*scopes)
    for call in (READ, TRAIN, ADMIN):
        response = ask(api, call, headers)
        if call in allowed:
            assert response.status_code in {200, 404}
        else:
            assert_problem(response, 403, detail="scope")


def test_the_scheme_is_not_case_sensitive(api, authorize):
    headers = authorize(Scope.READ)
    assert ask(api, READ, {"authorization": headers["Authorization"].replace("Bearer", "bearer")}).is_success


def test_a_revoked_key_opens_nothing_at_once(api, authorize):
    admin, reader = authorize(Scope.ADMIN), authorize(Scope.READ)
    assert ask(api, READ, reader).status_code == 200
    keys = api.get("/api/v1/keys", headers=admin).json()["items"]
    [reader_id] = [key["id"] for key in keys if key["scopes"] == ["read"]]
    assert api.delete(f"/api/v1/keys/{reader_id}", headers=admin).status_code == 204
    assert_problem(ask(api, READ, reader), 401)


def test_operations_and_docs_need_no_key(api, authorize):
    authorize(Scope.ADMIN)
    assert api.get("/healthz").status_code == 200
    assert api.get("/metrics").status_code == 200
    assert api.get("/openapi.json").status_code == 200
    assert api.get("/").status_code == 200


def test_tokens_are_long_random_and_stored_as_a_hash_only():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(len(token) for token in tokens) >= 43
    token = tokens.pop()
    assert hash_token(token) == hash_token(token)
    assert token not in hash_token(token)


@pytest.mark.parametrize("scope", Scope)
def test_admin_may_do_everything_and_the_open_mode_too(scope):
    Principal("key_1", frozenset({Scope.ADMIN})).require(scope)
    OPEN.require(scope)
    with pytest.raises(Forbidden, match=scope):
        Principal("key_1", frozenset(set(Scope) - {scope, Scope.ADMIN})).require(scope)
