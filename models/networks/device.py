"""Where networks train and answer: on a GPU where torch finds one. Data, random draws and figures stay on the CPU."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from itertools import chain
from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)
_CPU = torch.device("cpu")


def accelerator() -> torch.device:
    """The first GPU that torch sees, which `CUDA_VISIBLE_DEVICES` chooses; the CPU where there is none."""
    return _gpu() or _CPU


def on_accelerator(module: M) -> M:
    """The module, moved there in place."""
    return module.to(accelerator())


def device_of(module: nn.Module) -> torch.device:
    """Where a module's tensors are: the CPU for one that has none."""
    return next((each.device for each in chain(module.parameters(), module.buffers())), _CPU)


@contextmanager
def seeded(seed: int) -> Generator[None]:
    """Let everything that is drawn from torch's global generators inside follow from `seed`, and nothing outside."""
    device = accelerator()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _gpu() -> torch.device | None:
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else None
