import pytest
from taskatlas_client._decode import decode
from taskatlas_client._types import Clustering, Significance

from app.core.security import Scope
from tests.asserts import assert_problem

HEADER = "sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full\n"
CSV = (
    HEADER
    + """self,depth,0.5,0.9,0.5
normals,depth,0.4,0.6,0.2
edges_2d,depth,0.1,0.4,0.1
denoising,depth,0.1,0.3,0.1
depth,normals,0.5,0.7,0.3
edges_2d,normals,0.2,0.5,0.1
denoising,normals,0.1,0.5,0.1
depth,edges_2d,0.1,,
normals,edges_2d,0.1,,
denoising,edges_2d,0.6,,
depth+normals,edges_2d,0.7,,
"""
)


@pytest.fixture
def atlas(api):
    """Address of an atlas of the table above."""
    return upload(api, CSV)


def upload(api, text: str) -> str:
    made = api.post("/api/v1/atlases/import", files={"file": ("a.csv", text)}, data={"name": "small"})
    assert made.status_code == 201, made.text
    return f"/api/v1/atlases/{made.json()['id']}"


PATHS = ["significance?budget=2&samples=50", "tree/groups?permutations=99"]


def test_significance_compares_the_optimum_with_both_controls(api, atlas):
    asked = {"budget": 2, "max_order": 1, "samples": 200, "seed": 3}
    answer = api.get(f"{atlas}/significance", params=asked).json()
    taxonomy = api.get(f"{atlas}/taxonomy", params={"budget": 2, "max_order": 1}).json()
    assert answer["sources"] == taxonomy["sources"]
    assert (answer["samples"], answer["seed"], answer["optimal"]) == (200, 3, True)
    assert answer["drawn"] >= 200
    for control in ("random", "wired"):
        objective = answer[control]["objective"]
        assert objective["optimum"] == pytest.approx(taxonomy["objective"])
        assert len(objective["quantiles"]) == len(answer["levels"])
        assert objective["quantiles"][-1] <= objective["optimum"] + 1e-9
        assert 0 < objective["percentile"] <= 100
    assert answer["wired"]["objective"]["mean"] > answer["random"]["objective"]["mean"]
    assert answer["random"]["gain"]["optimum"] == pytest.approx(0.8)
    assert 0 < answer["random"]["gain_correlation"] <= 1
    assert 0 < answer["random"]["quality_correlation"] <= 1


def test_significance_takes_every_order_and_a_thousand_samples_by_default(api, atlas):
    answer = api.get(f"{atlas}/significance", params={"budget": 2}).json()
    assert (answer["max_order"], answer["samples"], answer["seed"]) == (2, 1000, 0)


def test_groups_are_tested_against_chance(api, atlas):
    answer = api.get(f"{atlas}/tree/groups", params={"permutations": 999, "seed": 1}).json()
    assert (answer["permutations"], answer["seed"]) == (999, 1)
    assert {each["group"]: each["tasks"] for each in answer["groups"]} == {
        "2d": ["denoising", "edges_2d"],
        "3d": ["depth", "normals"],
    }
    assert answer["statistic"] == pytest.approx(answer["between"] - answer["within"])
    assert 0 < answer["p_value"] <= 1


@pytest.mark.parametrize("path", PATHS)
def test_finished_answers_are_not_sent_twice(api, atlas, path):
    first = api.get(f"{atlas}/{path}")
    assert first.status_code == 200
    again = api.get(f"{atlas}/{path}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert api.get(f"{atlas}/{path}").content == first.content
    assert api.get(f"{atlas}/{path}&seed=1").headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("significance", "budget"),
        ("significance?budget=-1", "budget"),
        ("significance?budget=NaN", "budget"),
        ("significance?budget=1&max_order=0", "max_order"),
        ("significance?budget=1&samples=0", "samples"),
        ("significance?budget=1&samples=10001", "samples"),
        ("significance?budget=1&seed=-1", "seed"),
        ("tree/groups?permutations=0", "permutations"),
        ("tree/groups?permutations=100000", "permutations"),
        ("tree/groups?seed=x", "seed"),
    ],
)
def test_bad_queries_are_named(api, atlas, path, pointer):
    assert_problem(api.get(f"{atlas}/{path}"), 422, pointer=pointer)


def test_samples_of_too_many_transfers_are_named(api, atlas, monkeypatch):
    monkeypatch.setattr("models.taxonomy.significance.MAX_WORK", 1000)
    assert_problem(api.get(f"{atlas}/significance?budget=1&samples=500"), 422, pointer="samples")


@pytest.mark.parametrize("path", PATHS)
def test_unknown_atlas_is_not_found(api, path):
    assert_problem(api.get(f"/api/v1/atlases/atl_none/{path}"), 404)


@pytest.mark.parametrize("path", PATHS)
def test_atlas_that_is_being_built_is_a_conflict(api, path):
    job = api.post("/api/v1/atlases", json={"name": "later", "preset": "tiny"}).json()
    assert_problem(api.get(f"/api/v1/atlases/{job['resource']['id']}/{path}"), 409)


@pytest.mark.parametrize("rows", ["self,depth,1,,\n", "a,b,1,,\nb,a,1,,\n"])
def test_atlas_without_groups_to_compare_is_a_conflict(api, rows):
    assert_problem(api.get(f"{upload(api, HEADER + rows)}/tree/groups"), 409)


@pytest.mark.parametrize("path", PATHS)
def test_reading_needs_a_key_with_that_scope(api, atlas, authorize, path):
    reader, other = authorize(Scope.READ), authorize(Scope.INFER)
    assert_problem(api.get(f"{atlas}/{path}"), 401)
    assert_problem(api.get(f"{atlas}/{path}", headers=other), 403)
    assert api.get(f"{atlas}/{path}", headers=reader).status_code == 200


def test_client_reads_the_answers(api, atlas):
    found = decode(Significance, api.get(f"{atlas}/significance?budget=2&samples=50").json())
    assert found.random.quality is not None
    assert len(found.random.quality.quantiles) == len(found.levels)
    assert found.random.gain_correlation is not None
    groups = decode(Clustering, api.get(f"{atlas}/tree/groups?permutations=99").json()).groups
    assert [each.group for each in groups] == ["2d", "3d"]
