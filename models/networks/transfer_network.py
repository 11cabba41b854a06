"""Frozen source representations in, the target's prediction out."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import override


class TransferNetwork(nn.Module):
    """A transfer head with the decoder of its target.

    Args:
        head: (N, inputs, h, w) -> (N, outputs, h, w).
        decoder: (N, outputs, h, w) -> the target's prediction.

    Shape:
        (N, inputs, h, w), the sources' representations concatenated on channels -> the target's prediction.
    """

    def __init__(self, head: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.head = head
        self.decoder = decoder

    @override
    def forward(self, representations: Tensor) -> Tensor:
        return self.decoder(self.head(representations))
