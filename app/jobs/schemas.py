"""The JSON of jobs."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from app.jobs.states import JobState
from app.jobs.tables import Job

API = "/api/v1"


class JobResource(BaseModel):
    """What a job works on."""

    kind: str
    id: str
    href: str


class JobError(BaseModel):
    """Why a job failed."""

    title: str
    detail: str


class JobView(BaseModel):
    """A job as users see it."""

    id: str
    kind: str
    title: str
    state: JobState
    progress: float = Field(description="0 to 1")
    step: str = Field(description="what it does just now")
    eta_s: float | None = Field(description="seconds until it ends, when that can be told")
    attempt: int = Field(description="how often it was started")
    parent_id: str | None
    resource: JobResource | None
    result: dict[str, Any] | None
    error: JobError | None
    children: dict[JobState, int] | None = Field(
        description="of a group: how many of its jobs are in each state"
    )
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def job_view(job: Job, now: datetime) -> JobView:
    """Show a job as it is at a moment of database time."""
    resource = None
    if job.resource_kind is not None and job.resource_id is not None:
        href = f"{API}/{_PLURALS.get(job.resource_kind, job.resource_kind)}/{job.resource_id}"
        resource = JobResource(kind=job.resource_kind, id=job.resource_id, href=href)
    return JobView(
        id=job.id,
        kind=job.kind,
        title=job.title,
        state=JobState(job.state),
        progress=job.progress,
        step=job.step,
        eta_s=eta(job, now),
        attempt=job.attempt,
        parent_id=job.parent_id,
        resource=resource,
        result=job.result,
        error=None if job.error is None else JobError.model_validate(job.error),
        children=None
        if job.children is None
        else {JobState(name): count for name, count in job.children.items()},
        cancel_requested=job.cancel_requested,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


_PLURALS = {"atlas": "atlases", "adaptation": "adaptations", "dataset": "datasets", "multitask": "multitask"}
_LEAST_PROGRESS = 0.01
_LEAST_ELAPSED = timedelta(seconds=1)


def eta(job: Job, now: datetime) -> float | None:
    """Return the seconds until a running job ends at the pace of its attempt; None when it is too early to tell."""
    if job.state != JobState.RUNNING or job.attempt_started_at is None:
        return None
    elapsed = now - job.attempt_started_at
    done = job.progress - job.attempt_progress
    if done < _LEAST_PROGRESS or elapsed < _LEAST_ELAPSED:
        return None
    return round(elapsed.total_seconds() * (1 - job.progress) / done, 1)
