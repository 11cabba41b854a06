"""The course of a run as a JSON document, as rows hold it: what is not a number is null there."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.core.numbers import from_plain, plain
from models.adaptation.results import History

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
        losses={name: from_plain(values) for name, values in document["losses"].items()},
        scores={name: from_plain(values) for name, values in document["scores"].items()},
        **{name: from_plain(document[name]) for name in _SERIES},
        class_weights=None if weights is None else from_plain(weights),
    )
