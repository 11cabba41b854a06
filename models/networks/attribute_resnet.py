"""What the heads share in the paper's experiment with attributes."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from models.networks.backbone_shapes import RESNETS, STAGE_WIDTHS
from models.networks.resnet import BasicBlock

_SMALLEST = 16
_CELLS = 2  # that the last map is pooled to, along each axis


class AttributeResNet(nn.Module):
    """A ResNet-18 for small images (He et al. 2016): a 3x3 convolution without stride first, and no pooling after it.

    The last map is averaged over its quarters, which is the pooling by 4 x 4 of the paper at 64 x 64 pixels.

    Args:
        image_size: height and width of the images, pixels, at least 16.

    Shape:
        (N, 3, image_size, image_size) float in [-1, 1] -> (N, features), 2048 at every size: the heads are linear.

    Raises:
        ValueError: the images are too small.

    Reference: Sener & Koltun 2018, Sec. 5.2, and the authors' code.
    """

    def __init__(self, image_size: int) -> None:
        super().__init__()
        if image_size < _SMALLEST:
            message = f"image_size must be at least {_SMALLEST}, got {image_size}"
            raise ValueError(message)
        self.arguments = {"image_size": image_size}
        self.conv1 = nn.Conv2d(3, STAGE_WIDTHS[0], 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(STAGE_WIDTHS[0])
        stages: list[nn.Sequential] = []
        inputs, side = STAGE_WIDTHS[0], image_size
        for stage, (width, count) in enumerate(zip(STAGE_WIDTHS, RESNETS[18].blocks, strict=True)):
            blocks: list[nn.Module] = []
            for position in range(count):
                stride = 2 if stage and not position else 1
                blocks.append(BasicBlock(inputs, width, stride))
                inputs, side = width, -(-side // stride)
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        # Of an odd side the last window is smaller, and averages what it sees.
        self.pool = nn.AvgPool2d(-(-side // _CELLS), ceil_mode=True)
        self.features = inputs * _CELLS * _CELLS

    @override
    def forward(self, images: Tensor) -> Tensor:
        maps = F.relu(self.bn1(self.conv1(images)), inplace=True)
        maps = self.layer4(self.layer3(self.layer2(self.layer1(maps))))
        return self.pool(maps).flatten(1)
