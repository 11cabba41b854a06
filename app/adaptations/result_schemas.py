"""JSON shapes of the runs of an adaptation."""

from collections.abc import Collection, Sequence
from typing import Literal, Self

import numpy as np
from pydantic import BaseModel, Field

from app.adaptations.figures import Chosen, run_figures
from app.adaptations.records import Adaptation, AdaptationRun
from app.core.numbers import plain, rounded
from app.core.runs import DivergenceOut
from models.adaptation.config import Method, Selector
from models.adaptation.evaluation import mean_weights
from models.adaptation.results import History

DIGITS = 6
"""Of a share in an answer, after the point."""


class CurvesOut(BaseModel):
    """What was measured at every evaluation; the last is after the last step. What is undefined is null."""

    steps: list[int] = Field(
        description="optimiser steps done; everything else has one value for each of them"
    )
    losses: dict[str, list[float | None]] = Field(description="by name: means since the evaluation before")
    scores: dict[str, list[float | None]] = Field(
        description="by selector: the higher, the better, for every one of them"
    )
    source_accuracy: list[float | None] = Field(description="on the held-out source")
    target_accuracy: list[float | None] = Field(description="on the labelled target; null without labels")

    @classmethod
    def of(cls, history: History) -> Self:
        """The JSON shape of a run's course."""
        return cls(
            steps=history.steps.tolist(),
            losses={name: plain(values) for name, values in history.losses.items()},
            scores={name: plain(values) for name, values in history.scores.items()},
            source_accuracy=plain(history.source_accuracy),
            target_accuracy=plain(history.target_accuracy),
        )


class ChosenOut(BaseModel):
    """One evaluation of a run."""

    step: int = Field(description="optimiser steps done by then")
    accuracy: float | None = Field(description="on the labelled target; null without labels")

    @classmethod
    def of(cls, chosen: Chosen) -> Self:
        """The JSON shape of an evaluation."""
        return cls(step=chosen.step, accuracy=rounded(chosen.accuracy))


class MeanWeightsOut(BaseModel):
    """Whether outlier classes are switched off: mean class weights, whose mean over all classes is 1."""

    shared: float | None = Field(description="of classes that the target has")
    outlier: float | None = Field(description="of classes of the source alone; null where there are none")
    ratio: float | None = Field(description="outlier over shared: 0 where outlier classes are switched off")

    @classmethod
    def of(cls, history: History, classes: Sequence[str], shared: Collection[str] | None) -> Self | None:
        """The JSON shape of the weights after the last step, if there are weights and labels tell."""
        if history.class_weights is None or shared is None:
            return None
        found = mean_weights(history.class_weights[-1], np.array([name in shared for name in classes]))
        return cls(shared=rounded(found.shared), outlier=rounded(found.outlier), ratio=rounded(found.ratio))


class AdaptationResultOut(BaseModel):
    """One run that has ended. Accuracies are shares of the labelled target, null without labels."""

    method: Method
    seed: int
    status: Literal["succeeded", "diverged"]
    accuracy_last: float | None = Field(description="after the last step")
    accuracy_label_free: float | None = Field(
        description="at the step that `selector` chose without target labels: what a user without labels gets"
    )
    accuracy_oracle: float | None = Field(
        description="at the best step by target labels: an oracle, which no user without labels can have; published "
        "figures are often of this kind. Compare it with other oracles only"
    )
    selector: Selector = Field(description="the label-free score that chose the model that is kept")
    by_selector: dict[str, ChosenOut] = Field(description="what each label-free score would have chosen")
    step_last: int | None = Field(description="optimiser steps done at the end")
    step_label_free: int | None = Field(description="of the model that is kept")
    step_oracle: int | None = Field(description="the best step by target labels")
    score: float | None = Field(description="the selector's, of the model that is kept")
    source_accuracy: float | None = Field(description="of the model that is kept, on the held-out source")
    mean_class_accuracy: float | None = Field(description="mean of `per_class`")
    per_class: dict[str, float] | None = Field(
        description="accuracy of the model that is kept on each class that the labelled target has; null without labels"
    )
    class_weights: dict[str, list[float | None]] | None = Field(
        description="how much each source class counts in the adversarial loss, mean 1, at each of `curves.steps`; "
        "null where the method has no such loss"
    )
    mean_weights: MeanWeightsOut | None = Field(
        description="of `class_weights` after the last step; null without target labels"
    )
    predicted_shares: dict[str, float] | None = Field(
        description="shares of the classes among the kept model's predictions for the whole target; need no labels"
    )
    curves: CurvesOut | None
    model_id: str | None = Field(
        description="of the model that is kept, for `predict` and for its download; of a run that diverged the best "
        "of before, if there was one"
    )
    error: DivergenceOut | None = Field(description="of a run that diverged")

    @classmethod
    def of(cls, run: AdaptationRun, adaptation: Adaptation) -> Self:
        """The JSON shape of a run that has ended."""
        training, shares = adaptation.setup.training, run.outcome.predicted_shares
        classes, selector = training.classes, training.selector
        history, error = run.outcome.history, run.outcome.error
        found = None if history is None else run_figures(history, classes, selector)
        oracle = None if found is None else found.oracle
        return cls(
            method=run.method,
            seed=run.seed,
            status="succeeded" if error is None else "diverged",
            accuracy_last=None if found is None else rounded(found.last.accuracy),
            accuracy_label_free=None if found is None else rounded(found.label_free.accuracy),
            accuracy_oracle=None if oracle is None else rounded(oracle.accuracy),
            selector=selector,
            by_selector={}
            if found is None
            else {name: ChosenOut.of(chosen) for name, chosen in found.by_selector.items()},
            step_last=None if found is None else found.last.step,
            step_label_free=None if found is None else found.label_free.step,
            step_oracle=None if oracle is None else oracle.step,
            score=None if found is None else rounded(found.score),
            source_accuracy=None if found is None else rounded(found.source_accuracy),
            mean_class_accuracy=None if found is None else rounded(found.mean_class_accuracy),
            per_class=None
            if found is None or not found.per_class
            else {name: round(value, DIGITS) for name, value in found.per_class.items()},
            class_weights=None if history is None else _class_weights(history, classes),
            mean_weights=None
            if history is None
            else MeanWeightsOut.of(history, classes, adaptation.shared_classes),
            predicted_shares=None
            if shares is None
            else {name: round(share, DIGITS) for name, share in zip(classes, shares, strict=True)},
            curves=None if history is None else CurvesOut.of(history),
            model_id=run.model_id,
            error=None if error is None else DivergenceOut.of(error),
        )


class RunningOut(BaseModel):
    """A run that has not ended, with what was measured so far."""

    method: Method
    seed: int
    class_weights: dict[str, list[float | None]] | None = Field(description="as in `results`")
    curves: CurvesOut | None = Field(description="null before the first evaluation")

    @classmethod
    def of(cls, run: AdaptationRun, classes: tuple[str, ...]) -> Self:
        """The JSON shape of a run that has not ended."""
        history = run.outcome.history
        return cls(
            method=run.method,
            seed=run.seed,
            class_weights=None if history is None else _class_weights(history, classes),
            curves=None if history is None else CurvesOut.of(history),
        )


def _class_weights(history: History, classes: tuple[str, ...]) -> dict[str, list[float | None]] | None:
    weights = history.class_weights
    return None if weights is None else dict(zip(classes, plain(weights.T), strict=True))
