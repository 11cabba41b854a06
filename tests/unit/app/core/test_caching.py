"""Finished results carry a strong ETag, and who has them already is told so in an empty answer."""

import pytest
from fastapi import Request

from app.core.caching import conditional, entity_tag


@pytest.fixture
def serve_result(serve):
    built = []

    def route(request: Request):
        def build():
            built.append(1)
            return b'{"a": 1}'

        return conditional(request, entity_tag("atl_1", 3), build, filename="a.json")

    return serve(("/result", ["GET"], route)), built


def test_equal_parts_have_equal_tags_and_others_others():
    assert entity_tag("a", 1) == entity_tag("a", 1)
    assert len({entity_tag("a", 1), entity_tag("a", 2), entity_tag("a1"), entity_tag("a", 1, "")}) == 4
    assert entity_tag("a").startswith('"'), "strong"


def test_a_result_is_answered_with_its_tag(serve_result):
    client, built = serve_result
    response = client.get("/result")
    assert (response.status_code, response.json()) == (200, {"a": 1})
    assert response.headers["etag"] == entity_tag("atl_1", 3)
    assert "Authorization" in response.headers["vary"], "no cache hands it to another key"
    assert 'filename="a.json"' in response.headers["content-disposition"]
    assert built == [1]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_who_has_it_gets_304_and_nothing_is_built(serve_result, form):
    client, built = serve_result
    response = client.get("/result", headers={"If-None-Match": form.format(entity_tag("atl_1", 3))})
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["etag"] == entity_tag("atl_1", 3)
    assert built == []


def test_who_has_another_gets_the_whole(serve_result):
    client, _ = serve_result
    assert client.get("/result", headers={"If-None-Match": '"other"'}).status_code == 200
