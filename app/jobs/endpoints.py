"""Jobs over HTTP: list, look, follow, cancel."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from app.core.dependencies import PlatformDep, ReadScope, SessionDep, TrainScope
from app.core.pagination import Cursor, Limit, Page, cut, decode_time_cursor
from app.core.platform import Platform
from app.core.problems import problem_responses
from app.jobs.schemas import API, JobView, job_view
from app.jobs.service import JobsService
from app.jobs.states import FINAL, EventKind, JobState
from app.jobs.tables import Job

router = APIRouter(prefix="/jobs", tags=["jobs"])

_POLL_S = 0.4
_KEEP_ALIVE_S = 15
_LONGEST_ID = 18  # digits, of what every database can compare with


def accepted(job: Job, service: JobsService) -> Response:
    """Answer that long work has begun: 202, where to follow it, and the job."""
    body = job_view(job, service.now()).model_dump_json()
    location = {"Location": f"{API}/jobs/{job.id}"}
    return Response(body, status_code=202, media_type="application/json", headers=location)


@router.get("", responses=problem_responses(401, 403, 422))
def list_jobs(
    session: SessionDep,
    platform: PlatformDep,
    _: ReadScope,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: JobState | None = None,
    kind: Annotated[str | None, Query(description="show jobs of this kind, those of groups included")] = None,
    parent: Annotated[str | None, Query(description="show the jobs of this group")] = None,
) -> Page[JobView]:
    """List jobs, newest first; those of a group are shown when their group or kind is asked for."""
    service = JobsService(session, platform)
    rows = service.list(limit + 1, after=decode_time_cursor(cursor), state=state, kind=kind, parent_id=parent)
    page, next_cursor = cut(rows, limit, lambda job: (job.created_at.isoformat(), job.id))
    now = service.now()
    return Page(items=[job_view(job, now) for job in page], next_cursor=next_cursor)


@router.get("/{job_id}", responses=problem_responses(401, 403, 404))
def get_job(job_id: str, session: SessionDep, platform: PlatformDep, _: ReadScope) -> JobView:
    """Tell how far a job is."""
    service = JobsService(session, platform)
    return job_view(service.get(job_id), service.now())


@router.delete("/{job_id}", responses=problem_responses(401, 403, 404, 409))
def cancel_job(job_id: str, session: SessionDep, platform: PlatformDep, _: TrainScope) -> JobView:
    """Cancel a job: at once while it is queued, at its next step while it runs."""
    service = JobsService(session, platform)
    return job_view(service.cancel(job_id), service.now())


@router.get(
    "/{job_id}/events",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {}}}, **problem_responses(401, 403, 404)},
)
async def follow_job(
    job_id: str,
    platform: PlatformDep,
    _: ReadScope,
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventSourceResponse:
    """Follow a job as server-sent events `state` and `progress`, whose data is the job; ends when the job has ended.

    With `Last-Event-ID` the stream goes on after that event; without, or with one that this job never had, it begins
    with the job as it is.
    """
    after = None if last_event_id is None else _event_id(last_event_id)
    first = await run_in_threadpool(_first_batch, platform, job_id, after)
    return EventSourceResponse(_stream(platform, job_id, first), ping=_KEEP_ALIVE_S)


@dataclass(frozen=True, slots=True)
class _Batch:
    events: list[ServerSentEvent]
    last: int
    ended: bool


async def _stream(platform: Platform, job_id: str, batch: _Batch) -> AsyncIterator[ServerSentEvent]:
    while True:
        for event in batch.events:
            yield event
        if batch.ended and not batch.events:
            return
        if not batch.events:
            await asyncio.sleep(_POLL_S)
        batch = await run_in_threadpool(_next_batch, platform, job_id, batch.last)


def _first_batch(platform: Platform, job_id: str, after: int | None) -> _Batch:
    with platform.database.session(read_only=True) as session:
        service = JobsService(session, platform)
        last = service.last_event_id(job_id)
        view = job_view(service.get(job_id), service.now())
    if after is not None and after <= last:
        return _next_batch(platform, job_id, after)
    return _Batch([_event(last, EventKind.STATE, view.model_dump_json())], last, ended=False)


def _next_batch(platform: Platform, job_id: str, after: int) -> _Batch:
    with platform.database.session(read_only=True) as session:
        service = JobsService(session, platform)
        # In this order: a job seen as ended has its last event among those read next.
        ended = service.get(job_id).state in FINAL
        rows = service.events(job_id, after)
        events = [_event(row.id, row.kind, json.dumps(row.data)) for row in rows]
    return _Batch(events, rows[-1].id if rows else after, ended)


def _event_id(text: str) -> int | None:
    """Return the event that a client saw last; None when it can be none of ours."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_ID else None


def _event(event_id: int, kind: str, data: str) -> ServerSentEvent:
    return ServerSentEvent(data, event=kind, id=str(event_id))
