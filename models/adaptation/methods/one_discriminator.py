"""What methods with a single discriminator share."""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import override

from models.adaptation.config import AdaptationConfig
from models.adaptation.losses import domain_losses
from models.adaptation.methods.objective import Batch, Objective
from models.networks.discriminators import Discriminators


class OneDiscriminator(Objective):
    """A method whose adversary tells the domains apart, whatever the class.

    Args:
        config: sizes.
        weight: of the adversarial loss.
    """

    def __init__(self, config: AdaptationConfig, weight: float) -> None:
        super().__init__(len(config.classes))
        self.discriminator = Discriminators(1, config.bottleneck, config.discriminator_width)
        self._weight = weight

    @override
    def initialise(self, generator: torch.Generator) -> None:
        self.discriminator.initialise(generator)

    def judged(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The discriminator's score of each source and each target example, (n,) and (m,)."""
        strength = batch.source_features.new_full((1,), batch.reversal)
        features = torch.cat((batch.source_features, batch.target_features))
        scores = self.discriminator(features, strength).squeeze(1)
        count = len(batch.source_features)
        return scores[:count], scores[count:]

    def discriminated(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The discriminator's loss on each source and each target example, (n,) and (m,)."""
        source, target = self.judged(batch)
        return domain_losses(source, is_source=True), domain_losses(target, is_source=False)
