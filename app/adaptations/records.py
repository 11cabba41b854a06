"""Adaptations and their runs, as the rest of the service sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from app.core.runs import Divergence, RunStatus, TrainingStatus, run_status
from models.adaptation.config import AdaptationConfig, Method
from models.adaptation.results import History

_BESIDE_TRAINING = ("methods", "seeds", "target_classes", "weights")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What an adaptation trains: every method with every seed, on the same data in the same way.

    Attributes:
        training: what all runs share.
        methods: in the order they were asked for.
        seeds: in the order they were asked for.
        target_classes: what the target is restricted to; None = all of its examples.
        weights: path of the pretrained weights that every run begins with, where the user had them; None = random ones.
    """

    training: AdaptationConfig
    methods: tuple[Method, ...]
    seeds: tuple[int, ...]
    target_classes: tuple[str, ...] | None
    weights: str | None

    def to_json(self) -> dict[str, Any]:
        """JSON-able values, those of the training and those beside it on one level."""
        targets = self.target_classes
        return {
            **self.training.to_json(),
            "methods": list(self.methods),
            "seeds": list(self.seeds),
            "target_classes": None if targets is None else list(targets),
            "weights": self.weights,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `to_json` wrote.

        Raises:
            AdaptationConfigError: it is something else.
        """
        training = {name: value for name, value in data.items() if name not in _BESIDE_TRAINING}
        targets = data["target_classes"]
        return cls(
            training=AdaptationConfig.from_json(training),
            methods=tuple(data["methods"]),
            seeds=tuple(data["seeds"]),
            target_classes=None if targets is None else tuple(targets),
            weights=data["weights"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAdaptation:
    """An adaptation to be stored.

    Attributes:
        id: opaque.
        name: as its user calls it.
        source_dataset_id: all classes, labelled.
        target_dataset_id: a subset of them; its labels serve figures only.
        config: `Setup` as JSON.
        pretrained: artefact of the weights that every run begins with; None = random ones.
        shared_classes: those of the source that the target has examples of; None where no labels tell.
        verdicts: by method, `models.adaptation.guard.Judgement` as JSON; None until all runs have ended.
        job_id: the group of jobs that trains it.
        code_version: of the code that makes its numbers.
        created_at: UTC.
        finished_at: when its numbers were complete; None before.
    """

    id: str
    name: str
    source_dataset_id: str
    target_dataset_id: str
    config: Mapping[str, Any]
    pretrained: str | None = None
    shared_classes: tuple[str, ...] | None
    verdicts: Mapping[str, Any] | None = None
    job_id: str | None = None
    code_version: str
    created_at: datetime
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptation(NewAdaptation):
    """An adaptation.

    Attributes:
        status: follows from `finished_at` and the state of its job.
    """

    status: TrainingStatus

    @property
    def setup(self) -> Setup:
        """What it trains."""
        return Setup.from_json(self.config)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracies:
    """A run in a few numbers; accuracies on the target are None without labels.

    Attributes:
        last: on the target, after the last step.
        label_free: on the target, at the step that the selector chose: its model is kept.
        oracle: on the target, at the best step by target labels.
        source: on the held-out source, of the model that is kept.
        score: the selector's, of the model that is kept; None where undefined.
    """

    last: float | None
    label_free: float | None
    oracle: float | None
    source: float | None
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to.

    Attributes:
        history: of the run, up to where it ended; None where it has none, or where nobody asked for it.
        accuracies: of the history, once the run has ended.
        weights: artefact of the model that the label-free score chose; None where it diverged before there was one.
        arrays: artefact of that model's bottleneck features, their projection, and its confusion matrix.
        predicted_shares: of the classes among that model's predictions for the whole target, in label order.
        error: of a run that diverged; its model, if it has one, is the best of before.
    """

    history: History | None
    accuracies: Accuracies | None = None
    weights: str | None = None
    arrays: str | None = None
    predicted_shares: tuple[float, ...] | None = None
    error: Divergence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptationRun:
    """One method with one seed.

    Attributes:
        id: opaque; names the model too.
        adaptation_id: whose.
        method: that trains.
        seed: of everything random.
        outcome: what it came to, or what is known of it while it runs.
        finished_at: when it ended, in whatever way; None before.
    """

    id: str
    adaptation_id: str
    method: Method
    seed: int
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
