"""SQL of atlases and their networks."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import cast

from sqlalchemy import Select, bindparam, delete, select, tuple_, update

from app.atlases.records import Atlas, Network, NetworkKind, NewAtlas, Origin, Status
from app.atlases.tables import AtlasRow, NetworkRow
from app.core.database import Session
from app.jobs.tables import Job

# Every reading of a finished result asks this first: it is made once.
_FINISHED_AT = select(AtlasRow.finished_at).where(AtlasRow.id == bindparam("atlas_id"))
_STATUS_OF_JOB: dict[str | None, Status] = {"failed": "failed", "cancelled": "cancelled"}


class AtlasesRepository:
    """Reads and writes the rows of atlases; commits nothing."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, atlas: NewAtlas) -> None:
        """Insert an atlas."""
        values = asdict(atlas)
        for name in ("tasks", "sources", "targets", "orders"):
            values[name] = list(values[name])
        self.session.add(AtlasRow(**values))
        self.session.flush()

    def get(self, atlas_id: str) -> Atlas | None:
        """One atlas, if it is there."""
        found = self.session.execute(_with_state().where(AtlasRow.id == atlas_id)).one_or_none()
        return None if found is None else _record(found[0], found[1])

    def hold(self, atlas_id: str) -> None:
        """Keep an atlas from being deleted until this transaction ends; one that is gone is no error."""
        self.session.execute(select(AtlasRow.id).where(AtlasRow.id == atlas_id).with_for_update(read=True))

    def page(self, *, after: tuple[datetime, str] | None, limit: int) -> list[Atlas]:
        """At most `limit` atlases, newest first, that come after a place."""
        query = _with_state().order_by(AtlasRow.created_at.desc(), AtlasRow.id.desc()).limit(limit)
        if after is not None:
            query = query.where(tuple_(AtlasRow.created_at, AtlasRow.id) < after)
        return [_record(row, state) for row, state in self.session.execute(query)]

    def finished_at(self, atlas_id: str) -> datetime | None:
        """When an atlas's numbers were complete; None if they are not, or if there is no such atlas."""
        return self.session.scalar(_FINISHED_AT, {"atlas_id": atlas_id})

    def set_job(self, atlas_id: str, job_id: str) -> None:
        """Remember the job that builds an atlas."""
        self.session.execute(update(AtlasRow).where(AtlasRow.id == atlas_id).values(job_id=job_id))

    def finish(self, atlas_id: str, *, at: datetime, transfer_count: int) -> None:
        """Declare an atlas's numbers complete."""
        self.session.execute(
            update(AtlasRow)
            .where(AtlasRow.id == atlas_id)
            .values(finished_at=at, transfer_count=transfer_count)
        )

    def delete(self, atlas_id: str) -> None:
        """Delete an atlas with its networks and transfers."""
        self.session.execute(delete(AtlasRow).where(AtlasRow.id == atlas_id))

    def add_network(self, network: Network) -> None:
        """Insert a network."""
        values = asdict(network)
        self.session.add(NetworkRow(**values))
        self.session.flush()

    def networks(self, atlas_id: str, kind: NetworkKind) -> list[Network]:
        """The networks of an atlas of one kind, by task."""
        query = select(NetworkRow).where(NetworkRow.atlas_id == atlas_id, NetworkRow.kind == kind)
        return [_network(row) for row in self.session.scalars(query.order_by(NetworkRow.task))]

    def artifacts(self, atlas_id: str) -> set[str]:
        """Every artefact that an atlas's networks refer to."""
        found: set[str] = set()
        for row in self.session.scalars(select(NetworkRow).where(NetworkRow.atlas_id == atlas_id)):
            found |= {row.weights, row.losses, row.curves, *row.representations.values()}
        return found

    def referenced(self, artifacts: Iterable[str]) -> set[str]:
        """Those of the artefacts that any network refers to."""
        wanted = set(artifacts)
        found: set[str] = set()
        columns = select(NetworkRow.weights, NetworkRow.losses, NetworkRow.curves, NetworkRow.representations)
        for weights, losses, curves, representations in self.session.execute(columns):
            found |= wanted & {weights, losses, curves, *representations.values()}
        return found


def _with_state() -> "Select[AtlasRow, str]":
    # An atlas without a job has no state: None, which an outer join does not tell the type checker.
    return select(AtlasRow, Job.state).outerjoin(Job, Job.id == AtlasRow.job_id)


def _record(row: AtlasRow, job_state: str | None) -> Atlas:
    status: Status = "ready" if row.finished_at is not None else _STATUS_OF_JOB.get(job_state, "building")
    return Atlas(
        id=row.id,
        name=row.name,
        status=status,
        origin=cast("Origin", row.origin),
        config=row.config,
        tasks=tuple(row.tasks),
        sources=tuple(row.sources),
        targets=tuple(row.targets),
        orders=tuple(row.orders),
        transfer_count=row.transfer_count,
        dataset_id=row.dataset_id,
        base_id=row.base_id,
        job_id=row.job_id,
        code_version=row.code_version,
        created_at=row.created_at,
        finished_at=row.finished_at,
        provenance=row.provenance,
    )


def _network(row: NetworkRow) -> Network:
    return Network(
        atlas_id=row.atlas_id,
        kind=cast("NetworkKind", row.kind),
        task=row.task,
        weights=row.weights,
        losses=row.losses,
        curves=row.curves,
        representations=row.representations,
        metrics=row.metrics,
        test_loss=row.test_loss,
        win_rate_vs_constant=row.win_rate_vs_constant,
        win_rate_vs_random=row.win_rate_vs_random,
    )
