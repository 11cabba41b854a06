"""Novel targets over HTTP, as far as nothing need be trained: what is refused, listed and deleted."""

from dataclasses import replace

import pytest

from app.core.security import Scope
from app.datasets.repository import DatasetsRepository
from app.jobs.states import JobState
from app.targets.repository import TargetsRepository
from tests.asserts import assert_problem
from tests.integration.api_atlases import build, imported, measured
from tests.integration.api_targets import rooms, stored, train
from tests.integration.worker_process import job_of, jobs_of

API = "/api/v1"


@pytest.fixture
def atlas(api, platform):
    """Id of a finished atlas of 32 pixels with one network, `depth`."""
    atlas_id = build(api).json()["resource"]["id"]
    measured(platform, atlas_id, finish=True)
    return atlas_id


@pytest.fixture
def few(api):
    return rooms(api)


def test_a_target_is_planned_listed_and_named_by_its_job(api, atlas, few, platform):
    response = train(api, atlas, few)
    assert response.status_code == 202, response.text
    job = response.json()
    assert response.headers["Location"] == f"{API}/jobs/{job['id']}"
    assert job["resource"]["id"] == job["result"]["atlas_id"] == atlas
    children = jobs_of(platform, job["id"])
    assert [child.kind for child in children] == ["target.transfers", "target.baselines", "target.ranking"]

    listed = api.get(f"{API}/atlases/{atlas}/targets").json()["items"]
    assert [target["id"] for target in listed] == [job["result"]["target_id"]]
    shown = api.get(f"{API}/atlases/{atlas}/targets/{listed[0]['id']}").json()
    assert {name: shown[name] for name in listed[0]} == listed[0]
    assert shown["status"] == "training"
    assert (shown["sources"], shown["orders"], shown["job_id"]) == (["depth"], [1], job["id"])
    assert shown["images"] == {"labels": 32, "validation": 12, "test": 20}
    assert (shown["ranking"], shown["scratch"], shown["constant"], shown["best"]) == ([], None, None, None)


@pytest.mark.parametrize(
    ("fields", "pointer", "words"),
    [
        ({"dataset": "dat_no"}, "/dataset", "no data set 'dat_no'"),
        ({"task": "smell"}, "/task", "no task 'smell'"),
        ({"task": "jigsaw"}, "/task", "a source only"),
        ({"task": None}, "/task", "outside the dictionary are none"),
        ({"orders": [2]}, "/orders", "order 1 is needed"),
        ({"orders": [1, 2]}, "/orders", "1 sources allow"),
        ({"per_target": 0}, "/per_target", "at least 1"),
        ({"overrides": {"splits.test": 60}}, "/overrides", "the data set has 64"),
        ({"overrides": {"network.head_width": 8}}, "/overrides/network.head_width", "no such setting"),
        ({"preset": "tiny"}, "/preset", "Extra inputs"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(api, atlas, few, fields, pointer, words):
    problem = assert_problem(train(api, atlas, **({"dataset": few} | fields)), 422, pointer=pointer)
    assert any(words in error["detail"] for error in problem["errors"])
    assert api.get(f"{API}/atlases/{atlas}/targets").json()["items"] == []


def test_images_of_another_size_are_refused(api, atlas):
    problem = assert_problem(train(api, atlas, rooms(api, size=64)), 422, pointer="/dataset")
    assert "images of 64 pixels, the atlas's networks take 32 pixels" in problem["detail"]


def test_an_atlas_without_networks_has_no_sources(api, few):
    assert_problem(train(api, imported(api), few), 409, detail="no networks to transfer from")
    building = build(api).json()["resource"]["id"]
    assert_problem(train(api, building, few), 409, detail="is building")
    assert_problem(train(api, "atl_no", few), 404)
    assert_problem(api.get(f"{API}/atlases/atl_no/targets"), 404)


def test_a_repeated_request_is_answered_as_the_first(api, atlas, few):
    headers = {"Idempotency-Key": "k"}
    first, again = (train(api, atlas, few, headers=headers) for _ in range(2))
    assert first.json() == again.json()
    assert len(api.get(f"{API}/atlases/{atlas}/targets").json()["items"]) == 1
    assert_problem(train(api, atlas, few, headers=headers, name="other"), 409)


def test_the_lowest_validation_loss_is_served_also_when_it_is_scratch(api, atlas, few, platform):
    for scratch, kind in ((0.75, "transfer"), (0.25, "scratch")):
        target_id = train(api, atlas, few).json()["result"]["target_id"]
        stored(platform, atlas, target_id, scratch=scratch)
        response = api.get(f"{API}/atlases/{atlas}/targets/{target_id}")
        target = response.json()
        assert target["status"] == "ready"
        assert target["best"]["kind"] == kind
        assert target["ranking"][0]["win_rate_vs_scratch"] == (1.0 if kind == "transfer" else 0.0)
        assert target["scratch"]["win_rate_vs_constant"] == 1.0
        assert target["constant"] == {"validation_loss": 1.0, "test_loss": 1.0, "metrics": {"top_1": 0.0}}
        assert target["facts"]["metrics"] == {"top_1": {"unit": "share", "lower_is_better": False}}
        known = {"If-None-Match": response.headers["ETag"]}
        assert api.get(f"{API}/atlases/{atlas}/targets/{target_id}", headers=known).status_code == 304


def test_a_deleted_target_takes_its_job_and_its_artefacts_with_it(api, atlas, few, platform):
    job = train(api, atlas, few).json()
    target_id = job["result"]["target_id"]
    stored(platform, atlas, target_id)
    with platform.database.session(read_only=True) as session:
        artifacts = TargetsRepository(session).artifacts(atlas)
    assert len(artifacts) == 7
    assert api.delete(f"{API}/atlases/{atlas}/targets/{target_id}").status_code == 204
    assert_problem(api.get(f"{API}/atlases/{atlas}/targets/{target_id}"), 404)
    assert not any(platform.artifacts.exists(artifact) for artifact in artifacts)
    assert job_of(platform, job["id"]).state == JobState.CANCELLED
    assert_problem(api.delete(f"{API}/atlases/{atlas}/targets/{target_id}"), 404)


def test_what_another_target_refers_to_stays(api, atlas, few, platform):
    first, second = (train(api, atlas, few).json()["result"]["target_id"] for _ in range(2))
    stored(platform, atlas, first)
    stored(platform, atlas, second, transfers=(0.5,))
    with platform.database.session(read_only=True) as session:
        artifacts = TargetsRepository(session).artifacts(atlas, second)
    api.delete(f"{API}/atlases/{atlas}/targets/{first}")
    assert all(platform.artifacts.exists(artifact) for artifact in artifacts)


def test_a_deleted_atlas_takes_its_targets_with_it(api, atlas, few, platform):
    job = train(api, atlas, few).json()
    stored(platform, atlas, job["result"]["target_id"])
    with platform.database.session(read_only=True) as session:
        artifacts = TargetsRepository(session).artifacts(atlas)
    assert api.delete(f"{API}/atlases/{atlas}").status_code == 204
    assert not any(platform.artifacts.exists(artifact) for artifact in artifacts)
    assert job_of(platform, job["id"]).state == JobState.CANCELLED


def test_a_data_set_that_a_target_uses_stays(api, atlas, few):
    target_id = train(api, atlas, few).json()["result"]["target_id"]
    assert_problem(api.delete(f"{API}/datasets/{few}"), 409, detail="a novel target")
    api.delete(f"{API}/atlases/{atlas}/targets/{target_id}")
    assert api.delete(f"{API}/datasets/{few}").status_code == 204


def test_own_tasks_are_the_default(api, atlas, few, platform):
    """Of a data set with one task outside the dictionary, that is meant."""
    own = {"available": True, "views": 64, "detail": None}
    with platform.database.session() as session:
        datasets = DatasetsRepository(session)
        known = datasets.get(few)
        report = {**known.report, "tasks": {**known.report["tasks"], "tidiness": own}}
        datasets.add(replace(known, id="dat_own", report=report))
    assert train(api, atlas, "dat_own", task=None).status_code == 202
    assert api.get(f"{API}/atlases/{atlas}/targets").json()["items"][0]["task"] == "tidiness"


def test_a_target_can_be_asked_once_it_is_trained(api, atlas, few, platform):
    target_id = train(api, atlas, few).json()["result"]["target_id"]
    url = f"{API}/atlases/{atlas}/targets/{target_id}/infer"
    png = ("a.png", b"\x89PNG\r\n\x1a\n", "image/png")
    assert_problem(api.post(url, files=[("image", png)]), 409, detail="is training")
    stored(platform, atlas, target_id)
    assert_problem(api.post(url, files=[("image", png)] * 2), 422, pointer="/image", detail="takes 1 image")
    unknown = api.post(url, files=[("image", png)], data={"model": "mdl_no"})
    assert_problem(unknown, 422, pointer="/model")
    picture = api.post(url, files=[("image", png)], headers={"Accept": "image/png"})
    assert_problem(picture, 422, detail="predicts a class, which is no picture")
    missing = api.post(url.replace(target_id, "tgt_no"), files=[("image", png)])
    assert_problem(missing, 404)


def test_a_cancelled_job_cancels_its_target_and_a_scope_is_needed(api, atlas, few, platform, authorize):
    job = train(api, atlas, few).json()
    api.delete(f"{API}/jobs/{job['id']}")
    shown = api.get(f"{API}/atlases/{atlas}/targets/{job['result']['target_id']}").json()
    assert shown["status"] == "cancelled"
    reader = authorize(Scope.READ)
    assert_problem(train(api, atlas, few, headers=reader), 403)
    assert api.get(f"{API}/atlases/{atlas}/targets", headers=reader).status_code == 200
