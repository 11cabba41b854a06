"""The backbone for small images."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import override

from models.networks.backbone_shapes import SMALLEST_MAP, small_stages

_GROUPS = 8


class SmallConvNet(nn.Module):
    """Strided 3x3 convolutions down to a map of at most 4 x 4, flattened: for images of 28 to 64 pixels.

    Normalisation is by groups of channels of one image (Wu & He 2018), not by batch: statistics of a batch that holds
    two domains with different class shares would align them by themselves, in every method and in none alike.

    Args:
        image_size: height and width of the images, pixels, at least 8.

    Shape:
        (N, 3, image_size, image_size) float in [-1, 1] -> (N, features).
    """

    def __init__(self, image_size: int) -> None:
        super().__init__()
        if image_size < 2 * SMALLEST_MAP:
            message = f"image_size must be at least {2 * SMALLEST_MAP}, got {image_size}"
            raise ValueError(message)
        self.arguments = {"image_size": image_size}
        stages: list[nn.Module] = []
        channels, size = 3, image_size
        for width in small_stages(image_size):
            stages += [
                nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False),
                nn.GroupNorm(_GROUPS, width),
                nn.ReLU(inplace=True),
            ]
            channels, size = width, (size + 1) // 2
        self.stages = nn.Sequential(*stages)
        self.features = channels * size * size

    @override
    def forward(self, images: Tensor) -> Tensor:
        return self.stages(images).flatten(1)
