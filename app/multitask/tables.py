"""Database rows of multi-task trainings and of their runs."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, JsonDocument, UtcDateTime


class MultitaskRow(Base):
    """Several tasks of a data set learnt by one network, by several methods."""

    __tablename__ = "multitask_trainings"
    __table_args__ = (Index("ix_multitask_trainings_listing", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id", ondelete="RESTRICT"), index=True)
    config: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    own: Mapped[list[dict[str, Any]]] = mapped_column(
        JsonDocument, doc="those of its tasks that the data set declares"
    )
    job_id: Mapped[str | None] = mapped_column(String(40), doc="the job that trains it")
    code_version: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MultitaskRunRow(Base):
    """One method with one seed and perhaps a preference, from the request on; what is measured is added as it comes."""

    __tablename__ = "multitask_runs"
    __table_args__ = (UniqueConstraint("multitask_id", "position"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    multitask_id: Mapped[str] = mapped_column(ForeignKey("multitask_trainings.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(doc="in the order that the runs were asked for")
    method: Mapped[str] = mapped_column(String(40))
    seed: Mapped[int] = mapped_column(BigInteger)
    preference: Mapped[list[float] | None] = mapped_column(
        JsonDocument, doc="by task, where it steers the method"
    )
    history: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument, doc="every evaluation so far")
    metrics: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument, doc="on test images, by task")
    validation_metrics: Mapped[dict[str, Any] | None] = mapped_column(
        JsonDocument, doc="on validation images, by task"
    )
    weights: Mapped[str | None] = mapped_column(String(64), doc="artefact: the model, safetensors")
    error: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument, doc="step and detail, if it diverged")
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
