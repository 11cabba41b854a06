"""Groupings over HTTP, as far as nothing need be trained: what is predicted, refused, listed and deleted."""

import pytest

from app.core.security import Scope
from app.groupings.repository import GroupingsRepository
from app.jobs.states import JobState
from tests.asserts import assert_problem
from tests.integration.api_atlases import build, imported
from tests.integration.api_groupings import PAIRS, ask, measured_atlas, trained
from tests.integration.worker_process import job_of, jobs_of

API = "/api/v1"


@pytest.fixture
def atlas(api, platform):
    return measured_atlas(api, platform)


def shown(api, atlas, job):
    response = api.get(f"{API}/atlases/{atlas}/groupings/{job['result']['grouping_id']}")
    assert response.status_code == 200, response.text
    return response.json()


def test_a_question_is_predicted_at_once_and_checked_by_jobs(api, atlas, platform):
    response = ask(api, atlas, epochs=2)
    assert response.status_code == 202, response.text
    job = response.json()
    assert response.headers["Location"] == f"{API}/jobs/{job['id']}"
    assert job["resource"]["id"] == job["result"]["atlas_id"] == atlas
    kinds = [child.kind for child in jobs_of(platform, job["id"])]
    assert set(kinds[:-1]) == {"grouping.network"}
    assert kinds[-1] == "grouping.summary"

    listed = api.get(f"{API}/atlases/{atlas}/groupings").json()["items"]
    found = shown(api, atlas, job)
    assert {name: found[name] for name in listed[0]} == listed[0]
    assert (found["status"], found["budget"], found["method"], found["job_id"]) == (
        "training", 2, "uniform", job["id"],
    )  # fmt: skip
    best = found["groupings"][0]
    assert best["groups"] == [list(pair) for pair in PAIRS]
    assert (best["rank"], best["cost"], best["within_budget"], best["delta_m"]) == (1, 2, True, None)
    assert "not measured" in best["detail"] or "single-task" in best["detail"]
    ends = [(each["all_in_one"], each["all_separate"]) for each in found["groupings"]]
    assert (True, False) in ends
    assert (False, True) in ends
    assert len(kinds) - 1 == len(found["runs"])
    assert all(run["status"] == "waiting" for run in found["runs"])
    assert (found["recommended"], found["correlation"], found["regret"]) == (None, None, None)
    matrix = found["sharing"]
    assert matrix["tasks"] == found["tasks"] == ["autoencoding", "depth", "normals", "scene_class"]
    assert all(matrix["scores"][place][place] == 0 for place in range(4))


@pytest.mark.parametrize(
    ("fields", "pointer", "words"),
    [
        ({"tasks": ["depth", "smell"]}, "/tasks/1", "no task 'smell'"),
        ({"tasks": ["depth"]}, "/tasks", "at least 2"),
        ({"budget": 0}, "/budget", "greater than 0"),
        ({"budget": 0.5}, "/budget", "pays for no network"),
        ({"candidates": 0}, "/candidates", "greater than or equal to 1"),
        ({"method": "single"}, "/method", "alone"),
        ({"method": "magic"}, "/method", "no method 'magic'"),
        ({"epochs": 0}, "/epochs", "greater than or equal to 1"),
        ({"normalization": "l3"}, "/normalization", "l2"),
        ({"preset": "tiny"}, "/preset", "Extra inputs"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(api, atlas, fields, pointer, words):
    problem = assert_problem(ask(api, atlas, **fields), 422, pointer=pointer)
    assert any(words in error["detail"] for error in problem["errors"])
    assert api.get(f"{API}/atlases/{atlas}/groupings").json()["items"] == []


def test_an_atlas_without_data_or_affinities_is_refused(api):
    assert_problem(ask(api, imported(api)), 409, detail="no data to train on")
    building = build(api).json()["resource"]["id"]
    assert_problem(ask(api, building), 409, detail="is building")
    assert_problem(ask(api, "atl_no"), 404)
    assert_problem(api.get(f"{API}/atlases/atl_no/groupings"), 404)


def test_a_repeated_request_is_answered_as_the_first(api, atlas):
    headers = {"Idempotency-Key": "k"}
    first, again = (ask(api, atlas, headers=headers) for _ in range(2))
    assert first.json() == again.json()
    assert len(api.get(f"{API}/atlases/{atlas}/groupings").json()["items"]) == 1
    assert_problem(ask(api, atlas, headers=headers, budget=3), 409)


def test_the_figures_of_a_finished_grouping(api, atlas, platform):
    job = ask(api, atlas).json()
    grouping_id = job["result"]["grouping_id"]
    trained(platform, atlas, grouping_id)
    response = api.get(f"{API}/atlases/{atlas}/groupings/{grouping_id}")
    found = response.json()
    assert found["status"] == "ready"
    assert found["recommended"] == [list(pair) for pair in PAIRS]
    assert found["regret"] == 0
    best = found["groupings"][0]
    assert best["delta_m"] == best["validation_delta_m"] == pytest.approx(-50)
    assert best["detail"] is None
    assert {task["task"]: task["delta_m"] for task in best["tasks"]} == dict.fromkeys(found["tasks"], -50)
    assert [task["single"] for task in found["judged_by"]] == [0.5] * 4
    assert found["judged_by"][1] == {
        "task": "depth", "metric": "absolute_relative_error", "unit": "share", "higher_is_better": False, "single": 0.5,
    }  # fmt: skip
    assert found["runs"][0]["metrics"][found["runs"][0]["tasks"][0]]["other"] is None
    known = {"If-None-Match": response.headers["ETag"]}
    assert api.get(f"{API}/atlases/{atlas}/groupings/{grouping_id}", headers=known).status_code == 304


def test_networks_can_be_downloaded(api, atlas, platform):
    grouping_id = ask(api, atlas).json()["result"]["grouping_id"]
    url = f"{API}/atlases/{atlas}/groupings/{grouping_id}"
    waiting = api.get(url).json()["runs"][0]
    assert waiting["model_id"] is None
    assert_problem(api.get(f"{url}/models/{waiting['id']}"), 404)
    trained(platform, atlas, grouping_id)
    run = api.get(url).json()["runs"][0]
    file = api.get(f"{url}/models/{run['model_id']}")
    assert file.content == f"uniform {tuple(run['tasks'])}".encode()
    assert run["id"] in file.headers["Content-Disposition"]


def test_a_deleted_grouping_takes_its_job_and_its_networks_with_it(api, atlas, platform):
    jobs = [ask(api, atlas).json() for _ in range(2)]
    first, second = (job["result"]["grouping_id"] for job in jobs)
    trained(platform, atlas, first)
    with platform.database.session(read_only=True) as session:
        artifacts = GroupingsRepository(session).artifacts(atlas)
    assert len(artifacts) == len(api.get(f"{API}/atlases/{atlas}/groupings/{first}").json()["runs"])
    assert api.delete(f"{API}/atlases/{atlas}/groupings/{first}").status_code == 204
    assert not any(platform.artifacts.exists(artifact) for artifact in artifacts)
    assert_problem(api.get(f"{API}/atlases/{atlas}/groupings/{first}"), 404)
    assert job_of(platform, jobs[0]["id"]).state == JobState.CANCELLED
    assert job_of(platform, jobs[1]["id"]).state == JobState.QUEUED
    assert_problem(api.delete(f"{API}/atlases/{atlas}/groupings/{first}"), 404)
    assert api.get(f"{API}/atlases/{atlas}/groupings/{second}").status_code == 200


def test_what_another_grouping_refers_to_stays(api, atlas, platform):
    first, second = (ask(api, atlas).json()["result"]["grouping_id"] for _ in range(2))
    for grouping_id in (first, second):
        trained(platform, atlas, grouping_id)
    with platform.database.session(read_only=True) as session:
        artifacts = GroupingsRepository(session).artifacts(atlas, second)
    api.delete(f"{API}/atlases/{atlas}/groupings/{first}")
    assert all(platform.artifacts.exists(artifact) for artifact in artifacts)


def test_a_deleted_atlas_takes_its_groupings_with_it(api, atlas, platform):
    job = ask(api, atlas).json()
    trained(platform, atlas, job["result"]["grouping_id"])
    with platform.database.session(read_only=True) as session:
        artifacts = GroupingsRepository(session).artifacts(atlas)
    assert api.delete(f"{API}/atlases/{atlas}").status_code == 204
    assert not any(platform.artifacts.exists(artifact) for artifact in artifacts)
    assert job_of(platform, job["id"]).state == JobState.CANCELLED


def test_a_cancelled_job_cancels_its_grouping_and_a_scope_is_needed(api, atlas, authorize):
    job = ask(api, atlas).json()
    api.delete(f"{API}/jobs/{job['id']}")
    assert shown(api, atlas, job)["status"] == "cancelled"
    reader = authorize(Scope.READ)
    assert_problem(ask(api, atlas, headers=reader), 403)
    assert api.get(f"{API}/atlases/{atlas}/groupings", headers=reader).status_code == 200
