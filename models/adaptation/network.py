"""The network of an adaptation: what its configuration says, with weights that its seed draws."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.adaptation.config import AdaptationConfig
from models.networks.classifier import Classifier
from models.networks.encoder import initialise
from models.networks.small_convnet import SmallConvNet

_EVALUATED = 512  # examples per pass without gradients


def fresh_network(config: AdaptationConfig, generator: torch.Generator) -> Classifier:
    """A network with weights that depend on `generator` alone."""
    backbone, features = _backbone(config)
    network = Classifier(backbone, features, config.bottleneck, len(config.classes))
    initialise(network, generator)
    return network


def as_input(inputs: NDArray[np.generic]) -> Tensor:
    """Examples as the network takes them.

    Args:
        inputs: (N, H, W, 3) uint8 images, or (N, D) vectors.

    Returns:
        (N, 3, H, W) float32 in [-1, 1], or (N, D) float32.
    """
    if inputs.ndim == 2:
        return torch.from_numpy(np.array(inputs, np.float32))
    return torch.from_numpy(np.array(inputs)).permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)


@torch.no_grad()
def outputs(network: Classifier, inputs: NDArray[np.generic]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What a network says of examples; it is left in evaluation mode.

    Args:
        network: with weights.
        inputs: (N, H, W, 3) uint8 images, or (N, D) float32 vectors.

    Returns:
        Bottleneck features (N, d) and class probabilities (N, K).
    """
    network.eval()
    found: list[tuple[Tensor, Tensor]] = []
    for start in range(0, len(inputs), _EVALUATED):
        features = network.features(as_input(inputs[start : start + _EVALUATED]))
        found.append((features, torch.softmax(network.scores(features), dim=1)))
    features, probabilities = (torch.cat(parts).numpy() for parts in zip(*found, strict=True))
    return features, probabilities


def _backbone(config: AdaptationConfig) -> tuple[nn.Module, int]:
    if config.input_features is not None:
        return nn.Identity(), config.input_features
    assert config.image_size is not None  # noqa: S101 - the configuration has one or the other
    small = SmallConvNet(config.image_size)
    return small, small.features
