"""What the heads share in the paper's scene understanding."""

from __future__ import annotations

from models.networks.backbone_shapes import STAGE_WIDTHS
from models.networks.resnet import ResNetMaps

STRIDE = 8
"""By which the maps are smaller than the images."""


class DilatedResNet(ResNetMaps):
    """A ResNet-50 whose last two stages dilate their convolutions by 2 and 4 instead of halving the maps.

    Its tensors have the names and shapes of the ResNet-50's, so weights of that one fit.

    Args:
        width: inner channels of the first stage, 64 in the paper.

    Shape:
        (N, 3, H, W) float in [-1, 1], H and W multiples of 8 -> (N, 32 width, H / 8, W / 8).

    Reference: Sener & Koltun 2018, Sec. 5.3; Zhao et al. 2017.
    """

    def __init__(self, width: int = STAGE_WIDTHS[0]) -> None:
        super().__init__(50, width=width, stride=STRIDE)
        self.arguments = {"width": width}
