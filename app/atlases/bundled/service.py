"""Installs the atlas that comes with the code: once per database, by whichever process starts first."""

import base64
import logging
from pathlib import Path

from app.atlases.archive.importing import store_artifacts, store_atlas
from app.atlases.archive.reading import Archive
from app.atlases.bundled.repository import BundledRepository
from app.core.database import SQLAlchemyError
from app.core.errors import InvalidInput
from app.core.platform import Platform, build_platform
from app.core.settings import Settings

log = logging.getLogger(__name__)

BUNDLED = Path(__file__).parent / "rooms.atlas.zip"
"""Absent from a working tree in which it was never made; nothing is installed then."""


def bundled_id(content: str) -> str:
    """The id of a bundled atlas, the same wherever it is installed; `content` is the SHA-256 of its manifest."""
    return f"atl_{base64.b32encode(bytes.fromhex(content)).decode().lower()[:20]}"


def install_bundled(platform: Platform, path: Path) -> str | None:
    """Install the bundled atlas, unless this database was given it before: one that was deleted stays deleted.

    Several processes may try at once; its rows are written by one of them.

    Returns:
        The id of the atlas, if this call installed it.

    Raises:
        InvalidInput: the file is damaged.
        OSError: an artefact could not be stored.
        SQLAlchemyError: the database is out of reach.
    """
    with path.open("rb") as file:
        archive = Archive.open(file)
        with platform.database.session(read_only=True) as session:
            if BundledRepository(session).installed(archive.content):
                return None
        store_artifacts(platform.artifacts, archive)
    atlas_id = bundled_id(archive.content)
    with platform.database.session() as session:
        at = platform.database.now(session)
        if not BundledRepository(session).claim(archive.content, atlas_id=atlas_id, at=at):
            return None
        store_atlas(
            session, platform, archive, name=archive.manifest.name, origin="bundled", atlas_id=atlas_id
        )
    return atlas_id


def install_at_start(settings: Settings, path: Path = BUNDLED) -> str | None:
    """Install the bundled atlas before the service starts; it starts without, if that fails.

    Returns:
        The id of the atlas, if this call installed it.
    """
    if not path.exists():
        return None
    platform = build_platform(settings)
    try:
        return install_bundled(platform, path)
    except (InvalidInput, OSError, SQLAlchemyError) as error:
        log.warning("the bundled atlas was not installed, which is tried again at the next start: %s", error)
        return None
    finally:
        platform.close()
