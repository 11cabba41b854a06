"""What a method of adaptation is: the losses of one step, and what it remembers from step to step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Losses = dict[str, Tensor]
"""Terms of an objective by name, each already weighted: what is minimised is their sum."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Examples of both domains after the network.

    Attributes:
        source_features: (n, d) bottleneck features.
        source_scores: (n, K) before the softmax.
        labels: (n,) int64, the source's classes.
        target_features: (m, d).
        target_scores: (m, K).
        reversal: strength of the gradient reversal, in [0, 1].
        done: share of the training that is done, in [0, 1).
    """

    source_features: Tensor
    source_scores: Tensor
    labels: Tensor
    target_features: Tensor
    target_scores: Tensor
    reversal: float
    done: float


class Objective(nn.Module, ABC):
    """A method of adaptation: its own networks and memory are a module's, so that checkpoints hold them.

    Args:
        classes: K of the source.
    """

    uses_target = True
    """Whether the objective looks at the target at all."""

    shares: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.register_buffer("shares", torch.full((classes,), 1.0 / classes))

    @abstractmethod
    def losses(self, batch: Batch) -> Losses:
        """The terms of one step."""

    def observe_target(self, shares: Tensor) -> None:
        """Learn the classifier's class shares over the whole target, (K,) summing to 1: at every evaluation."""
        self.shares.copy_(shares)

    def class_weights(self) -> Tensor | None:
        """How much each source class counts in the adversarial loss, (K,) of mean 1; None without such a loss."""
        return None

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the method's own networks from `generator`."""


def classification(batch: Batch) -> Tensor:
    """Mean cross-entropy on the source: what every method begins from."""
    return F.cross_entropy(batch.source_scores, batch.labels)
