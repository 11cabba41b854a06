"""Transfers over HTTP."""

import pytest

from tests.asserts import assert_problem
from tests.integration.api_atlases import build, imported, measured

URL = "/api/v1/atlases"


@pytest.fixture
def transfers(api):
    """Ask for the transfers of an imported atlas."""
    atlas = imported(api)
    return lambda headers=None, **params: api.get(f"{URL}/{atlas}/transfers", params=params, headers=headers)


def pairs(response):
    return [("+".join(transfer["sources"]), transfer["target"]) for transfer in response.json()["items"]]


def test_transfers_go_by_order_target_and_sources(transfers):
    assert pairs(transfers()) == [
        ("edge2d", "rgb2depth"),
        ("rgb2sfnorm", "rgb2depth"),
        ("edge2d", "rgb2sfnorm"),
        ("random", "rgb2sfnorm"),
        ("rgb2depth", "rgb2sfnorm"),
        ("self", "rgb2sfnorm"),
        ("edge2d+rgb2sfnorm", "rgb2depth"),
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_hold_every_transfer_once(transfers, limit):
    seen, params = [], {"limit": limit}
    while True:
        page = transfers(**params)
        seen += pairs(page)
        if page.json()["next_cursor"] is None:
            break
        params["cursor"] = page.json()["next_cursor"]
    assert seen == pairs(transfers())


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({"target": "rgb2depth"}, 3),
        ({"order": 2}, 1),
        ({"source": "edge2d"}, 3),
        ({"source": "edge2d", "order": 1, "target": "rgb2sfnorm"}, 1),
        ({"source": "edge"}, 0),
        ({"source": "%"}, 0),
        ({"target": "nothing"}, 0),
    ],
)
def test_filters_choose(transfers, chosen, count):
    assert len(pairs(transfers(**chosen))) == count


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"order": 0}, "order"),
        ({"order": 10**20}, "order"),
        ({"limit": 201}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "WyJvbmUiLCAiYSIsICJiIl0"}, "cursor"),
        ({"cursor": "WyI5OTk5OTk5OTk5OTk5OTk5OTk5OTk5IiwgImEiLCAiYiJd"}, "cursor"),
        ({"target": "x" * 101}, "target"),
    ],
)
def test_what_is_wrong_with_a_question_is_named(transfers, params, pointer):
    assert_problem(transfers(**params), 422, pointer=pointer)


def test_an_imported_transfer_keeps_its_further_columns(api, transfers):
    listed = transfers(source="rgb2depth").json()["items"][0]
    atlas = api.get(URL).json()["items"][0]["id"]
    transfer = api.get(f"{URL}/{atlas}/transfers/{listed['id']}").json()
    assert transfer == listed | {"metrics": {"note": "close"}, "curves": None}
    assert (transfer["affinity"], transfer["win_rate_vs_scratch"]) == (0.5, 0.9)
    assert (transfer["win_rate_vs_full"], transfer["test_loss"], transfer["order"]) == (0.4, None, 1)


def test_a_measured_transfer_shows_metrics_and_curves_before_the_atlas_is_ready(api, platform):
    atlas = build(api).json()["resource"]["id"]
    assert api.get(f"{URL}/{atlas}/transfers").json() == {"items": [], "next_cursor": None}
    measured(platform, atlas, finish=False)
    response = api.get(f"{URL}/{atlas}/transfers")
    assert "etag" not in response.headers
    listed = response.json()["items"][0]
    assert listed["affinity"] is None
    transfer = api.get(f"{URL}/{atlas}/transfers/{listed['id']}").json()
    assert transfer["metrics"] == {"mean_angle": 20.5}
    assert transfer["curves"] == {"head": {"steps": [0, 8], "losses": [1.5, 0.5]}}
    assert transfer["test_loss"] == 0.125


def test_transfers_of_a_ready_atlas_are_not_sent_twice(api, transfers):
    etag = transfers().headers["etag"]
    assert transfers(headers={"If-None-Match": etag}).status_code == 304
    assert transfers(headers={"If-None-Match": etag}, limit=1).status_code == 200
    atlas = api.get(URL).json()["items"][0]["id"]
    one = f"{URL}/{atlas}/transfers/{transfers().json()['items'][0]['id']}"
    etag = api.get(one).headers["etag"]
    assert api.get(one, headers={"If-None-Match": etag}).status_code == 304


def test_a_transfer_belongs_to_its_atlas_alone(api, transfers):
    transfer = transfers().json()["items"][0]["id"]
    other = imported(api)
    assert_problem(api.get(f"{URL}/{other}/transfers/{transfer}"), 404)
    assert_problem(api.get(f"{URL}/nothing/transfers/{transfer}"), 404, detail="nothing")
    assert_problem(api.get(f"{URL}/nothing/transfers"), 404, detail="nothing")
