"""Measured affinities as uploads."""

from pathlib import Path

import pytest

from app.atlases.importing import MAX_BYTES
from tests.asserts import assert_problem
from tests.integration.api_atlases import CSV, HEADER, import_table, imported

URL = "/api/v1/atlases"
RELEASED = Path(__file__).parents[3] / "shared/data/taskonomy_affinities_16k.csv"


def test_an_imported_table_is_an_atlas_at_once(api):
    response = import_table(api, name="  from the paper ")
    assert response.status_code == 201
    atlas = response.json()
    assert response.headers["location"] == f"{URL}/{atlas['id']}"
    assert api.get(response.headers["location"]).json() == atlas
    assert (atlas["name"], atlas["status"], atlas["origin"]) == ("from the paper", "ready", "imported")
    assert atlas["tasks"] == ["edge2d", "rgb2depth", "rgb2sfnorm"]
    assert atlas["sources"] == ["edge2d", "rgb2depth", "rgb2sfnorm", "random"]
    assert atlas["targets"] == ["rgb2depth", "rgb2sfnorm"]
    assert atlas["orders"] == [1, 2]
    assert atlas["transfer_count"] == 7
    assert atlas["config"]["file"] == "table.csv"
    assert atlas["config"]["format"] == "csv"


@pytest.mark.skipif(not RELEASED.exists(), reason="the released table is not here")
def test_the_released_16k_table_is_read_whole(api):
    atlas = import_table(api, RELEASED.read_bytes(), filename=RELEASED.name).json()
    assert atlas["transfer_count"] == 1762
    assert len(atlas["targets"]) == 22
    assert len(atlas["sources"]) == 27
    assert atlas["orders"] == list(range(1, 25))
    matrix = api.get(f"{URL}/{atlas['id']}/affinity").json()
    row = matrix["values"][matrix["targets"].index("class_1000")]
    assert row[matrix["sources"].index("autoencoder")] == 0.003390940504889427
    assert matrix["sources"][-2:] == ["random", "self"]


@pytest.mark.parametrize(
    ("rows", "line", "named"),
    [
        (["a,b,0.5,,", "a,c,much,,"], 3, "much"),
        (["a,b,-0.5,,"], 2, "negative"),
        (["a,b,nan,,"], 2, "finite"),
        (["a,b,0.5,,", "c,b,0.5,,", "a,b,0.25,,"], 4, "line 2"),
        (["a,b,0.5,,", "a+c,b,0.5,,", "c+a,b,0.25,,"], 4, "line 3"),
        (["a,b,0.5"], 2, "3 cells"),
        (["a,b,0.5,1.5,"], 2, "at most 1"),
        ([",b,0.5,,"], 2, "empty"),
    ],
)
def test_a_bad_row_rejects_the_file_and_is_named(api, rows, line, named):
    problem = assert_problem(import_table(api, "\n".join([HEADER, *rows])), 422, pointer="/file")
    assert f"line {line}:" in problem["detail"]
    assert named in problem["detail"]
    assert api.get(URL).json()["items"] == []


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "empty"),
        (HEADER, "no transfer"),
        ("sources,target\na,b", "affinity"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"\x80\x04cos\nsystem\n", ""),
    ],
)
def test_a_file_of_something_else_is_rejected(api, content, named):
    assert_problem(import_table(api, content), 422, pointer="/file", detail=named)
    assert api.get(URL).json()["items"] == []


def test_a_pickle_that_would_run_something_is_rejected(api, tmp_path):
    trap = tmp_path / "sprung"
    # What `pickle.dumps` of an object with `__reduce__ = os.mkdir, (trap,)` gives, in protocol 0 after its mark.
    payload = (
        b"\x80\x02cposix\nmkdir\n(X" + len(str(trap)).to_bytes(4, "little") + str(trap).encode() + b"tR."
    )
    assert_problem(import_table(api, payload, filename="all_affinities.pkl"), 422, pointer="/file")
    assert not trap.exists()


def test_a_released_pickle_is_read(api):
    # The dictionary {"edge2d__rgb2depth": 0.5} in protocol 2.
    name = b"edge2d__rgb2depth"
    key = b"X" + len(name).to_bytes(4, "little") + name
    content = b"\x80\x02}" + key + b"G?\xe0\x00\x00\x00\x00\x00\x00s."
    atlas = import_table(api, content, filename="all_affinities_16k.pkl").json()
    assert atlas["config"]["format"] == "pickle"
    assert api.get(f"{URL}/{atlas['id']}/affinity").json()["values"] == [[0.5]]


def test_what_a_form_lacks_is_named(api):
    url = f"{URL}/import"
    assert_problem(api.post(url, data={"name": "x"}, files={"other": b""}), 422, pointer="/file")
    assert_problem(api.post(url, files={"file": ("t.csv", CSV)}), 422, pointer="/name")
    as_text = assert_problem(api.post(url, data={"name": "x", "file": "text"}), 422, pointer="/file")
    assert "class" not in as_text["errors"][0]["detail"]
    assert_problem(import_table(api, name=" "), 422, pointer="/name")


def test_a_body_that_is_no_form_is_refused(api):
    assert_problem(api.post(f"{URL}/import", json={"name": "x"}), 415, detail="multipart/form-data")


def test_a_file_that_is_too_large_is_refused(api, settings):
    assert_problem(import_table(api, b"x" * (MAX_BYTES + 1)), 413, detail="16 MiB")
    assert_problem(import_table(api, b"x" * (settings.server.max_body_bytes + 1)), 413, detail="64 MiB")


def test_folders_in_a_file_name_are_dropped(api):
    atlas = imported(api, filename="../../etc/passwd.csv")
    assert api.get(f"{URL}/{atlas}").json()["config"]["file"] == "passwd.csv"


def test_a_repeated_import_is_one_atlas(api):
    headers = {"Idempotency-Key": "once"}
    first, again = import_table(api, headers=headers), import_table(api, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(api.get(URL).json()["items"]) == 1
    assert_problem(import_table(api, CSV + "edge2d,rgb2mist,1,,,\n", headers=headers), 409)


def test_a_rejected_import_may_be_sent_again_under_the_same_key(api):
    headers = {"Idempotency-Key": "twice"}
    assert_problem(import_table(api, "nonsense", headers=headers), 422)
    assert import_table(api, headers=headers).status_code == 201
