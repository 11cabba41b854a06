"""HTTP of live predictions."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Header, Query, Request, UploadFile
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from app.core.dependencies import PlatformDep
from app.core.errors import FieldError, InvalidInput
from app.core.problems import problem_responses
from app.core.security import KeyRing, Scope, authenticate
from app.inference import answers as forms
from app.inference.images import Upload
from app.inference.schemas import InferenceOut
from app.inference.service import Answers, Question, infer

MAX_IMAGES = 3

PREDICTIONS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Predictions; as `multipart/mixed`, or as one picture, where `Accept` asks for that",
        "content": {
            forms.MIXED: {"schema": {"type": "string", "format": "binary"}},
            forms.PNG: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
"""Declares on a route that it answers as `respond` does."""

router = APIRouter(tags=["inference"])


def may_infer(
    request: Request,
    platform: PlatformDep,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> None:
    """Check the key in a short transaction: the request's own would be held open while the networks run."""
    keys: KeyRing = request.app.state.keys
    with platform.database.session(read_only=True) as session:
        authenticate(keys, session, authorization).require(Scope.INFER)


@router.post(
    "/atlases/{atlas_id}/infer",
    dependencies=[Depends(may_infer)],
    response_model=InferenceOut,
    responses={**PREDICTIONS, **problem_responses(401, 403, 404, 409, 413, 415, 422, 503)},
)
async def predict(
    atlas_id: str,
    platform: PlatformDep,
    image: Annotated[
        list[UploadFile], File(description="1 to 3 JPEG or PNG files of one scene, of any size")
    ],
    tasks: Annotated[
        str | None,
        Form(description="names joined by commas, or `all` (the default where no transfer is named)"),
    ] = None,
    transfers: Annotated[str | None, Form(description="ids of transfers, joined by commas")] = None,
    png: Annotated[
        bool | None, Form(description="draw every prediction, or none; by default those that are images")
    ] = None,
    array: Annotated[bool | None, Form(description="send every prediction as npz too")] = None,
    png_in_query: Annotated[bool | None, Query(alias="png", description="as the form field")] = None,
    array_in_query: Annotated[bool | None, Query(alias="array", description="as the form field")] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Show 1 to 3 images to an atlas's networks and answer what every task's network predicts.

    Images are turned upright, cropped to their centre square and resized to the atlas's size. A task that compares
    views takes 2 or 3 images; with `all`, tasks that take another number than given are listed in `left_out`.
    A transfer predicts its target through its sources' frozen encoders.
    """
    form = forms.negotiate(accept)
    uploads = await read_uploads(image)
    wants_png = png if png is not None else png_in_query
    question = Question(
        atlas_id=atlas_id,
        images=uploads,
        tasks=None if tasks is None else names_of(tasks),
        transfers=names_of(transfers or ""),
        png=True if form == forms.PNG else wants_png,
        array=bool(array if array is not None else array_in_query),
        single=form == forms.PNG,
    )
    found = await infer(platform, question)
    return await respond(form, atlas_id, len(image), found)


async def read_uploads(files: Sequence[UploadFile], most: int = MAX_IMAGES) -> tuple[Upload, ...]:
    """The images of a request, at least one and at most `most`.

    Raises:
        InvalidInput: none, or too many.
    """
    if not 1 <= len(files) <= most:
        detail = f"send 1 to {most} images, {len(files)} given"
        raise InvalidInput(detail, errors=[FieldError("/image", detail)])
    return tuple([await _upload(file, index) for index, file in enumerate(files)])


async def respond(form: str, atlas_id: str, image_count: int, found: Answers) -> Response:
    """Answers in the form that was negotiated."""
    if form == forms.MIXED:
        return forms.as_mixed(found)
    if form == forms.PNG:
        return forms.as_png(found.answers[0].png)
    return await run_in_threadpool(forms.as_json, atlas_id, image_count, found)


async def _upload(file: UploadFile, index: int) -> Upload:
    media_type = (file.content_type or "").partition(";")[0].strip().lower()
    return Upload(await file.read(), media_type, f"/image/{index}")


def names_of(joined: str) -> tuple[str, ...]:
    """Names that a field joins by commas."""
    return tuple(name for part in joined.split(",") if (name := part.strip()))
