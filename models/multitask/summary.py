"""What multi-task training came to in one number per model: delta-m and the mean rank."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.multitask.results import Metrics
from models.taxonomy.correlation import ranks
from models.taxonomy.dictionary import Task

_SHARE, _DEGREES = "share", "degrees"
_HIGHER = frozenset({"top_1", "mean_iou", "pair_accuracy"})
_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "top_1": _SHARE,
        "mean_iou": _SHARE,
        "pair_accuracy": _SHARE,
        "absolute_relative_error": _SHARE,
        "mean_angle": _DEGREES,
        "rotation_error": _DEGREES,
        "centre_error": "m",
        "ab_distance": "ab units",
    }
)
_IN_UNITS_OF_OUTPUT = "mean_absolute_error"
_PLAIN = "of 1"  # of the dictionary's maps of plain numbers, which lie in 0 to 1
_DECLARED = "units of the label"  # of a declared task without a unit


class NoMetric(ValueError):
    """A task has no metric to be judged by."""


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """The number that a task is judged by.

    Attributes:
        name: of the metric, the first in every table of the task's metrics.
        unit: of its values, in words.
        higher_is_better: its direction.
    """

    name: str
    unit: str
    higher_is_better: bool


def main_metric(task: Task) -> MetricInfo:
    """The main metric of a task of the dictionary or of a declared one, as its torch definition has it.

    Args:
        task: its entry.

    Raises:
        NoMetric: the task has none, as the random projection.
    """
    if task.metric == _IN_UNITS_OF_OUTPUT:
        unit = task.output.unit or (_DECLARED if task.group == "own" else _PLAIN)
    elif task.metric in _UNITS:
        unit = _UNITS[task.metric]
    else:
        message = f"{task.name} has no metric to be judged by"
        raise NoMetric(message)
    return MetricInfo(task.metric, unit, task.metric in _HIGHER)


def main_values(metrics: Metrics, judged_by: Mapping[str, MetricInfo]) -> dict[str, float]:
    """The main metric's value of every task.

    Args:
        metrics: of one model.
        judged_by: the main metric of each task.

    Returns:
        By task, in the order of `judged_by`; NaN where it was not measured.
    """
    return {name: metrics.get(name, {}).get(info.name, math.nan) for name, info in judged_by.items()}


@dataclass(frozen=True, slots=True)
class DeltaM:
    """How much worse a model is than networks of one task each.

    Attributes:
        percent: mean over the tasks, in percent: negative is better; None where a task cannot be judged.
        per_task: the same of each task; None of one that cannot be judged.
        reason: why `percent` is None; empty where it is not.
    """

    percent: float | None
    per_task: Mapping[str, float | None]
    reason: str = ""


def delta_m(
    values: Mapping[str, float], baseline: Mapping[str, float], higher_is_better: Mapping[str, bool]
) -> DeltaM:
    """The average relative change of the tasks' main metrics against single-task networks, in percent.

    100 / T * sum_t (-1)^l_t (M_t - B_t) / B_t, where l_t is 1 if higher is better: **negative is better** than the
    single-task networks, 0 as good. A mean over fewer tasks than were trained would be another measure: where one task
    cannot be judged there is no mean.

    Args:
        values: M, by task.
        baseline: B, by task, of single-task networks trained alike.
        higher_is_better: l, by task: the tasks that count.

    Reference: Maninis et al. 2019, "Attentive single-tasking of multiple tasks", Eq. 4, with the sign turned.
    """
    per_task: dict[str, float | None] = {}
    problems: list[str] = []
    for name, higher in higher_is_better.items():
        value, base = values.get(name, math.nan), baseline.get(name, math.nan)
        problem = _problem(value, base)
        if problem:
            problems.append(f"{name} {problem}")
            per_task[name] = None
        else:
            change = (value - base) / abs(base)
            per_task[name] = 100 * (-change if higher else change)
    known = [change for change in per_task.values() if change is not None]
    if problems or not known:
        return DeltaM(None, per_task, "; ".join(problems) or "there is no task")
    return DeltaM(math.fsum(known) / len(known), per_task)


def _problem(value: float, base: float) -> str:
    if not math.isfinite(base):
        return "has no value of a single-task network"
    if base == 0:
        return "has a single-task value of 0, of which nothing is a share"
    return "" if math.isfinite(value) else "was not measured"


def mean_ranks(values: ArrayLike, higher_is_better: ArrayLike) -> NDArray[np.float64]:
    """The mean over the tasks of each model's rank, 1 the best; models that tie in a task share their mean rank.

    Args:
        values: (models, tasks), NaN where not measured.
        higher_is_better: (tasks,) bool.

    Returns:
        (models,) float64; NaN of a model that was not measured in every task, which takes no place from another.

    Raises:
        ValueError: the shapes do not fit.
    """
    numbers, higher = np.asarray(values, dtype=np.float64), np.asarray(higher_is_better, dtype=bool)
    if numbers.ndim != 2 or higher.shape != numbers.shape[1:] or not higher.size:
        message = f"values of shape {numbers.shape} do not belong to {higher.size} tasks"
        raise ValueError(message)
    found = np.full(len(numbers), np.nan)
    ranked = ~np.isnan(numbers).any(axis=1)
    if ranked.any():
        costs = np.where(higher, -numbers, numbers)[ranked]
        found[ranked] = np.mean([ranks(task) for task in costs.T], axis=0)
    return found
