"""Multi-task trainings, their fronts and predictions as rows of tables."""

from __future__ import annotations

import math
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taskatlas_client import (
        FrontAxis,
        FrontPoint,
        Multitask,
        MultitaskFront,
        MultitaskResult,
        MultitaskSummary,
        MultitaskTask,
        TaskPrediction,
    )

MOST_COLUMNS = 4
"""Tasks that have columns of their own beside the methods' figures; more have a table of their own."""

SHARE = "share"
SINGLE = "single"


class Table(NamedTuple):
    """What is shown: the heads of the columns, and rows of cells."""

    header: tuple[str, ...]
    rows: list[tuple[str, ...]]


def methods_table(training: Multitask) -> Table:
    """Methods side by side; few tasks have their columns here."""
    shown = training.tasks if len(training.tasks) <= MOST_COLUMNS else []
    header = (
        "method",
        *(head(task) for task in shown),
        "delta-m [%] ↓",
        "mean rank ↓",
        "stationarity",
        "runs",
    )
    return Table(header, [_method_row(training, summary, shown) for summary in training.summary])


def tasks_table(training: Multitask) -> Table:
    """Tasks by methods, those first that lose most against single-task networks: the main metric, and that change."""
    summaries = training.summary
    changes = {task.task: [_change(training, each, task) for each in summaries] for task in training.tasks}
    known = {name: [each for each in row if each is not None] for name, row in changes.items()}
    order = sorted(
        training.tasks, key=lambda task: -fmean(known[task.task]) if known[task.task] else math.inf
    )
    rows: list[tuple[str, ...]] = []
    for task in order:
        cells = [
            _with_change(_spread(summary.metrics[task.task].mean, None, task), change)
            for summary, change in zip(summaries, changes[task.task], strict=True)
        ]
        rows.append((head(task), *cells))
    names = [task.task for task in training.tasks]
    return Table(("task", *(label(each.method, each.preference, names) for each in summaries)), rows)


def front_table(front: MultitaskFront, tasks: Sequence[str]) -> Table:
    """Models, those that are not dominated first; which ones only single-task networks beat."""
    header = ("model", "method", "seed", *(head(axis) for axis in front.axes), "dominated")
    shared = [point for point in front.points if point.shared]
    rows: list[tuple[str, ...]] = []
    for point in front.points:
        values = [_spread(value, None, axis) for value, axis in zip(point.values, front.axes, strict=True)]
        by_shared = any(_dominates(other, point, front.axes) for other in shared)
        beaten = "" if not point.dominated else "yes" if by_shared else "by single tasks"
        name = label(point.method, point.preference, tasks)
        rows.append((point.model_id, name, str(point.seed), *values, beaten))
    return Table(header, sorted(rows, key=lambda row: ("", "by single tasks", "yes").index(row[-1])))


def head(axis: MultitaskTask | FrontAxis) -> str:
    """Name of a task's column: its metric, the unit, and an arrow to where it is better."""
    unit = "%" if axis.unit == SHARE else axis.unit
    unit = f" [{unit}]" if unit else ""
    return f"{axis.task} {axis.metric}{unit} {'↑' if axis.higher_is_better else '↓'}"


def label(method: str, preference: Sequence[float] | None, tasks: Sequence[str]) -> str:
    """A method with its preference; of many tasks with the one that weighs most."""
    if preference is None:
        return method
    if len(preference) <= MOST_COLUMNS:
        return f"{method} ({', '.join(f'{weight:.3g}' for weight in preference)})"
    most = max(range(len(preference)), key=lambda task: preference[task])
    return f"{method} ({tasks[most]} {preference[most]:.3g})"


def answer(said: TaskPrediction) -> str:
    """A prediction in a few words; empty where only a picture could say it."""
    match said.value:
        case {"top": [{"class": str(name), "probability": float(share)}, *_]}:
            return f"{name} ({share:.1%})"
        case dict() if said.kind == "classes":
            shares = cast("dict[str, float]", said.value)
            best = sorted(shares, key=shares.__getitem__, reverse=True)[:3]
            return ", ".join(f"{name} {shares[name]:.1%}" for name in best)
        case None:
            return ""
        case value:
            return _plain(value)


def _dominates(one: FrontPoint, other: FrontPoint, axes: Sequence[FrontAxis]) -> bool:
    """Whether a model is at least as good as another in every axis, and better in one."""
    gains = [
        mine - its if axis.higher_is_better else its - mine
        for mine, its, axis in zip(one.values, other.values, axes, strict=True)
    ]
    return min(gains) >= 0 < max(gains)


def _method_row(
    training: Multitask, summary: MultitaskSummary, shown: Sequence[MultitaskTask]
) -> tuple[str, ...]:
    names = [task.task for task in training.tasks]
    stationarity = _mean(run.stationarity for run in _runs(training, summary))
    values = [
        _spread(summary.metrics[task.task].mean, _deviation(summary, summary.metrics[task.task].std), task)
        for task in shown
    ]
    counted = str(summary.n) if not summary.diverged else f"{summary.n}, {summary.diverged} diverged"
    return (
        label(summary.method, summary.preference, names),
        *values,
        _against_single(summary),
        "" if summary.mean_rank is None else f"{summary.mean_rank:.2f}",
        "" if stationarity is None else f"{stationarity:.3g}",
        counted,
    )


def _against_single(summary: MultitaskSummary) -> str:
    delta = summary.delta_m
    if summary.method == SINGLE:
        return "baseline"
    return "" if delta.mean is None else _number(delta.mean, _deviation(summary, delta.std), 2, sign=True)


def _runs(training: Multitask, summary: MultitaskSummary) -> list[MultitaskResult]:
    return [
        run
        for run in training.results or ()
        if (run.method, run.preference) == (summary.method, summary.preference)
    ]


def _change(training: Multitask, summary: MultitaskSummary, task: MultitaskTask) -> float | None:
    """Mean over the seeds of a task's relative change against single-task networks, percent; None of themselves."""
    if summary.method == SINGLE:
        return None
    return _mean((run.delta_m_by_task or {}).get(task.task) for run in _runs(training, summary))


def _with_change(value: str, change: float | None) -> str:
    return value if change is None else f"{value} ({change:+.1f} %)"


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _deviation(summary: MultitaskSummary, std: float | None) -> float | None:
    """A single run has none."""
    return std if summary.n > 1 else None


def _spread(mean: float | None, std: float | None, axis: MultitaskTask | FrontAxis) -> str:
    if mean is None:
        return ""
    if axis.unit == SHARE:
        return _number(100 * mean, None if std is None else 100 * std, 2)
    digits = 2 if mean == 0 else max(0, 2 - math.floor(math.log10(abs(mean))))
    return _number(mean, std, digits)


def _number(mean: float, std: float | None, digits: int, *, sign: bool = False) -> str:
    text = f"{mean:+.{digits}f}" if sign else f"{mean:.{digits}f}"
    return text if std is None else f"{text} ± {std:.{digits}f}"


def _plain(value: object) -> str:
    match value:
        case float():
            return f"{value:.4g}"
        case dict():
            return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
        case list():
            return " ".join(_plain(each) for each in value)
        case _:
            return str(value)
