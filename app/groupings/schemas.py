"""JSON shapes of groupings."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from app.adaptations.schemas import Seed
from app.atlases.schemas import Name
from app.core.numbers import rounded
from app.core.runs import DivergenceOut, RunStatus, TrainingStatus
from app.groupings.figures import Figures
from app.groupings.records import GroupingRun, TaskGrouping
from models.multitask.config import Normalization
from models.multitask.grouping import MAX_TASKS, Checked, Sharing
from models.multitask.results import Metrics
from models.multitask.summary import MetricInfo

MAX_CANDIDATES = 20

Cost = Annotated[float, Field(le=1e9, allow_inf_nan=False)]


class GroupingIn(BaseModel):
    """Which of these tasks should share a network?"""

    model_config = ConfigDict(extra="forbid")

    name: Name = "which tasks share"
    tasks: Annotated[
        list[Annotated[str, Field(max_length=100)]] | None,
        Field(
            min_length=2,
            max_length=MAX_TASKS,
            description="of the atlas, each of one plain image; by default all of those that can share a network",
        ),
    ] = None
    budget: Annotated[
        Cost,
        Field(
            gt=0,
            description="of all networks together; with the costs left as they are, the number of networks",
        ),
    ] = 2
    network_cost: Annotated[Cost, Field(gt=0, description="of a network without its heads")] = 1
    head_cost: Annotated[
        Cost, Field(ge=0, description="of a task's head, whichever network it belongs to")
    ] = 0
    candidates: Annotated[
        int,
        Field(ge=1, le=MAX_CANDIDATES, description="how many of the best predicted groupings are trained"),
    ] = 3
    method: Annotated[
        str,
        Field(
            max_length=40,
            description="that trains networks of several tasks, as `GET /multitask/methods` lists them; not `single`, "
            "which trains the baselines in any case, and not `grid`",
        ),
    ] = "uniform"
    normalization: Annotated[Normalization, Field(description="of `mgda` and `mgda-ub`")] = "none"
    seed: Annotated[Seed, Field(description="of everything random")] = 0
    epochs: Annotated[
        int, Field(ge=1, le=100_000, description="passes of every network over the training images")
    ] = 10
    batch_size: Annotated[
        int | None,
        Field(ge=2, le=65_536, description="images per step; by default that of the atlas's own networks"),
    ] = None
    learning_rate: Annotated[
        float | None,
        Field(
            gt=0, le=1000, description="of the first step; by default the highest of the atlas's own networks"
        ),
    ] = None


class SharingOut(BaseModel):
    """What every task is predicted to do for every other."""

    tasks: list[str]
    scores: list[list[float]] = Field(
        description="rows are the tasks that gain or lose, columns those they share a network with; 0 is a network of "
        "its own, higher is better: the logarithm of how many times as high the transfer's affinity is as that of the "
        "task's own network"
    )

    @classmethod
    def of(cls, sharing: Sharing) -> Self:
        """The JSON shape of a prediction."""
        return cls(tasks=list(sharing.tasks), scores=sharing.scores.tolist())


class GroupedTaskOut(BaseModel):
    """A task in a grouping."""

    task: str
    score: float = Field(description="what its group is predicted to do for it")
    delta_m: float | None = Field(
        description="change of its main metric against a network of its own, in percent: negative is better"
    )


class CheckedGroupingOut(BaseModel):
    """A grouping: what was predicted of it, and what training showed so far."""

    groups: list[list[str]] = Field(description="the tasks of each network")
    rank: int | None = Field(
        description="among the predicted, 1 the best; null of one that is shown for comparison"
    )
    all_in_one: bool
    all_separate: bool
    cost: float
    within_budget: bool
    score: float = Field(
        description="predicted: mean over the tasks, higher is better, 0 where all are separate"
    )
    delta_m: float | None = Field(
        description="measured on test images: mean relative change of the main metrics against networks of one task, "
        "in percent; negative is better"
    )
    validation_delta_m: float | None = Field(description="the same on validation images: what is chosen by")
    detail: str | None = Field(description="why `delta_m` is null, where it is")
    tasks: list[GroupedTaskOut]

    @classmethod
    def of(cls, checked: Checked, rank: int | None, budget: float) -> Self:
        """The JSON shape of a grouping."""
        found = checked.grouping
        return cls(
            groups=[list(group) for group in found.groups],
            rank=rank,
            all_in_one=len(found.groups) == 1,
            all_separate=len(found.groups) == len(found.per_task),
            cost=found.cost,
            within_budget=checked.within(budget),
            score=found.score,
            delta_m=rounded(checked.test.percent),
            validation_delta_m=rounded(checked.validation.percent),
            detail=checked.test.reason or None,
            tasks=[
                GroupedTaskOut(task=name, score=score, delta_m=rounded(checked.test.per_task[name]))
                for name, score in found.per_task.items()
            ],
        )


class JudgedTaskOut(BaseModel):
    """A task, and the metric that it is judged by."""

    task: str
    metric: str
    unit: str
    higher_is_better: bool
    single: float | None = Field(
        description="of its own network on the test images; null until it is trained"
    )

    @classmethod
    def of(cls, task: str, info: MetricInfo, single: float) -> Self:
        """The JSON shape of a task."""
        return cls(
            task=task,
            metric=info.name,
            unit=info.unit,
            higher_is_better=info.higher_is_better,
            single=rounded(single),
        )


class GroupingRunOut(BaseModel):
    """A training: of a network for a group of tasks, or with `single` of a network for each of some tasks."""

    id: str
    method: str
    tasks: list[str]
    status: RunStatus
    model_id: str | None = Field(description="once there is a model to download")
    metrics: dict[str, dict[str, float | None]] | None = Field(description="on test images, by task")
    error: DivergenceOut | None = Field(description="of one that diverged")

    @classmethod
    def of(cls, run: GroupingRun) -> Self:
        """The JSON shape of a run."""
        error = run.outcome.error
        return cls(
            id=run.id,
            method=run.method,
            tasks=list(run.tasks),
            status=run.status,
            model_id=run.model_id,
            metrics=None if run.outcome.metrics is None else _plain(run.outcome.metrics),
            error=None if error is None else DivergenceOut.of(error),
        )


class GroupingOut(BaseModel):
    """A question to an atlas: which of these tasks should share a network?"""

    id: str
    name: str
    status: TrainingStatus
    atlas_id: str
    tasks: list[str]
    budget: float
    candidates: int = Field(description="how many of the predicted groupings are trained")
    method: str
    seed: int
    epochs: int
    job_id: str | None = Field(description="the job that checks it")
    config: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None
    code_version: str

    @classmethod
    def of(cls, question: TaskGrouping) -> Self:
        """The JSON shape of a grouping."""
        return cls(**_fields(question))


class GroupingDetailOut(GroupingOut):
    """A grouping with its prediction and with what was trained so far."""

    judged_by: list[JudgedTaskOut]
    sharing: SharingOut
    groupings: list[CheckedGroupingOut] = Field(
        description="the predicted, the best first; then all in one and all separate, where they are not among them"
    )
    recommended: list[list[str]] | None = Field(
        description="the groups of lowest `validation_delta_m` within the budget; null until all is trained"
    )
    correlation: float | None = Field(
        description="Spearman's, of predicted scores and measured `delta_m` with its sign turned, over `groupings`: 1 "
        "is the same order; null of fewer than three"
    )
    regret: float | None = Field(
        description="`delta_m` of the predicted best less that of the truly best of `groupings` within the budget, in "
        "percent; 0 where the prediction was right"
    )
    runs: list[GroupingRunOut]

    @classmethod
    def with_figures(cls, question: TaskGrouping, found: Figures, runs: list[GroupingRun]) -> Self:
        """The JSON shape of a grouping with its figures."""
        ready, assessment = question.status == "ready", found.assessment
        recommended = found.recommended if ready else None
        return cls(
            **_fields(question),
            judged_by=[
                JudgedTaskOut.of(name, info, found.single[name]) for name, info in found.judged_by.items()
            ],
            sharing=SharingOut.of(question.predicted.sharing),
            groupings=[
                CheckedGroupingOut.of(checked, rank, question.setup.budget)
                for checked, rank in zip(found.checked, found.rank, strict=True)
            ],
            recommended=None
            if recommended is None
            else [list(group) for group in recommended.grouping.groups],
            correlation=rounded(assessment.correlation) if ready else None,
            regret=rounded(assessment.regret) if ready else None,
            runs=[GroupingRunOut.of(run) for run in runs],
        )


def _fields(question: TaskGrouping) -> dict[str, Any]:
    setup = question.setup
    return {
        "id": question.id,
        "name": question.name,
        "status": question.status,
        "atlas_id": question.atlas_id,
        "tasks": list(setup.training.tasks),
        "budget": setup.budget,
        "candidates": setup.candidates,
        "method": setup.method,
        "seed": setup.seed,
        "epochs": setup.training.epochs,
        "job_id": question.job_id,
        "config": dict(question.config),
        "created_at": question.created_at,
        "finished_at": question.finished_at,
        "code_version": question.code_version,
    }


def _plain(metrics: Metrics) -> dict[str, dict[str, float | None]]:
    return {task: {name: rounded(value) for name, value in found.items()} for task, found in metrics.items()}
