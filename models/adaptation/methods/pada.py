"""Partial adversarial domain adaptation: one discriminator, and source classes weighted by the target's shares."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor
from typing_extensions import override

from models.adaptation.losses import mean_one, weighted_mean
from models.adaptation.methods.objective import Batch, Losses
from models.adaptation.methods.one_discriminator import OneDiscriminator


class Pada(OneDiscriminator):
    """PADA (Cao et al. 2018, ECCV, Sec. 3).

        1/n_s Σ_s γ_y CE(y, ŷ) - λ/n_s Σ_s γ_y CE(G_d, d) - λ/n_t Σ_t CE(G_d, d)

    minimised by features and classifier, maximised by the discriminator. γ, the mean of the classifier's probabilities
    over the whole target scaled to maximum 1, weighs a source example by its class; target examples all count alike.

    Args:
        config: sizes and weights.
        weight: of the adversarial loss.
    """

    @override
    def losses(self, batch: Batch) -> Losses:
        weights = (self.shares / self.shares.max())[batch.labels]
        errors = F.cross_entropy(batch.source_scores, batch.labels, reduction="none")
        source, target = self.discriminated(batch)
        return {
            "classification": weighted_mean(errors, weights),
            "adversarial": self._weight * 0.5 * ((weights * source).mean() + target.mean()),
        }

    @override
    def class_weights(self) -> Tensor:
        return mean_one(self.shares)
