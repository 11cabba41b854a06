"""The heads of the paper's scene understanding: of maps by pyramid pooling, of vectors by the mean."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

_CHANNELS = 2048  # of the maps that heads read, from a DilatedResNet
_CELLS = (1, 2, 3, 6)  # along each axis, that the maps are pooled to


class PyramidHead(nn.Module):
    """Maps with what surrounds each place, near and far, then a 3x3 convolution (PSPNet; Zhao et al. 2017, Sec. 3.2).

    In training it needs at least two examples at a time: the coarsest level has one number per example and channel,
    and is normalised by batch.

    Args:
        outputs: channels of the map.
        size: height and width of the map, pixels; reached by bilinear interpolation.
        channels: of the maps that it reads.
        dropout: probability of dropping a channel before the last convolution.

    Shape:
        (N, channels, h, w) -> (N, outputs, size, size).
    """

    def __init__(self, outputs: int, size: int, channels: int = _CHANNELS, dropout: float = 0.1) -> None:
        super().__init__()
        self.arguments = {"outputs": outputs, "size": size, "channels": channels, "dropout": dropout}
        self.size = size
        inner = channels // len(_CELLS)
        self.levels = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(cells), *_normalised(channels, inner, 1)) for cells in _CELLS
        )
        self.joined = nn.Sequential(
            *_normalised(channels + inner * len(_CELLS), inner, 3),
            nn.Dropout2d(dropout),
            nn.Conv2d(inner, outputs, 1),
        )

    @override
    def forward(self, maps: Tensor) -> Tensor:
        pyramid = [_resized(level(maps), maps.shape[2:]) for level in self.levels]
        return _resized(self.joined(torch.cat([maps, *pyramid], dim=1)), (self.size, self.size))


class PooledHead(nn.Module):
    """A linear layer on the mean over all places, for tasks with classes or numbers per image.

    Args:
        outputs: numbers, or class scores, per example.
        channels: of the maps that it reads.

    Shape:
        (N, channels, h, w) -> (N, outputs).
    """

    def __init__(self, outputs: int, channels: int = _CHANNELS) -> None:
        super().__init__()
        self.arguments = {"outputs": outputs, "channels": channels}
        self.scores = nn.Linear(channels, outputs)

    @override
    def forward(self, maps: Tensor) -> Tensor:
        return self.scores(maps.mean((2, 3)))


def _normalised(inputs: int, outputs: int, side: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(inputs, outputs, side, padding=side // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _resized(maps: Tensor, size: tuple[int, ...]) -> Tensor:
    return F.interpolate(maps, size=tuple(size), mode="bilinear", align_corners=False)
