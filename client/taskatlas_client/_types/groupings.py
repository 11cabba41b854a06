"""Groupings: which tasks of an atlas should share a network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from taskatlas_client._types.adaptations import Divergence


@dataclass(frozen=True, slots=True)
class JudgedTask:
    """A task, and the metric that it is judged by; `single` is that of its own network on the test images."""

    task: str
    metric: str
    unit: str
    higher_is_better: bool
    single: float | None


@dataclass(frozen=True, slots=True)
class Sharing:
    """What every task (columns) is predicted to do for every other (rows); 0 is a network of its own."""

    tasks: list[str]
    scores: list[list[float]]


@dataclass(frozen=True, slots=True)
class GroupedTask:
    """A task in a grouping: its predicted score, higher is better, and its change in percent, lower is better."""

    task: str
    score: float
    delta_m: float | None


@dataclass(frozen=True, slots=True)
class CheckedGrouping:
    """A grouping: predicted (`score`, higher is better) and measured (`delta_m`, percent, negative is better).

    `rank` is None of one that is shown for comparison; `detail` says why `delta_m` is None.
    """

    groups: list[list[str]]
    rank: int | None
    all_in_one: bool
    all_separate: bool
    cost: float
    within_budget: bool
    score: float
    delta_m: float | None
    validation_delta_m: float | None
    detail: str | None
    tasks: list[GroupedTask]


@dataclass(frozen=True, slots=True)
class GroupingRun:
    """A training: of a network for a group of tasks, or with the method `single` of a network for each."""

    id: str
    method: str
    tasks: list[str]
    status: Literal["waiting", "running", "succeeded", "diverged"]
    model_id: str | None
    metrics: dict[str, dict[str, float | None]] | None
    error: Divergence | None


@dataclass(frozen=True, slots=True)
class Grouping:
    """A question to an atlas, and its answer; lists leave `judged_by` and what follows out.

    `recommended` is the grouping of lowest `validation_delta_m` within the budget, once all is trained.
    """

    id: str
    name: str
    status: str
    atlas_id: str
    tasks: list[str]
    budget: float
    candidates: int
    method: str
    seed: int
    epochs: int
    created_at: datetime
    finished_at: datetime | None = None
    job_id: str | None = None
    config: dict[str, Any] | None = None
    code_version: str | None = None
    judged_by: list[JudgedTask] | None = None
    sharing: Sharing | None = None
    groupings: list[CheckedGrouping] | None = None
    recommended: list[list[str]] | None = None
    correlation: float | None = None
    regret: float | None = None
    runs: list[GroupingRun] | None = None
