"""HTTP of multi-task training."""

import json
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Header, Query, Request, Response, UploadFile
from starlette.concurrency import run_in_threadpool

from app.core.caching import JSON, NOT_MODIFIED, SAFETENSORS, conditional, conditional_json, entity_tag
from app.core.dependencies import OnceDep, PlatformDep, ReadScope, SessionDep, TrainScope
from app.core.errors import InvalidInput
from app.core.pagination import Cursor, Limit, Page
from app.core.problems import problem_responses
from app.inference import answers as forms
from app.inference.endpoints import PREDICTIONS, may_infer, names_of, read_uploads
from app.jobs.endpoints import accepted
from app.jobs.schemas import JobView
from app.jobs.service import JobsService
from app.multitask.configuring import MultitaskRequest
from app.multitask.fronts import Front, Part, front_picture
from app.multitask.result_schemas import FrontOut
from app.multitask.schemas import (
    MultitaskDetailOut,
    MultitaskIn,
    MultitaskMethodOut,
    MultitaskOut,
    MultitaskPredictionOut,
)
from app.multitask.service import MultitaskService
from app.multitask.serving import MAX_IMAGES, MultitaskAnswers, MultitaskQuestion, predict
from models.multitask.methods import METHODS

router = APIRouter(prefix="/multitask", tags=["multitask"], responses=problem_responses(401, 403))

SVG = "image/svg+xml"


async def get_multitask_service(session: SessionDep, platform: PlatformDep) -> MultitaskService:
    """The use cases, on the request's transaction."""
    return MultitaskService(session, platform)


MultitaskDep = Annotated[MultitaskService, Depends(get_multitask_service, scope="function")]
FrontTasks = Annotated[
    str | None,
    Query(
        alias="tasks", description="the axes, names joined by commas; by default all tasks of the training"
    ),
]
FrontSplit = Annotated[
    Part, Query(alias="split", description="images that the values are of; choose a model on `validation`")
]


@router.get("", responses=problem_responses(422))
def list_multitask(
    trainings: MultitaskDep, _: ReadScope, limit: Limit = 50, cursor: Cursor = None
) -> Page[MultitaskOut]:
    """List multi-task trainings, newest first, each with the figures of its methods so far."""
    page, next_cursor = trainings.page(limit=limit, cursor=cursor)
    return Page(items=[MultitaskOut.of(each, runs) for each, runs in page], next_cursor=next_cursor)


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=JobView,
    responses=problem_responses(400, 409, 413, 422),
)
def train_multitask(
    body: MultitaskIn,
    session: SessionDep,
    platform: PlatformDep,
    trainings: MultitaskDep,
    _: TrainScope,
    once: OnceDep,
) -> Response:
    """Train one network for several tasks of a data set, by one method or by several.

    Every method is trained with every seed, and where preferences steer it with every preference, each as a job of its
    own, so that they run side by side. A run whose loss becomes infinite or no number ends with what it had before and
    is reported; the others go on. The job's resource is the training, which shows every run as it goes.
    """
    request = MultitaskRequest(**{name: getattr(body, name) for name in MultitaskIn.model_fields})
    return once.answer(
        json.dumps(body.model_dump()).encode(),
        lambda: accepted(trainings.train(request), JobsService(session, platform)),
    )


@router.get("/methods")
def list_multitask_methods(_: ReadScope) -> Page[MultitaskMethodOut]:
    """List the methods: ours, then those of the library torchjd."""
    return Page(items=[MultitaskMethodOut.of(method) for method in METHODS.values()])


@router.get(
    "/{multitask_id}",
    response_model=MultitaskDetailOut,
    responses={**NOT_MODIFIED, **problem_responses(404)},
)
def get_multitask(request: Request, multitask_id: str, trainings: MultitaskDep, _: ReadScope) -> Response:
    """Show a training: every run that has ended, the curves of those that have not, and each method over its seeds.

    Figures are of test images, in the metrics' own units. `delta_m` is the mean relative change against single-task
    networks in percent: negative is better. Nothing is chosen by these figures; `predict` chooses on validation images.
    """
    multitask = trainings.get(multitask_id)
    shown = MultitaskDetailOut.with_runs(multitask, trainings.runs(multitask, with_history=True))
    if multitask.status != "ready":
        return Response(shown.model_dump_json(), media_type=JSON)
    return conditional_json(request, shown)


@router.delete("/{multitask_id}", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(404))
def delete_multitask(multitask_id: str, trainings: MultitaskDep, _: TrainScope) -> None:
    """Delete a training with its models; one that runs is cancelled."""
    trainings.delete(multitask_id)


@router.get(
    "/{multitask_id}/front",
    response_model=FrontOut,
    responses={**NOT_MODIFIED, **problem_responses(404, 422)},
)
def get_multitask_front(
    request: Request,
    multitask_id: str,
    trainings: MultitaskDep,
    _: ReadScope,
    tasks: FrontTasks = None,
    split: FrontSplit = "test",
) -> Response:
    """Show the Pareto front of the models so far: over methods, seeds and preferences, in the tasks' main metrics.

    Single-task networks (`single`) are points too, with `shared` false.
    """
    front = trainings.front(multitask_id, _axes(tasks), split)
    return conditional(
        request, _front_tag(front, JSON), lambda: FrontOut.of(front).model_dump_json().encode()
    )


@router.get(
    "/{multitask_id}/front.svg",
    response_class=Response,
    responses={
        200: {
            "description": "A panel for each pair of axes",
            "content": {SVG: {"schema": {"type": "string"}}},
        },
        **NOT_MODIFIED,
        **problem_responses(404, 422),
    },
)
def draw_multitask_front(
    request: Request,
    multitask_id: str,
    trainings: MultitaskDep,
    _: ReadScope,
    tasks: FrontTasks = None,
    split: FrontSplit = "test",
) -> Response:
    """Draw the front of two to six tasks; dashed lines are single-task networks."""
    front = trainings.front(multitask_id, _axes(tasks), split)
    if not 2 <= len(front.axes) <= _MOST_DRAWN:
        raise InvalidInput.at(
            "tasks", f"a picture shows 2 to {_MOST_DRAWN} tasks, not {len(front.axes)}: name some"
        )
    return conditional(request, _front_tag(front, SVG), lambda: front_picture(front), media_type=SVG)


@router.get(
    "/{multitask_id}/models/{model_id}",
    response_class=Response,
    responses={
        200: {
            "description": "A safetensors file",
            "content": {SAFETENSORS: {"schema": {"type": "string", "format": "binary"}}},
        },
        **NOT_MODIFIED,
        **problem_responses(404),
    },
)
def download_multitask_model(
    request: Request,
    multitask_id: str,
    model_id: str,
    platform: PlatformDep,
    trainings: MultitaskDep,
    _: ReadScope,
) -> Response:
    """Download a model as one safetensors file, for use without this service.

    Its metadata hold the description of the network (`network`) and, as JSON under `metadata`, its tasks and all else
    that serving needs. Tensors are named `module.` and then as in torch; images go in as float32 in [-1, 1], channels
    first.
    """
    run = trainings.model(multitask_id, model_id)
    weights = str(run.outcome.weights)
    return conditional(
        request,
        entity_tag(weights),
        lambda: platform.artifacts.get(weights),
        media_type=SAFETENSORS,
        filename=f"{run.method}-{run.id}.safetensors",
    )


@router.post(
    "/{multitask_id}/predict",
    dependencies=[Depends(may_infer)],
    response_model=MultitaskPredictionOut,
    responses={**PREDICTIONS, **problem_responses(404, 409, 413, 415, 422, 503)},
)
async def predict_multitask(
    multitask_id: str,
    platform: PlatformDep,
    image: Annotated[
        list[UploadFile],
        File(
            description=f"1 to {MAX_IMAGES} JPEG or PNG files of any size, each a question of its own; brought to the "
            "network's size as its data were"
        ),
    ],
    model: Annotated[str | None, Form(description="`model_id` of a result")] = None,
    preference: Annotated[
        str | None,
        Form(
            description="JSON list of weights, one for each task of the training, in order: the model that fits them "
            "best on validation images answers"
        ),
    ] = None,
    tasks: Annotated[
        str | None, Form(description="names joined by commas; by default all tasks of the training")
    ] = None,
    png: Annotated[
        bool | None, Form(description="draw every prediction, or none; by default those that are images")
    ] = None,
    array: Annotated[bool | None, Form(description="send every prediction as npz too")] = None,
    png_in_query: Annotated[bool | None, Query(alias="png", description="as the form field")] = None,
    array_in_query: Annotated[bool | None, Query(alias="array", description="as the form field")] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Ask a network for all its tasks at once.

    By default the training's `preferred_model` answers; with `preference` the shared network that fits it best: of the
    non-dominated ones that of the least weighted Chebyshev distance from the best values, on validation images. Models
    can be asked as soon as their run has ended.
    """
    form = forms.negotiate(accept)
    uploads = await read_uploads(image, MAX_IMAGES)
    wants_png = png if png is not None else png_in_query
    found = await predict(
        platform,
        MultitaskQuestion(
            multitask_id=multitask_id,
            model_id=model,
            preference=preference,
            images=uploads,
            tasks=None if tasks is None else names_of(tasks),
            png=True if form == forms.PNG else wants_png,
            array=bool(array if array is not None else array_in_query),
            single=form == forms.PNG,
        ),
    )
    return await run_in_threadpool(_respond, form, found)


_MOST_DRAWN = 6


def _axes(tasks: str | None) -> tuple[str, ...] | None:
    return None if tasks is None else names_of(tasks)


def _front_tag(front: Front, form: str) -> str:
    return entity_tag(form, front.part, *front.axes, *(run.id for run in front.models))


def _respond(form: str, found: MultitaskAnswers) -> Response:
    if form == forms.PNG:
        return forms.as_png(next(iter(found.predictions[0].values())).png)
    if form == forms.JSON:
        return Response(MultitaskPredictionOut.of(found).model_dump_json(), media_type=JSON)
    return forms.mixed(
        part
        for position, of_image in enumerate(found.predictions)
        for task, said in of_image.items()
        for part in forms.prediction_parts(
            f"{position}-{task}", _told(position, task, said.kind, said.value), said.png, said.array
        )
    )


def _told(position: int, task: str, kind: str, value: Any) -> dict[str, Any]:
    return {"image": position, "task": task, "kind": kind, "value": value}
