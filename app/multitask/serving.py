"""Live predictions of trained networks: the one that a user names, or the one that fits a preference."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool

from app.core.errors import Conflict, InvalidInput
from app.core.platform import Platform
from app.datasets.service import DatasetsService
from app.inference.client import ask_heads
from app.inference.images import Upload, read_image
from app.inference.protocol import DENSE_KINDS, HeadsRequest, NetworkPrediction
from app.multitask.configuring import normalised
from app.multitask.figures import Runs
from app.multitask.records import Multitask, MultitaskRun, Preference
from app.multitask.service import MultitaskService
from models.taxonomy.dictionary import Task

MAX_IMAGES = 64
"""Of one question."""

_STRETCHED = frozenset(
    {"cityscapes"}
)  # kinds of data sets whose images were squeezed into a square, not cropped


@dataclass(frozen=True, slots=True, kw_only=True)
class MultitaskQuestion:
    """What a user wants to know of some images.

    Attributes:
        multitask_id: whose model shall answer.
        model_id: which; None = the one that fits the preference.
        preference: a JSON list of weights, one for each task of the training; None = all alike.
        images: at least one.
        tasks: names; None = all tasks of the training.
        png: whether to draw predictions; None = those that are images.
        array: whether to send numbers.
        single: the answer is one picture: it has room for one image and one task of a dense output.
    """

    multitask_id: str
    model_id: str | None
    preference: str | None
    images: tuple[Upload, ...]
    tasks: tuple[str, ...] | None
    png: bool | None
    array: bool
    single: bool


@dataclass(frozen=True, slots=True)
class MultitaskAnswers:
    """What a model said.

    Attributes:
        run: whose model it is.
        image_size: height and width that its network takes, pixels.
        predictions: by image, in the order they were sent, and by task.
    """

    run: MultitaskRun
    image_size: int
    predictions: tuple[dict[str, NetworkPrediction], ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    run: MultitaskRun
    image_size: int
    tasks: tuple[str, ...]
    stretched: bool


async def predict(platform: Platform, question: MultitaskQuestion) -> MultitaskAnswers:
    """Answer a question.

    Raises:
        NotFound: there is no such training.
        Conflict: it has no model yet.
        InvalidInput: an unknown model or task, no preference, or a bad image.
        TooLarge: an image with too many pixels.
        UnsupportedMedia: a file that is neither JPEG nor PNG.
        Busy: the inference process is not there or has too much to do.
    """
    plan = await run_in_threadpool(_plan, platform, question)
    size = plan.image_size
    images = await run_in_threadpool(
        lambda: np.stack([read_image(each, size=size, stretched=plan.stretched) for each in question.images])
    )
    reply = await ask_heads(
        platform.settings.inference,
        HeadsRequest(
            weights=str(plan.run.outcome.weights),
            tasks=plan.tasks,
            shape=(len(images), size, size),
            images=images.tobytes(),
            png=question.png,
            array=question.array,
        ),
    )
    return MultitaskAnswers(plan.run, size, tuple(reply.predictions))


def _plan(platform: Platform, question: MultitaskQuestion) -> _Plan:
    # A short transaction of its own: the network runs for longer than a database should be held.
    with platform.database.session(read_only=True) as session:
        trainings = MultitaskService(session, platform)
        multitask = trainings.get(question.multitask_id)
        runs = trainings.runs(multitask)
        kind = DatasetsService(session, platform).get(multitask.dataset_id).kind
    training = multitask.setup.training
    tasks = _tasks(multitask, question)
    return _Plan(
        run=_chosen(multitask, runs, question),
        image_size=training.network.image_size,
        tasks=tasks,
        stretched=kind in _STRETCHED,
    )


def _chosen(multitask: Multitask, runs: Runs, question: MultitaskQuestion) -> MultitaskRun:
    if question.model_id is not None and question.preference is not None:
        raise InvalidInput.at("/preference", "chooses a model, and `model` names one: send one of them")
    if question.model_id is not None:
        run = runs.model(question.model_id)
        if run is None:
            raise InvalidInput.at("/model", f"this training has no model {question.model_id!r}")
        return run
    run = runs.nearest(_preference(question.preference, len(runs.judged_by)))
    if run is None:
        raise Conflict(f"multi-task training {multitask.id} is {multitask.status}: it has no model to serve")
    return run


def _preference(text: str | None, tasks: int) -> Preference | None:
    if text is None:
        return None
    try:
        weights: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput.at("/preference", f"not JSON: {error}") from error
    if not isinstance(weights, list) or not all(_is_number(each) for each in weights):
        raise InvalidInput.at("/preference", "must be a JSON list of numbers")
    try:
        return normalised(weights, tasks)
    except ValueError as error:
        raise InvalidInput.at("/preference", str(error)) from error


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300


def _tasks(multitask: Multitask, question: MultitaskQuestion) -> tuple[str, ...]:
    entries = {task.name: task for task in multitask.tasks}
    tasks = tuple(entries) if question.tasks is None else _once(question.tasks)
    for name in tasks:
        if name not in entries:
            raise InvalidInput.at(
                "/tasks", f"this training has no task {name!r}; it has {', '.join(entries)}"
            )
    if not tasks:
        raise InvalidInput.at("/tasks", "name at least one task")
    if question.single:
        _require_one_picture(entries[tasks[0]], len(tasks), len(question.images))
    return tasks


def _require_one_picture(task: Task, tasks: int, images: int) -> None:
    if tasks > 1 or images > 1:
        detail = f"image/png has room for one task of one image, {tasks} of {images} asked for"
        raise InvalidInput.at("/tasks", detail)
    kind = task.output.kind
    if kind not in DENSE_KINDS:
        detail = f"{task.name} predicts a {kind}, which is no picture: ask for application/json"
        raise InvalidInput.at("/tasks", detail)


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
