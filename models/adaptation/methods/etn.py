"""Example transfer network: source examples weighted one by one, by how much they look like the target."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from models.adaptation.config import AdaptationConfig
from models.adaptation.losses import entropy, mean_one
from models.adaptation.methods.objective import Batch, Losses
from models.adaptation.methods.one_discriminator import OneDiscriminator
from models.networks.encoder import initialise

_SMALL = 1e-6
_MEMORY = 0.99  # of the running mean weight of a class, which is reported and nothing else


class Etn(OneDiscriminator):
    """ETN (Cao et al. 2019, Sec. 3).

        1/n_s Σ_s w CE(y, ŷ) + β/n_t Σ_t H(ŷ) - λ/n_s Σ_s w CE(G_d, d) - λ/n_t Σ_t CE(G_d, d)
        w = 1 - Σ_k σ_k(z),   σ_k(z) = exp z_k / (K + Σ_c exp z_c)   on the scores z of the auxiliary classifier

    An auxiliary classifier with a leaky softmax, whose probabilities sum to less than 1, learns the source's classes
    one against all others; their sum is the auxiliary discriminator's probability of the source. A source example
    weighs 1 minus that, scaled to mean 1 in the batch, in the classifier's loss and in the discriminator's. Features
    do not learn from the auxiliary networks.

    Args:
        config: sizes and weights.
        weight: of the adversarial loss.
    """

    class_means: Tensor

    def __init__(self, config: AdaptationConfig, weight: float) -> None:
        super().__init__(config, weight)
        width = config.discriminator_width
        self.auxiliary = nn.Sequential(
            nn.Linear(config.bottleneck, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, self.classes),
        )
        self.register_buffer("class_means", torch.ones(self.classes))
        self._entropy_weight = config.entropy_weight

    @override
    def initialise(self, generator: torch.Generator) -> None:
        super().initialise(generator)
        initialise(self.auxiliary, generator)

    @override
    def losses(self, batch: Batch) -> Losses:
        by_class, of_source = self._leaky(batch.source_features)
        _, of_target = self._leaky(batch.target_features)
        weights = 1.0 - of_source.detach()
        weights = weights / weights.mean().clamp_min(_SMALL)
        self._remember(weights, batch.labels)
        errors = F.cross_entropy(batch.source_scores, batch.labels, reduction="none")
        source, target = self.discriminated(batch)
        one_hot = F.one_hot(batch.labels, self.classes).to(by_class)
        return {
            "classification": (weights * errors).mean(),
            "adversarial": self._weight * 0.5 * ((weights * source).mean() + target.mean()),
            "entropy": self._entropy_weight * entropy(batch.target_scores).mean(),
            "auxiliary": F.binary_cross_entropy(by_class, one_hot, reduction="none").sum(dim=1).mean()
            - of_source.log().mean()
            - torch.log1p(-of_target).mean(),
        }

    @override
    def class_weights(self) -> Tensor:
        return mean_one(self.class_means)

    def _leaky(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Leaky softmax, (N, K), and its sum, (N,): exp(z_k) / (K + Σ exp(z))."""
        scores = self.auxiliary(features.detach())
        leak = scores.new_full((len(scores), 1), float(self.classes)).log()
        probabilities = torch.softmax(torch.cat((scores, leak), dim=1), dim=1)[:, :-1]
        return probabilities.clamp(_SMALL, 1.0 - _SMALL), probabilities.sum(dim=1).clamp(_SMALL, 1.0 - _SMALL)

    @torch.no_grad()
    def _remember(self, weights: Tensor, labels: Tensor) -> None:
        counts = torch.bincount(labels, minlength=self.classes)
        sums = torch.bincount(labels, weights, minlength=self.classes).to(self.class_means)
        present = counts > 0
        means = sums[present] / counts[present]
        self.class_means[present] = _MEMORY * self.class_means[present] + (1.0 - _MEMORY) * means
