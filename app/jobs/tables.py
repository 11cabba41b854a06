"""Jobs, what they wait for, what happened to them, and the workers that run them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base

# A hundred workers tell of enough to use up 32 bits within months; SQLite counts by itself in plain integers only.
_EVENT_ID = BigInteger().with_variant(Integer, "sqlite")


class Job(Base):
    """One piece of background work, or a group of them (`is_group`), which is never run itself.

    A running job is held under a lease: (worker, attempt) until `lease_expires_at` in database time. `losses` counts
    the attempts that ended without a result since the last checkpoint; an orderly shutdown does not count. After a
    loss the job waits until `not_before`. `attempt_progress` is where the running attempt began, for the ETA.
    `children` counts the jobs of a group by state.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_state_is_group", "state", "is_group"),
        Index("ix_jobs_created_at_id", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    queue: Mapped[str]
    is_group: Mapped[bool] = mapped_column(default=False)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    weight: Mapped[float] = mapped_column(default=1.0)
    resource_kind: Mapped[str | None]
    resource_id: Mapped[str | None] = mapped_column(index=True)
    config: Mapped[dict[str, Any]]
    state: Mapped[str]
    progress: Mapped[float] = mapped_column(default=0.0)
    step: Mapped[str] = mapped_column(default="")
    result: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    children: Mapped[dict[str, Any] | None]
    attempt: Mapped[int] = mapped_column(default=0)
    attempt_progress: Mapped[float] = mapped_column(default=0.0)
    attempt_started_at: Mapped[datetime | None]
    losses: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None]
    lease_expires_at: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    checkpoint: Mapped[str | None]
    not_before: Mapped[datetime | None]
    rung_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class JobDependency(Base):
    """A job that cannot start before another has succeeded."""

    __tablename__ = "job_dependencies"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    depends_on_id: Mapped[str] = mapped_column(
        ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class JobEvent(Base):
    """A change of a job that those who follow it are told."""

    __tablename__ = "job_events"
    __table_args__ = (
        Index("ix_job_events_job_id_id", "job_id", "id"),
        {"sqlite_autoincrement": True},  # an id that was in use is not given again: who follows has seen it
    )

    id: Mapped[int] = mapped_column(_EVENT_ID, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Worker(Base):
    """A worker process and when it was last heard of."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(primary_key=True)
    queues: Mapped[list[str]]
    seen_at: Mapped[datetime]
