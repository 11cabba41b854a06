"""The network of an adaptation: what its configuration says, with weights that its seed draws."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.adaptation.config import AdaptationConfig
from models.networks.classifier import Classifier
from models.networks.device import device_of
from models.networks.encoder import initialise
from models.networks.pretrained import load_backbone
from models.networks.resnet import ResNet
from models.networks.small_convnet import SmallConvNet

_EVALUATED = 512  # examples per pass without gradients, fewer where images have more than
_PIXELS = 64 * 64
_DEPTHS = {"resnet18": 18, "resnet50": 50}


def fresh_network(
    config: AdaptationConfig, generator: torch.Generator, pretrained: bytes | None = None
) -> Classifier:
    """A network with weights that depend on `generator`, and where given on a file for its backbone, alone.

    Args:
        config: sizes and backbone.
        generator: draws the weights.
        pretrained: a safetensors file's bytes, for the backbone.

    Raises:
        PretrainedError: `pretrained` is no such file, or of another network.
    """
    backbone, features = _backbone(config)
    network = Classifier(backbone, features, config.bottleneck, len(config.classes))
    initialise(network, generator)
    if pretrained is not None:
        load_backbone(network.backbone, pretrained)
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
def outputs(
    network: Classifier, inputs: NDArray[np.generic]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What a network says of examples; it is left in evaluation mode.

    Args:
        network: with weights.
        inputs: (N, H, W, 3) uint8 images, or (N, D) float32 vectors.

    Returns:
        Bottleneck features (N, d) and class probabilities (N, K).
    """
    network.eval()
    found: list[tuple[Tensor, Tensor]] = []
    pixels = inputs.shape[1] * inputs.shape[2] if inputs.ndim == 4 else 1
    size = min(_EVALUATED, max(1, _EVALUATED * _PIXELS // pixels))
    for start in range(0, len(inputs), size):
        features = network.features(as_input(inputs[start : start + size]).to(device_of(network)))
        found.append((features, torch.softmax(network.scores(features), dim=1)))
    features, probabilities = (torch.cat(parts).cpu().numpy() for parts in zip(*found, strict=True))
    return features, probabilities


def _backbone(config: AdaptationConfig) -> tuple[nn.Module, int]:
    if config.input_features is not None:
        return nn.Identity(), config.input_features
    assert config.image_size is not None  # noqa: S101 - the configuration has one or the other
    depth = _DEPTHS.get(config.backbone)
    backbone = SmallConvNet(config.image_size) if depth is None else ResNet(depth)
    return backbone, backbone.features
