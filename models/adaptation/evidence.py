"""What a run shows of how good it is, at the step that was chosen without target labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.adaptation.config import Selector
from models.adaptation.results import Adapted, History


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Of one run of one method.

    Attributes:
        seed: of the run.
        source_accuracy: on the held-out source.
        scores: by selector; the higher, the better; NaN where undefined.
        target_accuracy: on the labelled target; NaN without labels.
        labelled: target examples with a label.
        predictions: (t,) int64, of the target, its examples in one order in all runs.
        confidence: (t,) float32, their probabilities.
        classes: K.
    """

    seed: int
    source_accuracy: float
    scores: Mapping[Selector, float]
    target_accuracy: float
    labelled: int
    predictions: NDArray[np.int64]
    confidence: NDArray[np.float32]
    classes: int


Pairs = Sequence[tuple[Evidence, Evidence]]
"""Source-only and adapted, of one seed each; at least one, all of the same target."""


def evidence(adapted: Adapted) -> Evidence:
    """What a run shows."""
    return evidence_of(
        adapted.history,
        adapted.selector,
        seed=adapted.seed,
        labelled=int(adapted.confusion.sum()),
        predictions=adapted.predictions,
        confidence=adapted.confidence,
    )


def evidence_of(
    history: History,
    selector: Selector,
    *,
    seed: int,
    labelled: int,
    predictions: NDArray[np.int64],
    confidence: NDArray[np.float32],
) -> Evidence:
    """What a run shows whose history and predictions were kept.

    Args:
        history: of the run.
        selector: that chose the model.
        seed: of the run.
        labelled: target examples with a label.
        predictions: (t,) of the chosen model for the whole target.
        confidence: (t,) their probabilities.
    """
    at = history.chosen(selector)
    return Evidence(
        seed=seed,
        source_accuracy=float(history.source_accuracy[at]),
        scores={name: float(values[at]) for name, values in history.scores.items()},
        target_accuracy=float(history.target_accuracy[at]),
        labelled=labelled,
        predictions=predictions,
        confidence=confidence,
        classes=history.per_class.shape[1],
    )
