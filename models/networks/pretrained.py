"""A backbone that starts from the weights of a file instead of random ones."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, load_file
from torch import nn

from models.networks.pretrained_file import PretrainedError, tensors_for, unreadable

_REAL = frozenset({torch.float16, torch.bfloat16, torch.float32, torch.float64})


def load_backbone(backbone: nn.Module, weights: Path | bytes) -> None:
    """Put the weights of a safetensors file into a backbone; nothing is unpickled.

    Reads public checkpoints, bare or under a prefix, and networks that this package saved: of an adaptation, its
    backbone alone. All fits, or the backbone stays as it was.

    Args:
        backbone: takes the tensors, in its own number type.
        weights: a file, or its bytes.

    Raises:
        PretrainedError: not such a file, or tensors that are missing, too many, of another shape, not real or not
            finite.
    """
    try:
        tensors = load(weights) if isinstance(weights, bytes) else load_file(weights)
    except SafetensorError as error:
        raise unreadable(error, *_name_and_start(weights)) from error
    except OSError as error:
        raise PretrainedError(f"cannot read the weights: {error}") from error
    own = backbone.state_dict()
    keys = tensors_for(
        {name: value.shape for name, value in own.items()},
        {name: value.shape for name, value in tensors.items()},
    )
    chosen = {name: tensors[key] for name, key in keys.items()}
    for name, value in chosen.items():
        if own[name].is_floating_point() and value.dtype not in _REAL:
            raise PretrainedError(f"{keys[name]} holds {value.dtype}, which no backbone computes in")
        if not torch.isfinite(value).all():
            raise PretrainedError(f"{keys[name]} holds numbers that are not finite")
    backbone.load_state_dict({**own, **chosen})


def _name_and_start(weights: Path | bytes) -> tuple[str, bytes]:
    if isinstance(weights, bytes):
        return "", weights[:8]
    with weights.open("rb") as file:
        return weights.name, file.read(8)
