"""The use case of an import: an atlas from an archive."""

from app.atlases.archive.manifest import DatasetPart
from app.atlases.archive.reading import Archive
from app.atlases.records import Network, NewAtlas, Origin
from app.atlases.repository import AtlasesRepository
from app.core.artifacts import ArtifactStore
from app.core.database import Session
from app.core.ids import new_id
from app.core.platform import Platform
from app.datasets.service import DatasetsService
from app.estimates.repository import EstimatesRepository
from app.transfers.records import NewTransfer
from app.transfers.service import TransfersService
from models.transfer.estimators.methods import Estimate


def store_artifacts(artifacts: ArtifactStore, archive: Archive) -> None:
    """Put an archive's members into the store; needs no transaction, and may be repeated.

    Raises:
        InvalidInput: a member is not what the manifest says.
        OSError: something could not be stored.
    """
    artifacts.put_all(archive.read(member) for member in archive.manifest.members)


def store_atlas(
    session: Session,
    platform: Platform,
    archive: Archive,
    *,
    name: str,
    origin: Origin,
    atlas_id: str | None = None,
) -> str:
    """Store the rows of an atlas whose artefacts `store_artifacts` has put into the store.

    Args:
        session: of the running transaction.
        platform: database and artefacts.
        archive: a verified one.
        name: as its user calls it.
        origin: imported or bundled.
        atlas_id: None = a new one.

    Returns:
        Its id.
    """
    manifest, rows = archive.manifest, AtlasesRepository(session)
    now = platform.database.now(session)
    atlas = NewAtlas(
        id=atlas_id or new_id("atl"),
        name=name,
        origin=origin,
        config=manifest.config,
        tasks=tuple(manifest.tasks),
        sources=tuple(manifest.sources),
        targets=tuple(manifest.targets),
        orders=tuple(manifest.orders),
        transfer_count=len(manifest.transfers),
        dataset_id=_dataset(session, platform, manifest.dataset),
        job_id=None,
        code_version=manifest.code_version,
        created_at=now,
        finished_at=now,
        provenance={
            **manifest.provenance,
            "archive": {
                "content": archive.content,
                "name": manifest.name,
                "compact": manifest.compact,
                "left_out": list(manifest.left_out),
                "created_at": manifest.created_at.isoformat(),
                "finished_at": manifest.finished_at.isoformat(),
            },
        },
    )
    rows.add(atlas)
    for network in manifest.networks:
        rows.add_network(Network(atlas_id=atlas.id, **network.model_dump()))
    TransfersService(session, platform).add(
        atlas.id, [NewTransfer(**transfer.model_dump()) for transfer in manifest.transfers]
    )
    EstimatesRepository(session).add(
        atlas.id, [Estimate(**estimate.model_dump()) for estimate in manifest.estimates]
    )
    return atlas.id


def _dataset(session: Session, platform: Platform, part: DatasetPart | None) -> str | None:
    """The data set of an archive, where the same data are known here or can be made; else None."""
    if part is None:
        return None
    found = DatasetsService(session, platform).same_data(
        part.name, part.kind, options=part.options, fingerprint=part.fingerprint
    )
    return None if found is None else found.id
