"""The affinity matrix over HTTP."""

import io

import numpy as np
import pytest

from tests.asserts import assert_problem
from tests.integration.api_atlases import CSV, HEADER, build, imported, measured

URL = "/api/v1/atlases"


@pytest.fixture
def affinity(api):
    """Ask for the affinities of an imported atlas."""
    atlas = imported(api)
    return lambda headers=None, **params: api.get(f"{URL}/{atlas}/affinity", params=params, headers=headers)


def test_rows_are_targets_and_columns_sources(affinity):
    assert affinity().json() == {
        "targets": ["rgb2depth", "rgb2sfnorm"],
        "sources": ["edge2d", "rgb2depth", "rgb2sfnorm", "random", "self"],
        "values": [[None, None, 0.75, None, None], [0.125, 0.5, None, 0.0625, 0.25]],
        "lower_is_better": False,
        "order": 1,
        "normalized": True,
    }


def test_columns_of_a_higher_order_are_sets_of_sources(affinity):
    matrix = affinity(order=2).json()
    assert matrix["sources"] == ["edge2d+rgb2sfnorm"]
    assert matrix["values"] == [[0.25], [None]]
    assert matrix["order"] == 2


def test_csv_imports_back_to_the_same_answer(api, affinity):
    response = affinity(format="csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert ".csv" in response.headers["content-disposition"]
    assert response.text.splitlines()[0] == HEADER
    again = imported(api, response.content)
    assert api.get(f"{URL}/{again}/affinity").json() == affinity().json()
    assert api.get(f"{URL}/{again}/affinity?format=csv").content == response.content


def test_npy_holds_the_same_values(affinity):
    response = affinity(format="npy")
    assert response.headers["content-type"] == "application/octet-stream"
    values = np.load(io.BytesIO(response.content), allow_pickle=False)
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, np.array(affinity().json()["values"], dtype=np.float64))


def test_every_representation_has_a_strong_etag_of_its_own(affinity):
    answers = [affinity(**params) for params in ({}, {"order": 2}, {"format": "csv"}, {"format": "npy"})]
    etags = [answer.headers["etag"] for answer in answers]
    assert len(set(etags)) == len(etags)
    assert all(etag.startswith('"') and etag.endswith('"') for etag in etags)
    assert affinity().headers["etag"] == etags[0]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_who_has_it_is_answered_not_modified(affinity, form):
    etag = affinity().headers["etag"]
    answer = affinity(headers={"If-None-Match": form.format(etag)})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)


def test_an_etag_of_another_atlas_is_none_of_this(api, affinity):
    other = api.get(f"{URL}/{imported(api)}/affinity").headers["etag"]
    assert affinity(headers={"If-None-Match": other}).status_code == 200


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"order": 3}, "order"),
        ({"order": 0}, "order"),
        ({"order": 10**30}, "order"),
        ({"order": "first"}, "order"),
        ({"format": "xml"}, "format"),
        ({"normalized": "maybe"}, "normalized"),
        ({"normalized": "false"}, "normalized"),
    ],
)
def test_what_was_not_measured_is_refused(affinity, params, pointer):
    assert_problem(affinity(**params), 422, pointer=pointer)
    assert_problem(affinity(headers={"If-None-Match": "*"}, **params), 422, pointer=pointer)


def test_win_rates_are_what_affinities_are_made_from(api, platform):
    atlas = build(api).json()["resource"]["id"]
    measured(platform, atlas, finish=True)
    matrix = api.get(f"{URL}/{atlas}/affinity?normalized=false").json()
    assert matrix["normalized"] is False
    assert matrix["values"][matrix["targets"].index("normals")] == [0.625]
    assert api.get(f"{URL}/{atlas}/affinity").json()["values"][2] == [0.5]


def test_an_atlas_that_is_not_ready_has_none(api):
    atlas = build(api).json()["resource"]["id"]
    assert_problem(api.get(f"{URL}/{atlas}/affinity"), 409, detail="building")
    api.delete(f"/api/v1/jobs/{api.get(f'{URL}/{atlas}').json()['job_id']}")
    assert_problem(api.get(f"{URL}/{atlas}/affinity"), 409, detail="cancelled")


def test_an_atlas_that_is_gone_has_none(api):
    atlas = imported(api)
    assert api.get(f"{URL}/{atlas}/affinity").status_code == 200
    api.delete(f"{URL}/{atlas}")
    assert_problem(api.get(f"{URL}/{atlas}/affinity"), 404)


def test_two_imports_of_one_table_do_not_share_an_atlas(api):
    assert imported(api, CSV) != imported(api, CSV)
