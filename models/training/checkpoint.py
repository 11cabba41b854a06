"""The state of a run as safetensors bytes: weights, optimiser, generator, step. Nothing is pickled."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

_FORMAT = "taskatlas-checkpoint/1"


class CheckpointError(ValueError):
    """The bytes are no checkpoint of this format."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """The state of a run of several stages, between two optimiser steps.

    Attributes:
        identity: of the run; a checkpoint of another run is of no use.
        stage: the stage in progress.
        step: optimiser steps that the stage has finished.
        tensors: the state of the stage in progress.
        finished: the final tensors of the stages before it, by stage.
    """

    identity: str
    stage: str
    step: int
    tensors: Mapping[str, Tensor]
    finished: Mapping[str, Mapping[str, Tensor]]


def pack(checkpoint: Checkpoint) -> bytes:
    """Write a checkpoint as safetensors bytes."""
    stages = list(checkpoint.finished)
    stored = {f"stage/{name}": _plain(value) for name, value in checkpoint.tensors.items()}
    for position, stage in enumerate(stages):
        stored |= {f"{position}/{name}": _plain(value) for name, value in checkpoint.finished[stage].items()}
    header = {
        "format": _FORMAT,
        "state": json.dumps([checkpoint.identity, checkpoint.stage, checkpoint.step, stages]),
    }
    return safetensors.torch.save(stored, metadata=header)


def unpack(data: bytes) -> Checkpoint:
    """Read what `pack` wrote.

    Raises:
        CheckpointError: the bytes are something else.
    """
    try:
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])["__metadata__"]
        if header["format"] != _FORMAT:
            message = f"a checkpoint of format {header['format']!r}, not {_FORMAT}"
            raise CheckpointError(message)
        identity, stage, step, stages = json.loads(header["state"])
        stored = safetensors.torch.load(data)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        message = f"not a checkpoint: {error}"
        raise CheckpointError(message) from error
    return Checkpoint(
        identity=identity,
        stage=stage,
        step=step,
        tensors=_under(stored, "stage/"),
        finished={name: _under(stored, f"{position}/") for position, name in enumerate(stages)},
    )


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The state of every parameter, named by the parameter's position."""
    return {
        f"{position}.{name}": value
        for position, parameter in enumerate(_parameters(optimiser))
        for name, value in optimiser.state[parameter].items()
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `optimiser_tensors` took, in each parameter's own memory layout.

    A fused step reads parameter and state side by side, so both must lie in memory alike.
    """
    parameters = list(_parameters(optimiser))
    for key, value in tensors.items():
        position, name = key.split(".", 1)
        parameter = parameters[int(position)]
        alike = parameter if value.shape == parameter.shape else value
        optimiser.state[parameter][name] = torch.empty_like(alike, device=parameter.device).copy_(value)


def _parameters(optimiser: torch.optim.Optimizer) -> Iterator[nn.Parameter]:
    for group in optimiser.param_groups:
        yield from group["params"]


def _under(stored: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in stored.items() if name.startswith(prefix)}


def _plain(value: Tensor) -> Tensor:
    """A copy of its own: safetensors stores neither strides nor shared memory."""
    return value.detach().cpu().clone(memory_format=torch.contiguous_format)
