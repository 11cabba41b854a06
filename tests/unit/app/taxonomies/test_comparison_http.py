import pytest
from taskatlas_client._decode import decode
from taskatlas_client._types import AtlasComparison

from app.core.security import Scope
from tests.asserts import assert_problem

HEADER = "sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full\n"
OURS = """self,depth,0.5,,
normals,depth,0.4,,
edges_2d,depth,0.3,,
denoising,depth,0.1,,
edges_2d+normals,depth,0.6,,
random,depth,0.01,,
depth,normals,0.5,,
"""
PAPERS = """self,rgb2depth,0.9,,
rgb2sfnorm,rgb2depth,0.5,,
edge2d,rgb2depth,0.2,,
denoise,rgb2depth,0.3,,
rgb2sfnorm+edge2d,rgb2depth,0.8,,
random,rgb2depth,0.6,,
edge2d,rgb2sfnorm,0.5,,
"""


def upload(api, rows: str) -> str:
    made = api.post(
        "/api/v1/atlases/import", files={"file": ("a.csv", HEADER + rows)}, data={"name": "small"}
    )
    assert made.status_code == 201, made.text
    return made.json()["id"]


@pytest.fixture
def pair(api):
    """Ids of an atlas by our names and one by the paper's."""
    return upload(api, OURS), upload(api, PAPERS)


def compare(api, one, other, **asked):
    return api.get(f"/api/v1/atlases/{one}/comparison", params={"with": other} | asked)


def test_two_atlases_are_compared_over_what_both_have_measured(api, pair):
    answer = compare(api, *pair).json()
    assert (answer["atlas"], answer["with_atlas"]) == pair
    assert (
        answer["transfers"],
        answer["transfers_only_in_atlas"],
        answer["transfers_only_in_other"],
    ) == (4, 1, 1)
    # 4 3 2 1 of the pair, normals, edges, denoising against 4 3 1 2
    assert answer["targets"] == [
        {
            "target": "depth",
            "transfers": 4,
            "spearman": pytest.approx(0.8),
            "kendall": pytest.approx(4 / 6),
            "best_source": "normals",
            "best_source_with": "normals",
            "same_best_source": True,
        }
    ]
    assert [(each["order"], each["transfers"]) for each in answer["orders"]] == [(1, 3), (2, 1)]
    assert answer["orders"][0]["spearman"] == pytest.approx(0.5)
    assert answer["orders"][1]["spearman"] is None
    assert answer["overall"]["order"] is None
    assert answer["overall"]["spearman"] == answer["overall"]["mean_spearman"] == pytest.approx(0.8)
    assert answer["same_best_source"] == 1.0
    found = decode(AtlasComparison, answer)
    assert found.overall.kendall == found.targets[0].kendall


def test_reserved_sources_count_where_they_are_asked_for(api, pair):
    answer = compare(api, *pair, include_self="true", include_random="true").json()
    assert answer["transfers"] == 6
    assert (answer["targets"][0]["best_source"], answer["targets"][0]["best_source_with"]) == ("self", "self")


def test_a_comparison_is_not_sent_twice_and_names_what_was_asked(api, pair):
    first = compare(api, *pair)
    url, etag = f"/api/v1/atlases/{pair[0]}/comparison?with={pair[1]}", first.headers["etag"]
    assert api.get(url, headers={"If-None-Match": etag}).status_code == 304
    others = [
        compare(api, *pair, include_self="true"),
        compare(api, *pair[::-1]),
        compare(api, pair[0], pair[0]),
    ]
    assert len({etag, *(other.headers["etag"] for other in others)}) == 4
    assert others[1].json()["transfers_only_in_atlas"] == 1
    assert others[2].json()["overall"]["spearman"] == 1.0


def test_what_cannot_be_compared_is_named(api, pair):
    assert_problem(compare(api, "atl_none", pair[0]), 404)
    assert_problem(compare(api, pair[0], "atl_none"), 422, pointer="with")
    assert_problem(api.get(f"/api/v1/atlases/{pair[0]}/comparison"), 422, pointer="with")
    job = api.post("/api/v1/atlases", json={"name": "later", "preset": "tiny"}).json()
    for ids in ((pair[0], job["resource"]["id"]), (job["resource"]["id"], pair[0])):
        assert_problem(compare(api, *ids), 409, detail=job["resource"]["id"])


def test_reading_needs_a_key_with_that_scope(api, pair, authorize):
    reader, other = authorize(Scope.READ), authorize(Scope.INFER)
    url = f"/api/v1/atlases/{pair[0]}/comparison?with={pair[1]}"
    assert_problem(api.get(url), 401)
    assert_problem(api.get(url, headers=other), 403)
    assert api.get(url, headers=reader).status_code == 200
