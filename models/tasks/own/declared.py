"""What all tasks share that a user declared."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from models.tasks.definition import LabelError, TaskDefinition
from models.tasks.labels import LabelInfo
from models.taxonomy.dictionary import Task
from models.taxonomy.own import OwnTask


class Declared(TaskDefinition):
    """A task that `label_info.own` declares; mixed into the definition of its kind, before it.

    Its labels are the array of its name and, of more than one image, the images in `NAME_images`, (N, V, H, W, 3).
    """

    def __init__(
        self,
        task: Task,
        *,
        image_size: int,
        label_info: LabelInfo,
        statistics: Mapping[str, Tensor] | None = None,
    ) -> None:
        super().__init__(task, image_size=image_size, label_info=label_info, statistics=statistics)
        self.labels = ("rgb" if task.inputs == 1 else f"{task.name}_images", task.name)

    @property
    def declaration(self) -> OwnTask:
        """What its user said of it.

        Raises:
            LabelError: The data set declares no such task.
        """
        declared = self.label_info.own_task(self.name)
        if declared is None:
            raise LabelError(f"{self.name} is not declared by the data set")
        return declared

    @property
    def unit(self) -> str:
        """Of the task's numbers, for people."""
        return self.task.output.unit or "units of the label"
