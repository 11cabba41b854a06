"""HTTP of data sets."""

import json
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.core.caching import JSON, NOT_MODIFIED, conditional_json
from app.core.dependencies import OnceDep, PlatformDep, ReadScope, SessionDep, TrainScope
from app.core.pagination import Cursor, Limit, Page
from app.core.problems import problem_responses
from app.datasets.schemas import DatasetIn, DatasetOut
from app.datasets.service import DatasetsService
from app.jobs.schemas import API

router = APIRouter(prefix="/datasets", tags=["datasets"], responses=problem_responses(401, 403))


async def get_datasets(session: SessionDep, platform: PlatformDep) -> DatasetsService:
    """The use cases, on the request's transaction."""
    return DatasetsService(session, platform)


DatasetsDep = Annotated[DatasetsService, Depends(get_datasets, scope="function")]


@router.get("", responses=problem_responses(422))
def list_datasets(
    datasets: DatasetsDep, _: ReadScope, limit: Limit = 50, cursor: Cursor = None
) -> Page[DatasetOut]:
    """List data sets, newest first."""
    page, next_cursor = datasets.page(limit=limit, cursor=cursor)
    return Page(items=[DatasetOut.of(dataset) for dataset in page], next_cursor=next_cursor)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=DatasetOut,
    responses=problem_responses(400, 409, 413, 422),
)
def create_dataset(body: DatasetIn, datasets: DatasetsDep, _: TrainScope, once: OnceDep) -> Response:
    """Register a data set; the answer holds what its validation found."""
    content = json.dumps(body.model_dump()).encode()
    if first := once.first(content):
        return first
    inspected = datasets.inspect(body.kind, location=body.location, options=body.options)

    def add() -> Response:
        dataset = datasets.add(body.name, inspected)
        return Response(
            DatasetOut.of(dataset).model_dump_json(),
            status_code=HTTPStatus.CREATED,
            media_type=JSON,
            headers={"Location": f"{API}/datasets/{dataset.id}"},
        )

    return once.answer(content, add)


@router.get("/{dataset_id}", response_model=DatasetOut, responses={**NOT_MODIFIED, **problem_responses(404)})
def get_dataset(request: Request, dataset_id: str, datasets: DatasetsDep, _: ReadScope) -> Response:
    """Show a data set with its validation report."""
    return conditional_json(request, DatasetOut.of(datasets.get(dataset_id)))


@router.delete("/{dataset_id}", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(404, 409))
def delete_dataset(dataset_id: str, datasets: DatasetsDep, _: TrainScope) -> None:
    """Forget a data set that no atlas uses; its files stay."""
    datasets.delete(dataset_id)
