"""The backbone for larger images, up to its maps and up to pooled features."""

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


class ResNetMaps(nn.Module):
    """A ResNet up to its last maps (He et al. 2016), with the names of the public checkpoints.

    A block that halves height and width does so in its 3x3 convolution, not in the 1x1 before it ("v1.5"), as the
    networks of the public weights do. Images are normalised inside with ImageNet's mean and deviation.

    Normalisation is by batch. In training, the source and the target pass as one batch, as in SAN's reference code, so
    that both are normalised with the statistics of their mixture; in evaluation the running statistics of that mixture
    count.

    Args:
        depth: 18 or 50.
        width: inner channels of the first stage; each further one has twice as many.
        stride: by which height and width are divided in all, 32 or less: stages that would go beyond it keep their
            size and dilate their 3x3 convolutions instead, so that these see what they would have seen (Yu & Koltun
            2016). Depth 50 only.

    Shape:
        (N, 3, H, W) float in [-1, 1], H and W best a multiple of `stride` -> (N, features, H / stride, W / stride).

    Raises:
        ValueError: another depth, or another stride than 32 of depth 18.
    """

    def __init__(self, depth: int, *, width: int = STAGE_WIDTHS[0], stride: int = 32) -> None:
        super().__init__()
        if depth not in RESNETS:
            message = f"depth must be one of {', '.join(map(str, RESNETS))}, got {depth}"
            raise ValueError(message)
        sizes = RESNETS[depth]
        if sizes.expansion == 1 and stride != 32:
            message = f"a ResNet-{depth} cannot dilate: its stride is 32, not {stride}"
            raise ValueError(message)
        self.features = sizes.features * width // STAGE_WIDTHS[0]
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        stages: list[nn.Sequential] = []
        inputs, reached, dilation = width, 4, 1
        for stage, count in enumerate(sizes.blocks):
            inner = width * STAGE_WIDTHS[stage] // STAGE_WIDTHS[0]
            blocks: list[nn.Module] = []
            for position in range(count):
                halved = bool(stage) and not position
                step = 2 if halved and reached < stride else 1
                if sizes.expansion == 1:
                    blocks.append(BasicBlock(inputs, inner, step))
                else:
                    blocks.append(BottleneckBlock(inputs, inner, step, dilation))
                # a block that was to halve sees the same maps as before, and all after it finer ones
                dilation *= 2 if halved and step == 1 else 1
                reached *= step
                inputs = inner * sizes.expansion
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
        return self.layer4(self.layer3(self.layer2(self.layer1(maps))))


class ResNet(ResNetMaps):
    """A ResNet up to its pooled features.

    Args:
        depth: 18 or 50.

    Shape:
        (N, 3, H, W) float in [-1, 1], H and W best a multiple of 32 -> (N, features), 512 of depth 18, 2048 of 50.

    Raises:
        ValueError: another depth.
    """

    def __init__(self, depth: int) -> None:
        super().__init__(depth)
        self.arguments = {"depth": depth}

    @override
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images).mean((2, 3))


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

    def __init__(self, inputs: int, width: int, stride: int, dilation: int = 1) -> None:
        super().__init__()
        outputs = 4 * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(
            width, width, 3, stride=stride, padding=dilation, dilation=dilation, bias=False
        )
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
