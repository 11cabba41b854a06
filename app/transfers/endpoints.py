"""HTTP of transfers."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.atlases.service import AtlasesService
from app.core.caching import JSON, NOT_MODIFIED, conditional_json
from app.core.dependencies import PlatformDep, ReadScope, SessionDep
from app.core.pagination import Cursor, Limit, Page
from app.core.problems import problem_responses
from app.transfers.records import MAX_ORDER
from app.transfers.repository import TransferFilter
from app.transfers.schemas import TransferDetailOut, TransferOut
from app.transfers.service import TransfersService

router = APIRouter(
    prefix="/atlases/{atlas_id}/transfers", tags=["transfers"], responses=problem_responses(401, 403, 404)
)


@router.get("", response_model=Page[TransferOut], responses={**NOT_MODIFIED, **problem_responses(422)})
def list_transfers(
    request: Request,
    atlas_id: str,
    session: SessionDep,
    platform: PlatformDep,
    _: ReadScope,
    target: Annotated[str | None, Query(max_length=100, description="only those to this task")] = None,
    source: Annotated[str | None, Query(max_length=100, description="only those from this task")] = None,
    order: Annotated[
        int | None, Query(ge=1, le=MAX_ORDER, description="only those that join so many sources")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List an atlas's transfers by order, target and sources; while it is being built, those measured so far."""
    atlas = AtlasesService(session, platform).get(atlas_id)
    chosen = TransferFilter(target=target, order=order, source=source)
    page, next_cursor = TransfersService(session, platform).page(atlas_id, chosen, limit=limit, cursor=cursor)
    shown = Page(items=[TransferOut.of(transfer) for transfer in page], next_cursor=next_cursor)
    if atlas.status != "ready":
        return Response(shown.model_dump_json(), media_type=JSON)
    return conditional_json(request, shown)


@router.get("/{transfer_id}", response_model=TransferDetailOut, responses=NOT_MODIFIED)
def get_transfer(
    request: Request,
    atlas_id: str,
    transfer_id: str,
    session: SessionDep,
    platform: PlatformDep,
    _: ReadScope,
) -> Response:
    """Show one transfer with its metrics and training curves."""
    atlas = AtlasesService(session, platform).get(atlas_id)
    transfers = TransfersService(session, platform)
    transfer = transfers.get(atlas_id, transfer_id)
    shown = TransferDetailOut.with_curves(transfer, transfers.curves(transfer))
    if atlas.status != "ready":
        return Response(shown.model_dump_json(), media_type=JSON)
    return conditional_json(request, shown)
