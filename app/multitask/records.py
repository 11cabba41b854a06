"""Multi-task trainings and their runs, as the rest of the service sees them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from app.core.runs import Divergence, RunStatus, TrainingStatus, run_status
from models.data.splits import SplitSizes
from models.multitask.config import MultitaskConfig
from models.multitask.methods import SINGLE
from models.multitask.results import History, Metrics
from models.multitask.summary import MetricInfo, main_metric
from models.taxonomy.dictionary import Task
from models.taxonomy.own import OwnTask, entry_of

Preference = tuple[float, ...]
"""Weights of the tasks, in their order: none negative, sum 1."""

_BESIDE_TRAINING = ("methods", "seeds", "preferences", "splits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is trained: every method with every seed, and where preferences steer it with every preference.

    Attributes:
        training: what all runs share.
        methods: in the order they were asked for.
        seeds: in the order they were asked for.
        preferences: as asked for, sums 1; none where the methods' own shall be taken.
        splits: images of each part of the data set.
    """

    training: MultitaskConfig
    methods: tuple[str, ...]
    seeds: tuple[int, ...]
    preferences: tuple[Preference, ...]
    splits: SplitSizes

    def to_json(self) -> dict[str, Any]:
        """JSON-able values, those of the training and those beside it on one level."""
        return {
            **self.training.to_json(),
            "methods": list(self.methods),
            "seeds": list(self.seeds),
            "preferences": [list(each) for each in self.preferences],
            "splits": asdict(self.splits),
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
            methods=tuple(data["methods"]),
            seeds=tuple(data["seeds"]),
            preferences=tuple(tuple(each) for each in data["preferences"]),
            splits=SplitSizes(**data["splits"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMultitask:
    """A multi-task training to be stored.

    Attributes:
        id: opaque.
        name: as its user calls it.
        dataset_id: whose tasks are trained.
        config: `Setup` as JSON.
        own: those of its tasks that the data set declares.
        job_id: the group of jobs that trains it.
        code_version: of the code that makes its numbers.
        created_at: UTC.
        finished_at: when its numbers were complete; None before.
    """

    id: str
    name: str
    dataset_id: str
    config: Mapping[str, Any]
    own: tuple[OwnTask, ...] = ()
    job_id: str | None = None
    code_version: str
    created_at: datetime
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Multitask(NewMultitask):
    """A multi-task training.

    Attributes:
        status: follows from `finished_at` and the state of its job.
    """

    status: TrainingStatus

    @property
    def setup(self) -> Setup:
        """What it trains."""
        return Setup.from_json(self.config)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The entries of its tasks, of the dictionary or declared, in the order of every vector over tasks."""
        return tuple(entry_of(name, self.own) for name in self.config["tasks"])

    @property
    def judged_by(self) -> dict[str, MetricInfo]:
        """The main metric of each task, in order."""
        return {task.name: main_metric(task) for task in self.tasks}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to.

    Attributes:
        history: of the run, up to where it ended; None where it has none, or where nobody asked for it.
        metrics: on the test images, once it has ended.
        validation_metrics: on the validation images, once it has ended: what a choice between models may look at.
        weights: artefact of the network after the last step.
        error: of a run that diverged; it has no model.
    """

    history: History | None
    metrics: Metrics | None = None
    validation_metrics: Metrics | None = None
    weights: str | None = None
    error: Divergence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MultitaskRun:
    """One method with one seed, and with one preference where that steers it.

    Attributes:
        id: opaque; names the model too.
        multitask_id: whose.
        position: among the runs of the training, in the order they were asked for.
        method: that trains.
        seed: of everything random.
        preference: of the method, if it was given one.
        outcome: what it came to, or what is known of it while it runs.
        finished_at: when it ended, in whatever way; None before.
    """

    id: str
    multitask_id: str
    position: int
    method: str
    seed: int
    preference: Preference | None = None
    outcome: Outcome = field(default_factory=lambda: Outcome(history=None))
    finished_at: datetime | None = None

    @property
    def status(self) -> RunStatus:
        """How far it is."""
        seen = self.outcome.history is not None
        return run_status(self.finished_at, seen=seen, error=self.outcome.error)

    @property
    def model_id(self) -> str | None:
        """Its own id, once it has a model to serve."""
        return None if self.outcome.weights is None else self.id

    @property
    def shares(self) -> bool:
        """Whether its tasks share a network: all methods do but that of single tasks."""
        return self.method != SINGLE

    @property
    def title(self) -> str:
        """What people call it."""
        weights = (
            "" if self.preference is None else f" ({', '.join(f'{each:.3g}' for each in self.preference)})"
        )
        return f"{self.method}{weights}, seed {self.seed}"
