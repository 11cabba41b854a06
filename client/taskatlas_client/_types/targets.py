"""Novel targets and what was trained for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class TargetMetric:
    """What a number of a novel target's metrics means."""

    unit: str
    lower_is_better: bool


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What there is to know of a novel target's task; `inputs` images make one prediction."""

    title: str
    inputs: int
    kind: str
    loss: str
    metrics: dict[str, TargetMetric]


@dataclass(frozen=True, slots=True)
class TargetImages:
    """How many images a novel target's numbers stand on."""

    labels: int
    validation: int
    test: int


@dataclass(frozen=True, slots=True)
class TargetModel:
    """A transfer to a novel target, or the network from scratch on the same labels; None was not measured.

    `validation_loss` alone ranks; everything else is measured on the test images.
    """

    id: str
    kind: Literal["transfer", "scratch"]
    sources: list[str]
    order: int
    validation_loss: float
    test_loss: float
    affinity: float | None
    win_rate: float | None
    win_rate_vs_scratch: float | None
    win_rate_vs_constant: float | None
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class ConstantGuess:
    """The best guess without looking."""

    validation_loss: float
    test_loss: float
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class NovelTarget:
    """A task outside an atlas, reached from its networks; lists leave `facts`, `ranking` and what follows out.

    `ranking` has the best on the validation images first; `best` is what `infer` serves, once all is trained.
    """

    id: str
    name: str
    status: str
    atlas_id: str
    dataset: str
    task: str
    images: TargetImages
    sources: list[str]
    orders: list[int]
    created_at: datetime
    finished_at: datetime | None = None
    job_id: str | None = None
    config: dict[str, Any] | None = None
    code_version: str | None = None
    facts: TargetFacts | None = None
    ranking: list[TargetModel] | None = None
    scratch: TargetModel | None = None
    constant: ConstantGuess | None = None
    best: TargetModel | None = None
