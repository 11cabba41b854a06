"""The decoder of every task whose output is a map."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import Tensor, nn
from typing_extensions import override

from models.networks.blocks import convolution


class DenseDecoder(nn.Module):
    """Convolutions with upsampling by 2 between them, from the spatial bottleneck to a map.

    It upsamples while the next doubling does not exceed `size` and widths are left; what is then missing is
    interpolated bilinearly. Fewer widths thus give smoother and much cheaper maps.

    Args:
        shape: Channels, height and width of the representation.
        widths: Channels of the convolutions, from the bottleneck's resolution upwards.
        outputs: Channels of the map.
        size: Height and width of the map, in pixels.

    Shape:
        (N, *shape) -> (N, outputs, size, size).
    """

    def __init__(self, shape: tuple[int, int, int], widths: Sequence[int], outputs: int, size: int) -> None:
        super().__init__()
        self.arguments = {"shape": list(shape), "widths": list(widths), "outputs": outputs, "size": size}
        channels, height, _ = shape
        layers: list[nn.Module] = [convolution(channels, widths[0])]
        for width, following in itertools.pairwise(widths):
            if height * 2 > size:
                layers.append(convolution(width, following))
                continue
            layers += [nn.Upsample(scale_factor=2, mode="nearest"), convolution(width, following)]
            height *= 2
        layers.append(nn.Conv2d(widths[-1], outputs, 3, padding=1))
        if height != size:
            layers.append(nn.Upsample(size=(size, size), mode="bilinear", align_corners=False))
        self.layers = nn.Sequential(*layers)

    @override
    def forward(self, representation: Tensor) -> Tensor:
        return self.layers(representation)
