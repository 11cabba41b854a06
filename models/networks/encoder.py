"""The one encoder architecture that every task uses."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from typing_extensions import override

from models.networks.blocks import ResidualBlock, convolution
from models.networks.config import NetworkConfig


class Encoder(nn.Module):
    """A fully convolutional residual network that ends in a spatial bottleneck (Zamir et al. 2018, Sec. 3.1).

    Every stage halves height and width with a strided convolution, then refines with residual blocks; a last
    convolution without activation compresses to the bottleneck.

    Args:
        widths: Channels per stage.
        blocks: Residual blocks per stage.
        bottleneck_channels: Channels of the bottleneck.

    Shape:
        (N, 3, H, W) float in [-1, 1] -> (N, bottleneck_channels, H / 2^stages, W / 2^stages).
    """

    def __init__(self, widths: Sequence[int], blocks: Sequence[int], bottleneck_channels: int) -> None:
        super().__init__()
        self.arguments = {
            "widths": list(widths),
            "blocks": list(blocks),
            "bottleneck_channels": bottleneck_channels,
        }
        stages: list[nn.Module] = []
        channels = 3
        for width, count in zip(widths, blocks, strict=True):
            stages.append(convolution(channels, width, stride=2))
            stages.extend(ResidualBlock(width) for _ in range(count))
            channels = width
        self.stages = nn.Sequential(*stages)
        self.compress = nn.Conv2d(channels, bottleneck_channels, 3, padding=1)

    @classmethod
    def of(cls, config: NetworkConfig) -> Encoder:
        """The encoder of these sizes, with fresh random weights."""
        return cls(config.encoder_widths, config.encoder_blocks, config.bottleneck_channels)

    @override
    def forward(self, images: Tensor) -> Tensor:
        return self.compress(self.stages(images))


def encode_views(encoder: nn.Module, views: Tensor) -> Tensor:
    """Encode every image of a tuple with the same encoder and concatenate on channels.

    Args:
        encoder: (N, 3, H, W) -> (N, C, h, w).
        views: (N, V, 3, H, W), the V images or tiles of each example.

    Returns:
        (N, V*C, h, w).
    """
    count, towers = views.shape[:2]
    features = encoder(views.flatten(0, 1))
    return features.reshape(count, towers * features.shape[1], *features.shape[2:])


def fresh_encoder(config: NetworkConfig, generator: torch.Generator) -> Encoder:
    """An encoder whose random weights depend on `generator` alone, not on global random state."""
    encoder = Encoder.of(config)
    initialise(encoder, generator)
    return encoder


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw every weight of `module` anew from `generator` (He et al. 2015), in the order of its layers.

    Convolutions and linear layers get fan-in scaled normal weights and zero biases, normalisation the
    identity.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, a=0.1, nonlinearity="leaky_relu", generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d):
            layer.reset_parameters()
            layer.reset_running_stats()
