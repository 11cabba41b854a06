"""The network of a multi-task training: what its configuration says, with weights that its seed draws."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from models.multitask.config import MultitaskConfig
from models.networks.attribute_resnet import AttributeResNet
from models.networks.device import seeded
from models.networks.dilated_resnet import DilatedResNet
from models.networks.encoder import Encoder, initialise
from models.networks.lenet import FullyConnectedHead, LeNetTrunk
from models.networks.multi_head import MultiHead
from models.networks.pyramid_head import PooledHead, PyramidHead
from models.networks.vector_head import VectorHead
from models.networks.weights import describe
from models.tasks.definition import TaskDefinition
from models.training.seeds import generator_of


class UnsuitableArchitecture(ValueError):
    """A task's output is none that the architecture has a head for."""


def fresh_network(
    config: MultitaskConfig, definitions: Sequence[TaskDefinition], seed: int, *, shared: bool
) -> MultiHead:
    """A network whose weights depend on the configuration, the tasks' names and the seed alone.

    Encoders begin with the same weights, shared or not, and a task's head begins with the same weights whatever the
    other tasks are.

    Args:
        config: architecture and sizes.
        definitions: of the tasks, in order.
        seed: draws the weights.
        shared: one encoder for all tasks, or one for each.

    Raises:
        UnsuitableArchitecture: a task is of another kind than the architecture's heads.
    """
    encoders = [_encoder(config) for _ in range(1 if shared else len(definitions))]
    for encoder in encoders:
        initialise(encoder, generator_of(seed, "encoder"))
    heads: list[nn.Module] = []
    for definition in definitions:
        head = _head(config, definition, getattr(encoders[0], "features", 0))
        initialise(head, generator_of(seed, "head", definition.name))
        heads.append(head)
    return MultiHead(encoders, heads)


def _encoder(config: MultitaskConfig) -> nn.Module:
    match config.architecture:
        case "encoder":
            return Encoder.of(config.network)
        case "lenet":
            return LeNetTrunk(config.network.image_size)
        case "resnet18":
            return AttributeResNet(config.network.image_size)
        case "pspnet":
            return DilatedResNet()


def _head(config: MultitaskConfig, definition: TaskDefinition, features: int) -> nn.Module:
    """The decoder of the task's definition where the encoder is the atlas's; else a head with as many outputs.

    Args:
        config: of the training.
        definition: of the task.
        features: that the encoder gives, where that is a vector.
    """
    decoder = definition.decoder(config.network.representation_shape, config.network)
    if config.architecture == "encoder":
        return decoder
    described, is_vector = describe(decoder), isinstance(decoder, VectorHead)
    outputs = int(described["outputs"])
    if config.architecture == "pspnet":
        return PooledHead(outputs) if is_vector else PyramidHead(outputs, int(described["size"]))
    if not is_vector:
        message = (
            f"{definition.name} is a map: `{config.architecture}` has heads for classes and vectors alone"
        )
        raise UnsuitableArchitecture(message)
    hidden = features if config.architecture == "lenet" else 0
    return FullyConnectedHead(features, hidden, outputs, config.dropout)


def drawn_by(generator: torch.Generator) -> AbstractContextManager[None]:
    """Let what draws from torch's global generators (dropout) follow one number of `generator`."""
    return seeded(int(torch.randint(1 << 62, (), generator=generator)))


def parameters_of(
    network: MultiHead,
) -> tuple[tuple[nn.Parameter, ...], tuple[tuple[nn.Parameter, ...], ...]]:
    """Parameters of the shared encoder, none where nothing is shared; and of each head, with its own encoder if any."""
    if network.shares:
        return tuple(network.encoders.parameters()), tuple(tuple(head.parameters()) for head in network.heads)
    encoders = list(network.encoders)
    return (), tuple(
        (*encoder.parameters(), *head.parameters())
        for encoder, head in zip(encoders, network.heads, strict=True)
    )


def finite(values: Tensor) -> bool:
    """Whether all numbers are."""
    return bool(torch.isfinite(values).all())
