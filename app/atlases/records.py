"""Atlases and their networks as the rest of the service sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Origin = Literal["built", "imported", "bundled"]
Status = Literal["building", "ready", "failed", "cancelled"]
NetworkKind = Literal["task", "scratch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAtlas:
    """An atlas to be stored.

    Attributes:
        id: opaque.
        name: as its user calls it.
        origin: built here, imported from measured affinities, or bundled with the code.
        config: what it was built from (`models.transfer.config.AtlasConfig` as JSON); of an import, its file.
        tasks: names of its tasks, the reserved sources left out.
        sources: names that transfers come from, `random` among them, `self` left out.
        targets: names that transfers lead to.
        orders: numbers of joined sources, sorted.
        transfer_count: how many transfers it holds, or will hold at most while it is being built.
        dataset_id: the data set it was measured on.
        base_id: the atlas whose task-specific networks it took over, which may be gone by now.
        job_id: the job that builds it.
        code_version: of the code that makes its numbers.
        created_at: UTC.
        finished_at: when its numbers were complete; None before.
        provenance: of an atlas that came as an archive, what its maker says of the build and, under `archive`, what
            the file was; None of others.
    """

    id: str
    name: str
    origin: Origin
    config: Mapping[str, Any]
    tasks: tuple[str, ...]
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    orders: tuple[int, ...]
    transfer_count: int
    dataset_id: str | None
    job_id: str | None
    code_version: str
    created_at: datetime
    finished_at: datetime | None
    base_id: str | None = None
    provenance: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Atlas(NewAtlas):
    """An atlas.

    Attributes:
        status: follows from `finished_at` and the state of its job.
    """

    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network of an atlas that was trained on images.

    Attributes:
        atlas_id: its atlas.
        kind: `task`: with full supervision (of `random`: not at all); `scratch`: on the small split alone.
        task: name of the dictionary.
        weights: artefact, safetensors.
        losses: artefact of per-image losses: `test`, and `constant` and `random` or `validation`.
        curves: artefact of training curves.
        representations: artefacts of the frozen encoder's outputs, by kind of inputs.
        metrics: means over the test images, in the task's unit.
        test_loss: mean over the test images.
        win_rate_vs_constant: share of test images on which it beats the best constant guess.
        win_rate_vs_random: the same against a read-out of the random encoder, trained alike.
    """

    atlas_id: str
    kind: NetworkKind
    task: str
    weights: str
    losses: str
    curves: str
    representations: Mapping[str, str] = field(default_factory=dict[str, str])
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    test_loss: float | None = None
    win_rate_vs_constant: float | None = None
    win_rate_vs_random: float | None = None
