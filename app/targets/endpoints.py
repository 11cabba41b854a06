"""HTTP of novel targets."""

import json
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Header, Request, Response, UploadFile

from app.core.caching import JSON, NOT_MODIFIED, conditional_json
from app.core.dependencies import OnceDep, PlatformDep, ReadScope, SessionDep, TrainScope
from app.core.pagination import Cursor, Limit, Page
from app.core.problems import problem_responses
from app.inference import answers as forms
from app.inference.endpoints import PREDICTIONS, may_infer, read_uploads, respond
from app.inference.schemas import InferenceOut
from app.jobs.endpoints import accepted
from app.jobs.schemas import JobView
from app.jobs.service import JobsService
from app.targets.schemas import NovelTargetDetailOut, NovelTargetIn, NovelTargetOut
from app.targets.service import TargetRequest, TargetsService
from app.targets.serving import TargetQuestion, infer_target

router = APIRouter(
    prefix="/atlases/{atlas_id}/targets", tags=["targets"], responses=problem_responses(401, 403, 404)
)


async def get_targets(session: SessionDep, platform: PlatformDep) -> TargetsService:
    """The use cases, on the request's transaction."""
    return TargetsService(session, platform)


TargetsDep = Annotated[TargetsService, Depends(get_targets, scope="function")]


@router.get("", responses=problem_responses(422))
def list_targets(
    atlas_id: str, targets: TargetsDep, _: ReadScope, limit: Limit = 50, cursor: Cursor = None
) -> Page[NovelTargetOut]:
    """List the novel targets of an atlas, newest first."""
    page, next_cursor = targets.page(atlas_id, limit=limit, cursor=cursor)
    return Page(items=[NovelTargetOut.of(target) for target in page], next_cursor=next_cursor)


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=JobView,
    responses=problem_responses(400, 409, 413, 422),
)
def train_target(
    atlas_id: str,
    body: NovelTargetIn,
    session: SessionDep,
    platform: PlatformDep,
    targets: TargetsDep,
    _: TrainScope,
    once: OnceDep,
) -> Response:
    """Bring a novel target: train transfers from every network of the atlas and from the best sets of them.

    The job's result names the target, which then ranks them and says what the same labels give from scratch.
    """
    request = TargetRequest(
        name=body.name,
        dataset_id=body.dataset,
        task=body.task,
        orders=body.orders,
        per_target=body.per_target,
        seed=body.seed,
        overrides=body.overrides,
    )
    return once.answer(
        json.dumps(body.model_dump()).encode(),
        lambda: accepted(targets.train(atlas_id, request), JobsService(session, platform)),
    )


@router.get("/{target_id}", response_model=NovelTargetDetailOut, responses=NOT_MODIFIED)
def get_target(
    request: Request, atlas_id: str, target_id: str, targets: TargetsDep, _: ReadScope
) -> Response:
    """Show a novel target: its transfers ranked, its baselines, and the model that `infer` serves."""
    target = targets.get(atlas_id, target_id)
    shown = NovelTargetDetailOut.with_ranking(target, targets.ranking(target_id))
    if target.status != "ready":
        return Response(shown.model_dump_json(), media_type=JSON)
    return conditional_json(request, shown)


@router.delete("/{target_id}", status_code=HTTPStatus.NO_CONTENT)
def delete_target(atlas_id: str, target_id: str, targets: TargetsDep, _: TrainScope) -> None:
    """Delete a novel target with its models; a training that runs is cancelled."""
    targets.delete(atlas_id, target_id)


@router.post(
    "/{target_id}/infer",
    dependencies=[Depends(may_infer)],
    response_model=InferenceOut,
    responses={**PREDICTIONS, **problem_responses(409, 413, 415, 422, 503)},
)
async def predict_target(
    atlas_id: str,
    target_id: str,
    platform: PlatformDep,
    image: Annotated[
        list[UploadFile], File(description="as many JPEG or PNG files as the task takes, of any size")
    ],
    model: Annotated[
        str | None, Form(description="id of a transfer or of the network from scratch; by default the best")
    ] = None,
    png: Annotated[
        bool | None, Form(description="draw the prediction or not; by default if it is an image")
    ] = None,
    array: Annotated[bool | None, Form(description="send the prediction as npz too")] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Show images to the best model of a novel target, as `infer` of the atlas does for its own tasks."""
    form = forms.negotiate(accept)
    question = TargetQuestion(
        atlas_id=atlas_id,
        target_id=target_id,
        model_id=model,
        images=await read_uploads(image),
        png=True if form == forms.PNG else png,
        array=bool(array),
        single=form == forms.PNG,
    )
    return await respond(form, atlas_id, len(image), await infer_target(platform, question))
