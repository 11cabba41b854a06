"""A backbone, a bottleneck and class scores: the network that adaptations train and serve."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import override


class Classifier(nn.Module):
    """Class scores from bottleneck features (G_y of G_f in Cao et al. 2018; a bottleneck layer as in their Sec. 4.1).

    Args:
        backbone: inputs -> (N, features).
        features: that the backbone gives.
        bottleneck: features that the classifier, and discriminators, see.
        classes: K.

    Shape:
        the backbone's input -> scores (N, classes).
    """

    def __init__(self, backbone: nn.Module, features: int, bottleneck: int, classes: int) -> None:
        super().__init__()
        self.arguments = {"features": features, "bottleneck": bottleneck, "classes": classes}
        self.backbone = backbone
        self.bottleneck = nn.Sequential(nn.Linear(features, bottleneck), nn.ReLU())
        self.scores = nn.Linear(bottleneck, classes)

    def features(self, inputs: Tensor) -> Tensor:
        """Bottleneck features, (N, bottleneck)."""
        return self.bottleneck(self.backbone(inputs))

    @override
    def forward(self, inputs: Tensor) -> Tensor:
        return self.scores(self.features(inputs))
