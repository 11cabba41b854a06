"""Networks for several tasks at work on a user's images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from models.networks.multi_head import MultiHead
from models.networks.weights import SavedNetwork, WeightsError, unpack_network
from models.tasks.definition import TaskDefinition
from models.tasks.examples import channels_last, laid_out
from models.tasks.labels import LabelInfo
from models.tasks.registry import definition
from models.tasks.serving import Prediction, Servable


class MultitaskModel:
    """A trained network that answers for images, every task at once.

    Args:
        network: with its weights.
        definitions: of its tasks, in order.
    """

    def __init__(self, network: MultiHead, definitions: Sequence[TaskDefinition]) -> None:
        self._network = laid_out(network)
        self._definitions = tuple(definitions)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks it answers, in order."""
        return tuple(each.name for each in self._definitions)

    @property
    def image_size(self) -> int:
        """Height and width of the images it takes, pixels."""
        return self._definitions[0].image_size

    def predict(self, images: NDArray[np.uint8]) -> dict[str, list[Prediction]]:
        """Answer for a batch of images, which pass through the shared network once.

        Args:
            images: (N, H, W, 3) uint8 sRGB with H = W = `image_size`.

        Returns:
            By task, one prediction per image.

        Raises:
            ImagesError: another shape or dtype.
        """
        found: list[Tensor] = []

        def answer(task: int, inputs: Tensor) -> Tensor:
            if not found:
                found.extend(self._network(channels_last(inputs[:, 0])))
            return found[task]

        return {
            each.name: Servable(each, lambda inputs, task=task: answer(task, inputs)).predict(images[:, None])
            for task, each in enumerate(self._definitions)
        }


def load_model(weights: bytes) -> MultitaskModel:
    """A multi-task network, from its bytes alone.

    Args:
        weights: `Trained.weights`.

    Raises:
        WeightsError: the bytes are no such network.
    """
    saved = unpack_network(weights)
    if not isinstance(saved.module, MultiHead):
        message = f"a {type(saved.module).__name__} has not several heads"
        raise WeightsError(message)
    return MultitaskModel(saved.module, _definitions(saved))


def _definitions(saved: SavedNetwork) -> list[TaskDefinition]:
    try:
        return [
            definition(
                name,
                image_size=saved.metadata["image_size"],
                label_info=LabelInfo.from_json(saved.metadata["label_info"]),
                statistics=_under(saved, f"{name}/"),
            )
            for name in saved.metadata["tasks"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        message = f"the weights name no tasks of this version: {error}"
        raise WeightsError(message) from error


def _under(saved: SavedNetwork, prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value for name, value in saved.tensors.items() if name.startswith(prefix)
    }
