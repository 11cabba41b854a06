"""A split as several tasks see it: the same images, and the targets of each task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.data.splits import Split
from models.data.views import Views
from models.multitask.config import MultitaskConfig
from models.networks.device import accelerator
from models.tasks.definition import Target, TaskDefinition
from models.tasks.examples import EVALUATION_BATCH, Examples, channels_last
from models.tasks.images import to_network
from models.tasks.registry import definition

_STATISTICS_LIMIT = 4096  # images that a task's normalisation is measured on
_IMAGES = "rgb"


class SharedExamples:
    """The examples of several tasks in one split.

    Args:
        definitions: of the tasks, with their statistics; each looks at one plain image.
        views: the data set.
        split: which part of it.
    """

    def __init__(self, definitions: Sequence[TaskDefinition], views: Views, split: Split) -> None:
        self.definitions = tuple(definitions)
        self._images = torch.from_numpy(np.asarray(views.load(split, [_IMAGES])[_IMAGES]))
        self._tasks = [Examples(each, views, split) for each in definitions]

    def __len__(self) -> int:
        return len(self._images)

    def images(self, positions: NDArray[np.int64]) -> Tensor:
        """Images as the network takes them, (N, 3, H, W) float32 in [-1, 1], on the accelerator."""
        return channels_last(to_network(self._images[torch.from_numpy(positions)].to(accelerator())))

    def targets(self, positions: NDArray[np.int64], generator: torch.Generator) -> list[Target]:
        """Each task's targets of a training step, on the accelerator."""
        return [task.targets(positions, generator) for task in self._tasks]

    def evaluation(self, count: int | None = None) -> Iterator[tuple[Tensor, list[Target]]]:
        """The first examples in order, in large batches, with targets, on the CPU, that are the same every time.

        Args:
            count: how many; None = all.
        """
        end = len(self) if count is None else min(count, len(self))
        for start in range(0, end, EVALUATION_BATCH):
            rows = np.arange(start, min(start + EVALUATION_BATCH, end))
            yield self.images(rows), [task.fixed_targets(rows) for task in self._tasks]


def fitted_definitions(config: MultitaskConfig, views: Views) -> list[TaskDefinition]:
    """The tasks' definitions, with statistics of the split `train`."""
    found: list[TaskDefinition] = []
    for name in config.tasks:
        task = definition(name, image_size=config.network.image_size, label_info=views.label_info)
        found.append(task.fitted(Examples(task, views, "train").arrays(slice(0, _STATISTICS_LIMIT))))
    return found


def required_labels(tasks: Sequence[str], views: Views) -> tuple[str, ...]:
    """Every array of the data set that tasks read, sorted."""
    read = [
        definition(name, image_size=views.image_size, label_info=views.label_info).labels for name in tasks
    ]
    return tuple(sorted({_IMAGES, *(label for labels in read for label in labels)}))
