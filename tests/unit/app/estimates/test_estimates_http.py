"""Estimates over HTTP: there before any transfer trains, and compared with affinities once these are measured."""

import pytest
from taskatlas_client._decode import decode
from taskatlas_client._types import Estimates

from app.atlases.repository import AtlasesRepository
from app.core.security import Scope
from app.estimates.service import EstimatesService
from app.transfers.records import NewTransfer
from app.transfers.repository import TransfersRepository
from models.transfer.estimators.methods import METHODS, Estimate
from tests.asserts import assert_problem

SOURCES = ("autoencoding", "depth", "normals", "scene_class", "random")
TARGETS = SOURCES[:-1]
AFFINITIES = {
    ("normals", "autoencoding"): 0.2,
    ("normals", "depth"): 0.4,
    ("normals", "scene_class"): 0.1,
    ("normals", "random"): 0.05,
    ("depth", "normals"): 0.3,
    ("depth", "random"): 0.1,
}


@pytest.fixture
def atlas(api):
    """Id of an atlas that is being built; nothing of it is trained."""
    response = api.post("/api/v1/atlases", json={"name": "early", "preset": "tiny"})
    return response.json()["resource"]["id"]


def estimated(platform, atlas_id, value=lambda target, source: float(len(target) - len(source))):
    with platform.database.session() as session:
        EstimatesService(session, platform).add(
            atlas_id,
            [
                Estimate(
                    method,
                    source,
                    target,
                    None if method == "leep" and source != "scene_class" else value(target, source),
                )
                for method in METHODS
                for target in TARGETS
                for source in SOURCES
                if source != target
            ],
        )


def finished(platform, atlas_id):
    transfers = [
        NewTransfer(sources=(source,), target=target, affinity=affinity)
        for (target, source), affinity in AFFINITIES.items()
    ]
    transfers.append(NewTransfer(sources=("self",), target="normals", affinity=0.2))
    transfers.append(NewTransfer(sources=("depth", "random"), target="normals", affinity=0.9))
    with platform.database.session() as session:
        TransfersRepository(session).add(atlas_id, transfers)
        AtlasesRepository(session).finish(
            atlas_id, at=platform.database.now(session), transfer_count=len(transfers)
        )


def test_there_is_nothing_before_the_networks_are_trained(api, atlas):
    assert_problem(api.get(f"/api/v1/atlases/{atlas}/estimates"), 409, detail="no estimates yet")


def test_a_ranking_is_there_while_the_transfers_still_train(api, platform, atlas):
    estimated(platform, atlas)
    response = api.get(f"/api/v1/atlases/{atlas}/estimates")
    answer = response.json()
    assert "etag" not in response.headers, "it will say more when the transfers are measured"
    assert (answer["method"], answer["lower_is_better"], answer["correlation"]) == ("logme", False, None)
    assert answer["targets"] == list(TARGETS)
    assert answer["sources"] == list(SOURCES)
    for target, row in zip(TARGETS, answer["values"], strict=True):
        for source, value in zip(SOURCES, row, strict=True):
            assert value == (None if source == target else float(len(target) - len(source)))


def test_a_method_that_is_not_defined_for_a_source_is_null_there(api, platform, atlas):
    estimated(platform, atlas)
    values = api.get(f"/api/v1/atlases/{atlas}/estimates", params={"method": "leep"}).json()["values"]
    assert [[value is None for value in row] for row in values] == [
        [source != "scene_class" or source == target for source in SOURCES] for target in TARGETS
    ]


def test_a_ready_atlas_says_how_the_ranking_agrees_with_its_affinities(api, platform, atlas):
    estimated(platform, atlas, lambda target, source: AFFINITIES.get((target, source), 0.0) * 7 - 3)
    finished(platform, atlas)
    correlation = api.get(f"/api/v1/atlases/{atlas}/estimates", params={"method": "hscore"}).json()[
        "correlation"
    ]
    assert (correlation["includes_random"], correlation["includes_self"]) == (True, False)
    by_target = {each["target"]: each for each in correlation["targets"]}
    assert by_target["normals"] == {
        "target": "normals",
        "sources": 4,
        "spearman": 1.0,
        "weighted_kendall": 1.0,
    }
    assert by_target["depth"]["sources"] == 2
    assert by_target["depth"]["spearman"] is None
    assert correlation["spearman"] == correlation["pooled_spearman"] == 1.0
    undefined = api.get(f"/api/v1/atlases/{atlas}/estimates", params={"method": "leep"}).json()["correlation"]
    assert undefined["spearman"] is None
    assert {each["sources"] for each in undefined["targets"]} == {0, 1}


def test_finished_answers_are_not_sent_twice(api, platform, atlas):
    estimated(platform, atlas)
    finished(platform, atlas)
    path = f"/api/v1/atlases/{atlas}/estimates"
    first = api.get(path)
    assert api.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert api.get(path, params={"method": "transrate"}).headers["etag"] != first.headers["etag"]


def test_an_atlas_that_was_imported_has_none_and_says_why(api):
    made = api.post(
        "/api/v1/atlases/import",
        files={
            "file": (
                "a.csv",
                "sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full\ndepth,normals,0.5,,\n",
            )
        },
        data={"name": "table"},
    )
    assert made.status_code == 201, made.text
    assert_problem(api.get(f"/api/v1/atlases/{made.json()['id']}/estimates"), 409, detail="imported")


def test_builds_that_ended_early_or_came_before_estimates_say_so(api, platform, atlas):
    job = api.get(f"/api/v1/atlases/{atlas}").json()["job_id"]
    api.delete(f"/api/v1/jobs/{job}")
    assert_problem(api.get(f"/api/v1/atlases/{atlas}/estimates"), 409, detail="cancelled")
    finished(platform, atlas)
    assert_problem(api.get(f"/api/v1/atlases/{atlas}/estimates"), 409, detail="without estimates")


def test_what_was_estimated_of_a_cancelled_build_stays(api, platform, atlas):
    estimated(platform, atlas)
    api.delete(f"/api/v1/jobs/{api.get(f'/api/v1/atlases/{atlas}').json()['job_id']}")
    assert api.get(f"/api/v1/atlases/{atlas}/estimates").json()["correlation"] is None


def test_unknown_atlases_and_methods_are_named(api, atlas):
    assert_problem(api.get("/api/v1/atlases/atl_none/estimates"), 404)
    assert_problem(api.get(f"/api/v1/atlases/{atlas}/estimates?method=parc"), 422, pointer="method")


def test_estimates_go_with_their_atlas(api, platform, atlas):
    estimated(platform, atlas)
    assert api.delete(f"/api/v1/atlases/{atlas}").status_code == 204
    assert_problem(api.get(f"/api/v1/atlases/{atlas}/estimates"), 404)


def test_reading_needs_a_key_with_that_scope(api, platform, atlas, authorize):
    estimated(platform, atlas)
    reader, other = authorize(Scope.READ), authorize(Scope.INFER)
    path = f"/api/v1/atlases/{atlas}/estimates"
    assert_problem(api.get(path), 401)
    assert_problem(api.get(path, headers=other), 403)
    assert api.get(path, headers=reader).status_code == 200


def test_the_client_reads_the_answer(api, platform, atlas):
    estimated(platform, atlas)
    finished(platform, atlas)
    found = decode(Estimates, api.get(f"/api/v1/atlases/{atlas}/estimates").json())
    assert found.to_numpy().shape == (len(TARGETS), len(SOURCES))
    assert [each.target for each in found.correlation.targets] == list(TARGETS)
