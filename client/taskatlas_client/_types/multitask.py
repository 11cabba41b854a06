"""Multi-task trainings: what was trained, how well it does, the front of its models, and what they say."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from taskatlas_client._types.adaptations import Divergence, Spread

FrontSplit = Literal["test", "validation"]


@dataclass(frozen=True, slots=True)
class MultitaskMethod:
    """A way to train one network for several tasks.

    `reads` says what a step costs: `losses` and `representation` take one backward pass through the shared network,
    `gradients` one for each task. `detail` says why a method is not available.
    """

    name: str
    title: str
    summary: str
    reads: Literal["losses", "gradients", "representation"]
    by_preference: bool
    library: str | None
    available: bool
    detail: str | None


@dataclass(frozen=True, slots=True)
class MultitaskTask:
    """A task that is trained, and the metric it is judged by; `unit` is empty for plain numbers."""

    task: str
    title: str
    kind: str
    metric: str
    unit: str
    higher_is_better: bool


@dataclass(frozen=True, slots=True)
class MultitaskCurves:
    """What was measured at every evaluation, one value per entry of `steps`; None where it is undefined.

    `weights` are of the tasks in the shared network's update, None where the method has none. `stationarity` is the
    norm of the min-norm point of the tasks' gradients: 0 where no direction improves all tasks.
    """

    steps: list[int]
    losses: dict[str, list[float | None]]
    weights: dict[str, list[float | None]] | None
    validation: dict[str, list[float | None]]
    stationarity: list[float | None]


@dataclass(frozen=True, slots=True)
class MultitaskRun:
    """One method with one seed, and one preference where that steers it, with what was measured so far."""

    id: str
    method: str
    seed: int
    preference: list[float] | None
    title: str
    status: Literal["waiting", "running", "succeeded", "diverged"]
    weights: dict[str, float | None] | None
    stationarity: float | None
    curves: MultitaskCurves | None


@dataclass(frozen=True, slots=True)
class MultitaskResult(MultitaskRun):
    """A run that has ended; `metrics` are of test images, by task and metric, the main metric first.

    `delta_m` is the mean relative change against single-task networks in percent: negative is better. One that
    diverged has no metrics and no model.
    """

    metrics: dict[str, dict[str, float | None]]
    validation_metrics: dict[str, dict[str, float | None]]
    delta_m: float | None
    delta_m_by_task: dict[str, float | None] | None
    delta_m_reason: str | None
    mean_rank: float | None
    model_id: str | None
    error: Divergence | None


@dataclass(frozen=True, slots=True)
class MultitaskSummary:
    """A method, with one preference if it was given some, over its seeds.

    `metrics` holds the main metric of each task. `mean_rank` is over the tasks, 1 the best.
    """

    method: str
    preference: list[float] | None
    n: int
    diverged: int
    metrics: dict[str, Spread]
    delta_m: Spread
    mean_rank: float | None


@dataclass(frozen=True, slots=True)
class Multitask:
    """A multi-task training; lists leave `results` and what follows out.

    `preferred_model` is what `predict` asks by default: the shared network that fits equal weights best on validation
    images.
    """

    id: str
    name: str
    status: Literal["training", "ready", "failed", "cancelled"]
    dataset: str
    tasks: list[MultitaskTask]
    methods: list[str]
    seeds: list[int]
    preferences: list[list[float]]
    summary: list[MultitaskSummary]
    config: dict[str, Any]
    created_at: datetime
    code_version: str
    job_id: str | None = None
    finished_at: datetime | None = None
    results: list[MultitaskResult] | None = None
    running: list[MultitaskRun] | None = None
    preferred_model: str | None = None


@dataclass(frozen=True, slots=True)
class FrontAxis:
    """The main metric of a task."""

    task: str
    metric: str
    unit: str
    higher_is_better: bool


@dataclass(frozen=True, slots=True)
class FrontPoint:
    """One model: `values` are in the order of the axes, `shared` is false of networks of one task each."""

    model_id: str
    method: str
    seed: int
    preference: list[float] | None
    shared: bool
    values: list[float]
    dominated: bool


@dataclass(frozen=True, slots=True)
class MultitaskFront:
    """The Pareto front of a training's models in some of its tasks.

    `hypervolume_share` is of the box between `reference_point` and the best value of every axis; where it is not
    `exact` it is an estimate with `standard_error`.
    """

    axes: list[FrontAxis]
    split: FrontSplit
    points: list[FrontPoint]
    hypervolume: float | None
    hypervolume_share: float | None
    exact: bool
    standard_error: float
    reference_point: list[float] | None


@dataclass(frozen=True, slots=True)
class TaskPrediction:
    """What a network says of one image in one task: a JSON value, or a picture, or both."""

    kind: str
    value: Any
    png: str | None
    array: str | None

    def png_bytes(self) -> bytes | None:
        """Return the rendered picture as PNG bytes, None if the answer holds none."""
        return None if self.png is None else base64.b64decode(self.png)


@dataclass(frozen=True, slots=True)
class ImagePredictions:
    """What a network says of one image, by task; `image` is its place among those that were sent."""

    image: int
    tasks: dict[str, TaskPrediction]


@dataclass(frozen=True, slots=True)
class MultitaskPrediction:
    """What a network says of each image, in the order they were sent, and which network that is."""

    multitask_id: str
    model_id: str
    method: str
    seed: int
    preference: list[float] | None
    image_size: int
    predictions: list[ImagePredictions]
