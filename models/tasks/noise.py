"""Random numbers that are a function of the image: the same in every batch, order and process."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_GOLDEN, _MIX_1, _MIX_2 = 0x9E3779B9, 0x85EBCA6B, 0xC2B2AE35  # constants of MurmurHash3's finaliser
_LOW = 0xFFFFFFFF


def _mix(x: Tensor) -> Tensor:
    """Scramble the low 32 bits of non-negative int64 numbers (MurmurHash3 finaliser)."""
    x = x ^ (x >> 16)
    x = (x * _MIX_1) & _LOW
    x = x ^ (x >> 13)
    x = (x * _MIX_2) & _LOW
    return x ^ (x >> 16)


def indexed_uniform(index: Tensor, count: int, *, stream: int) -> Tensor:
    """Uniform numbers in (0, 1) that depend on image index, position and stream alone.

    Args:
        index: (N,) int64, the image indices.
        count: Numbers per image.
        stream: Which sequence: two streams of the same image are independent.

    Returns:
        (N, count) float32.
    """
    rows = _mix(
        (index.to(torch.int64) & _LOW) ^ _mix(torch.tensor(stream + 1, device=index.device) * _GOLDEN & _LOW)
    )
    columns = torch.arange(count, dtype=torch.int64, device=index.device)
    bits = _mix((rows[:, None] + columns[None, :] * _GOLDEN) & _LOW)
    return ((bits >> 8).to(torch.float32) + 0.5) / 2**24


def uniform(index: Tensor, count: int, generator: torch.Generator | None, *, stream: int) -> Tensor:
    """(N, count) float32 uniform numbers in [0, 1): from `generator`, or of the image index without one."""
    if generator is None:
        return indexed_uniform(index, count, stream=stream)
    return torch.rand(len(index), count, generator=generator, device=generator.device)


def normal(index: Tensor, count: int, generator: torch.Generator | None, *, stream: int) -> Tensor:
    """(N, count) float32 standard normal numbers: from `generator`, or of the image index without one."""
    if generator is not None:
        return torch.randn(len(index), count, generator=generator, device=generator.device)
    radius = torch.sqrt(-2 * torch.log(indexed_uniform(index, count, stream=2 * stream)))
    return radius * torch.cos(2 * math.pi * indexed_uniform(index, count, stream=2 * stream + 1))
