"""Background work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class JobResource:
    """What a job makes."""

    kind: str
    id: str
    href: str


@dataclass(frozen=True, slots=True)
class JobProblem:
    """Why a job failed."""

    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job: `progress` is 0 to 1, `eta_s` seconds or None while unknown.

    `children` counts the jobs of a group by state; None for a single job.
    """

    id: str
    kind: str
    title: str
    state: JobState
    progress: float
    step: str
    eta_s: float | None
    attempt: int
    created_at: datetime
    parent_id: str | None = None
    resource: JobResource | None = None
    result: dict[str, Any] | None = None
    error: JobProblem | None = None
    children: dict[str, int] | None = None
    cancel_requested: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether the job is in a state it never leaves."""
        return self.state in {"succeeded", "failed", "cancelled"}


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One server-sent event of a job; `id` resumes the stream after it."""

    id: str | None
    kind: str
    data: dict[str, Any]
