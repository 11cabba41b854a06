"""Data sets over HTTP."""

import pytest

from app.datasets.kinds.rooms import Rooms
from models.taxonomy.dictionary import TASKS
from tests.asserts import assert_problem
from tests.integration.api_atlases import build

URL = "/api/v1/datasets"
ROOMS = {"name": "my rooms", "kind": "rooms", "options": {"views": 160, "seed": 3}}


def test_a_registered_data_set_shows_its_validation_report(api):
    response = api.post(URL, json=ROOMS)
    assert response.status_code == 201
    dataset = response.json()
    assert response.headers["location"] == f"{URL}/{dataset['id']}"
    assert dataset["options"] == {"seed": 3, "views": 160, "size": 64, "style": "a"}
    report = dataset["report"]
    assert sum(report["splits"].values()) == 160
    assert set(report["tasks"]) == set(TASKS)
    assert report["tasks"]["depth"] == {"available": True, "views": 160, "detail": None}
    assert report["skipped"] == []
    assert api.get(response.headers["location"]).json() == dataset


def test_an_unchanged_data_set_is_not_sent_twice(api):
    place = api.post(URL, json=ROOMS).headers["location"]
    etag = api.get(place).headers["etag"]
    again = api.get(place, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("change", "pointer", "named"),
    [
        ({"kind": "holograms"}, "/kind", "holograms"),
        ({"options": {"colour": "red"}}, "/options/colour", "seed, views, size, style"),
        ({"options": {"views": 3}}, "/options/views", "16"),
        ({"options": {"style": "c"}}, "/options/style", "'a' or 'b'"),
        ({"options": {"size": "64"}}, "/options/size", "integer"),
        ({"location": "/etc"}, "/location", "TASKATLAS_DATASET_ROOTS"),
        ({"location": "../../.."}, "/location", "TASKATLAS_DATASET_ROOTS"),
        ({"location": "a\0b"}, "/location", "null"),
        ({"location": "~nobody-of-that-name/x"}, "/location", "home"),
        ({"name": " "}, "/name", "character"),
        ({"colour": "red"}, "/colour", "not permitted"),
    ],
)
def test_what_is_wrong_with_a_data_set_is_named(api, change, pointer, named):
    problem = assert_problem(api.post(URL, json=ROOMS | change), 422, pointer=pointer)
    assert any(named in error["detail"] for error in problem["errors"])
    assert api.get(URL).json()["items"] == []


def test_a_repeated_request_registers_once(api):
    headers = {"Idempotency-Key": "one"}
    first = api.post(URL, json=ROOMS, headers=headers)
    again = api.post(URL, json=ROOMS, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert len(api.get(URL).json()["items"]) == 1
    assert_problem(api.post(URL, json=ROOMS | {"name": "other"}, headers=headers), 409)


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}])
def test_others_may_write_while_the_files_of_a_data_set_are_validated(api, headers, monkeypatch):
    inspect = Rooms.inspect

    def meanwhile(kind, location, options):
        if options["views"] == ROOMS["options"]["views"]:
            other = ROOMS | {"options": {"views": 32}}
            assert api.post(URL, json=other).status_code == 201, "one writer held up the other"
        return inspect(kind, location, options)

    monkeypatch.setattr(Rooms, "inspect", meanwhile)
    assert api.post(URL, json=ROOMS, headers=headers).status_code == 201
    assert len(api.get(URL).json()["items"]) == 2


def test_lists_are_newest_first_over_pages(api):
    names = [f"rooms {number}" for number in range(5)]
    for name in names:
        api.post(URL, json=ROOMS | {"name": name})
    seen, params = [], {"limit": 2}
    while True:
        page = api.get(URL, params=params).json()
        seen += [dataset["name"] for dataset in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == names[::-1]
    # A time without a zone, a time that is none, and too few parts.
    for cursor in ("WyIyMDI2LTAxLTAxIiwgImRhdF8xIl0", "WyJ5ZXN0ZXJkYXkiLCAiZGF0XzEiXQ", "WyJ4Il0"):
        assert_problem(api.get(URL, params={"cursor": cursor}), 422, pointer="cursor")


def test_a_deleted_data_set_is_gone(api):
    place = api.post(URL, json=ROOMS).headers["location"]
    assert api.delete(place).status_code == 204
    assert_problem(api.get(place), 404)
    assert_problem(api.delete(place), 404)


def test_a_data_set_in_use_cannot_be_deleted(api):
    dataset = api.post(URL, json=ROOMS | {"options": {"views": 2048}}).json()["id"]
    atlas = build(api, dataset=dataset).json()["resource"]["id"]
    assert_problem(api.delete(f"{URL}/{dataset}"), 409, detail="in use")
    assert api.get(f"{URL}/{dataset}").status_code == 200
    assert api.delete(f"/api/v1/atlases/{atlas}").status_code == 204
    assert api.delete(f"{URL}/{dataset}").status_code == 204
