"""HTTP of taxonomies, frontiers and trees."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from app.core.caching import JSON, NOT_MODIFIED, conditional, entity_tag
from app.core.dependencies import ReaderDep
from app.core.problems import problem_responses
from app.taxonomies.schemas import MAX_NUMBER, FrontierOut, TaxonomyIn, TaxonomyOut, TreeOut
from app.taxonomies.service import TaxonomiesService, Unproven
from app.transfers.records import MAX_ORDER
from models.taxonomy.options import Options

router = APIRouter(
    prefix="/atlases/{atlas_id}", tags=["taxonomies"], responses=problem_responses(401, 403, 404, 409, 422)
)


async def get_taxonomies(request: Request, reader: ReaderDep) -> TaxonomiesService:
    """The use cases, for who asks."""
    return TaxonomiesService(reader, request.app.state.encoded)


TaxonomiesDep = Annotated[TaxonomiesService, Depends(get_taxonomies, scope="function")]
MaxOrder = Annotated[int | None, Query(ge=1, le=MAX_ORDER, description="by default every order measured")]


@router.get("/taxonomy", response_model=TaxonomyOut, responses=NOT_MODIFIED)
def get_taxonomy(
    request: Request,
    atlas_id: str,
    taxonomies: TaxonomiesDep,
    budget: Annotated[
        float,
        Query(ge=0, le=MAX_NUMBER, allow_inf_nan=False, description="how many sources may be chosen"),
    ],
    max_order: MaxOrder = None,
) -> Response:
    """Find the best taxonomy under a budget: which sources to supervise, and what every target takes from them."""
    edition = taxonomies.edition(atlas_id)
    options = Options(budget=budget, max_order=max_order)
    return _finished(
        request,
        entity_tag("taxonomy", edition, budget, max_order),
        lambda: taxonomies.taxonomy(atlas_id, edition, options),
    )


@router.post("/taxonomy", response_model=TaxonomyOut, responses=problem_responses(400))
def solve_taxonomy(atlas_id: str, body: TaxonomyIn, taxonomies: TaxonomiesDep) -> Response:
    """Find the best taxonomy with every option: costs, importance, subsets, qualities to reach, alternatives."""
    edition = taxonomies.edition(atlas_id)
    try:
        answer = taxonomies.taxonomy(atlas_id, edition, body.options())
    except Unproven as unproven:
        answer = unproven.body
    return Response(answer, media_type=JSON)


@router.get("/frontier", response_model=FrontierOut, responses=NOT_MODIFIED)
def get_frontier(
    request: Request, atlas_id: str, taxonomies: TaxonomiesDep, max_order: MaxOrder = None
) -> Response:
    """Show what the best taxonomy is worth for every budget from 1 to the number of sources."""
    edition = taxonomies.edition(atlas_id)
    return _finished(
        request,
        entity_tag("frontier", edition, max_order),
        lambda: taxonomies.frontier(atlas_id, edition, max_order),
    )


@router.get(
    "/tree",
    response_model=TreeOut,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **NOT_MODIFIED},
)
def get_tree(
    request: Request,
    atlas_id: str,
    taxonomies: TaxonomiesDep,
    encoding: Annotated[Literal["json", "newick"], Query(alias="format")] = "json",
) -> Response:
    """Show which tasks transfer alike, as a tree: linkage and nested, or in Newick format."""
    etag = entity_tag("tree", taxonomies.edition(atlas_id), encoding)
    if encoding == "json":
        return conditional(request, etag, lambda: taxonomies.tree(atlas_id))
    return conditional(
        request,
        etag,
        lambda: taxonomies.newick(atlas_id),
        media_type="text/plain; charset=utf-8",
        filename=f"{atlas_id}-tree.nwk",
    )


def _finished(request: Request, etag: str, build: Callable[[], bytes]) -> Response:
    """A proven answer under its tag; one that is not may be better the next time, so nobody keeps it."""
    try:
        return conditional(request, etag, build)
    except Unproven as unproven:
        return Response(unproven.body, media_type=JSON, headers={"Cache-Control": "no-store"})
