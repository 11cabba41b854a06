"""SQL of data sets."""

from datetime import datetime

from sqlalchemy import delete, select, tuple_

from app.core.database import Session
from app.datasets.records import Dataset
from app.datasets.tables import DatasetRow


class DatasetsRepository:
    """Reads and writes the rows of data sets; commits nothing."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, dataset: Dataset) -> None:
        """Insert a data set."""
        self.session.add(
            DatasetRow(
                id=dataset.id,
                name=dataset.name,
                kind=dataset.kind,
                location=dataset.location,
                options=dict(dataset.options),
                fingerprint=dataset.fingerprint,
                report=dict(dataset.report),
                created_at=dataset.created_at,
            )
        )
        self.session.flush()

    def get(self, dataset_id: str) -> Dataset | None:
        """One data set, if it is there."""
        row = self.session.get(DatasetRow, dataset_id)
        return None if row is None else _record(row)

    def with_fingerprint(self, fingerprint: str) -> Dataset | None:
        """The oldest data set that holds exactly these data."""
        row = self.session.scalar(
            select(DatasetRow)
            .where(DatasetRow.fingerprint == fingerprint)
            .order_by(DatasetRow.created_at, DatasetRow.id)
            .limit(1)
        )
        return None if row is None else _record(row)

    def page(self, *, after: tuple[datetime, str] | None, limit: int) -> list[Dataset]:
        """At most `limit` data sets, newest first, that come after a place."""
        query = select(DatasetRow).order_by(DatasetRow.created_at.desc(), DatasetRow.id.desc()).limit(limit)
        if after is not None:
            query = query.where(tuple_(DatasetRow.created_at, DatasetRow.id) < after)
        return [_record(row) for row in self.session.scalars(query)]

    def delete(self, dataset_id: str) -> None:
        """Delete a data set."""
        self.session.execute(delete(DatasetRow).where(DatasetRow.id == dataset_id))


def _record(row: DatasetRow) -> Dataset:
    return Dataset(
        id=row.id,
        name=row.name,
        kind=row.kind,
        location=row.location,
        options=row.options,
        fingerprint=row.fingerprint,
        report=row.report,
        created_at=row.created_at,
    )
