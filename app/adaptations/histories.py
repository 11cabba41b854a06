"""The course of a run as a JSON document, as rows hold it: what is not a number is null there."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.adaptation.results import History

_DIGITS = 6
_SERIES = ("source_accuracy", "target_accuracy", "per_class")


def history_to_json(history: History) -> dict[str, Any]:
    """A run's course as JSON-able values, numbers to six significant digits: they are float32 at the most."""
    weights = history.class_weights
    return {
        "steps": history.steps.tolist(),
        "losses": {name: plain(values) for name, values in history.losses.items()},
        "scores": {name: plain(values) for name, values in history.scores.items()},
        **{name: plain(getattr(history, name)) for name in _SERIES},
        "class_weights": None if weights is None else plain(weights),
    }


def history_from_json(document: Mapping[str, Any]) -> History:
    """What `history_to_json` wrote."""
    weights = document["class_weights"]
    return History(
        steps=np.asarray(document["steps"], dtype=np.int64),
        losses={name: _array(values) for name, values in document["losses"].items()},
        scores={name: _array(values) for name, values in document["scores"].items()},
        **{name: _array(document[name]) for name in _SERIES},
        class_weights=None if weights is None else _array(weights),
    )


def plain(values: NDArray[np.floating]) -> list[Any]:
    """Numbers as JSON: lists as deep as the array, None for what is not finite."""
    return [plain(each) if each.ndim else number(each) for each in values]


def number(value: float | np.floating) -> float | None:
    """A number as JSON."""
    return float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None


def _array(values: list[Any]) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)  # None becomes NaN
