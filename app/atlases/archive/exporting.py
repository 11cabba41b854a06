"""The use case of an export: a ready atlas as one file."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.atlases.archive.choice import asked_first
from app.atlases.archive.manifest import FORMAT
from app.atlases.archive.writing import Compact, Contents, write_archive
from app.atlases.repository import AtlasesRepository
from app.atlases.service import AtlasesService
from app.core.artifacts import ArtifactStore
from app.core.caching import entity_tag
from app.core.database import Session
from app.core.platform import Platform
from app.datasets.service import DatasetsService
from app.estimates.repository import EstimatesRepository
from app.transfers.service import TransfersService
from models.transfer.estimators.methods import METHODS

MEDIA_TYPE = "application/zip"


@dataclass(frozen=True, slots=True)
class Export:
    """An archive that is about to be written.

    Attributes:
        etag: strong: equal tags, equal bytes.
        filename: to save it under.
        contents: what goes in.
        artifacts: where it comes from.
    """

    etag: str
    filename: str
    contents: Contents
    artifacts: ArtifactStore

    def chunks(self) -> Iterator[bytes]:
        """The file, in pieces; needs no transaction.

        Raises:
            OSError: an artefact cannot be read.
        """
        return write_archive(self.contents, self.artifacts)


def export_of(
    session: Session,
    platform: Platform,
    atlas_id: str,
    *,
    compact: bool,
    weights_bytes: int | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Export:
    """Make ready to write an atlas.

    Args:
        session: of the running transaction.
        platform: database and artefacts.
        atlas_id: of a ready one.
        compact: leave out the weights of scratch networks, those of transfers that few ask for, and the
            validation losses.
        weights_bytes: of a compact archive, room for the deflated weights of transfers.
        provenance: what to say of the build beside what is stored already.

    Raises:
        NotFound: there is none of that id.
        Conflict: it is being built, or its build did not succeed.
    """
    service, rows = AtlasesService(session, platform), AtlasesRepository(session)
    transfers = TransfersService(session, platform)
    atlas = service.ready(atlas_id)
    wanted = asked_first(transfers.table(atlas_id)) if compact else None
    contents = Contents(
        atlas=atlas,
        networks=[
            *rows.networks(atlas_id, "task"),
            *rows.networks(atlas_id, "scratch"),
        ],
        transfers=transfers.all(atlas_id),
        estimates=[each for method in METHODS for each in EstimatesRepository(session).all(atlas_id, method)],
        dataset=None
        if atlas.dataset_id is None
        else DatasetsService(session, platform).get(atlas.dataset_id),
        provenance={**(atlas.provenance or {}), **(provenance or {})},
        compact=None if wanted is None else Compact(wanted, weights_bytes),
    )
    etag = entity_tag(
        service.edition(atlas_id), FORMAT, wanted, weights_bytes, provenance, zlib.ZLIB_RUNTIME_VERSION
    )
    return Export(etag, f"{atlas_id}.atlas.zip", contents, platform.artifacts)
