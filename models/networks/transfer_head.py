"""What stands between frozen source representations and a target's decoder."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import override

from models.networks.blocks import SLOPE, convolution


class TransferHead(nn.Module):
    """Two parallel streams of two convolutions on the joined representations, mixed into one for the decoder.

    The input is normalised first, since every source has its own scale. The streams lie side by side on the
    channel axis: their first convolutions are one of twice the width, their second ones one with two groups.
    A normalisation and a 1x1 convolution end the head with the channels that the target's decoder was trained
    on, whatever the order (Zamir et al. 2018, Sec. 3.2, and the released code's two-stream transfer network).

    Args:
        inputs: Channels of the concatenated source representations.
        hidden: Channels of each stream.
        outputs: Channels of the representation that the decoder expects.

    Shape:
        (N, inputs, h, w) -> (N, outputs, h, w).
    """

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.arguments = {"inputs": inputs, "hidden": hidden, "outputs": outputs}
        self.norm = nn.BatchNorm2d(inputs)
        self.first = convolution(inputs, 2 * hidden)
        self.second = nn.Sequential(
            nn.Conv2d(2 * hidden, 2 * hidden, 3, padding=1, groups=2, bias=False),
            nn.BatchNorm2d(2 * hidden),
            nn.LeakyReLU(SLOPE, inplace=True),
        )
        self.mix = nn.Sequential(nn.BatchNorm2d(2 * hidden), nn.Conv2d(2 * hidden, outputs, 1))

    @override
    def forward(self, representations: Tensor) -> Tensor:
        return self.mix(self.second(self.first(self.norm(representations))))
