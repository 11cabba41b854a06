"""HTTP of atlases."""

import json
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Request, Response, UploadFile

from app.atlases.affinity import MEDIA_TYPES, Format
from app.atlases.archive.exporting import MEDIA_TYPE, export_of
from app.atlases.archive.importing import store_artifacts, store_atlas
from app.atlases.archive.reading import MARKS, Archive
from app.atlases.encoded import EncodedBodies
from app.atlases.importing import MAX_BYTES, read_affinities
from app.atlases.schemas import AffinityOut, AtlasDetailOut, AtlasIn, AtlasOut, Name
from app.atlases.service import AtlasesService, AtlasRequest
from app.core.caching import JSON, NOT_MODIFIED, conditional, conditional_json, entity_tag
from app.core.dependencies import OnceDep, PlatformDep, ReaderDep, ReadScope, SessionDep, TrainScope
from app.core.errors import TooLarge
from app.core.pagination import Cursor, Limit, Page
from app.core.problems import problem_responses
from app.jobs.endpoints import accepted
from app.jobs.schemas import API, JobView
from app.jobs.service import JobsService
from app.transfers.records import MAX_ORDER

router = APIRouter(prefix="/atlases", tags=["atlases"], responses=problem_responses(401, 403))


async def get_atlases(session: SessionDep, platform: PlatformDep) -> AtlasesService:
    """The use cases, on the request's transaction."""
    return AtlasesService(session, platform)


AtlasesDep = Annotated[AtlasesService, Depends(get_atlases, scope="function")]


@router.get("", responses=problem_responses(422))
def list_atlases(
    atlases: AtlasesDep, _: ReadScope, limit: Limit = 50, cursor: Cursor = None
) -> Page[AtlasOut]:
    """List atlases, newest first."""
    page, next_cursor = atlases.page(limit=limit, cursor=cursor)
    return Page(items=[AtlasOut.of(atlas) for atlas in page], next_cursor=next_cursor)


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=JobView,
    responses=problem_responses(400, 409, 413, 422),
)
def build_atlas(
    body: AtlasIn,
    session: SessionDep,
    platform: PlatformDep,
    atlases: AtlasesDep,
    _: TrainScope,
    once: OnceDep,
) -> Response:
    """Build an atlas: draw or read images, train networks and transfers, compare. The job tells how far it is."""
    request = AtlasRequest(
        name=body.name,
        base_id=body.base,
        preset=_given(body, "preset"),
        dataset_id=body.dataset,
        tasks=body.tasks,
        orders=body.orders,
        per_target=body.per_target,
        seed=_given(body, "seed"),
        overrides=body.overrides,
    )
    return once.answer(
        json.dumps(body.model_dump()).encode(),
        lambda: accepted(atlases.build(request), JobsService(session, platform)),
    )


@router.post(
    "/import",
    status_code=HTTPStatus.CREATED,
    response_model=AtlasDetailOut,
    responses=problem_responses(400, 409, 413, 422),
)
def import_atlas(
    session: SessionDep,
    platform: PlatformDep,
    atlases: AtlasesDep,
    _: TrainScope,
    once: OnceDep,
    file: Annotated[
        UploadFile,
        File(
            description="the affinity CSV, or a released `all_affinities*.pkl`, 16 MiB at most; or an archive that "
            "`export` wrote"
        ),
    ],
    name: Annotated[Name, Form()],
) -> Response:
    """Make an atlas of measured affinities, or of an archive with its networks and transfers.

    A file with a bad row or member is rejected whole; the problem names it.
    """
    if file.file.read(len(MARKS[0])) in MARKS:
        archive = Archive.open(file.file)
        archive.verify()
        store_artifacts(platform.artifacts, archive)
        return once.answer(
            name.encode() + b"\0" + archive.content.encode(),
            lambda: _imported(atlases, store_atlas(session, platform, archive, name=name, origin="imported")),
        )
    file.file.seek(0)
    content = file.file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise TooLarge(f"a file of affinities may have {MAX_BYTES // 2**20} MiB at most")

    return once.answer(
        name.encode() + b"\0" + content,
        lambda: _imported(
            atlases, atlases.import_file(name, read_affinities(file.filename or "", content)).id
        ),
    )


def _imported(atlases: AtlasesService, atlas_id: str) -> Response:
    atlas = atlases.get(atlas_id)
    return Response(
        AtlasDetailOut.with_networks(atlas, atlases.networks(atlas.id)).model_dump_json(),
        status_code=HTTPStatus.CREATED,
        media_type=JSON,
        headers={"Location": f"{API}/atlases/{atlas.id}"},
    )


@router.get(
    "/{atlas_id}", response_model=AtlasDetailOut, responses={**NOT_MODIFIED, **problem_responses(404)}
)
def get_atlas(request: Request, atlas_id: str, atlases: AtlasesDep, _: ReadScope) -> Response:
    """Show an atlas with the networks it has trained so far."""
    atlas = atlases.get(atlas_id)
    shown = AtlasDetailOut.with_networks(atlas, atlases.networks(atlas_id))
    if atlas.status != "ready":
        return Response(shown.model_dump_json(), media_type=JSON)
    return conditional_json(request, shown)


@router.delete("/{atlas_id}", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(404))
def delete_atlas(atlas_id: str, atlases: AtlasesDep, _: TrainScope) -> None:
    """Delete an atlas with its networks, transfers and novel targets; what still works on it is cancelled."""
    atlases.delete(atlas_id)


@router.get(
    "/{atlas_id}/export",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
        **NOT_MODIFIED,
        **problem_responses(404, 409, 422),
    },
)
def export_atlas(
    request: Request,
    atlas_id: str,
    session: SessionDep,
    platform: PlatformDep,
    _: ReadScope,
    *,
    compact: Annotated[
        bool,
        Query(
            description="leave out what few ask for: weights of scratch networks and of transfers that no optimal "
            "taxonomy chooses and that are not their target's best of an order, and validation losses"
        ),
    ] = False,
) -> Response:
    """Download a whole atlas as one archive: scores, curves, losses, networks and transfers; import reads it back."""
    export = export_of(session, platform, atlas_id, compact=compact)
    return conditional(request, export.etag, export.chunks, media_type=MEDIA_TYPE, filename=export.filename)


@router.get(
    "/{atlas_id}/affinity",
    response_model=AffinityOut,
    responses={
        200: {
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            }
        },
        **NOT_MODIFIED,
        **problem_responses(404, 409, 422),
    },
)
def get_affinity(
    request: Request,
    atlas_id: str,
    reader: ReaderDep,
    *,
    normalized: Annotated[
        bool, Query(description="affinities, or else the win rates they are made from")
    ] = True,
    order: Annotated[int, Query(ge=1, le=MAX_ORDER, description="how many sources a column joins")] = 1,
    encoding: Annotated[
        Format, Query(alias="format", description="csv reads back by import; npy holds the values alone")
    ] = "json",
) -> Response:
    """Show the affinity matrix of one order: rows are targets, columns sources; higher is better."""
    bodies: EncodedBodies = request.app.state.encoded
    with reader.session() as session:
        atlases = AtlasesService(session, reader.platform)
        wanted = (atlases.edition(atlas_id), order, normalized, encoding)
        body = bodies.get(
            wanted,
            lambda: atlases.affinity(
                atlases.ready(atlas_id), order=order, normalized=normalized, encoding=encoding
            ),
        )
    return conditional(
        request,
        entity_tag(*wanted),
        lambda: body,
        media_type=MEDIA_TYPES[encoding],
        filename=None if encoding == "json" else f"{atlas_id}-affinity-{order}.{encoding}",
    )


def _given(body: AtlasIn, field: str) -> Any:
    """What the user said; None for what is the default because nothing was said, or is the base's."""
    return getattr(body, field) if field in body.model_fields_set else None
