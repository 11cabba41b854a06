"""One network for several tasks, or one network per task in the same shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from torch import Tensor, nn
from typing_extensions import override


class MultiHead(nn.Module):
    """A shared encoder with one head per task; or an encoder for each head, which then shares nothing.

    Args:
        encoders: one, or as many as heads: images -> representation (N, ...).
        heads: T of them: representation -> the task's prediction.

    Shape:
        (N, 3, H, W) -> T predictions.

    Raises:
        ValueError: another number of encoders.
    """

    def __init__(self, encoders: Sequence[nn.Module], heads: Sequence[nn.Module]) -> None:
        super().__init__()
        if len(encoders) not in {1, len(heads)} or not heads:
            message = f"{len(encoders)} encoders for {len(heads)} heads: one, or one for each"
            raise ValueError(message)
        self.encoders = nn.ModuleList(encoders)
        self.heads = nn.ModuleList(heads)

    @property
    def shares(self) -> bool:
        """Whether there is one encoder for all heads (a single head counts as sharing with none)."""
        return len(self.encoders) == 1 < len(self.heads)

    def representations(self, images: Tensor) -> list[Tensor]:
        """What each head reads, T of them; the same tensor where the encoder is shared."""
        found = [cast(Tensor, encoder(images)) for encoder in self.encoders]
        return found * len(self.heads) if len(found) == 1 else found

    def predictions(self, representations: Sequence[Tensor]) -> list[Tensor]:
        """What each head makes of its representation."""
        return [head(each) for head, each in zip(self.heads, representations, strict=True)]

    @override
    def forward(self, images: Tensor) -> list[Tensor]:
        return self.predictions(self.representations(images))
