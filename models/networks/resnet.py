"""The backbone for larger images."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from models.networks.backbone_shapes import RESNETS, STAGE_WIDTHS

_MEAN = (
    0.485,
    0.456,
    0.406,
)  # of ImageNet's red, green and blue in [0, 1], as public weights were trained with
_DEVIATION = (0.229, 0.224, 0.225)


class ResNet(nn.Module):
    """A ResNet up to its pooled features (He et al. 2016), with the names of the public checkpoints.

    A block that halves height and width does so in its 3x3 convolution, not in the 1x1 before it ("v1.5"), as the
    networks of the public weights do. Images are normalised inside with ImageNet's mean and deviation.

    Normalisation is by batch. In training, the source and the target pass as one batch, as in SAN's reference code, so
    that both are normalised with the statistics of their mixture; in evaluation the running statistics of that mixture
    count.

    Args:
        depth: 18 or 50.

    Shape:
        (N, 3, H, W) float in [-1, 1], H and W best a multiple of 32 -> (N, features), 512 of depth 18, 2048 of 50.

    Raises:
        ValueError: another depth.
    """

    def __init__(self, depth: int) -> None:
        super().__init__()
        if depth not in RESNETS:
            message = f"depth must be one of {', '.join(map(str, RESNETS))}, got {depth}"
            raise ValueError(message)
        sizes = RESNETS[depth]
        self.arguments = {"depth": depth}
        self.features = sizes.features
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        stages: list[nn.Sequential] = []
        inputs = 64
        for stage, (width, count) in enumerate(zip(STAGE_WIDTHS, sizes.blocks, strict=True)):
            blocks: list[nn.Module] = []
            for position in range(count):
                stride = 2 if stage and not position else 1
                kind = BasicBlock if sizes.expansion == 1 else BottleneckBlock
                blocks.append(kind(inputs, width, stride))
                inputs = width * sizes.expansion
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        # not persistent: the public files do not have them
        self.register_buffer(
            "scale", torch.tensor(_DEVIATION).view(3, 1, 1).mul(2).reciprocal(), persistent=False
        )
        shift = (0.5 - torch.tensor(_MEAN)) / torch.tensor(_DEVIATION)
        self.register_buffer("shift", shift.view(3, 1, 1), persistent=False)

    @override
    def forward(self, images: Tensor) -> Tensor:
        normalised = images * self.get_buffer("scale") + self.get_buffer("shift")
        maps = F.relu(self.bn1(self.conv1(normalised)), inplace=True)
        maps = F.max_pool2d(maps, 3, stride=2, padding=1)
        maps = self.layer4(self.layer3(self.layer2(self.layer1(maps))))
        return maps.mean((2, 3))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut, (N, inputs, H, W) -> (N, width, H / stride, W / stride)."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(inputs, width, stride)

    @override
    def forward(self, maps: Tensor) -> Tensor:
        inner = F.relu(self.bn1(self.conv1(maps)), inplace=True)
        return F.relu(self.bn2(self.conv2(inner)) + self.downsample(maps))


class BottleneckBlock(nn.Module):
    """1x1, 3x3 and 1x1 around a shortcut, (N, inputs, H, W) -> (N, 4 width, H / stride, W / stride)."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = _shortcut(inputs, outputs, stride)

    @override
    def forward(self, maps: Tensor) -> Tensor:
        inner = F.relu(self.bn1(self.conv1(maps)), inplace=True)
        inner = F.relu(self.bn2(self.conv2(inner)), inplace=True)
        return F.relu(self.bn3(self.conv3(inner)) + self.downsample(maps))


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    """The identity, or a projection where channels or size change; an identity has no tensors, so none to name."""
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs))
