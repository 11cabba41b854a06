"""An atlas through a file and back, and files that are none."""

import hashlib
import io
import json
import zipfile

import numpy as np
import pytest

from app.atlases.archive.checks import NETWORK_FORMAT
from app.atlases.archive.choice import asked_first
from app.atlases.archive.importing import store_artifacts, store_atlas
from app.atlases.archive.manifest import MANIFEST
from app.atlases.archive.reading import Archive
from app.atlases.repository import AtlasesRepository
from app.core.artifacts import build_artifact_store, decode_arrays
from app.core.errors import InvalidInput
from app.core.settings import ArtifactSettings
from app.datasets.repository import DatasetsRepository
from models.taxonomy.options import Options
from models.taxonomy.program import solve
from models.taxonomy.table import SELF, Transfer
from tests.whole_atlas import (
    ATLAS,
    CONFIG,
    NAME,
    archive_of,
    contents,
    members,
    packed,
    store_whole_atlas,
    weights,
)


@pytest.fixture
def whole(platform):
    store_whole_atlas(platform)
    return platform


@pytest.fixture
def files(whole):
    return members(archive_of(whole))


def opened(data):
    return Archive.open(io.BytesIO(data))


def imported(platform, data, name="again"):
    archive = opened(data)
    archive.verify()
    store_artifacts(platform.artifacts, archive)
    with platform.database.session() as session:
        return store_atlas(session, platform, archive, name=name, origin="imported")


def rewritten(files, change):
    """The files with a changed manifest."""
    manifest = json.loads(files[MANIFEST])
    change(manifest)
    return {**files, MANIFEST: json.dumps(manifest).encode()}


def with_member(files, kind, data):
    """The files with the first member of a kind replaced by other bytes, its name and manifest put right."""
    old = next(name for name in files if name.endswith(f".{kind}") and name != MANIFEST)
    before, after = old[len("artifacts/") : -len(kind) - 1], hashlib.sha256(data).hexdigest()
    text = files[MANIFEST].decode().replace(before, after)
    manifest = json.loads(text)
    for member in manifest["members"]:
        if member["sha256"] == after:
            member["bytes"] = len(data)
    kept = {name: content for name, content in files.items() if name not in {old, MANIFEST}}
    return kept | {f"artifacts/{after}.{kind}": data, MANIFEST: json.dumps(manifest).encode()}


def test_an_atlas_comes_back_whole(platform_on_both):
    store_whole_atlas(platform_on_both)
    again = imported(platform_on_both, archive_of(platform_on_both))
    assert contents(platform_on_both, again) == contents(platform_on_both, ATLAS)
    with platform_on_both.database.session(read_only=True) as session:
        rows = AtlasesRepository(session)
        was, now = rows.get(ATLAS), rows.get(again)
        assert all(not network.representations for network in rows.networks(again, "task"))
    same = ("config", "tasks", "sources", "targets", "orders", "transfer_count", "dataset_id", "code_version")
    assert [getattr(now, name) for name in same] == [getattr(was, name) for name in same]
    assert (now.name, now.origin, now.status) == ("again", "imported", "ready")
    assert now.provenance["archive"]["name"] == NAME
    assert now.provenance["archive"]["left_out"] == ["representations"]


def test_an_atlas_goes_to_another_place_with_its_artefacts_and_its_data_set(whole, tmp_path):
    data = archive_of(whole)
    archive = opened(data)
    store = build_artifact_store(ArtifactSettings(str(tmp_path / "other")))
    store_artifacts(store, archive)
    for member in archive.manifest.members:
        assert hashlib.sha256(store.get(member.sha256)).hexdigest() == member.sha256
    with whole.database.session() as session:
        rows, datasets = AtlasesRepository(session), DatasetsRepository(session)
        old = rows.get(ATLAS).dataset_id
        rows.delete(ATLAS)
        datasets.delete(old)
    again = imported(whole, data)
    with whole.database.session(read_only=True) as session:
        dataset = DatasetsRepository(session).get(AtlasesRepository(session).get(again).dataset_id)
    assert (dataset.kind, dataset.options["seed"], dataset.id != old) == ("rooms", CONFIG.seed, True)


def test_equal_atlases_give_equal_bytes_whatever_their_ids(whole):
    first = archive_of(whole)
    assert archive_of(whole) == first
    one, other = (opened(data).manifest for data in (first, archive_of(whole, imported(whole, first))))
    assert (one.networks, one.transfers, one.members) == (other.networks, other.transfers, other.members)


def test_a_compact_archive_holds_all_networks_and_scores_and_the_weights_asked_for_first(whole):
    full, compact = opened(archive_of(whole)).manifest, opened(archive_of(whole, compact=True)).manifest
    assert compact.compact
    assert compact.left_out == ["representations", "scratch_weights", "transfer_weights", "validation_losses"]
    assert [each.model_copy(update={"losses": ""}) for each in compact.networks] == [
        each.model_copy(update={"losses": ""}) for each in full.networks
    ]
    table = [
        Transfer(sources=each.sources, target=each.target, affinity=each.affinity) for each in full.transfers
    ]
    wanted = set(asked_first(table))
    assert 0 < len(wanted) < sum(each.weights is not None for each in full.transfers)
    held = {(each.target, each.sources) for each in compact.transfers if each.weights}
    assert held == wanted
    assert {each.affinity for each in compact.transfers} == {each.affinity for each in full.transfers}


def test_a_compact_archive_keeps_test_losses_as_they_were(whole):
    data = archive_of(whole, compact=True)
    again = imported(whole, data)
    was, stored = contents(whole, ATLAS), contents(whole, again)
    assert was.pop("estimates") == stored.pop("estimates")
    for key, row in was.items():
        before, after = (whole.artifacts.get_arrays(each[1]) for each in (row, stored[key]))
        np.testing.assert_array_equal(after["test"], before["test"])
        assert "validation" not in after
    second = opened(archive_of(whole, again)).manifest
    assert "transfer_weights" in second.left_out, "what was left out once does not come back"


def test_weights_that_do_not_fit_the_room_are_left_out_the_least_wanted_first(whole):
    table_of = opened(archive_of(whole)).manifest.transfers
    order = asked_first(
        [Transfer(sources=each.sources, target=each.target, affinity=each.affinity) for each in table_of]
    )
    none = opened(archive_of(whole, compact=True, weights_bytes=0)).manifest
    assert not any(each.weights for each in none.transfers)
    some = opened(archive_of(whole, compact=True, weights_bytes=1200)).manifest
    held = {(each.target, each.sources) for each in some.transfers if each.weights}
    assert held == set(order[: len(held)])
    assert 0 < len(held) < len(order)


def test_the_transfers_of_every_optimal_taxonomy_are_asked_first(whole):
    table = [
        Transfer(sources=each.sources, target=each.target, affinity=each.affinity)
        for each in opened(archive_of(whole)).manifest.transfers
    ]
    wanted = asked_first(table)
    assert len(set(wanted)) == len(wanted)
    for budget in (1, 2, 3):
        best = solve(table, Options(budget=budget)).best
        assert {(each.target, each.sources) for each in best.transfers if each.sources != (SELF,)} <= set(
            wanted
        )
    for target in CONFIG.targets:
        for order in (1, 2):
            best = max(
                (t for t in table if (t.target, t.order) == (target, order) and t.sources != (SELF,)),
                key=lambda each: each.affinity,
            )
            assert (target, best.sources) in wanted


def test_stored_and_deflated_archives_are_one_atlas(files):
    one, other = (opened(packed(files, how)) for how in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    assert one.content == other.content == hashlib.sha256(files[MANIFEST]).hexdigest()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "/etc/passwd"),
        ("artifacts/../atlas.json", "artifacts/../atlas.json"),
        ("artifacts\\x.npz", "no file of an atlas"),
        ("artifacts/", "no file of an atlas"),
        ("notes.txt", "notes.txt"),
        (f"artifacts/{'0' * 64}.npz", "is not in its atlas.json"),
        (f"artifacts/{'0' * 64}.pkl", ".pkl"),
    ],
)
def test_a_member_that_is_not_expected_is_named(files, name, told):
    with pytest.raises(InvalidInput) as error:
        opened(packed(files | {name: b"x"}))
    assert told in error.value.detail
    assert error.value.errors[0].pointer == "/file"


def test_a_member_in_the_file_twice_is_refused(files):
    name = next(iter(files))
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = packed([*files.items(), (name, b"other")])
    with pytest.raises(InvalidInput, match="2 times"):
        opened(twice)


def test_a_member_that_is_missing_or_of_another_size_is_named(files):
    name = next(iter(files))
    with pytest.raises(InvalidInput, match=f"{name} is missing"):
        opened(packed({key: data for key, data in files.items() if key != name}))
    with pytest.raises(InvalidInput, match=f"{name} has 1 bytes"):
        opened(packed(files | {name: b"x"}))


def test_a_member_with_other_bytes_than_its_name_says_is_refused(files):
    name = next(iter(files))
    changed = bytes([files[name][0] ^ 1]) + files[name][1:]
    archive = opened(packed(files | {name: changed}))
    with pytest.raises(InvalidInput, match=f"{name} is damaged"):
        archive.verify()


def test_a_damaged_zip_is_refused(files):
    data = bytearray(packed(files, zipfile.ZIP_STORED))
    data[200] ^= 1
    with pytest.raises(InvalidInput, match="cannot be unpacked"):
        opened(bytes(data)).verify()
    with pytest.raises(InvalidInput, match="no zip"):
        opened(packed(files)[:-100])


@pytest.mark.parametrize(
    ("kind", "data", "told"),
    [
        ("safetensors", b"no header", "no network in safetensors"),
        ("safetensors", weights("normals", ("depth",), size=80), "holds a transfer of"),
        ("npz", b"PK nothing", "no npz"),
        ("npz", packed({"other.npy": b""}), "no npz"),
        ("json", b"[1]", "no training curves"),
        ("json", b'{"a": {"steps": [1], "losses": []}}', "1 steps and 0 losses"),
    ],
)
def test_a_member_of_the_wrong_content_is_refused(files, kind, data, told):
    archive = opened(packed(with_member(files, kind, data)))
    with pytest.raises(InvalidInput) as error:
        archive.verify()
    assert told in error.value.detail


def test_losses_with_pickled_objects_are_refused(files):
    buffer = io.BytesIO()
    np.savez(buffer, test=np.array([{"an": "object"}], dtype=object))
    archive = opened(packed(with_member(files, "npz", buffer.getvalue())))
    with pytest.raises(InvalidInput, match="allow_pickle"):
        archive.verify()


def _drop_network(manifest):
    del manifest["networks"][0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda m: m.update(format="taskatlas-atlas/2"), "format"),
        (lambda m: m.update(more=1), "more"),
        (lambda m: m.pop("transfers"), "transfers"),
        (lambda m: m["transfers"][0].update(affinity=-1), "transfers/0/affinity"),
        (lambda m: m["transfers"][0].update(target="nobody"), "'nobody'"),
        (lambda m: m["transfers"].append(m["transfers"][0]), "is there twice"),
        (lambda m: m["estimates"].append(m["estimates"][0]), "is there twice"),
        (lambda m: m["estimates"][0].update(target="random"), "is no transfer of this atlas"),
        (lambda m: m["estimates"][0].update(method="guess"), "estimates"),
        (lambda m: m["transfers"][0].update(losses="0" * 64), "is not among the members"),
        (lambda m: m["tasks"].append("a+b"), "'a+b' cannot be the name of a task"),
        (lambda m: m.update(orders=[1]), "orders"),
        (lambda m: m["config"].pop("splits"), "config"),
        (lambda m: m["config"].update(seed="x"), "config"),
        (lambda m: m["config"].update(tasks=["autoencoding", "depth", "scene_class"]), "config: its tasks"),
        (_drop_network, "that of autoencoding is missing"),
        (lambda m: m["networks"].append(m["networks"][0]), "2 task networks"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused_and_says_where(files, change, told):
    with pytest.raises(InvalidInput) as error:
        opened(packed(rewritten(files, change)))
    assert told in error.value.detail


def test_a_file_that_is_no_archive_of_an_atlas_says_so():
    with pytest.raises(InvalidInput, match=r"no atlas\.json in it"):
        opened(packed({}))


def test_a_member_beyond_the_limit_is_refused_before_it_is_unpacked(files, monkeypatch):
    monkeypatch.setattr("app.atlases.archive.reading.MAX_MEMBER_BYTES", 100)
    with pytest.raises(InvalidInput, match="larger than"):
        opened(packed(files))


def test_the_web_process_knows_the_format_of_networks():
    weights_module = pytest.importorskip("models.networks.weights")
    assert weights_module.FORMAT == NETWORK_FORMAT


def test_arrays_of_a_compact_archive_are_arrays_still(files):
    name = next(each for each in files if each.endswith(".npz"))
    assert decode_arrays(files[name])["test"].dtype == np.float32
