"""Balanced adversarial alignment with adaptive uncertainty suppression."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor
from typing_extensions import override

from models.adaptation.config import AdaptationConfig
from models.adaptation.losses import domain_losses, entropy, mean_one, weighted_mean
from models.adaptation.methods.objective import Batch, Losses
from models.adaptation.methods.one_discriminator import OneDiscriminator

_AUGMENTED = 0.25  # of a batch: source examples that stand in for missing classes at the beginning
_SMALL = 1e-7


class Ba3us(OneDiscriminator):
    """BA3US (Liang et al. 2020, Sec. 3), with γ, H and the discriminator as in PADA and SAN.

        1/n_s Σ_s γ_y [CE(y, ŷ) - U] + β/n_t Σ_t H(ŷ) - λ/n_s Σ_{s, joining} γ_y CE(G_d, d) - λ/n_t Σ_t CE(G_d, d)
        U = (1 - ŷ_y) H(ŷ_k / (1 - ŷ_y), k != y) / log(K - 1), the complement entropy

    Balanced alignment (Sec. 3.2): source examples, fewer and fewer, join the target's side of the discriminator, so
    that at first both sides hold all classes; source examples weigh γ of their class on either side. Those that join
    are of the step's own batch, which has the same expectation as drawing others. Uncertainty suppression (Sec. 3.3):
    a weighted complement entropy spreads a source example's wrong probabilities evenly, the more the less sure it is.

    Args:
        config: sizes and weights.
        weight: of the adversarial loss.
    """

    def __init__(self, config: AdaptationConfig, weight: float) -> None:
        super().__init__(config, weight)
        self._entropy_weight = config.entropy_weight

    @override
    def losses(self, batch: Batch) -> Losses:
        weights = self.shares[batch.labels]
        errors = F.cross_entropy(batch.source_scores, batch.labels, reduction="none")
        found = {
            "classification": weighted_mean(errors, weights),
            "adversarial": self._weight * self._balanced(batch, weights),
            "entropy": self._entropy_weight * entropy(batch.target_scores).mean(),
        }
        if self.classes > 2:  # the complement of one class of two has no entropy
            found["complement"] = weighted_mean(self._complement(batch), weights)
        return found

    @override
    def class_weights(self) -> Tensor:
        return mean_one(self.shares)

    def _balanced(self, batch: Batch, weights: Tensor) -> Tensor:
        count = len(batch.labels)
        joining = int(_AUGMENTED * (1.0 - batch.done) * count)
        share = joining / count
        source, target = self.judged(batch)
        aligned = weighted_mean(domain_losses(source, is_source=True), weights)
        total = (1.0 + share) * aligned + domain_losses(target, is_source=False).mean()
        if joining:
            middle = domain_losses(source[:joining], is_source=False)
            total = total + share * weighted_mean(middle, weights[:joining])
        return total / (2.0 + 2.0 * share)

    def _complement(self, batch: Batch) -> Tensor:
        """Minus the complement entropy of each source example, scaled to [-1, 0] and by 1 - ŷ of its class."""
        probabilities = torch.softmax(batch.source_scores, dim=1)
        others = 1.0 - probabilities.gather(1, batch.labels[:, None]) + _SMALL
        conditional = probabilities / others
        wrong = 1.0 - F.one_hot(batch.labels, self.classes).to(conditional)
        total = (conditional * (conditional + 1e-10).log() * wrong).sum(dim=1)
        return total / math.log(self.classes - 1) * others.squeeze(1)
