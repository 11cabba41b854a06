"""Use cases of estimates: a ranking of transfers from networks alone, and how it agrees with measured affinities."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.atlases.records import Atlas
from app.atlases.service import AtlasesService
from app.core.database import Session
from app.core.errors import Conflict
from app.core.platform import Platform
from app.estimates.repository import EstimatesRepository
from app.transfers.service import TransfersService
from models.taxonomy.agreement import Agreement, agreement
from models.taxonomy.table import SELF
from models.transfer.estimators.methods import Estimate, Method


@dataclass(frozen=True, slots=True, eq=False)
class EstimateMatrix:
    """What one method says of every first-order transfer of an atlas.

    Attributes:
        method: the estimator.
        targets: names of the rows.
        sources: names of the columns, `random` among them, `self` not.
        values: (targets, sources) float64, higher is better within a row; NaN = not defined, or the target itself.
        correlation: with the measured affinities of these transfers; None before the atlas is ready.
    """

    method: Method
    targets: tuple[str, ...]
    sources: tuple[str, ...]
    values: NDArray[np.float64]
    correlation: Agreement | None


class EstimatesService:
    """Estimates of atlases.

    Args:
        session: of the running transaction.
        platform: database and artefacts.
    """

    def __init__(self, session: Session, platform: Platform) -> None:
        self._repository = EstimatesRepository(session)
        self._atlases = AtlasesService(session, platform)
        self._transfers = TransfersService(session, platform)

    def add(self, atlas_id: str, estimates: Iterable[Estimate]) -> None:
        """Store what the estimators say of an atlas, once."""
        self._repository.add(atlas_id, estimates)

    def matrix(self, atlas_id: str, method: Method) -> EstimateMatrix:
        """What one method says of an atlas's transfers.

        Raises:
            NotFound: there is no such atlas.
            Conflict: nothing was estimated, or not yet.
        """
        atlas = self._atlases.get(atlas_id)
        estimates = {
            (each.target, each.source): each.value for each in self._repository.all(atlas_id, method)
        }
        if not estimates:
            raise Conflict(_reason(atlas))
        values = _matrix(atlas, estimates)
        correlation = None
        if atlas.status == "ready":
            correlation = agreement(atlas.targets, values, _matrix(atlas, self._affinities(atlas_id)))
        return EstimateMatrix(method, atlas.targets, atlas.sources, values, correlation)

    def _affinities(self, atlas_id: str) -> dict[tuple[str, str], float | None]:
        return {
            (transfer.target, transfer.sources[0]): transfer.affinity
            for transfer in self._transfers.table(atlas_id)
            if transfer.order == 1 and transfer.sources != (SELF,)
        }


def _matrix(atlas: Atlas, values: Mapping[tuple[str, str], float | None]) -> NDArray[np.float64]:
    rows = [[values.get((target, source)) for source in atlas.sources] for target in atlas.targets]
    return np.array(rows, dtype=np.float64)


def _reason(atlas: Atlas) -> str:
    if atlas.origin != "built":
        return f"atlas {atlas.id} was imported without estimates"
    if atlas.status == "building":
        return f"atlas {atlas.id} is building: it has no estimates yet, which need all of its networks"
    if atlas.status == "ready":
        return f"atlas {atlas.id} was built without estimates"
    return f"atlas {atlas.id} is {atlas.status}: its build ended before anything was estimated"
