"""Tasks as the API describes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TaskOutput:
    """What a task predicts: kind, shape (None = the image's height or width) and unit."""

    kind: str
    shape: list[int | None]
    unit: str


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the dictionary."""

    name: str
    title: str
    group: str
    inputs: int
    output: TaskOutput
    loss: str
    metric: str
    source_only: bool
    paper_name: str
    description: str = ""
