"""JSON shapes of the task dictionary."""

from typing import Self

from pydantic import BaseModel, Field

from models.taxonomy.dictionary import Task


class OutputOut(BaseModel):
    """What a task predicts."""

    kind: str = Field(description="image, map, classes, embedding, vector, class, ...")
    shape: list[int | None] = Field(description="null = height or width of the image")
    unit: str = Field(description="empty for a plain number")


class TaskOut(BaseModel):
    """One task: of the dictionary, or declared by the user of a data set."""

    name: str
    title: str
    description: str
    group: str = Field(description="2d, 3d, semantic, low-dim, or own of a declared task")
    inputs: int = Field(description="images that one prediction needs: 1, 2 or 3")
    output: OutputOut
    loss: str
    metric: str
    source_only: bool = Field(description="never a target: its labels come with the image")
    paper_name: str = Field(description="its name in the released affinity files; of a declared task its own")

    @classmethod
    def of(cls, task: Task) -> Self:
        """The JSON shape of a task."""
        return cls(
            name=task.name,
            title=task.title,
            description=task.description,
            group=task.group,
            inputs=task.inputs,
            output=OutputOut(kind=task.output.kind, shape=list(task.output.shape), unit=task.output.unit),
            loss=task.loss,
            metric=task.metric,
            source_only=task.source_only,
            paper_name=task.paper_name,
        )
