"""The course of a run and what it was measured by as JSON documents, as rows hold them: no number is null there."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.core.numbers import from_plain, number, plain
from models.multitask.results import History, Metrics

_SERIES = ("losses", "weights", "validation", "stationarity")


def history_to_json(history: History) -> dict[str, Any]:
    """A run's course as JSON-able values."""
    return {
        "tasks": list(history.tasks),
        "steps": history.steps.tolist(),
        **{name: plain(getattr(history, name)) for name in _SERIES},
    }


def history_from_json(document: Mapping[str, Any]) -> History:
    """What `history_to_json` wrote."""
    return History(
        tasks=tuple(document["tasks"]),
        steps=np.asarray(document["steps"], dtype=np.int64),
        **{name: from_plain(document[name]) for name in _SERIES},
    )


def metrics_to_json(metrics: Metrics) -> dict[str, Any]:
    """Metrics as JSON-able values; pairs, since databases keep no order of an object's members."""
    return {
        task: [[name, number(value)] for name, value in values.items()] for task, values in metrics.items()
    }


def metrics_from_json(document: Mapping[str, Any]) -> Metrics:
    """What `metrics_to_json` wrote; metrics in their order, tasks in any."""
    return {
        task: {name: np.nan if value is None else float(value) for name, value in values}
        for task, values in document.items()
    }
