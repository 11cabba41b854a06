"""Artefacts leave the store once nothing refers to them: equal bytes are one artefact, whoever stored them."""

from collections.abc import Collection

from app.adaptations.repository import AdaptationsRepository
from app.atlases.repository import AtlasesRepository
from app.core.database import Session, after_commit
from app.core.platform import Platform
from app.groupings.repository import GroupingsRepository
from app.multitask.repository import MultitaskRepository
from app.targets.repository import TargetsRepository
from app.transfers.repository import TransfersRepository


def release(session: Session, platform: Platform, artifacts: Collection[str]) -> None:
    """Remove those of the artefacts that nothing refers to any more, once the transaction is committed.

    Args:
        session: of the running transaction, in which the rows are deleted already.
        platform: holds the artefacts.
        artifacts: what the deleted rows referred to.
    """
    unused = set(artifacts)
    owners = (
        *(AtlasesRepository, TransfersRepository, TargetsRepository),
        *(AdaptationsRepository, MultitaskRepository, GroupingsRepository),
    )
    for owner in (repository(session) for repository in owners):
        unused -= owner.referenced(unused)
    for artifact in sorted(unused):
        after_commit(session, lambda artifact=artifact: platform.artifacts.delete(artifact))
