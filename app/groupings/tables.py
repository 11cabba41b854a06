"""Database rows of groupings and of the networks that are trained to check them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, JsonDocument, UtcDateTime


class GroupingRow(Base):
    """A question to an atlas: which of these tasks should share a network?"""

    __tablename__ = "groupings"
    __table_args__ = (Index("ix_groupings_listing", "atlas_id", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    atlas_id: Mapped[str] = mapped_column(ForeignKey("atlases.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    config: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    prediction: Mapped[dict[str, Any]] = mapped_column(
        JsonDocument, doc="scores of pairs, and the groupings that are checked, the best first"
    )
    job_id: Mapped[str | None] = mapped_column(String(40), doc="the job that checks it")
    code_version: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class GroupingRunRow(Base):
    """One training: of a network for a group of tasks, or of a network for each of several tasks."""

    __tablename__ = "grouping_runs"
    __table_args__ = (UniqueConstraint("grouping_id", "position"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    grouping_id: Mapped[str] = mapped_column(ForeignKey("groupings.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(doc="in the order that the runs were planned")
    method: Mapped[str] = mapped_column(String(40))
    tasks: Mapped[list[str]] = mapped_column(JsonDocument)
    metrics: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument, doc="on test images, by task")
    validation_metrics: Mapped[dict[str, Any] | None] = mapped_column(
        JsonDocument, doc="on validation images, by task"
    )
    weights: Mapped[str | None] = mapped_column(String(64), doc="artefact: safetensors")
    error: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument, doc="step and detail, if it diverged")
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
