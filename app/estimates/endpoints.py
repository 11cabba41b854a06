"""HTTP of estimates."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.core.caching import JSON, NOT_MODIFIED, conditional_json
from app.core.dependencies import PlatformDep, ReadScope, SessionDep
from app.core.problems import problem_responses
from app.estimates.schemas import EstimatesOut
from app.estimates.service import EstimatesService
from models.transfer.estimators.methods import Method

router = APIRouter(
    prefix="/atlases/{atlas_id}", tags=["atlases"], responses=problem_responses(401, 403, 404, 409, 422)
)


@router.get("/estimates", response_model=EstimatesOut, responses=NOT_MODIFIED)
def get_estimates(
    request: Request,
    atlas_id: str,
    session: SessionDep,
    platform: PlatformDep,
    _: ReadScope,
    method: Annotated[Method, Query(description="the estimator of transferability")] = "logme",
) -> Response:
    """Rank the sources of every target from networks alone: there before any transfer trains; higher is better.

    Once the atlas is ready, the answer says how the ranking agrees with the measured affinities.
    """
    matrix = EstimatesService(session, platform).matrix(atlas_id, method)
    shown = EstimatesOut.of(matrix)
    if matrix.correlation is None:
        return Response(shown.model_dump_json(), media_type=JSON)
    return conditional_json(request, shown)
