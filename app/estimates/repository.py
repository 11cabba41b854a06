"""SQL of estimates."""

from collections.abc import Iterable
from typing import cast

from sqlalchemy import insert, select

from app.core.database import Session
from app.estimates.tables import EstimateRow
from models.transfer.estimators.methods import Estimate, Method


class EstimatesRepository:
    """Reads and writes the rows of estimates; commits nothing."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, atlas_id: str, estimates: Iterable[Estimate]) -> None:
        """Insert estimates of one atlas."""
        rows = [
            {
                "atlas_id": atlas_id,
                "method": estimate.method,
                "target": estimate.target,
                "source": estimate.source,
                "value": estimate.value,
            }
            for estimate in estimates
        ]
        if rows:
            self.session.execute(insert(EstimateRow), rows)

    def all(self, atlas_id: str, method: Method) -> list[Estimate]:
        """What one method says of an atlas's transfers, by target and source."""
        query = (
            select(EstimateRow)
            .where(EstimateRow.atlas_id == atlas_id, EstimateRow.method == method)
            .order_by(EstimateRow.target, EstimateRow.source)
        )
        return [
            Estimate(cast("Method", row.method), row.source, row.target, row.value)
            for row in self.session.scalars(query)
        ]
