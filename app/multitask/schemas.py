"""JSON shapes of multi-task trainings."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from app.adaptations.schemas import Seed
from app.atlases.schemas import Name
from app.core.runs import TrainingStatus
from app.inference.answers import in_base64
from app.inference.protocol import NetworkPrediction
from app.multitask.figures import Runs
from app.multitask.records import Multitask
from app.multitask.result_schemas import MultitaskResultOut, MultitaskRunOut, MultitaskSummaryOut
from app.multitask.serving import MultitaskAnswers
from models.multitask.config import Architecture, Heads, Normalization, Optimiser
from models.multitask.methods import MethodSpec, Reads, unavailable
from models.multitask.summary import MetricInfo
from models.taxonomy.dictionary import OutputKind, Task

MethodName = Annotated[str, Field(max_length=40)]


class MultitaskIn(BaseModel):
    """A multi-task training: every method with every seed, and where preferences steer it with every preference."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    dataset: Annotated[
        str, Field(max_length=100, description="id of a data set that has labels of all the tasks")
    ]
    tasks: Annotated[
        list[Annotated[str, Field(max_length=100)]],
        Field(
            min_length=2,
            max_length=64,
            description="that share a network: of the dictionary or declared by the data set, each of one plain image",
        ),
    ]
    methods: Annotated[
        list[MethodName],
        Field(min_length=1, max_length=64, description="names as `GET /multitask/methods` lists them"),
    ]
    normalization: Annotated[
        Normalization,
        Field(
            description="what `mgda` and `mgda-ub` divide a task's gradient by: nothing, its norm (`l2`), the task's "
            "loss, or both (`loss+`)"
        ),
    ] = "none"
    seeds: Annotated[
        list[Seed], Field(min_length=1, max_length=50, description="of everything random, all different")
    ] = [0]
    epochs: Annotated[int, Field(ge=1, le=100_000, description="passes over the training images")] = 10
    batch_size: Annotated[
        int,
        Field(
            ge=2,
            le=65_536,
            description="images per step; of a smaller data set all of its training images, which `config` then says",
        ),
    ] = 256
    preferences: Annotated[
        list[list[float]],
        Field(
            max_length=100,
            description="weights of the tasks, in their order, none negative, brought to sum 1: each is a run of every "
            "method that preferences steer. Without any, `grid` takes quarters for two and three tasks (`[0.25, 0.75]` "
            "and so on), for more tasks a half for one task after the other, up to the eighth; other methods have one "
            "run then",
        ),
    ] = []
    architecture: Annotated[
        Architecture | None,
        Field(
            description="of the shared network; by default `lenet` where all tasks are classes of images of at most 36 "
            "pixels, else `encoder`, the atlas's own"
        ),
    ] = None
    learning_rate: Annotated[
        float | None, Field(gt=0, le=1000, description="of the first step; by default 0.003")
    ] = None
    optimiser: Annotated[
        Optimiser, Field(description="Adam, or stochastic gradient descent with Nesterov's momentum")
    ] = "adam"
    heads: Annotated[
        Heads,
        Field(
            description="whether MGDA's task heads follow their own gradients, as in the paper, or scaled ones, as in "
            "its authors' code"
        ),
    ] = "own"
    image_size: Annotated[
        int | None,
        Field(
            ge=16,
            le=1024,
            description="height and width, pixels: by default the data set's; another one of data that can be made "
            "anew, which are rooms",
        ),
    ] = None
    overrides: Annotated[
        dict[str, Any],
        Field(
            description="single settings by name: `momentum`, `weight_decay`, `dropout`, `asymmetry`, `evaluations`, "
            "`validation_images`"
        ),
    ] = {}


class MultitaskMethodOut(BaseModel):
    """A way to train."""

    name: str
    title: str
    summary: str
    reads: Reads = Field(
        description="what it looks at in a step: the losses; their gradients by all shared parameters, which takes a "
        "backward pass for each task; or their gradients by the shared representation, which takes one"
    )
    by_preference: bool = Field(description="whether `preferences` steer it")
    library: str | None = Field(description="that does the work; null of our own")
    available: bool
    detail: str | None = Field(description="why it is not available, if it is not")

    @classmethod
    def of(cls, method: MethodSpec) -> Self:
        """The JSON shape of a method."""
        reason = unavailable(method.name)
        return cls(
            name=method.name,
            title=method.title,
            summary=method.summary,
            reads=method.reads,
            by_preference=method.by_preference,
            library=method.library or None,
            available=reason is None,
            detail=reason,
        )


class MultitaskTaskOut(BaseModel):
    """A task that is trained, and the metric that it is judged by."""

    task: str
    title: str
    kind: OutputKind = Field(description="of its output, as in the task dictionary")
    metric: str
    unit: str = Field(description="of the metric; empty for plain numbers")
    higher_is_better: bool

    @classmethod
    def of(cls, task: Task, judged_by: MetricInfo) -> Self:
        """The JSON shape of a task."""
        return cls(
            task=task.name,
            title=task.title,
            kind=task.output.kind,
            metric=judged_by.name,
            unit=judged_by.unit,
            higher_is_better=judged_by.higher_is_better,
        )


class MultitaskOut(BaseModel):
    """A multi-task training."""

    id: str
    name: str
    status: TrainingStatus
    dataset: str
    tasks: list[MultitaskTaskOut] = Field(description="in the order of every vector over tasks")
    methods: list[str]
    seeds: list[int]
    preferences: list[list[float]] = Field(description="as asked for, brought to sum 1")
    summary: list[MultitaskSummaryOut] = Field(
        description="over the runs that have ended, by method and preference, in the order they were asked for"
    )
    job_id: str | None = Field(
        description="the job that trains it; its jobs are one run each, and the summary"
    )
    config: dict[str, Any] = Field(
        description="every setting; with the data and the code it makes the numbers"
    )
    created_at: datetime
    finished_at: datetime | None
    code_version: str

    @classmethod
    def of(cls, multitask: Multitask, runs: Runs) -> Self:
        """The JSON shape of a training."""
        return cls(**_fields(multitask, runs))


class MultitaskDetailOut(MultitaskOut):
    """A multi-task training with all its runs."""

    results: list[MultitaskResultOut] = Field(
        description="runs that have ended, in the order they were asked for"
    )
    running: list[MultitaskRunOut] = Field(
        description="runs that have not ended, with what was measured so far"
    )
    preferred_model: str | None = Field(
        description="the model that `predict` asks by default: of the non-dominated shared networks the one that fits "
        "equal weights best, on validation images; of single tasks where there is no shared one"
    )

    @classmethod
    def with_runs(cls, multitask: Multitask, runs: Runs) -> Self:
        """The JSON shape of a training with its runs."""
        tasks, figures, best = multitask.setup.training.tasks, runs.figures, runs.nearest(None)
        return cls(
            **_fields(multitask, runs),
            results=[
                MultitaskResultOut.of(run, figures.get(run.id), tasks)
                for run in runs
                if run.finished_at is not None
            ],
            running=[MultitaskRunOut.running(run) for run in runs if run.finished_at is None],
            preferred_model=None if best is None else best.model_id,
        )


class TaskPredictionOut(BaseModel):
    """What a network says of one image in one task."""

    kind: str = Field(description="of the task's output, as in the task dictionary")
    value: Any = Field(
        description="vectors in physical units, classes with their shares; null for images and maps"
    )
    png: str | None = Field(description="base64 of a PNG rendering")
    array: str | None = Field(description="base64 of an npz file with one array, `prediction`")

    @classmethod
    def of(cls, said: NetworkPrediction) -> Self:
        """The JSON shape of a prediction."""
        return cls(kind=said.kind, value=said.value, png=in_base64(said.png), array=in_base64(said.array))


class ImagePredictionsOut(BaseModel):
    """What a network says of one image."""

    image: int = Field(description="its place among those that were sent, from 0")
    tasks: dict[str, TaskPredictionOut]


class MultitaskPredictionOut(BaseModel):
    """What a network says of each image, in the order they were sent."""

    multitask_id: str
    model_id: str
    method: str
    seed: int
    preference: list[float] | None = Field(description="that the model was trained with")
    image_size: int = Field(description="edge of the square that the network saw, in pixels")
    predictions: list[ImagePredictionsOut]

    @classmethod
    def of(cls, found: MultitaskAnswers) -> Self:
        """The JSON shape of what a model said."""
        run = found.run
        return cls(
            multitask_id=run.multitask_id,
            model_id=run.id,
            method=run.method,
            seed=run.seed,
            preference=None if run.preference is None else list(run.preference),
            image_size=found.image_size,
            predictions=[
                ImagePredictionsOut(
                    image=position,
                    tasks={task: TaskPredictionOut.of(said) for task, said in of_image.items()},
                )
                for position, of_image in enumerate(found.predictions)
            ],
        )


def _fields(multitask: Multitask, runs: Runs) -> dict[str, Any]:
    setup, judged_by = multitask.setup, multitask.judged_by
    return {
        "id": multitask.id,
        "name": multitask.name,
        "status": multitask.status,
        "dataset": multitask.dataset_id,
        "tasks": [MultitaskTaskOut.of(task, judged_by[task.name]) for task in multitask.tasks],
        "methods": list(setup.methods),
        "seeds": list(setup.seeds),
        "preferences": [list(each) for each in setup.preferences],
        "summary": [MultitaskSummaryOut.of(figures) for figures in runs.summary],
        "job_id": multitask.job_id,
        "config": dict(multitask.config),
        "created_at": multitask.created_at,
        "finished_at": multitask.finished_at,
        "code_version": multitask.code_version,
    }
