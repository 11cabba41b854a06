"""JSON shapes of atlases."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.atlases.records import Atlas, Network, Origin, Status

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class AtlasIn(BaseModel):
    """An atlas to build."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    dataset: Annotated[
        str | None, Field(description="id of a data set; by default rooms of the preset's size are rendered")
    ] = None
    base: Annotated[
        str | None,
        Field(
            description="id of an atlas whose data set, tasks, seed and task-specific networks are used: only "
            "transfers and baselines are trained, on its `splits.transfer` or fewer (a second transfer data size)"
        ),
    ] = None
    preset: Annotated[str, Field(description="tiny, quick, demo or full")] = "quick"
    tasks: Annotated[
        list[str] | None,
        Field(
            description="names of the dictionary or of the data set's own tasks; by default the preset's, of a data "
            "set with own tasks those of the preset that it has labels for, and its own"
        ),
    ] = None
    orders: Annotated[list[int] | None, Field(description="how many sources a transfer may join")] = None
    per_target: Annotated[int | None, Field(description="source sets per target in each order above 1")] = (
        None
    )
    seed: Annotated[int, Field(ge=0, lt=2**53, description="of everything random")] = 0
    overrides: Annotated[
        dict[str, Any], Field(description="single settings of the preset, such as `task_training.steps`")
    ] = {}


class NetworkOut(BaseModel):
    """A task-specific network and what it beats, as shares of the held-out images."""

    task: str
    win_rate_vs_constant: float | None = Field(description="against the best constant guess")
    win_rate_vs_random: float | None = Field(
        description="against a read-out of a random encoder, trained alike"
    )
    test_loss: float | None = Field(description="mean over the test images")
    metrics: dict[str, float] = Field(description="means over the test images, in the task's unit")

    @classmethod
    def of(cls, network: Network) -> Self:
        """The JSON shape of a network."""
        return cls(
            task=network.task,
            win_rate_vs_constant=network.win_rate_vs_constant,
            win_rate_vs_random=network.win_rate_vs_random,
            test_loss=network.test_loss,
            metrics=dict(network.metrics),
        )


class AtlasOut(BaseModel):
    """An atlas."""

    id: str
    name: str
    status: Status
    origin: Origin
    tasks: list[str] = Field(description="the reserved sources `self` and `random` left out")
    sources: list[str] = Field(description="`random` among them; `self` stands for the target's own network")
    targets: list[str]
    orders: list[int]
    transfer_count: int = Field(description="transfers that it holds, or will hold once it is built")
    dataset: str | None = Field(description="id of the data set it is measured on")
    base: str | None = Field(
        default=None, description="id of the atlas whose task-specific networks it took over; may be gone"
    )
    job_id: str | None = Field(description="the job that builds it")
    config: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None
    code_version: str
    provenance: dict[str, Any] | None = Field(
        description="of an atlas that came as an archive: what its maker says of the build, and what the file was"
    )

    @classmethod
    def of(cls, atlas: Atlas) -> Self:
        """The JSON shape of an atlas."""
        return cls(**_fields(atlas))


class AtlasDetailOut(AtlasOut):
    """An atlas with its task-specific networks, those that are trained already."""

    networks: list[NetworkOut]

    @classmethod
    def with_networks(cls, atlas: Atlas, networks: list[Network]) -> Self:
        """The JSON shape of an atlas with its networks."""
        return cls(**_fields(atlas), networks=[NetworkOut.of(network) for network in networks])


class AffinityOut(BaseModel):
    """Affinities of one order: row = target, column = source or set of sources."""

    targets: list[str]
    sources: list[str]
    values: list[list[float | None]] = Field(description="null where a transfer was not trained")
    lower_is_better: bool = Field(description="always false")
    order: int
    normalized: bool = Field(description="true: affinities; false: mean win rates of the tournament")


def _fields(atlas: Atlas) -> dict[str, Any]:
    return {
        "id": atlas.id,
        "name": atlas.name,
        "status": atlas.status,
        "origin": atlas.origin,
        "tasks": list(atlas.tasks),
        "sources": list(atlas.sources),
        "targets": list(atlas.targets),
        "orders": list(atlas.orders),
        "transfer_count": atlas.transfer_count,
        "dataset": atlas.dataset_id,
        "base": atlas.base_id,
        "job_id": atlas.job_id,
        "config": dict(atlas.config),
        "created_at": atlas.created_at,
        "finished_at": atlas.finished_at,
        "code_version": atlas.code_version,
        "provenance": None if atlas.provenance is None else dict(atlas.provenance),
    }
