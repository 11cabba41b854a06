"""Trained networks at work on a user's images."""

from collections.abc import Sequence

import torch
from torch import Tensor

from models.networks.device import on_accelerator
from models.networks.transfer_network import TransferNetwork
from models.networks.weights import WeightsError, unpack_network
from models.tasks.examples import channels_last, laid_out
from models.tasks.serving import Servable
from models.transfer.representations import as_source_sees, encode
from models.transfer.saved import load_task, saved_definition


def load_network(weights: bytes) -> Servable:
    """A task-specific or scratch network, from its bytes alone.

    Raises:
        WeightsError: the bytes are no such network.
    """
    task = load_task(weights)
    return Servable(task.definition, laid_out(task.network))


def load_transfer(head: bytes, sources: Sequence[bytes]) -> Servable:
    """A transfer with the encoders it stands on.

    Args:
        head: `TransferResult.weights`.
        sources: `TaskNetwork.weights` of its sources, in any order.

    Raises:
        WeightsError: the bytes are no transfer, or the sources are not those it was trained on.
    """
    saved = unpack_network(head)
    if not isinstance(saved.module, TransferNetwork):
        message = f"a {type(saved.module).__name__} is no transfer"
        raise WeightsError(message)
    loaded = {task.definition.name: task for task in map(load_task, sources)}
    names = list(saved.metadata.get("sources", []))
    if sorted(loaded) != sorted(names) or len(sources) != len(names):
        message = f"the transfer stands on {' + '.join(names)}, got {' + '.join(sorted(loaded))}"
        raise WeightsError(message)
    network = laid_out(saved.module)
    encoders = [(loaded[name].definition, on_accelerator(loaded[name].network.encoder)) for name in names]

    def run(inputs: Tensor) -> Tensor:
        seen = [encode(encoder, as_source_sees(source, inputs)) for source, encoder in encoders]
        return network(channels_last(torch.cat(seen, dim=1)))

    return Servable(saved_definition(saved), run)
