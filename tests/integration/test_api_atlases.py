"""Atlases over HTTP: build, look up, delete."""

import pytest

from tests.asserts import assert_problem
from tests.integration.api_atlases import build, imported, measured

URL = "/api/v1/atlases"


def test_a_build_is_accepted_with_its_job(api):
    response = build(api)
    assert response.status_code == 202
    job = response.json()
    assert response.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert job["state"] == "queued"
    assert api.get(response.headers["location"]).json()["id"] == job["id"]
    atlas = api.get(job["resource"]["href"]).json()
    assert (atlas["status"], atlas["origin"], atlas["job_id"]) == ("building", "built", job["id"])
    assert atlas["tasks"] == ["autoencoding", "depth", "normals", "scene_class"]
    assert atlas["sources"][-1] == "random"
    assert atlas["config"]["preset"] == "tiny"
    assert atlas["networks"] == []
    dataset = api.get(f"/api/v1/datasets/{atlas['dataset']}").json()
    assert dataset["kind"] == "rooms"
    assert dataset["report"]["image_size"] == atlas["config"]["network"]["image_size"]


def test_what_a_user_chooses_is_what_is_built(api):
    chosen = {
        "tasks": ["normals", "edges_2d", "colorization"],
        "orders": [1],
        "seed": 7,
        "overrides": {"task_training.steps": 5},
    }
    atlas = api.get(build(api, **chosen).json()["resource"]["href"]).json()
    assert set(atlas["tasks"]) == set(chosen["tasks"])
    assert "colorization" not in atlas["targets"]
    assert atlas["orders"] == [1]
    assert atlas["config"]["seed"] == 7
    assert atlas["config"]["task_training"]["steps"] == 5


@pytest.mark.parametrize(
    ("change", "pointer", "named"),
    [
        ({"preset": "huge"}, "/preset", "tiny, quick, demo, full"),
        ({"tasks": ["depth", "dept"]}, "/tasks/1", "dept"),
        ({"tasks": []}, "/tasks", ""),
        ({"orders": [2]}, "/orders", "order 1"),
        ({"per_target": 0}, "/per_target", ""),
        ({"seed": -1}, "/seed", "0"),
        ({"overrides": {"task_training.stepz": 1}}, "/overrides/task_training.stepz", "no such setting"),
        ({"overrides": {"task_training.steps": "many"}}, "/overrides/task_training.steps", "many"),
        ({"dataset": "dat_none"}, "/dataset", "dat_none"),
        ({"name": ""}, "/name", "character"),
        ({"name": None}, "/name", "string"),
        ({"colour": "red"}, "/colour", "not permitted"),
    ],
)
def test_what_is_wrong_with_a_build_is_named(api, change, pointer, named):
    problem = assert_problem(build(api, **change), 422, pointer=pointer)
    assert any(named in error["detail"] for error in problem["errors"])
    assert api.get(URL).json()["items"] == []
    assert api.get("/api/v1/jobs").json()["items"] == []


def test_a_data_set_that_does_not_fit_is_refused(api):
    few = api.post("/api/v1/datasets", json={"name": "few", "kind": "rooms", "options": {"views": 32}}).json()
    assert_problem(build(api, dataset=few["id"]), 422, pointer="/dataset")
    large = {"name": "large", "kind": "rooms", "options": {"views": 4096, "size": 128}}
    other = api.post("/api/v1/datasets", json=large).json()
    wrong_size = build(api, dataset=other["id"], overrides={"image_size": 64})
    assert_problem(wrong_size, 422, pointer="/overrides/image_size")


def test_a_repeated_request_builds_once(api):
    def post(**fields):
        headers = {"Idempotency-Key": "again"}
        return api.post(URL, json={"name": "once", "preset": "tiny"} | fields, headers=headers)

    first, again = post(), post()
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert len(api.get(URL).json()["items"]) == 1
    assert_problem(post(name="another"), 409, detail="Idempotency-Key")


def test_a_body_that_is_no_json_is_a_bad_request(api):
    headers = {"Content-Type": "application/json"}
    assert_problem(api.post(URL, content=b'{"name": ', headers=headers), 400, detail="character 9")
    assert_problem(api.post(URL, content=b'{"name": "\xff"}', headers=headers), 400)
    assert_problem(api.post(URL, content=b"", headers=headers), 422)


def test_a_body_of_another_media_type_is_refused(api):
    assert_problem(api.post(URL, content=b'{"name": "x"}', headers={"Content-Type": "text/plain"}), 415)


def test_a_text_that_no_answer_could_hold_is_refused(api):
    headers = {"Content-Type": "application/json", "Idempotency-Key": "half a pair"}
    for field in (
        b'"overrides": {"\\ud800": 1}',
        b'"dataset": "\\ud800"',
        b'"preset": "\\ud800"',
        b'"tasks": ["\\ud800"]',
    ):
        assert_problem(api.post(URL, content=b'{"name": "x", %b}' % field, headers=headers), 422)
    assert_problem(api.post(URL, content=b'{"name": "\\ud800"}', headers=headers), 422)


def test_networks_are_shown_once_they_are_trained(api, platform):
    atlas = build(api).json()["resource"]["id"]
    measured(platform, atlas, finish=False)
    response = api.get(f"{URL}/{atlas}")
    assert response.json()["networks"] == [
        {
            "task": "depth",
            "win_rate_vs_constant": 0.875,
            "win_rate_vs_random": 0.75,
            "test_loss": 0.25,
            "metrics": {"absolute_relative_error": 0.5},
        }
    ]
    assert "etag" not in response.headers


def test_a_finished_atlas_is_not_sent_twice(api):
    atlas = imported(api)
    first = api.get(f"{URL}/{atlas}")
    again = api.get(f"{URL}/{atlas}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert api.get(f"{URL}/{atlas}", headers={"If-None-Match": '"other"'}).status_code == 200


def test_lists_are_newest_first_over_pages(api):
    names = [f"table {number}" for number in range(5)]
    for name in names:
        imported(api, name=name)
    seen, params = [], {"limit": 2}
    while True:
        page = api.get(URL, params=params).json()
        seen += [atlas["name"] for atlas in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == names[::-1]


def test_deleting_an_atlas_takes_everything_of_it_along(api, platform):
    atlas = build(api).json()
    atlas_id, job_id = atlas["resource"]["id"], atlas["id"]
    artifacts = measured(platform, atlas_id, finish=False)
    transfer = api.get(f"{URL}/{atlas_id}/transfers").json()["items"][0]["id"]
    assert api.delete(f"{URL}/{atlas_id}").status_code == 204
    assert_problem(api.get(f"{URL}/{atlas_id}"), 404)
    assert_problem(api.get(f"{URL}/{atlas_id}/transfers"), 404)
    assert_problem(api.get(f"{URL}/{atlas_id}/transfers/{transfer}"), 404)
    assert_problem(api.delete(f"{URL}/{atlas_id}"), 404)
    assert api.get(f"/api/v1/jobs/{job_id}").json()["state"] == "cancelled"
    assert not any(platform.artifacts.exists(artifact) for artifact in artifacts.values())


def test_artefacts_that_another_atlas_uses_outlive_one(api, platform):
    first, second = (build(api).json()["resource"]["id"] for _ in range(2))
    artifacts = measured(platform, first, finish=True)
    assert measured(platform, second, finish=True) == artifacts
    api.delete(f"{URL}/{first}")
    assert all(platform.artifacts.exists(artifact) for artifact in artifacts.values())
    transfer = api.get(f"{URL}/{second}/transfers").json()["items"][0]["id"]
    assert api.get(f"{URL}/{second}/transfers/{transfer}").json()["curves"]
