"""SQL of transfers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, delete, func, insert, literal, select, tuple_, update

from app.core.database import Session
from app.core.ids import new_id
from app.transfers.records import SEPARATOR, NewTransfer, StoredTransfer, TransferScore
from app.transfers.tables import TransferRow


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFilter:
    """Which transfers of an atlas to list; None = all.

    Attributes:
        target: name of the target task.
        order: number of sources.
        source: a name that must be among the sources.
    """

    target: str | None = None
    order: int | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A transfer's place in listings: they go by order, then target, then sources."""

    order: int
    target: str
    sources: str


class TransfersRepository:
    """Reads and writes the rows of transfers; commits nothing."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, atlas_id: str, transfers: Iterable[NewTransfer]) -> None:
        """Insert transfers of one atlas."""
        rows = [
            {
                "id": new_id("trf"),
                "atlas_id": atlas_id,
                "target": transfer.target,
                "sources": SEPARATOR.join(transfer.sources),
                "order": transfer.order,
                "affinity": transfer.affinity,
                "win_rate": transfer.win_rate,
                "win_rate_vs_scratch": transfer.win_rate_vs_scratch,
                "win_rate_vs_full": transfer.win_rate_vs_full,
                "test_loss": transfer.test_loss,
                "measures": dict(transfer.measures),
                "weights": transfer.weights,
                "losses": transfer.losses,
                "curves": transfer.curves,
            }
            for transfer in transfers
        ]
        if rows:
            self.session.execute(insert(TransferRow), rows)

    def all(self, atlas_id: str) -> list[StoredTransfer]:
        """Every transfer of an atlas, in listing order."""
        return [_record(row) for row in self.session.scalars(_listing(atlas_id))]

    def page(
        self, atlas_id: str, chosen: TransferFilter, *, after: Place | None, limit: int
    ) -> list[StoredTransfer]:
        """At most `limit` of the chosen transfers that come after a place."""
        query = _listing(atlas_id)
        if chosen.target is not None:
            query = query.where(TransferRow.target == chosen.target)
        if chosen.order is not None:
            query = query.where(TransferRow.order == chosen.order)
        if chosen.source is not None:
            framed = literal(SEPARATOR).concat(TransferRow.sources).concat(SEPARATOR)
            query = query.where(framed.contains(f"{SEPARATOR}{chosen.source}{SEPARATOR}", autoescape=True))
        if after is not None:
            place = tuple_(TransferRow.order, TransferRow.target, TransferRow.sources)
            query = query.where(place > (after.order, after.target, after.sources))
        return [_record(row) for row in self.session.scalars(query.limit(limit))]

    def get(self, atlas_id: str, transfer_id: str) -> StoredTransfer | None:
        """One transfer, if the atlas has it."""
        row = self.session.scalar(
            select(TransferRow).where(TransferRow.id == transfer_id, TransferRow.atlas_id == atlas_id)
        )
        return None if row is None else _record(row)

    def count(self, atlas_id: str) -> int:
        """How many transfers an atlas has."""
        return (
            self.session.scalar(
                select(func.count()).select_from(TransferRow).where(TransferRow.atlas_id == atlas_id)
            )
            or 0
        )

    def score(self, scores: Sequence[TransferScore]) -> None:
        """Write what the tournaments said."""
        if scores:
            self.session.execute(
                update(TransferRow),
                [
                    {
                        "id": score.transfer_id,
                        "affinity": score.affinity,
                        "win_rate": score.win_rate,
                        "win_rate_vs_scratch": score.win_rate_vs_scratch,
                        "win_rate_vs_full": score.win_rate_vs_full,
                    }
                    for score in scores
                ],
            )

    def delete_all(self, atlas_id: str) -> None:
        """Delete every transfer of an atlas."""
        self.session.execute(delete(TransferRow).where(TransferRow.atlas_id == atlas_id))

    def artifacts(self, atlas_id: str) -> set[str]:
        """Every artefact that an atlas's transfers refer to."""
        columns = select(TransferRow.weights, TransferRow.losses, TransferRow.curves)
        rows = self.session.execute(columns.where(TransferRow.atlas_id == atlas_id))
        return {artifact for row in rows for artifact in row if artifact is not None}

    def referenced(self, artifacts: Iterable[str]) -> set[str]:
        """Those of the artefacts that any transfer refers to."""
        wanted = list(artifacts)
        found: set[str] = set()
        for column in (TransferRow.weights, TransferRow.losses, TransferRow.curves):
            query = select(column).where(column.in_(wanted)).distinct()
            found.update(artifact for artifact in self.session.scalars(query) if artifact is not None)
        return found


def _listing(atlas_id: str) -> Select[TransferRow]:
    return (
        select(TransferRow)
        .where(TransferRow.atlas_id == atlas_id)
        .order_by(TransferRow.order, TransferRow.target, TransferRow.sources)
    )


def _record(row: TransferRow) -> StoredTransfer:
    return StoredTransfer(
        id=row.id,
        atlas_id=row.atlas_id,
        sources=tuple(row.sources.split(SEPARATOR)),
        target=row.target,
        affinity=row.affinity,
        win_rate=row.win_rate,
        win_rate_vs_scratch=row.win_rate_vs_scratch,
        win_rate_vs_full=row.win_rate_vs_full,
        test_loss=row.test_loss,
        measures=row.measures,
        weights=row.weights,
        losses=row.losses,
        curves=row.curves,
    )
