"""What torchjd's methods remember from step to step, as bytes: a resumed run goes on with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from models.networks.device import accelerator
from models.training.checkpoint import optimiser_tensors, restore_optimiser


@dataclass(frozen=True, slots=True)
class Memory:
    """Which attributes of a method's object carry over to the next step.

    Attributes:
        attributes: their names; each holds a tensor or None, a whole number, an array, a list of tensors, or an
            optimiser.
        key: what the object's `_state_key` is, by the first attribute; the object forgets all where it differs.
        with_gradients: tensors are kept where the gradients are; else on the CPU.
    """

    attributes: tuple[str, ...] = ()
    key: Callable[[Tensor], object] | None = None
    with_gradients: bool = False

    def save(self, holder: object) -> Tensor:
        """The attributes of `holder` as (bytes,) uint8."""
        kept: dict[str, Tensor] = {}
        for name in self.attributes:
            kept |= _tensors(name, getattr(holder, name))
        data = safetensors.torch.save(
            {name: value.detach().cpu().contiguous() for name, value in kept.items()}
        )
        return torch.frombuffer(bytearray(data), dtype=torch.uint8)

    def restore(self, holder: object, saved: Tensor) -> None:
        """Put back into `holder` what `save` took."""
        device = accelerator() if self.with_gradients else torch.device("cpu")
        loaded = safetensors.torch.load(saved.cpu().numpy().tobytes())
        kept = {name: value.to(device) for name, value in loaded.items()}
        for name in self.attributes:
            setattr(holder, name, _value(name, getattr(holder, name), kept))
        if self.key is not None:
            first = kept.get(self.attributes[0])
            setattr(holder, "_state_key", None if first is None else self.key(first))  # noqa: B010 - torchjd's own


MEMORIES: Mapping[str, Memory] = MappingProxyType(
    {
        "DWA": Memory(("_loss_sum", "_n_batches", "_previous_averages")),
        "ExcessMTL": Memory(
            ("_sq_grad_sum", "_weights", "_initial_w", "_warmup_w_sum", "_n_steps"),
            lambda total: (*total.shape, total.dtype, total.device),
            with_gradients=True,
        ),
        "FAMO": Memory(("_w", "_prev_losses", "_optimizer")),
        "GradVac": Memory(("_phi_t",), lambda targets: (len(targets), targets.dtype)),
        # its problem is built anew from `prvs_alpha` in the first step of a resumed run
        "NashMTL": Memory(("prvs_alpha",)),
        "PCD": Memory(("_sq_norm_ema", "_n_steps"), len),
    }
)
"""Of every method that remembers anything beyond parameters that the network's optimiser steps."""


def _tensors(name: str, value: Any) -> dict[str, Tensor]:
    """An attribute's value as tensors, named by the attribute; of None, nothing."""
    match value:
        case None:
            return {}
        case Tensor():
            return {name: value}
        case np.ndarray():
            return {name: torch.from_numpy(value)}
        case list():
            return {f"{name}/{position}": item for position, item in enumerate(value)}
        case torch.optim.Optimizer():
            return {f"{name}/{key}": item for key, item in optimiser_tensors(value).items()}
        case _:
            return {name: torch.tensor(value)}


def _value(name: str, current: Any, kept: Mapping[str, Tensor]) -> Any:
    """The inverse of `_tensors`, for an attribute that holds `current` by now."""
    under = {key.removeprefix(f"{name}/"): item for key, item in kept.items() if key.startswith(f"{name}/")}
    match current:
        case int():
            return int(kept[name])
        case np.ndarray():
            return kept[name].numpy()
        case list():
            return [under[str(position)] for position in range(len(under))]
        case torch.optim.Optimizer():
            current.state.clear()
            restore_optimiser(current, under)
            return current
        case torch.nn.Parameter():
            current.data.copy_(kept[name])  # in place: its optimiser holds it
            return current
        case _:
            return kept.get(name)
