"""Whole atlases as files over HTTP, by the client and on the command line."""

import io
import json
import zipfile

import pytest
from taskatlas_client import InvalidInputError, TaskAtlas

from app.atlases.archive.reading import Archive
from app.core.security import Scope
from tests.asserts import assert_problem
from tests.integration.api_atlases import build, imported
from tests.whole_atlas import ATLAS, archive_of, contents, members, packed, store_whole_atlas

URL = "/api/v1/atlases"


@pytest.fixture
def whole(api, platform):
    """Id of a complete atlas behind `api`."""
    return store_whole_atlas(platform)


def upload(api, data, name="copy", headers=None):
    files = {"file": ("some.zip", data, "application/zip")}
    return api.post(f"{URL}/import", files=files, data={"name": name}, headers=headers)


@pytest.mark.parametrize("compact", [False, True])
def test_an_exported_atlas_is_imported_with_everything(api, platform, whole, compact):
    answer = api.get(f"{URL}/{whole}/export", params={"compact": compact})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert f'filename="{whole}.atlas.zip"' in answer.headers["content-disposition"]
    made = upload(api, answer.content)
    assert made.status_code == 201, made.text
    copy = made.json()
    assert made.headers["location"] == f"{URL}/{copy['id']}"
    assert (copy["name"], copy["status"], copy["origin"]) == ("copy", "ready", "imported")
    assert copy["networks"] == api.get(f"{URL}/{whole}").json()["networks"]
    assert copy["provenance"]["archive"]["compact"] is compact
    for path in (
        "affinity",
        "affinity?order=2",
        "taxonomy?budget=2",
        "tree",
        "significance?budget=2&samples=20",
    ):
        before, after = (api.get(f"{URL}/{each}/{path}").json() for each in (whole, copy["id"]))
        for timed in (before, after):
            timed.get("solver", {}).pop("seconds", None)
        assert after == before, path
    if not compact:
        assert contents(platform, copy["id"]) == contents(platform, whole)


def test_transfers_say_whether_they_have_a_network(api, whole):
    copy = upload(api, api.get(f"{URL}/{whole}/export?compact=true").content).json()["id"]
    before, after = (api.get(f"{URL}/{each}/transfers?limit=200").json()["items"] for each in (whole, copy))
    assert all(transfer["has_network"] for transfer in before)
    held = {transfer["has_network"] for transfer in after}
    assert held == {True, False}
    assert all(transfer["has_network"] for transfer in after if transfer["sources"] == ["self"])
    table = api.get(f"{URL}/{imported(api)}/transfers").json()["items"]
    assert not any(transfer["has_network"] for transfer in table)


def test_an_inference_through_weights_that_were_left_out_says_so(api, whole):
    copy = upload(api, api.get(f"{URL}/{whole}/export?compact=true").content).json()["id"]
    listed = api.get(f"{URL}/{copy}/transfers?limit=200").json()["items"]
    missing = next(transfer["id"] for transfer in listed if not transfer["has_network"])
    asked = api.post(
        f"{URL}/{copy}/infer", files={"image": ("a.png", b"x", "image/png")}, data={"transfers": missing}
    )
    assert_problem(asked, 422, pointer="/transfers", detail="left out of the compact archive")


def test_an_export_is_not_sent_twice_to_who_has_it(api, whole):
    first = api.get(f"{URL}/{whole}/export")
    again = api.get(f"{URL}/{whole}/export", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    compact = api.get(f"{URL}/{whole}/export?compact=true")
    assert compact.headers["etag"] != first.headers["etag"]
    assert not first.headers["etag"].startswith("W/")
    assert api.get(f"{URL}/{whole}/export").content == first.content


def test_imported_affinities_can_be_exported_too(api):
    table = imported(api)
    data = api.get(f"{URL}/{table}/export").content
    copy = upload(api, data).json()
    assert copy["networks"] == []
    before, after = (api.get(f"{URL}/{each}/affinity").json() for each in (table, copy["id"]))
    assert before == after


def test_an_atlas_that_is_being_built_cannot_be_exported(api):
    atlas = build(api).json()["resource"]["id"]
    assert_problem(api.get(f"{URL}/{atlas}/export"), 409, detail="building")
    assert_problem(api.get(f"{URL}/atl_none/export"), 404)


def test_a_bad_archive_is_named_and_stores_nothing(api, platform, whole):
    files = members(api.get(f"{URL}/{whole}/export").content)
    count = len(api.get(URL).json()["items"])
    stored = sorted(each.name for each in (platform.settings.data / "artifacts").rglob("*") if each.is_file())
    name = next(iter(files))
    bad = {
        "../evil": packed(files | {"../evil": b"x"}),
        "is damaged": packed(files | {name: bytes([files[name][0] ^ 1]) + files[name][1:]}),
        "no atlas.json": packed({name: files[name]}),
        "no zip": b"PK\x03\x04 and nothing more",
        "format": packed(files | {"atlas.json": json.dumps({"format": "taskatlas-atlas/9"}).encode()}),
    }
    for told, data in bad.items():
        assert_problem(upload(api, data), 422, pointer="/file", detail=told)
    assert len(api.get(URL).json()["items"]) == count
    now = sorted(each.name for each in (platform.settings.data / "artifacts").rglob("*") if each.is_file())
    assert now == stored


def test_a_repeated_import_of_an_archive_is_one_atlas(api, whole):
    data, headers = api.get(f"{URL}/{whole}/export").content, {"Idempotency-Key": "once"}
    first, again = upload(api, data, headers=headers), upload(api, data, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert_problem(upload(api, data, name="other", headers=headers), 409)


def test_reading_is_enough_to_export_and_not_to_import(api, platform, whole, authorize):
    reader = authorize(Scope.READ)
    data = api.get(f"{URL}/{whole}/export", headers=reader)
    assert data.status_code == 200
    assert_problem(upload(api, data.content, headers=reader), 403)


def test_the_client_writes_an_archive_whole_or_not_at_all(api, platform, whole, tmp_path):
    with TaskAtlas("http://testserver") as client:
        client._transport._client = api
        target = tmp_path / "a.atlas.zip"
        size = client.atlases.export(whole, target, compact=True)
        assert size == target.stat().st_size
        with target.open("rb") as file:
            Archive.open(file).verify()
        copy = client.atlases.import_file(target, name="copy")
        assert copy.provenance["archive"]["compact"]
        assert any(transfer.has_network for transfer in client.atlases.every_transfer(copy.id))
        target.write_bytes(b"was there")
        platform.artifacts.delete(next(each for each in artifacts_of(archive_of(platform, ATLAS))))
        with pytest.raises((FileNotFoundError, InvalidInputError)):
            client.atlases.export(whole, target)
        assert target.read_bytes() == b"was there"
        assert [each.name for each in tmp_path.glob("*.part")] == []


def artifacts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [name[10:74] for name in archive.namelist() if name.startswith("artifacts/")]
