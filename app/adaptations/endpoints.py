"""HTTP of adaptations."""

import json
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Query, Request, Response, UploadFile

from app.adaptations.configuring import AdaptationRequest
from app.adaptations.embeddings import EmbeddingsOut, embedding_picture, embeddings
from app.adaptations.schemas import (
    AdaptationDetailOut,
    AdaptationIn,
    AdaptationOut,
    AdaptationPredictionOut,
)
from app.adaptations.service import AdaptationsService
from app.adaptations.serving import MAX_IMAGES, PredictQuestion, predict
from app.core.caching import JSON, NOT_MODIFIED, PNG, SAFETENSORS, conditional, conditional_json, entity_tag
from app.core.dependencies import OnceDep, PlatformDep, ReadScope, SessionDep, TrainScope
from app.core.pagination import Cursor, Limit, Page
from app.core.problems import problem_responses
from app.inference.endpoints import may_infer, read_uploads
from app.jobs.endpoints import accepted
from app.jobs.schemas import JobView
from app.jobs.service import JobsService
from models.adaptation.config import Method
from models.adaptation.pictures import Colouring

router = APIRouter(prefix="/adaptations", tags=["adaptations"], responses=problem_responses(401, 403))

VECTORS_AS_JSON: dict[str, Any] = {
    "requestBody": {
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["vectors"],
                    "additionalProperties": False,
                    "properties": {
                        "vectors": {
                            "type": "array",
                            "description": "of a model of pre-extracted features",
                            "items": {"type": "array", "items": {"type": "number"}},
                        },
                        "model": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    },
                }
            }
        }
    }
}
"""Says on a route that it takes vectors as a JSON body too."""


async def get_adaptations(session: SessionDep, platform: PlatformDep) -> AdaptationsService:
    """The use cases, on the request's transaction."""
    return AdaptationsService(session, platform)


AdaptationsDep = Annotated[AdaptationsService, Depends(get_adaptations, scope="function")]


@router.get("", responses=problem_responses(422))
def list_adaptations(
    adaptations: AdaptationsDep, _: ReadScope, limit: Limit = 50, cursor: Cursor = None
) -> Page[AdaptationOut]:
    """List adaptations, newest first, each with the figures of its methods so far."""
    page, next_cursor = adaptations.page(limit=limit, cursor=cursor)
    return Page(items=[AdaptationOut.of(each, runs) for each, runs in page], next_cursor=next_cursor)


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=JobView,
    responses=problem_responses(400, 409, 413, 422),
)
def train_adaptation(
    body: AdaptationIn,
    session: SessionDep,
    platform: PlatformDep,
    adaptations: AdaptationsDep,
    _: TrainScope,
    once: OnceDep,
) -> Response:
    """Adapt classifiers from a labelled source, whose classes are many, to an unlabelled target, whose are a subset.

    Every method is trained with every seed, each as a job of its own, so that they run side by side. A run whose loss
    becomes infinite or no number ends with what it had before and is reported; the others go on.
    The job's resource is the adaptation, which shows every run as it goes.
    """
    request = AdaptationRequest(**{name: getattr(body, name) for name in AdaptationIn.model_fields})
    return once.answer(
        json.dumps(body.model_dump()).encode(),
        lambda: accepted(adaptations.train(request), JobsService(session, platform)),
    )


@router.get(
    "/{adaptation_id}",
    response_model=AdaptationDetailOut,
    responses={**NOT_MODIFIED, **problem_responses(404)},
)
def get_adaptation(
    request: Request, adaptation_id: str, adaptations: AdaptationsDep, _: ReadScope
) -> Response:
    """Show an adaptation: every run that has ended, the curves of those that have not, and each method over its seeds.

    Three accuracies are told apart: after the last step, at the step chosen without target labels, and at the best
    step by target labels, which is an oracle. Target labels serve these figures and nothing else.
    """
    adaptation = adaptations.get(adaptation_id)
    shown = AdaptationDetailOut.with_runs(adaptation, adaptations.runs(adaptation, with_history=True))
    if adaptation.status != "ready":
        return Response(shown.model_dump_json(), media_type=JSON)
    return conditional_json(request, shown)


@router.delete("/{adaptation_id}", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(404))
def delete_adaptation(adaptation_id: str, adaptations: AdaptationsDep, _: TrainScope) -> None:
    """Delete an adaptation with its models; a training that runs is cancelled."""
    adaptations.delete(adaptation_id)


@router.get(
    "/{adaptation_id}/embedding",
    response_model=EmbeddingsOut,
    responses={
        200: {
            "description": "Points of every method, or, with `format=png`, a picture of one",
            "content": {PNG: {"schema": {"type": "string", "format": "binary"}}},
        },
        **NOT_MODIFIED,
        **problem_responses(404, 409, 422),
    },
)
def get_adaptation_embedding(
    request: Request,
    adaptation_id: str,
    platform: PlatformDep,
    adaptations: AdaptationsDep,
    _: ReadScope,
    method: Annotated[
        Method | None, Query(description="by default every method; a picture shows the first")
    ] = None,
    seed: Annotated[
        int | None, Query(ge=0, lt=2**53, description="by default the first that has ended")
    ] = None,
    format_: Annotated[Literal["json", "png"], Query(alias="format")] = "json",
    color: Annotated[Colouring, Query(description="of a picture: what the colours tell apart")] = "class",
) -> Response:
    """Show the bottleneck features of examples of both domains in two dimensions.

    Where source and target examples of one class lie together, and outlier classes by themselves, the method aligned
    what belongs together. Distances between far clusters mean nothing.
    """
    adaptation = adaptations.get(adaptation_id)
    runs = adaptations.embedded(adaptation, method, seed)
    tag = entity_tag(*(run.outcome.arrays for run in runs), format_, color)
    if format_ == "png":
        return conditional(
            request,
            tag,
            lambda: embedding_picture(platform, adaptation, runs[0], color),
            media_type=PNG,
        )
    return conditional(
        request, tag, lambda: embeddings(platform, adaptation, runs).model_dump_json().encode()
    )


@router.get(
    "/{adaptation_id}/models/{model_id}",
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
def download_adapted_model(
    request: Request,
    adaptation_id: str,
    model_id: str,
    platform: PlatformDep,
    adaptations: AdaptationsDep,
    _: ReadScope,
) -> Response:
    """Download a model as one safetensors file, for use without this service.

    Its metadata hold the description of the network (`network`) and, as JSON under `metadata`, the class names in the
    order of the scores, the image size, method, seed and step. Tensors are named `module.` and then as in torch; images
    go in as float32 in [-1, 1], channels first.
    """
    run = adaptations.model(adaptation_id, model_id)
    weights = str(run.outcome.weights)
    return conditional(
        request,
        entity_tag(weights),
        lambda: platform.artifacts.get(weights),
        media_type=SAFETENSORS,
        filename=f"{run.method}-seed-{run.seed}.safetensors",
    )


@router.post(
    "/{adaptation_id}/predict",
    dependencies=[Depends(may_infer)],
    response_model=AdaptationPredictionOut,
    responses=problem_responses(404, 409, 413, 415, 422, 503),
    openapi_extra=VECTORS_AS_JSON,
)
async def predict_adaptation(
    request: Request,
    adaptation_id: str,
    platform: PlatformDep,
    image: Annotated[
        list[UploadFile] | None,
        File(
            description=f"JPEG or PNG files of any size, {MAX_IMAGES} at most; brought to the network's size as its "
            "data were, aspect not kept"
        ),
    ] = None,
    vectors: Annotated[
        UploadFile | None,
        File(description="of a model of pre-extracted features: rows as npz or npy, or as JSON lists"),
    ] = None,
    model: Annotated[
        str | None,
        Form(description="`model_id` of a result; by default the adaptation's `preferred_model`"),
    ] = None,
) -> AdaptationPredictionOut:
    """Ask a model for the classes of some images, or of some vectors.

    By default the model with the highest label-free score of all runs answers: target labels play no part in that
    choice, so it is the one that a user without labels would pick. Models can be asked as soon as their run has ended.
    """
    question = PredictQuestion(
        adaptation_id=adaptation_id,
        model_id=model,
        images=await read_uploads(image, MAX_IMAGES) if image else (),
        vectors=None if vectors is None else await vectors.read(),
    )
    if request.headers.get("content-type", "").startswith(JSON):
        question = question.with_json(await request.body())
    return AdaptationPredictionOut.of(await predict(platform, question))
