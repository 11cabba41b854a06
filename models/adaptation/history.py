"""What a run measures from evaluation to evaluation, held by a module so that checkpoints keep it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.adaptation.config import SELECTORS, Selector
from models.adaptation.evaluation import accuracy, per_class_accuracy
from models.adaptation.results import History
from models.adaptation.selection import scores

TERMS = ("classification", "adversarial", "entropy", "auxiliary", "complement")
"""Names of all losses that a method may have."""

Outputs = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Bottleneck features and class probabilities of some examples."""


class Recorder(nn.Module):
    """Losses between evaluations, and what each evaluation found.

    Args:
        evaluations: E of them.
        classes: K.
    """

    taken: Tensor
    sums: Tensor
    counts: Tensor
    steps: Tensor
    losses: Tensor
    scores: Tensor
    accuracies: Tensor
    per_class: Tensor
    class_weights: Tensor

    def __init__(self, evaluations: int, classes: int) -> None:
        super().__init__()
        nothing = math.nan
        for name, value in (
            ("taken", torch.zeros((), dtype=torch.int64)),
            ("sums", torch.zeros(len(TERMS))),
            ("counts", torch.zeros(len(TERMS))),
            ("steps", torch.zeros(evaluations, dtype=torch.int64)),
            ("losses", torch.full((evaluations, len(TERMS)), nothing)),
            ("scores", torch.full((evaluations, len(SELECTORS)), nothing)),
            ("accuracies", torch.full((evaluations, 2), nothing)),
            ("per_class", torch.full((evaluations, classes), nothing)),
            ("class_weights", torch.ones(evaluations, classes)),
        ):
            self.register_buffer(name, value)

    def add(self, losses: Mapping[str, Tensor]) -> None:
        """Take note of one step's losses."""
        for name, value in losses.items():
            self.sums[TERMS.index(name)] += value.detach()
            self.counts[TERMS.index(name)] += 1

    def record(
        self,
        *,
        step: int,
        train_features: NDArray[np.float32],
        validation: Outputs,
        validation_labels: NDArray[np.int64],
        target: Outputs,
        target_labels: NDArray[np.int64],
        class_weights: Tensor | None,
        selector: Selector,
    ) -> bool:
        """Take note of an evaluation.

        Returns:
            Whether no earlier one was as good by `selector`, which sees no target label; true where it is undefined.
        """
        at = int(self.taken)
        found = scores(
            source_probabilities=validation[1],
            source_labels=validation_labels,
            source_features=validation[0],
            train_features=train_features,
            target_probabilities=target[1],
            target_features=target[0],
        )
        self.steps[at] = step
        self.losses[at] = self.sums / self.counts  # 0 / 0 is NaN: a loss that the method does not have
        self.scores[at] = torch.tensor([found[name] for name in SELECTORS])
        predictions = target[1].argmax(axis=1)
        classes = self.per_class.shape[1]
        self.accuracies[at, 0] = accuracy(validation[1].argmax(axis=1), validation_labels)
        self.accuracies[at, 1] = accuracy(predictions, target_labels)
        self.per_class[at] = torch.from_numpy(per_class_accuracy(predictions, target_labels, classes))
        if class_weights is not None:
            self.class_weights[at] = class_weights
        self.sums.zero_()
        self.counts.zero_()
        self.taken += 1
        return self.history(weighs=False).chosen(selector) == at

    def history(self, *, weighs: bool) -> History:
        """What was found so far.

        Args:
            weighs: whether the method has class weights.
        """
        taken = int(self.taken)
        losses = _array(self.losses, taken)
        return History(
            steps=_array(self.steps, taken),
            losses={name: losses[:, i] for i, name in enumerate(TERMS) if not np.isnan(losses[:, i]).all()},
            scores={name: _array(self.scores, taken)[:, i] for i, name in enumerate(SELECTORS)},
            source_accuracy=_array(self.accuracies, taken)[:, 0],
            target_accuracy=_array(self.accuracies, taken)[:, 1],
            per_class=_array(self.per_class, taken),
            class_weights=_array(self.class_weights, taken) if weighs else None,
        )


def _array(values: Tensor, taken: int) -> NDArray[Any]:
    return values[:taken].cpu().numpy().copy()
