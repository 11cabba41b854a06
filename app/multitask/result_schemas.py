"""JSON shapes of the runs of a multi-task training, and of their front."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from app.core.numbers import number, plain, rounded
from app.core.runs import DivergenceOut, RunStatus, SpreadOut
from app.multitask.figures import MethodFigures, RunFigures
from app.multitask.fronts import Front, Part
from app.multitask.records import MultitaskRun
from models.multitask.results import History, Metrics

ByTask = dict[str, dict[str, float | None]]


class MultitaskCurvesOut(BaseModel):
    """What was measured at every evaluation; the last is after the last step. What is undefined is null."""

    steps: list[int] = Field(
        description="optimiser steps done; everything else has one value for each of them"
    )
    losses: dict[str, list[float | None]] = Field(
        description="training losses by task: means since the evaluation before"
    )
    weights: dict[str, list[float | None]] | None = Field(
        description="of the tasks in the shared network's update, by task: means since the evaluation before; null "
        "where the method has none"
    )
    validation: dict[str, list[float | None]] = Field(description="losses on validation images, by task")
    stationarity: list[float | None] = Field(
        description="distance from Pareto stationarity: the norm of the min-norm point of the tasks' gradients by all "
        "shared parameters, on the same images each time; null where nothing is shared"
    )

    @classmethod
    def of(cls, history: History) -> Self:
        """The JSON shape of a run's course."""
        weighs = bool(np.isfinite(history.weights).any())
        return cls(
            steps=history.steps.tolist(),
            losses=_series(history.tasks, history.losses),
            weights=_series(history.tasks, history.weights) if weighs else None,
            validation=_series(history.tasks, history.validation),
            stationarity=plain(history.stationarity),
        )


class MultitaskRunOut(BaseModel):
    """One method with one seed, and with one preference where that steers it."""

    id: str = Field(description="of the run, and of its model once it has one")
    method: str
    seed: int
    preference: list[float] | None = Field(
        description="weights of the tasks, in order, that steered the method; null where none did"
    )
    title: str = Field(description="for people")
    status: RunStatus
    weights: dict[str, float | None] | None = Field(
        description="of the tasks in the shared network's update, means since the evaluation before the last; null "
        "where the method has none"
    )
    stationarity: float | None = Field(
        description="distance from Pareto stationarity at the last evaluation; null where nothing is shared"
    )
    curves: MultitaskCurvesOut | None = Field(description="null before the first evaluation")

    @classmethod
    def running(cls, run: MultitaskRun) -> Self:
        """The JSON shape of a run that has not ended."""
        return cls(**_course(run))


class MultitaskResultOut(MultitaskRunOut):
    """A run that has ended; figures are of test images. One that diverged has none, and no model."""

    metrics: ByTask = Field(description="by task and metric, the main metric first; in the metrics' units")
    validation_metrics: ByTask = Field(
        description="the same on validation images: what a choice between models may look at"
    )
    delta_m: float | None = Field(
        description="mean relative change of the tasks' main metrics against `single`, percent: negative is better; "
        "`single` of the same seed where there is one, else the mean over its seeds; null without"
    )
    delta_m_by_task: dict[str, float | None] | None = Field(
        description="the same of each task; null without `single`"
    )
    delta_m_reason: str | None = Field(
        description="why `delta_m` is null although there is a `single`: a task whose change is none"
    )
    mean_rank: float | None = Field(
        description="mean over the tasks of its rank among all runs that have ended, 1 the best"
    )
    model_id: str | None = Field(description="for `predict` and for its download")
    error: DivergenceOut | None = Field(description="of a run that diverged")

    @classmethod
    def of(cls, run: MultitaskRun, figures: RunFigures | None, tasks: Sequence[str]) -> Self:
        """The JSON shape of a run that has ended."""
        outcome = run.outcome
        delta = None if figures is None else figures.delta_m
        return cls(
            **_course(run),
            metrics=_metrics(outcome.metrics, tasks),
            validation_metrics=_metrics(outcome.validation_metrics, tasks),
            delta_m=None if delta is None else rounded(delta.percent),
            delta_m_by_task=None
            if delta is None
            else {task: rounded(delta.per_task[task]) for task in tasks},
            delta_m_reason=None if delta is None or not delta.reason else delta.reason,
            mean_rank=None if figures is None else rounded(figures.mean_rank),
            model_id=run.model_id,
            error=None if outcome.error is None else DivergenceOut.of(outcome.error),
        )


class MultitaskSummaryOut(BaseModel):
    """A method, with one preference if it was given some, over its seeds."""

    method: str
    preference: list[float] | None
    n: int = Field(description="runs that the numbers are of: those that ended and did not diverge")
    diverged: int = Field(description="runs that diverged; they are in none of the numbers")
    metrics: dict[str, SpreadOut] = Field(description="the main metric of each task, on test images")
    delta_m: SpreadOut = Field(description="percent, negative is better; null without `single`")
    mean_rank: float | None = Field(
        description="mean over the tasks of its rank by the means of `metrics`, 1 the best"
    )

    @classmethod
    def of(cls, figures: MethodFigures) -> Self:
        """The JSON shape of a method's numbers."""
        return cls(
            method=figures.method,
            preference=None if figures.preference is None else list(figures.preference),
            n=figures.n,
            diverged=figures.diverged,
            metrics={task: SpreadOut.of(summary) for task, summary in figures.metrics.items()},
            delta_m=SpreadOut.of(figures.delta_m),
            mean_rank=rounded(figures.mean_rank),
        )


class FrontAxisOut(BaseModel):
    """The main metric of a task."""

    task: str
    metric: str
    unit: str = Field(description="of its values; empty for plain numbers")
    higher_is_better: bool


class FrontPointOut(BaseModel):
    """One model."""

    model_id: str
    method: str
    seed: int
    preference: list[float] | None
    shared: bool = Field(description="false of `single`: a network for each task")
    values: list[float] = Field(description="in the order of the axes, in their units")
    dominated: bool = Field(
        description="whether another point is at least as good in every axis and better in one"
    )


class FrontOut(BaseModel):
    """The Pareto front of a training's models in some of its tasks."""

    axes: list[FrontAxisOut]
    split: Part = Field(description="of the data set: which images the values are of")
    points: list[FrontPointOut] = Field(
        description="every model that was measured in all axes, dominated or not, in the order of the runs"
    )
    hypervolume: float | None = Field(
        description="that the points dominate, up to the reference point, in the product of the axes' units; null "
        "without points"
    )
    hypervolume_share: float | None = Field(
        description="of the box between the reference point and the best value of every axis"
    )
    exact: bool = Field(description="computed; otherwise estimated from random points")
    standard_error: float = Field(description="of `hypervolume_share`; 0 where it is exact")
    reference_point: list[float] | None = Field(
        description="in every axis beyond the worst point by a tenth of the points' range"
    )

    @classmethod
    def of(cls, front: Front) -> Self:
        """The JSON shape of a front."""
        volume = front.volume()
        return cls(
            axes=[
                FrontAxisOut(
                    task=task, metric=info.name, unit=info.unit, higher_is_better=info.higher_is_better
                )
                for task, info in front.axes.items()
            ],
            split=front.part,
            points=[
                FrontPointOut(
                    model_id=run.id,
                    method=run.method,
                    seed=run.seed,
                    preference=None if run.preference is None else list(run.preference),
                    shared=run.shares,
                    values=list(values),
                    dominated=beaten,
                )
                for run, values, beaten in zip(front.models, front.values, front.dominated(), strict=True)
            ],
            hypervolume=None if volume is None else number(volume.value),
            hypervolume_share=None if volume is None else number(volume.share),
            exact=volume is None or volume.exact,
            standard_error=0.0 if volume is None else volume.standard_error,
            reference_point=front.reference(),
        )


def _course(run: MultitaskRun) -> dict[str, Any]:
    history = run.outcome.history
    curves = None if history is None or not len(history.steps) else MultitaskCurvesOut.of(history)
    weights = None if curves is None else curves.weights
    return {
        "id": run.id,
        "method": run.method,
        "seed": run.seed,
        "preference": None if run.preference is None else list(run.preference),
        "title": run.title,
        "status": run.status,
        "weights": None if weights is None else {task: series[-1] for task, series in weights.items()},
        "stationarity": None if curves is None else curves.stationarity[-1],
        "curves": curves,
    }


def _metrics(metrics: Metrics | None, tasks: Sequence[str]) -> ByTask:
    known: Mapping[str, Mapping[str, float]] = metrics or {}
    return {
        task: {name: number(value) for name, value in known[task].items()} for task in tasks if task in known
    }


def _series(tasks: Sequence[str], values: NDArray[np.float32]) -> dict[str, list[float | None]]:
    return dict(zip(tasks, plain(values.T), strict=True))
