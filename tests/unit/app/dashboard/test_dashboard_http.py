"""How the dashboard's page and files are served."""

import re

from app.dashboard.endpoints import assets
from tests.asserts import assert_problem

TYPES = {"css": "text/css", "jpg": "image/jpeg", "js": "text/javascript", "svg": "image/svg+xml"}


def test_every_file_that_the_page_names_is_served(api):
    page = api.get("/")
    assert page.status_code == 200
    named = re.findall(r"""(?:href|src)="(/assets/[^"]+)\"""", page.text)
    assert len(named) > 4
    for address in named:
        assert api.get(address).status_code == 200, address


def test_every_file_is_served_as_what_it_is(api):
    for name in assets().files:
        answer = api.get(f"/assets/{assets().digest}/{name}")
        assert answer.status_code == 200, name
        assert answer.headers["content-type"].partition(";")[0] == TYPES[name.rpartition(".")[2]]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in answer.headers["cache-control"]


def test_files_of_another_state_are_not_kept(api):
    assert api.get("/assets/latest/main.js").headers["cache-control"] == "no-cache"


def test_a_missing_file_is_a_problem(api):
    assert_problem(api.get("/assets/latest/views/none.js"), 404)


def test_the_page_may_load_from_its_own_server_only(api):
    policy = api.get("/").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
