"""Adaptations: what was trained, how well it does, and what its models say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

VerdictWord = Literal["worse", "not worse", "unclear"]


@dataclass(frozen=True, slots=True)
class Divergence:
    """Why a run has no end: the step whose loss was not finite."""

    step: int
    detail: str


@dataclass(frozen=True, slots=True)
class AdaptationCurves:
    """What was measured at every evaluation, one value per entry of `steps`; None where it is undefined.

    Of every one of the `scores`, which need no target labels, the higher is the better.
    """

    steps: list[int]
    losses: dict[str, list[float | None]]
    scores: dict[str, list[float | None]]
    source_accuracy: list[float | None]
    target_accuracy: list[float | None]


@dataclass(frozen=True, slots=True)
class ChosenStep:
    """One evaluation of a run; `accuracy` is None without target labels."""

    step: int
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class MeanWeights:
    """Mean class weights after the last step; `ratio` is near 0 where outlier classes are switched off."""

    shared: float | None
    outlier: float | None
    ratio: float | None


@dataclass(frozen=True, slots=True)
class AdaptationResult:
    """One run that has ended. Accuracies are shares of the labelled target, None without labels.

    `accuracy_label_free` is what a user without labels gets; `accuracy_oracle` is chosen by target labels and to be
    compared with other oracles only. `class_weights` has one value per entry of `curves.steps` for each class.
    """

    method: str
    seed: int
    status: Literal["succeeded", "diverged"]
    accuracy_last: float | None
    accuracy_label_free: float | None
    accuracy_oracle: float | None
    selector: str
    by_selector: dict[str, ChosenStep]
    step_last: int | None
    step_label_free: int | None
    step_oracle: int | None
    score: float | None
    source_accuracy: float | None
    mean_class_accuracy: float | None
    per_class: dict[str, float] | None
    class_weights: dict[str, list[float | None]] | None
    curves: AdaptationCurves | None
    model_id: str | None
    error: Divergence | None
    mean_weights: MeanWeights | None = None
    predicted_shares: dict[str, float] | None = None


@dataclass(frozen=True, slots=True)
class AdaptationRun:
    """A run that has not ended, with what was measured so far."""

    method: str
    seed: int
    class_weights: dict[str, list[float | None]] | None
    curves: AdaptationCurves | None


@dataclass(frozen=True, slots=True)
class Spread:
    """A number over seeds: `std` is the sample deviation, 0 of a single run."""

    mean: float | None
    std: float | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that a verdict rests on."""

    says: VerdictWord
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a method made it worse than source-only, and why.

    `difference` is of accuracies at the label-free step, over `seeds` that both have; None without target labels.
    """

    verdict: VerdictWord
    judged_by: Literal["labels", "label-free"]
    reasons: list[Reason]
    difference: float | None
    standard_error: float | None
    seeds: int


@dataclass(frozen=True, slots=True)
class MethodSummary:
    """A method over its seeds; `mean` and `std` are of `accuracy_label_free`, `n` counts the runs that they are of.

    `verdict` is None until all runs have ended, and of source-only itself.
    """

    method: str
    mean: float | None
    std: float | None
    n: int
    diverged: int
    last: Spread
    oracle: Spread
    source: Spread
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Adaptation:
    """An adaptation; lists leave `results` and what follows out.

    `classes` are the source's; which of them are shared is None where no labels tell. `preferred_model` is what
    `predict` asks by default: that of the highest label-free score.
    """

    id: str
    name: str
    status: str
    source_dataset: str
    target_dataset: str
    target_classes: list[str] | None
    methods: list[str]
    seeds: list[int]
    classes: list[str]
    shared_classes: list[str] | None
    outlier_classes: list[str] | None
    summary: list[MethodSummary]
    config: dict[str, Any]
    created_at: datetime
    code_version: str
    job_id: str | None = None
    finished_at: datetime | None = None
    results: list[AdaptationResult] | None = None
    running: list[AdaptationRun] | None = None
    preferred_model: str | None = None


@dataclass(frozen=True, slots=True)
class EmbeddedExample:
    """One example in the plane; `label` is None where its class is not known, or none of the source's."""

    x: float
    y: float
    domain: Literal["source", "target"]
    label: str | None
    prediction: str


@dataclass(frozen=True, slots=True)
class Embedding:
    """A model's bottleneck features of examples of both domains in two dimensions, whose axes have no unit."""

    method: str
    seed: int
    model_id: str
    projection: str
    points: list[EmbeddedExample]


@dataclass(frozen=True, slots=True)
class ClassPrediction:
    """What a model says of one example: the most probable class, and all probabilities, the highest first."""

    class_: str
    probabilities: dict[str, float]


@dataclass(frozen=True, slots=True)
class AdaptationPrediction:
    """What a model says of each example, in the order they were sent."""

    adaptation_id: str
    model_id: str
    method: str
    seed: int
    predictions: list[ClassPrediction]
