"""Novel targets and what was trained for them, as the rest of the service sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Status = Literal["training", "ready", "failed", "cancelled"]
ModelKind = Literal["transfer", "scratch", "constant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTarget:
    """A novel target to be stored.

    Attributes:
        id: opaque.
        atlas_id: whose networks are its sources.
        dataset_id: the small labelled set.
        name: as its user calls it.
        task: of the data set.
        config: `models.transfer.novel.config.NovelConfig` as JSON.
        facts: `models.transfer.novel.results.TargetFacts` as JSON; None until the baselines are trained.
        job_id: the job that trains for it.
        code_version: of the code that makes its numbers.
        created_at: UTC.
        finished_at: when its numbers were complete; None before.
    """

    id: str
    atlas_id: str
    dataset_id: str
    name: str
    task: str
    config: Mapping[str, Any]
    facts: Mapping[str, Any] | None
    job_id: str | None
    code_version: str
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(NewTarget):
    """A novel target.

    Attributes:
        status: follows from `finished_at` and the state of its job.
    """

    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class NewModel:
    """Something that answers for a novel target, to be stored.

    Attributes:
        kind: a transfer, a whole network from scratch on the same labels, or the best constant guess.
        sources: names, of a transfer; else none.
        validation_loss: mean over the validation images; this alone ranks.
        test_loss: mean over the test images.
        affinity: of a transfer: share of the tournament of all transfers; None until that is held.
        win_rate: of a transfer: mean share of test images won against the others.
        win_rate_vs_scratch: share of test images won against the network from scratch (gain).
        win_rate_vs_constant: share of test images won against the constant guess.
        metrics: means over the test images, in the task's units.
        weights: artefact: the transfer's head or the whole network; None of the constant guess.
        losses: artefact of the per-image losses `test` and `validation`.
        curves: artefact of the training curve; None of the constant guess.
    """

    kind: ModelKind
    sources: tuple[str, ...] = ()
    validation_loss: float
    test_loss: float
    affinity: float | None = None
    win_rate: float | None = None
    win_rate_vs_scratch: float | None = None
    win_rate_vs_constant: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    weights: str | None = None
    losses: str
    curves: str | None = None

    @property
    def order(self) -> int:
        """How many sources it joins."""
        return len(self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel(NewModel):
    """A model of a novel target.

    Attributes:
        id: opaque.
        target_id: what it answers for.
    """

    id: str
    target_id: str


@dataclass(frozen=True, slots=True)
class ModelScore:
    """What the test images say of one model; the fields are those of `NewModel`."""

    model_id: str
    affinity: float | None
    win_rate: float | None
    win_rate_vs_scratch: float | None
    win_rate_vs_constant: float | None
