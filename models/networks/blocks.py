"""The few layers that encoders, decoders and heads are made of."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

SLOPE = 0.1  # of the leaky ReLU, below zero


def convolution(inputs: int, outputs: int, *, stride: int = 1) -> nn.Sequential:
    """3x3 convolution, batch normalisation, leaky ReLU.

    Shape:
        (N, inputs, H, W) -> (N, outputs, H / stride, W / stride).
    """
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(SLOPE, inplace=True),
    )


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around an identity shortcut, (N, C, H, W) -> the same shape (He et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    @override
    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x + self.norm(self.second(self.first(x))), SLOPE)
