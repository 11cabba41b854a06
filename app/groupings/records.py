"""Groupings and the networks that check them, as the rest of the service sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

import numpy as np

from app.core.runs import Divergence, RunStatus, TrainingStatus, run_status
from models.multitask.config import MultitaskConfig
from models.multitask.grouping import Costs, Group, Groups, Sharing
from models.multitask.results import Metrics

_BESIDE_TRAINING = ("method", "seed", "budget", "candidates", "costs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is asked, and how it is checked: every network is trained alike.

    Attributes:
        training: of one network for all the tasks; those of groups differ in the tasks alone.
        method: that trains networks of several tasks.
        seed: of everything random.
        budget: of all networks together, in the unit of `costs`.
        candidates: how many of the predicted groupings are checked by training.
        costs: of a network and of a head.
    """

    training: MultitaskConfig
    method: str
    seed: int
    budget: float
    candidates: int
    costs: Costs

    def of_tasks(self, tasks: tuple[str, ...]) -> MultitaskConfig:
        """The training of a network for some of the tasks."""
        return replace(self.training, tasks=tasks)

    def to_json(self) -> dict[str, Any]:
        """JSON-able values, those of the training and those beside it on one level."""
        return {
            **self.training.to_json(),
            "method": self.method,
            "seed": self.seed,
            "budget": self.budget,
            "candidates": self.candidates,
            "costs": {"network": self.costs.network, "head": self.costs.head},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `to_json` wrote.

        Raises:
            MultitaskConfigError: it is something else.
        """
        training = {name: value for name, value in data.items() if name not in _BESIDE_TRAINING}
        return cls(
            training=MultitaskConfig.from_json(training),
            method=data["method"],
            seed=data["seed"],
            budget=data["budget"],
            candidates=data["candidates"],
            costs=Costs(**data["costs"]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What the atlas says.

    Attributes:
        sharing: what every task is predicted to do for every other.
        candidates: the groupings that are checked, the best predicted first.
    """

    sharing: Sharing
    candidates: tuple[Groups, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-able values."""
        return {
            "tasks": list(self.sharing.tasks),
            "scores": self.sharing.scores.tolist(),
            "candidates": [[list(group) for group in groups] for groups in self.candidates],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(
            Sharing(tuple(data["tasks"]), np.array(data["scores"], dtype=np.float64)),
            tuple(tuple(tuple(group) for group in groups) for groups in data["candidates"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTaskGrouping:
    """A question to an atlas, to be stored.

    Attributes:
        id: opaque.
        atlas_id: whose affinities predict, and whose data set checks.
        name: as its user calls it.
        config: `Setup` as JSON.
        prediction: `Prediction` as JSON.
        job_id: the group of jobs that checks it.
        code_version: of the code that makes its numbers.
        created_at: UTC.
        finished_at: when its numbers were complete; None before.
    """

    id: str
    atlas_id: str
    name: str
    config: Mapping[str, Any]
    prediction: Mapping[str, Any]
    job_id: str | None = None
    code_version: str
    created_at: datetime
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskGrouping(NewTaskGrouping):
    """A question to an atlas.

    Attributes:
        status: follows from `finished_at` and the state of its job.
    """

    status: TrainingStatus

    @property
    def setup(self) -> Setup:
        """How it is checked."""
        return Setup.from_json(self.config)

    @property
    def predicted(self) -> Prediction:
        """What the atlas says."""
        return Prediction.from_json(self.prediction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to.

    Attributes:
        metrics: on the test images.
        validation_metrics: on the validation images: what a choice between groupings may look at.
        weights: artefact of the network after the last step.
        error: of a run that diverged; it has nothing else.
    """

    metrics: Metrics | None = None
    validation_metrics: Metrics | None = None
    weights: str | None = None
    error: Divergence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingRun:
    """One training.

    Attributes:
        id: opaque; names the model too.
        grouping_id: whose.
        position: among the runs, in the order they were planned.
        method: that trains; `single` trains a network for each of the tasks.
        tasks: of the network or networks.
        outcome: what it came to.
        finished_at: when it ended, in whatever way; None before.
    """

    id: str
    grouping_id: str
    position: int
    method: str
    tasks: Group
    outcome: Outcome = field(default_factory=Outcome)
    finished_at: datetime | None = None

    @property
    def status(self) -> RunStatus:
        """How far it is."""
        return run_status(self.finished_at, seen=False, error=self.outcome.error)

    @property
    def model_id(self) -> str | None:
        """Its own id, once it has a model."""
        return None if self.outcome.weights is None else self.id
