"""An encoder with the decoder of its task."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import override

from models.networks.encoder import encode_views


class TaskNetwork(nn.Module):
    """Shared encoder towers, concatenated representations, one decoder.

    Args:
        encoder: (N, 3, H, W) -> (N, C, h, w).
        decoder: (N, V*C, h, w) -> the task's prediction.

    Shape:
        (N, V, 3, H, W) -> the task's prediction.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    @override
    def forward(self, views: Tensor) -> Tensor:
        return self.decoder(encode_views(self.encoder, views))
