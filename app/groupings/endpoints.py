"""HTTP of groupings."""

import json
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.core.caching import JSON, NOT_MODIFIED, SAFETENSORS, conditional, conditional_json, entity_tag
from app.core.dependencies import OnceDep, PlatformDep, ReadScope, SessionDep, TrainScope
from app.core.pagination import Cursor, Limit, Page
from app.core.problems import problem_responses
from app.groupings.configuring import GroupingRequest
from app.groupings.schemas import GroupingDetailOut, GroupingIn, GroupingOut
from app.groupings.service import GroupingsService
from app.jobs.endpoints import accepted
from app.jobs.schemas import JobView
from app.jobs.service import JobsService

router = APIRouter(
    prefix="/atlases/{atlas_id}/groupings", tags=["groupings"], responses=problem_responses(401, 403, 404)
)


async def get_groupings(session: SessionDep, platform: PlatformDep) -> GroupingsService:
    """The use cases, on the request's transaction."""
    return GroupingsService(session, platform)


GroupingsDep = Annotated[GroupingsService, Depends(get_groupings, scope="function")]


@router.get("", responses=problem_responses(422))
def list_groupings(
    atlas_id: str, groupings: GroupingsDep, _: ReadScope, limit: Limit = 50, cursor: Cursor = None
) -> Page[GroupingOut]:
    """List the groupings that an atlas was asked for, newest first."""
    page, next_cursor = groupings.page(atlas_id, limit=limit, cursor=cursor)
    return Page(items=[GroupingOut.of(question) for question in page], next_cursor=next_cursor)


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=JobView,
    responses=problem_responses(400, 409, 413, 422),
)
def ask_grouping(
    atlas_id: str,
    body: GroupingIn,
    session: SessionDep,
    platform: PlatformDep,
    groupings: GroupingsDep,
    _: TrainScope,
    once: OnceDep,
) -> Response:
    """Ask which tasks should share a network: predicted from the atlas's affinities, and checked by training.

    The best groupings under the budget are found exactly. Each group of any candidate is trained once, besides all
    tasks together and each task alone, on the atlas's data set with networks of the atlas's sizes. The job's result
    names the grouping, which shows the prediction at once and the measured figures as they come.
    """
    request = GroupingRequest(**{name: getattr(body, name) for name in GroupingIn.model_fields})
    return once.answer(
        json.dumps(body.model_dump()).encode(),
        lambda: accepted(groupings.ask(atlas_id, request), JobsService(session, platform)),
    )


@router.get("/{grouping_id}", response_model=GroupingDetailOut, responses=NOT_MODIFIED)
def get_grouping(
    request: Request, atlas_id: str, grouping_id: str, groupings: GroupingsDep, _: ReadScope
) -> Response:
    """Show a grouping: what was predicted, what training showed, and which grouping is recommended."""
    question = groupings.get(atlas_id, grouping_id)
    runs = groupings.runs(question)
    shown = GroupingDetailOut.with_figures(question, groupings.figures(question, runs), runs)
    if question.status != "ready":
        return Response(shown.model_dump_json(), media_type=JSON)
    return conditional_json(request, shown)


@router.delete("/{grouping_id}", status_code=HTTPStatus.NO_CONTENT)
def delete_grouping(atlas_id: str, grouping_id: str, groupings: GroupingsDep, _: TrainScope) -> None:
    """Delete a grouping with its models; a training that runs is cancelled."""
    groupings.delete(atlas_id, grouping_id)


@router.get(
    "/{grouping_id}/models/{model_id}",
    response_class=Response,
    responses={
        200: {
            "description": "A safetensors file",
            "content": {SAFETENSORS: {"schema": {"type": "string", "format": "binary"}}},
        },
        **NOT_MODIFIED,
    },
)
def download_grouping_model(
    request: Request,
    atlas_id: str,
    grouping_id: str,
    model_id: str,
    platform: PlatformDep,
    groupings: GroupingsDep,
    _: ReadScope,
) -> Response:
    """Download a network of a group, or those of single tasks, as one safetensors file.

    Its metadata hold the description of the network (`network`) and, as JSON under `metadata`, its tasks and all else
    that serving needs. Images go in as float32 in [-1, 1], channels first.
    """
    run = groupings.model(atlas_id, grouping_id, model_id)
    weights = str(run.outcome.weights)
    return conditional(
        request,
        entity_tag(weights),
        lambda: platform.artifacts.get(weights),
        media_type=SAFETENSORS,
        filename=f"{'-'.join(run.tasks)[:100]}-{run.id}.safetensors",
    )
