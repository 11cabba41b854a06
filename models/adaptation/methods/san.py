"""Selective adversarial networks: a discriminator per source class, weighted by the classifier's own word.

Cao et al. 2018 (CVPR), Sec. 3. With ŷ the class probabilities and γ their mean over the target, the objective is

    1/n_s Σ_s CE(y, ŷ) + 1/n_t Σ_t H(ŷ) - λ/(n_s + n_t) Σ_k γ_k Σ_{s,t} ŷ_k CE(G_d^k, d)

minimised by features and classifier and maximised by every discriminator G_d^k; ŷ and γ as weights are
constants. The released codes differ from it and from each other: three modes.
"""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import override

from models.adaptation.config import AdaptationConfig, Mode
from models.adaptation.losses import class_shares, domain_losses, entropy, mean_one
from models.adaptation.methods.objective import Batch, Losses, Objective, classification
from models.networks.discriminators import Discriminators

_SHARPNESS = 10.0  # of the weights' softmax in the Caffe code
_CAFFE_WEIGHT = 0.1  # of each discriminator's loss there
_IGNORED = 1e-3  # probabilities below it have no entropy there


class San(Objective):
    """SAN in one of its modes; without entropy it is the ablation `san-selective`.

    Modes:
        paper: the objective with γ the mean over the batch's target examples.
        caffe: ŷ of a sharpened softmax, γ averaged over all past batches and scaled to mean 1, a tenth of the loss,
            and the entropy rises with the gradient reversal.
        w_t: discriminator k sees ŷ_k times the features, all examples count alike in its loss, and γ_k / max γ is the
            strength of its gradient reversal; γ is of the whole target, renewed at every evaluation.

    Args:
        config: sizes, mode and weights.
        weight: of the adversarial loss.
        entropy_weight: of the target's entropy; 0 leaves it out.
    """

    accumulated: Tensor

    def __init__(self, config: AdaptationConfig, weight: float, *, entropy_weight: float = 0.0) -> None:
        super().__init__(len(config.classes))
        self.discriminators = Discriminators(self.classes, config.bottleneck, config.discriminator_width)
        self.register_buffer("accumulated", torch.zeros(self.classes))
        self._mode: Mode = config.mode
        self._weight, self._entropy_weight = weight, entropy_weight

    @override
    def initialise(self, generator: torch.Generator) -> None:
        self.discriminators.initialise(generator)

    @override
    def losses(self, batch: Batch) -> Losses:
        adversarial = {"paper": self._paper, "caffe": self._caffe, "w_t": self._w_t}[self._mode]
        found = {"classification": classification(batch), "adversarial": self._weight * adversarial(batch)}
        if self._entropy_weight:
            found["entropy"] = self._entropy_weight * self._entropy(batch)
        return found

    @override
    def class_weights(self) -> Tensor:
        return mean_one(self.accumulated if self._mode == "caffe" and self.accumulated.any() else self.shares)

    def _paper(self, batch: Batch) -> Tensor:
        return self._weighted(batch, class_shares(batch.target_scores), sharpness=1.0)

    def _caffe(self, batch: Batch) -> Tensor:
        self.accumulated += class_shares(batch.target_scores, sharpness=_SHARPNESS)
        return _CAFFE_WEIGHT * self._weighted(batch, mean_one(self.accumulated), sharpness=_SHARPNESS)

    def _weighted(self, batch: Batch, gamma: Tensor, *, sharpness: float) -> Tensor:
        features, scores = _joined(batch)
        judged = self.discriminators(features, features.new_full((self.classes,), batch.reversal))
        chosen = torch.softmax(sharpness * scores.detach(), dim=1)
        return (gamma * chosen * _losses(judged, batch)).sum(dim=1).mean()

    def _w_t(self, batch: Batch) -> Tensor:
        features, scores = _joined(batch)
        strengths = batch.reversal * self.shares / self.shares.max()
        chosen = torch.softmax(scores.detach(), dim=1)
        return _losses(self.discriminators(features, strengths, chosen), batch).sum(dim=1).mean()

    def _entropy(self, batch: Batch) -> Tensor:
        if self._mode != "caffe":
            return entropy(batch.target_scores).mean()
        probabilities = torch.softmax(batch.target_scores, dim=1)
        kept = torch.where(probabilities >= _IGNORED, probabilities, torch.ones_like(probabilities))
        return batch.reversal * -(kept * kept.log()).sum(dim=1).mean()


def _joined(batch: Batch) -> tuple[Tensor, Tensor]:
    features = torch.cat((batch.source_features, batch.target_features))
    return features, torch.cat((batch.source_scores, batch.target_scores))


def _losses(judged: Tensor, batch: Batch) -> Tensor:
    count = len(batch.source_features)
    return torch.cat(
        (domain_losses(judged[:count], is_source=True), domain_losses(judged[count:], is_source=False))
    )
