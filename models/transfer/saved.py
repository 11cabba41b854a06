"""Networks between bytes and use: what a weights file says of its task, and the network back from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from models.networks.task_network import TaskNetwork
from models.networks.weights import SavedNetwork, WeightsError, build, describe, unpack_network
from models.tasks.definition import TaskDefinition
from models.tasks.labels import LabelInfo
from models.tasks.registry import definition


def network_metadata(task: TaskDefinition) -> dict[str, Any]:
    """What a weights file must say so that its definition can be rebuilt; statistics go in as tensors."""
    return {"task": task.name, "image_size": task.image_size, "label_info": task.label_info.to_json()}


def saved_definition(saved: SavedNetwork) -> TaskDefinition:
    """The definition, with its statistics, of the task that a network was trained for.

    Raises:
        WeightsError: the file does not say.
    """
    metadata: Mapping[str, Any] = saved.metadata
    try:
        return definition(
            metadata["task"],
            image_size=metadata["image_size"],
            label_info=LabelInfo.from_json(metadata["label_info"]),
            statistics=saved.tensors,
        )
    except (KeyError, TypeError, ValueError) as error:
        message = f"the weights name no task of this version: {error}"
        raise WeightsError(message) from error


@dataclass(frozen=True, slots=True)
class SavedTask:
    """A task-specific network read from its weights.

    Attributes:
        definition: of its task, with statistics.
        network: in evaluation mode.
    """

    definition: TaskDefinition
    network: TaskNetwork

    @property
    def decoder_shape(self) -> tuple[int, int, int]:
        """Channels, height and width that the decoder reads."""
        channels, height, width = describe(self.network.decoder)["shape"]
        return channels, height, width

    def fresh_decoder(self) -> nn.Module:
        """A copy of the decoder that may go on learning."""
        decoder = build(describe(self.network.decoder))
        decoder.load_state_dict(self.network.decoder.state_dict())
        return decoder


def load_task(weights: bytes) -> SavedTask:
    """Read the weights of a task-specific network.

    Raises:
        WeightsError: the bytes are something else.
    """
    saved = unpack_network(weights)
    if not isinstance(saved.module, TaskNetwork):
        message = f"a {type(saved.module).__name__} is no task-specific network"
        raise WeightsError(message)
    return SavedTask(saved_definition(saved), saved.module)
