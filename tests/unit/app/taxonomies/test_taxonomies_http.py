import dataclasses
import json

import pytest

from app.core.security import Scope
from tests.asserts import assert_problem

CSV = """sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full
self,a,0.5,0.9,0.5
b,a,0.2,0.6,0.2
c_1,a,0.3,0.7,0.3
random,a,0.1,0.1,0.1
a,b,0.4,0.8,0.4
c_1,b,0.35,,
a+c_1,b,0.6,0.9,0.6
a,d,,0.5,0.1
"""


@pytest.fixture
def atlas(api):
    """Address of an atlas of the table above."""
    return upload(api, CSV)


def upload(api, text: str) -> str:
    made = api.post("/api/v1/atlases/import", files={"file": ("a.csv", text)}, data={"name": "small"})
    assert made.status_code == 201, made.text
    return f"/api/v1/atlases/{made.json()['id']}"


def test_taxonomy_has_the_fields_of_the_contract(api, atlas):
    answer = api.get(f"{atlas}/taxonomy", params={"budget": 1, "max_order": 2}).json()
    assert answer.pop("solver")["name"].startswith("HiGHS")
    explanation = answer.pop("explanation")
    assert answer == {
        "budget": 1,
        "max_order": 2,
        "objective": 0.9,
        "optimal": True,
        "gap": 0,
        "sources": ["a"],
        "cost": 1,
        "transfers": [
            {
                "target": "a",
                "sources": ["self"],
                "affinity": 0.5,
                "win_rate_vs_scratch": 0.9,
                "win_rate_vs_full": 0.5,
            },
            {
                "target": "b",
                "sources": ["a"],
                "affinity": 0.4,
                "win_rate_vs_scratch": 0.8,
                "win_rate_vs_full": 0.4,
            },
        ],
        "unreachable_targets": ["d"],
        "alternatives": [],
    }
    assert explanation["sources"] == [
        {"source": "a", "targets": ["a", "b"], "loss": 0.9, "lost_targets": ["a", "b"]}
    ]
    assert explanation["targets"][0] == {"target": "a", "sources": None, "affinity": None, "loss": 0.5}


def test_order_is_every_one_measured_by_default(api, atlas):
    answer = api.get(f"{atlas}/taxonomy", params={"budget": 2}).json()
    assert (answer["max_order"], answer["objective"]) == (2, 1.1)
    assert api.get(f"{atlas}/taxonomy", params={"budget": 2, "max_order": 1}).json()["objective"] == 0.9


def test_every_option_is_followed(api, atlas):
    body = {
        "budget": 2.5,
        "max_order": 1,
        "targets": ["a", "b"],
        "sources": ["b", "c_1"],
        "costs": {"b": 0.5, "c_1": 2},
        "importance": {"b": 2},
        "require_sources": ["b"],
        "exclude_sources": ["a"],
        "include_self": False,
        "include_random": True,
        "min_quality": {"a": 0.25},
        "alternatives": 3,
        "time_limit_s": 5,
    }
    answer = api.post(f"{atlas}/taxonomy", json=body).json()
    assert answer["sources"] == ["b", "c_1"]
    assert answer["cost"] == 2.5
    assert answer["objective"] == pytest.approx(0.3 + 2 * 0.35)
    assert [each["sources"] for each in answer["alternatives"]] == [["b", "c_1", "random"]]


def test_get_and_post_of_the_same_question_agree(api, atlas):
    got = api.get(f"{atlas}/taxonomy", params={"budget": 2}).json()
    posted = api.post(f"{atlas}/taxonomy", json={"budget": 2}).json()
    assert got == posted


@pytest.mark.parametrize(
    "path", ["taxonomy?budget=2", "frontier", "frontier?max_order=1", "tree", "tree?format=newick"]
)
def test_finished_answers_are_not_sent_twice(api, atlas, path):
    first = api.get(f"{atlas}/{path}")
    assert first.status_code == 200
    etag = first.headers["etag"]
    assert not etag.startswith("W/")
    again = api.get(f"{atlas}/{path}", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert api.get(f"{atlas}/{path}").content == first.content


def test_answer_that_was_not_proven_is_not_kept(api, atlas):
    hurried = api.post(f"{atlas}/taxonomy", json={"budget": 2, "time_limit_s": 0}).json()
    assert not hurried["optimal"]
    assert hurried["gap"] >= 0
    assert api.post(f"{atlas}/taxonomy", json={"budget": 2}).json()["optimal"]


def test_frontier_that_was_not_proven_may_not_be_cached(api, atlas, monkeypatch):
    monkeypatch.setattr("app.taxonomies.service.FRONTIER_LIMIT_S", 0.0)
    hurried = api.get(f"{atlas}/frontier")
    assert "etag" not in hurried.headers
    assert hurried.headers["cache-control"] == "no-store"
    assert not all(point["optimal"] for point in hurried.json()["items"])
    monkeypatch.undo()
    assert all(point["optimal"] for point in api.get(f"{atlas}/frontier").json()["items"])


def test_frontier_has_a_point_for_every_source(api, atlas):
    items = api.get(f"{atlas}/frontier", params={"max_order": 4}).json()["items"]
    assert [item["budget"] for item in items] == [1, 2, 3, 4]
    assert [item["objective"] for item in items] == [0.9, 1.1, 1.1, 1.1]
    assert items[3]["sources"] == ["a", "c_1"]


def test_tree_is_linkage_nested_and_newick(api, atlas):
    tree = api.get(f"{atlas}/tree").json()
    assert tree["names"] == ["a", "b", "c_1"]
    assert [row[3] for row in tree["linkage"]] == [2, 3]
    assert tree["root"]["name"] is None
    assert tree["root"]["height"] == tree["linkage"][-1][2]
    newick = api.get(f"{atlas}/tree", params={"format": "newick"})
    assert newick.headers["content-type"].startswith("text/plain")
    assert newick.text.endswith(";\n")
    assert "'c_1'" in newick.text


def test_client_reads_the_answers(api, atlas):
    from taskatlas_client._decode import decode
    from taskatlas_client._types import FrontierPoint, Taxonomy, Tree

    taxonomy = decode(Taxonomy, api.get(f"{atlas}/taxonomy", params={"budget": 2}).json())
    assert dataclasses.asdict(taxonomy)["sources"] == ["a", "c_1"]
    assert decode(list[FrontierPoint], api.get(f"{atlas}/frontier").json()["items"])[0].budget == 1
    assert decode(Tree, api.get(f"{atlas}/tree").json()).names == ["a", "b", "c_1"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"budget": -1}, "/budget"),
        ({"budget": 1, "require_sources": ["a", "b"]}, "/budget"),
        ({"budget": 1, "targets": ["x"]}, "/targets/0"),
        ({"budget": 1, "costs": {"x": 1}}, "/costs/x"),
        ({"budget": 1, "costs": {"a": -1}}, "/costs/a"),
        ({"budget": 1, "importance": {"x": 1}}, "/importance/x"),
        ({"budget": 1, "require_sources": ["a"], "exclude_sources": ["a"]}, "/require_sources/0"),
        ({"budget": 1, "max_order": 0}, "/max_order"),
        ({"budget": 1, "alternatives": 0}, "/alternatives"),
        ({"budget": 1, "surprise": 1}, "/surprise"),
        ({}, "/budget"),
    ],
)
def test_bad_options_are_named(api, atlas, change, pointer):
    assert_problem(api.post(f"{atlas}/taxonomy", json=change), 422, pointer=pointer)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_refused(api, atlas, number):
    body = json.dumps({"budget": 1}).replace("1", number)
    sent = api.post(f"{atlas}/taxonomy", content=body, headers={"Content-Type": "application/json"})
    assert sent.status_code in {400, 422}
    assert_problem(api.get(f"{atlas}/taxonomy", params={"budget": number}), 422, pointer="budget")


@pytest.mark.parametrize("query", ["", "?budget=-1", "?budget=1&max_order=0", "?budget=x"])
def test_bad_queries_are_refused(api, atlas, query):
    assert_problem(api.get(f"{atlas}/taxonomy{query}"), 422)


@pytest.mark.parametrize("path", ["taxonomy?budget=1", "frontier", "tree"])
def test_unknown_atlas_is_not_found(api, path):
    assert_problem(api.get(f"/api/v1/atlases/atl_none/{path}"), 404)


@pytest.mark.parametrize("path", ["taxonomy?budget=1", "frontier", "tree"])
def test_atlas_that_was_deleted_is_forgotten(api, atlas, path):
    assert api.get(f"{atlas}/{path}").status_code == 200
    api.delete(atlas)
    assert_problem(api.get(f"{atlas}/{path}"), 404)


@pytest.mark.parametrize("path", ["taxonomy?budget=1", "frontier", "tree"])
def test_atlas_that_is_being_built_is_a_conflict(api, path):
    job = api.post("/api/v1/atlases", json={"name": "later", "preset": "tiny"}).json()
    assert_problem(api.get(f"/api/v1/atlases/{job['resource']['id']}/{path}"), 409)


def test_atlas_without_transfers_to_compare_has_no_tree(api):
    atlas = upload(api, "sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full\nself,a,1,,\n")
    assert_problem(api.get(f"{atlas}/tree"), 409)
    assert api.get(f"{atlas}/frontier").json() == {"items": []}
    assert api.get(f"{atlas}/taxonomy?budget=1").json()["unreachable_targets"] == ["a"]


def test_reading_needs_a_key_with_that_scope(api, atlas, authorize):
    reader, other = authorize(Scope.READ), authorize(Scope.INFER)
    for path in ("taxonomy?budget=1", "frontier", "tree"):
        assert_problem(api.get(f"{atlas}/{path}"), 401)
        assert_problem(api.get(f"{atlas}/{path}", headers=other), 403)
        assert api.get(f"{atlas}/{path}", headers=reader).status_code == 200
    assert_problem(api.post(f"{atlas}/taxonomy", json={"budget": 1}, headers=other), 403)
    assert api.post(f"{atlas}/taxonomy", json={"budget": 1}, headers=reader).status_code == 200
