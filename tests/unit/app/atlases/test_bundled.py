"""The atlas that comes with the code: installed once, and no more."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.atlases.archive.reading import Archive
from app.atlases.bundled.service import BUNDLED, bundled_id, install_at_start, install_bundled
from app.atlases.repository import AtlasesRepository
from app.atlases.service import AtlasesService
from app.core.database import Database
from app.core.errors import InvalidInput
from app.core.settings import ArtifactSettings, DatabaseSettings
from tests.whole_atlas import ATLAS, NAME, archive_of, contents, store_whole_atlas


@pytest.fixture
def archive(platform_on_both, tmp_path):
    """An archive of an atlas that is deleted again, so that only the file has it."""
    store_whole_atlas(platform_on_both)
    path = tmp_path / "whole.atlas.zip"
    path.write_bytes(archive_of(platform_on_both, compact=True))
    with platform_on_both.database.session() as session:
        AtlasesService(session, platform_on_both).delete(ATLAS)
    return path


def atlases(platform):
    with platform.database.session(read_only=True) as session:
        return AtlasesRepository(session).page(after=None, limit=10)


def test_it_is_installed_once_under_an_id_of_its_content(platform_on_both, archive):
    installed = install_bundled(platform_on_both, archive)
    with archive.open("rb") as file:
        content = Archive.open(file).content
    assert installed == bundled_id(content)
    assert install_bundled(platform_on_both, archive) is None
    [atlas] = atlases(platform_on_both)
    assert (atlas.id, atlas.name, atlas.origin, atlas.status) == (installed, NAME, "bundled", "ready")
    assert atlas.provenance["archive"]["content"] == content
    stored = contents(platform_on_both, installed)
    assert any(stored.pop("estimates").values())
    for row in stored.values():
        assert platform_on_both.artifacts.exists(row[1])


def test_one_that_was_deleted_stays_deleted(platform_on_both, archive):
    installed = install_bundled(platform_on_both, archive)
    with platform_on_both.database.session() as session:
        AtlasesService(session, platform_on_both).delete(installed)
    assert install_bundled(platform_on_both, archive) is None
    assert atlases(platform_on_both) == []


def test_processes_that_start_at_once_install_it_once(platform_on_both, archive):
    platforms = [
        replace(platform_on_both, database=Database(DatabaseSettings(platform_on_both.database.url)))
        for _ in range(6)
    ]
    with ThreadPoolExecutor(len(platforms)) as executor:
        found = list(executor.map(lambda platform: install_bundled(platform, archive), platforms))
    for platform in platforms:
        platform.database.close()
    assert sum(each is not None for each in found) == 1
    assert len(atlases(platform_on_both)) == 1


def test_a_newer_one_comes_beside_an_older_one(platform_on_both, archive, tmp_path):
    install_bundled(platform_on_both, archive)
    store_whole_atlas(platform_on_both, "atl_newer")
    newer = tmp_path / "newer.atlas.zip"
    newer.write_bytes(archive_of(platform_on_both, "atl_newer", compact=True, provenance={"build": 2}))
    assert install_bundled(platform_on_both, newer) is not None
    assert [atlas.origin for atlas in atlases(platform_on_both)].count("bundled") == 2


def test_a_file_that_is_not_there_is_nothing_to_install(platform, tmp_path):
    assert install_at_start(platform.settings, tmp_path / "missing.atlas.zip") is None


def test_a_damaged_file_installs_nothing_and_is_tried_again(platform_on_both, archive):
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidInput):
        install_bundled(platform_on_both, archive)
    assert atlases(platform_on_both) == []
    archive.write_bytes(whole)
    assert install_bundled(platform_on_both, archive) is not None


def test_the_service_starts_without_one_that_cannot_be_installed(platform, tmp_path, caplog):
    broken = tmp_path / "broken.atlas.zip"
    broken.write_bytes(b"no zip")
    assert install_at_start(platform.settings, broken) is None
    assert "was not installed" in caplog.text


def test_a_store_out_of_reach_leaves_it_for_the_next_start(platform, tmp_path, caplog):
    store_whole_atlas(platform)
    path = tmp_path / "whole.atlas.zip"
    path.write_bytes(archive_of(platform))
    blocked = replace(platform.settings, artifacts=ArtifactSettings(str(tmp_path / "blocked")))
    (tmp_path / "blocked").mkdir()
    for digit in range(256):
        (tmp_path / "blocked" / f"{digit:02x}").write_text("in the way of a folder")
    assert install_at_start(blocked, path) is None
    assert "tried again" in caplog.text
    shutil.rmtree(tmp_path / "blocked")
    assert install_at_start(blocked, path) is not None


@pytest.mark.skipif(not BUNDLED.exists(), reason="no atlas was bundled in this working tree")
def test_the_bundled_file_is_sound_and_small():
    assert BUNDLED.stat().st_size <= 40_000_000
    with BUNDLED.open("rb") as file:
        archive = Archive.open(file)
        archive.verify()
    assert archive.manifest.provenance["build"]
