"""Whether the service lives, whether it takes requests and jobs, and its figures."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from app.core.database import SQLAlchemyError
from app.core.dependencies import PlatformDep
from app.core.errors import Busy, FieldError
from app.core.platform import Platform
from app.core.problems import problem_responses
from app.core.telemetry import CONTENT_TYPE, Metrics
from app.jobs.presence import WorkerPresence

log = logging.getLogger(__name__)

router = APIRouter(tags=["operations"])

_RETRY_AFTER_S = 2


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Requests and jobs are taken."""

    status: Literal["ready"] = "ready"
    workers: list[str]


@router.get("/healthz")
def healthz() -> Alive:
    """Answer while the process lives."""
    return Alive()


@router.get("/readyz", responses=problem_responses(HTTPStatus.SERVICE_UNAVAILABLE))
def readyz(platform: PlatformDep) -> Ready:
    """Answer 200 once requests and jobs are taken: the database, the broker and a worker are there."""
    workers: list[str] = []
    missing: list[FieldError] = []
    parts: dict[str, Callable[[], None]] = {
        "database": lambda: workers.extend(_live_workers(platform)),
        "broker": platform.queue.ping,
    }
    for name, look in parts.items():
        try:
            look()
        except (SQLAlchemyError, OSError) as error:
            log.warning("the %s does not answer: %s", name, error)
            missing.append(FieldError(name, "does not answer"))
    if not missing and not workers:
        missing.append(FieldError("worker", "none is alive"))
    if missing:
        detail = "; ".join(f"{part.pointer}: {part.detail}" for part in missing)
        raise Busy(f"not ready: {detail}", errors=missing, retry_after=_RETRY_AFTER_S)
    return Ready(workers=workers)


@router.get("/metrics", response_class=Response, include_in_schema=False)
def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    figures: Metrics = request.app.state.metrics
    return Response(figures.exposition(), media_type=CONTENT_TYPE)


def _live_workers(platform: Platform) -> list[str]:
    with platform.database.session(read_only=True) as session:
        return WorkerPresence(session, platform).alive()
