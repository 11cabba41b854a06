"""HTTP of taxonomies, frontiers, trees, and whether they could be chance."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from app.core.caching import JSON, NOT_MODIFIED, conditional, entity_tag
from app.core.dependencies import ReaderDep
from app.core.problems import problem_responses
from app.taxonomies.comparison import AtlasComparisonOut
from app.taxonomies.evidence import ClusteringOut, SignificanceOut
from app.taxonomies.schemas import MAX_NUMBER, FrontierOut, TaxonomyIn, TaxonomyOut, TreeOut
from app.taxonomies.service import TaxonomiesService, Unproven
from app.transfers.records import MAX_ORDER
from models.taxonomy.clusters import MAX_PERMUTATIONS
from models.taxonomy.options import Options

MAX_SAMPLES = 10_000
MAX_SEED = 2**32 - 1

router = APIRouter(
    prefix="/atlases/{atlas_id}", tags=["taxonomies"], responses=problem_responses(401, 403, 404, 409, 422)
)


async def get_taxonomies(request: Request, reader: ReaderDep) -> TaxonomiesService:
    """The use cases, for who asks."""
    return TaxonomiesService(reader, request.app.state.encoded)


TaxonomiesDep = Annotated[TaxonomiesService, Depends(get_taxonomies, scope="function")]
Budget = Annotated[
    float, Query(ge=0, le=MAX_NUMBER, allow_inf_nan=False, description="how many sources may be chosen")
]
MaxOrder = Annotated[int | None, Query(ge=1, le=MAX_ORDER, description="by default every order measured")]
Seed = Annotated[int, Query(ge=0, le=MAX_SEED, description="of what is drawn at random")]


@router.get("/taxonomy", response_model=TaxonomyOut, responses=NOT_MODIFIED)
def get_taxonomy(
    request: Request,
    atlas_id: str,
    taxonomies: TaxonomiesDep,
    budget: Budget,
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


@router.get("/tree/groups", response_model=ClusteringOut, responses=NOT_MODIFIED)
def get_tree_groups(
    request: Request,
    atlas_id: str,
    taxonomies: TaxonomiesDep,
    permutations: Annotated[
        int, Query(ge=1, le=MAX_PERMUTATIONS, description="how often the groups are dealt out at random")
    ] = 9999,
    seed: Seed = 0,
) -> Response:
    """Test whether tasks of one group (2D, 3D, semantic, low-dimensional) stand nearer in the tree than chance."""
    edition = taxonomies.edition(atlas_id)
    return conditional(
        request,
        entity_tag("groups", edition, permutations, seed),
        lambda: taxonomies.clustering(atlas_id, edition, permutations, seed),
    )


@router.get("/significance", response_model=SignificanceOut, responses=NOT_MODIFIED)
def get_significance(
    request: Request,
    atlas_id: str,
    taxonomies: TaxonomiesDep,
    budget: Budget,
    max_order: MaxOrder = None,
    samples: Annotated[
        int,
        Query(
            ge=1, le=MAX_SAMPLES, description="random taxonomies; fewer in an atlas of very many transfers"
        ),
    ] = 1000,
    seed: Seed = 0,
) -> Response:
    """Compare the best taxonomy under a budget with random feasible ones: by objective, gain and quality."""
    edition = taxonomies.edition(atlas_id)
    options = Options(budget=budget, max_order=max_order)
    return _finished(
        request,
        entity_tag("significance", edition, budget, max_order, samples, seed),
        lambda: taxonomies.significance(atlas_id, edition, options, samples, seed),
    )


@router.get("/comparison", response_model=AtlasComparisonOut, responses=NOT_MODIFIED)
def get_comparison(
    request: Request,
    atlas_id: str,
    taxonomies: TaxonomiesDep,
    other_id: Annotated[str, Query(alias="with", description="id of the atlas to compare with")],
    *,
    include_self: Annotated[bool, Query(description="count the targets' own full supervision")] = False,
    include_random: Annotated[bool, Query(description="count the untrained encoder")] = False,
) -> Response:
    """Compare with another atlas how the transfers rank that both have measured, such as at two data sizes."""
    editions = taxonomies.edition(atlas_id), taxonomies.other_edition(other_id)
    return conditional(
        request,
        entity_tag("comparison", *editions, include_self, include_random),
        lambda: taxonomies.comparison(
            atlas_id, other_id, editions, include_self=include_self, include_random=include_random
        ),
    )


def _finished(request: Request, etag: str, build: Callable[[], bytes]) -> Response:
    """A proven answer under its tag; one that is not may be better the next time, so nobody keeps it."""
    try:
        return conditional(request, etag, build)
    except Unproven as unproven:
        return Response(unproven.body, media_type=JSON, headers={"Cache-Control": "no-store"})
