"""What a run's course says in numbers, and what the runs of a method say together.

Three accuracies are told apart and never mixed: after the last step, at the step that a score without target labels
chose, and at the step that is best by target labels, which is an oracle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from app.adaptations.records import Accuracies, AdaptationRun, Setup
from models.adaptation.config import Method, Selector
from models.adaptation.evaluation import mean_per_class
from models.adaptation.results import History
from models.training.summary import Summary, summarise


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One evaluation of a run.

    Attributes:
        position: which.
        step: optimiser steps done by then.
        accuracy: on the labelled target; None without labels.
    """

    position: int
    step: int
    accuracy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """The numbers of one run.

    Attributes:
        last: after the last step.
        label_free: at the step that the adaptation's selector chose: its model is kept.
        oracle: at the best step by target labels; None without labels.
        by_selector: what each label-free score would have chosen.
        source_accuracy: on the held-out source, of the model that is kept.
        mean_class_accuracy: mean over the classes that the labelled target has, of the model that is kept.
        per_class: accuracy of the model that is kept on each class that the labelled target has.
        class_weights: of each source class at every evaluation; None where the method has no adversarial loss.
        score: the selector's, of the model that is kept.
    """

    last: Chosen
    label_free: Chosen
    oracle: Chosen | None
    by_selector: Mapping[Selector, Chosen]
    source_accuracy: float | None
    mean_class_accuracy: float | None
    per_class: Mapping[str, float]
    class_weights: Mapping[str, NDArray[np.float32]] | None
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodFigures:
    """A method over its seeds.

    Attributes:
        method: which.
        n: runs that ended as they should; the others are in none of the numbers.
        diverged: runs that did not.
        label_free: accuracy at the chosen step.
        last: accuracy after the last step.
        oracle: accuracy at the best step by target labels.
        source: accuracy on the held-out source.
    """

    method: Method
    n: int
    diverged: int
    label_free: Summary
    last: Summary
    oracle: Summary
    source: Summary


def run_figures(history: History, classes: Sequence[str], selector: Selector) -> RunFigures:
    """The numbers of a run.

    Args:
        history: at least one evaluation.
        classes: of the source, in label order.
        selector: that chooses the model.
    """
    kept = history.chosen(selector)
    oracle = history.oracle()
    per_class, weights = history.per_class[kept], history.class_weights
    known = ~np.isnan(per_class)
    return RunFigures(
        last=_chosen(history, len(history.steps) - 1),
        label_free=_chosen(history, kept),
        oracle=None if oracle is None else _chosen(history, oracle),
        by_selector={name: _chosen(history, history.chosen(name)) for name in history.scores},
        source_accuracy=_number(history.source_accuracy[kept]),
        mean_class_accuracy=_number(mean_per_class(per_class)),
        per_class={
            classes[position]: float(per_class[position]) for position in np.flatnonzero(known).tolist()
        },
        class_weights=None if weights is None else dict(zip(classes, weights.T, strict=True)),
        score=_number(history.scores[selector][kept]),
    )


def accuracies(history: History, selector: Selector) -> Accuracies:
    """A run in a few numbers.

    Args:
        history: at least one evaluation.
        selector: that chooses the model.
    """
    kept, oracle = history.chosen(selector), history.oracle()
    return Accuracies(
        last=_number(history.target_accuracy[-1]),
        label_free=_number(history.target_accuracy[kept]),
        oracle=None if oracle is None else _number(history.target_accuracy[oracle]),
        source=_number(history.source_accuracy[kept]),
        score=_number(history.scores[selector][kept]),
    )


def method_figures(method: Method, runs: Sequence[AdaptationRun]) -> MethodFigures:
    """The numbers of a method over those of its runs that ended as they should."""
    found = [
        run.outcome.accuracies
        for run in runs
        if run.status == "succeeded" and run.outcome.accuracies is not None
    ]
    return MethodFigures(
        method=method,
        n=len(found),
        diverged=sum(run.status == "diverged" for run in runs),
        label_free=summarise(each.label_free for each in found),
        last=summarise(each.last for each in found),
        oracle=summarise(each.oracle for each in found),
        source=summarise(each.source for each in found),
    )


class Runs(Sequence[AdaptationRun]):
    """The runs of one adaptation, ended or not, in the order they were asked for: by method, then by seed."""

    def __init__(self, setup: Setup, runs: Iterable[AdaptationRun]) -> None:
        self._methods = setup.methods
        by_place = {(run.method, run.seed): run for run in runs}
        self._runs = tuple(by_place[method, seed] for method in setup.methods for seed in setup.seeds)

    def __len__(self) -> int:
        return len(self._runs)

    @overload
    def __getitem__(self, index: int) -> AdaptationRun: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[AdaptationRun, ...]: ...
    @override
    def __getitem__(self, index: int | slice) -> AdaptationRun | tuple[AdaptationRun, ...]:
        return self._runs[index]

    def of(self, method: Method) -> tuple[AdaptationRun, ...]:
        """Those of a method."""
        return tuple(run for run in self._runs if run.method == method)

    def model(self, model_id: str) -> AdaptationRun | None:
        """The run whose model has that id."""
        return next((run for run in self._runs if run.model_id == model_id), None)

    @property
    def summary(self) -> list[MethodFigures]:
        """The numbers of every method."""
        return [method_figures(method, self.of(method)) for method in self._methods]

    @property
    def preferred(self) -> AdaptationRun | None:
        """The run whose kept model has the highest label-free score; the first of those that tie.

        A model without a score is taken only where there is no other. Target labels play no part.
        """
        best: AdaptationRun | None = None
        best_score = -np.inf
        for run in self._runs:
            if run.model_id is None or run.outcome.accuracies is None:
                continue
            score = run.outcome.accuracies.score
            if best is None or (score is not None and score > best_score):
                best, best_score = run, -np.inf if score is None else score
        return best


def _chosen(history: History, position: int) -> Chosen:
    accuracy = _number(history.target_accuracy[position])
    return Chosen(position=position, step=int(history.steps[position]), accuracy=accuracy)


def _number(value: float | np.floating) -> float | None:
    return float(value) if np.isfinite(value) else None
