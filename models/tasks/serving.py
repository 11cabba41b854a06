"""A definition and a network that answers for it, at work on a user's images."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.networks.device import accelerator
from models.tasks.definition import TaskDefinition


class ImagesError(ValueError):
    """The images are not what the network takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a network says of one example.

    Attributes:
        task: name of the dictionary.
        kind: of the output, as the dictionary has it: image, map, classes, vector, ...
        value: JSON for vectors and classes, None for maps.
        array: the prediction in physical units; maps are channels last.
        picture: (h, w, 3) uint8, the prediction drawn for a person.
    """

    task: str
    kind: str
    value: Any
    array: NDArray[np.generic]
    picture: NDArray[np.uint8]


class Servable:
    """A network that answers for images.

    Args:
        definition: of the task it answers.
        run: (N, V', 3, h, w) prepared inputs on the accelerator -> predictions, batch first.
    """

    def __init__(self, definition: TaskDefinition, run: Callable[[Tensor], Tensor]) -> None:
        self._definition, self._run = definition, run

    @property
    def task(self) -> str:
        """The task it answers."""
        return self._definition.name

    @property
    def image_size(self) -> int:
        """Height and width of the images it takes, pixels."""
        return self._definition.image_size

    @property
    def images(self) -> int:
        """Images per example: 1, 2 or 3."""
        return self._definition.task.inputs

    def predict(self, images: NDArray[np.uint8]) -> list[Prediction]:
        """Answer for a batch of examples.

        Args:
            images: (N, V, H, W, 3) uint8 sRGB, with V = `images` and H = W = `image_size`.

        Returns:
            One prediction per example.

        Raises:
            ImagesError: another shape or dtype.
        """
        size = self.image_size
        if images.dtype != np.uint8 or images.ndim != 5 or images.shape[1:] != (self.images, size, size, 3):
            message = (
                f"{self.task} takes (N, {self.images}, {size}, {size}, 3) uint8, "
                f"got {images.shape} {images.dtype}"
            )
            raise ImagesError(message)
        with torch.inference_mode():
            inputs = self._definition.serve(torch.from_numpy(images.copy()))
            arrays = self._definition.physical(self._run(inputs.to(accelerator())).cpu()).numpy()
        return [
            Prediction(
                task=self.task,
                kind=self._definition.task.output.kind,
                value=self._definition.value(array),
                array=array,
                picture=self._definition.picture(array, shown if self.images > 1 else shown[0]),
            )
            for array, shown in zip(arrays, images, strict=True)
        ]
