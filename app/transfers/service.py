"""Use cases of transfers: look them up one by one or as the table that taxonomies are made from."""

from collections.abc import Iterable, Sequence
from typing import Any

from app.core.database import Session
from app.core.errors import NotFound
from app.core.pagination import cut, decode_cursor, no_such_cursor
from app.core.platform import Platform
from app.transfers.records import MAX_ORDER, SEPARATOR, NewTransfer, StoredTransfer, TransferScore
from app.transfers.repository import Place, TransferFilter, TransfersRepository
from models.taxonomy.table import Transfer


class TransfersService:
    """Transfers of atlases.

    Args:
        session: of the running transaction.
        platform: holds the artefacts.
    """

    def __init__(self, session: Session, platform: Platform) -> None:
        self._platform = platform
        self._repository = TransfersRepository(session)

    def add(self, atlas_id: str, transfers: Iterable[NewTransfer]) -> None:
        """Store transfers of an atlas; each set of sources may lead to a target once."""
        self._repository.add(atlas_id, transfers)

    def score(self, scores: Sequence[TransferScore]) -> None:
        """Write what the tournaments said about transfers."""
        self._repository.score(scores)

    def all(self, atlas_id: str) -> list[StoredTransfer]:
        """Every transfer of an atlas, by order, target and sources; none if there is no such atlas."""
        return self._repository.all(atlas_id)

    def table(self, atlas_id: str) -> list[Transfer]:
        """The same as the science wants it."""
        return [
            Transfer(
                sources=transfer.sources,
                target=transfer.target,
                affinity=transfer.affinity,
                gain=transfer.win_rate_vs_scratch,
                quality=transfer.win_rate_vs_full,
                metadata={name: str(value) for name, value in transfer.measures.items()},
            )
            for transfer in self.all(atlas_id)
        ]

    def get(self, atlas_id: str, transfer_id: str) -> StoredTransfer:
        """One transfer.

        Raises:
            NotFound: the atlas has none of that id.
        """
        transfer = self._repository.get(atlas_id, transfer_id)
        if transfer is None:
            raise NotFound(f"atlas {atlas_id!r} has no transfer {transfer_id!r}")
        return transfer

    def curves(self, transfer: StoredTransfer) -> dict[str, Any] | None:
        """The training curves of a transfer by name, each `{steps, losses}`; None if it was not trained here."""
        return None if transfer.curves is None else self._platform.artifacts.get_json(transfer.curves)

    def artifacts(self, atlas_id: str) -> set[str]:
        """Every artefact that an atlas's transfers refer to."""
        return self._repository.artifacts(atlas_id)

    def page(
        self, atlas_id: str, chosen: TransferFilter, *, limit: int, cursor: str | None
    ) -> tuple[Sequence[StoredTransfer], str | None]:
        """A page of an atlas's transfers by order, target and sources, and the cursor of the next.

        Raises:
            InvalidInput: the cursor is none of this list.
        """
        rows = self._repository.page(atlas_id, chosen, after=_place(cursor), limit=limit + 1)
        return cut(rows, limit, lambda row: (str(row.order), row.target, SEPARATOR.join(row.sources)))


def _place(cursor: str | None) -> Place | None:
    key = decode_cursor(cursor, 3)
    if key is None:
        return None
    order, target, sources = key
    if not order.isdecimal() or len(order) > len(str(MAX_ORDER)):
        raise no_such_cursor()
    return Place(int(order), target, sources)
