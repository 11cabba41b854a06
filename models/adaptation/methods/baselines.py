"""What partial adaptation is measured against: no adaptation, and adaptation that assumes equal label sets."""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import override

from models.adaptation.config import AdaptationConfig
from models.adaptation.losses import entropy
from models.adaptation.methods.objective import Batch, Losses, Objective, classification
from models.adaptation.methods.one_discriminator import OneDiscriminator


class SourceOnly(Objective):
    """Train on the source and hope (the row `AlexNet` of Cao et al. 2018, Tables 1 and 2)."""

    uses_target = False

    def __init__(self, config: AdaptationConfig) -> None:
        super().__init__(len(config.classes))

    @override
    def losses(self, batch: Batch) -> Losses:
        return {"classification": classification(batch)}


class Dann(OneDiscriminator):
    """One discriminator for all classes: RevGrad (Ganin & Lempitsky 2015, Sec. 3; Cao et al. 2018, Sec. 3.1).

        1/n_s Σ_s CE(y, ŷ) - λ/(n_s + n_t) Σ_{s,t} CE(G_d, d)

    minimised by features and classifier, maximised by the discriminator G_d; the two domains count alike here. With
    the target's entropy on top it is SAN without selection: the ablation `san-entropy`.

    Args:
        config: sizes and weights.
        weight: of the adversarial loss.
        entropy_weight: of the target's entropy; 0 is DANN itself.
    """

    def __init__(self, config: AdaptationConfig, weight: float, *, entropy_weight: float = 0.0) -> None:
        super().__init__(config, weight)
        self._entropy_weight = entropy_weight

    @override
    def losses(self, batch: Batch) -> Losses:
        source, target = self.discriminated(batch)
        found = {
            "classification": classification(batch),
            "adversarial": self._weight * 0.5 * (source.mean() + target.mean()),
        }
        if self._entropy_weight:
            found["entropy"] = self._entropy_weight * entropy(batch.target_scores).mean()
        return found

    @override
    def class_weights(self) -> Tensor:
        return torch.ones(self.classes)
