"""Images between bytes and networks."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor


def to_network(images: Tensor) -> Tensor:
    """Scale images to the range of the encoder.

    Args:
        images: (..., H, W, 3) uint8.

    Returns:
        (..., 3, H, W) float32 in [-1, 1], in the memory order of the bytes (channels last), which the
        convolutions like best.
    """
    return images.movedim(-1, -3).to(torch.float32).mul_(1 / 127.5).sub_(1)


def to_bytes(images: Tensor) -> Tensor:
    """The inverse of `to_network`, clipped and rounded: (..., 3, H, W) float -> (..., H, W, 3) uint8."""
    return images.detach().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8).movedim(-3, -1)


def resize_area(images: Tensor, size: int) -> Tensor:
    """Average (N, C, H, W) float images down to (N, C, size, size)."""
    return F.interpolate(images, size=(size, size), mode="area")


def image_index(batch: Mapping[str, Tensor]) -> Tensor:
    """(N,) int64 image indices of a batch; zeros where the batch carries none (a user's own images)."""
    if "index" in batch:
        return batch["index"]
    first = next(iter(batch.values()))
    return torch.zeros(len(first), dtype=torch.int64, device=first.device)
