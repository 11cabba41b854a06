"""Database rows of novel targets and of what was trained for them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, JsonDocument, UtcDateTime


class NovelTargetRow(Base):
    """A task outside an atlas, reached from its networks with few labels."""

    __tablename__ = "novel_targets"
    __table_args__ = (Index("ix_novel_targets_listing", "atlas_id", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    atlas_id: Mapped[str] = mapped_column(ForeignKey("atlases.id", ondelete="CASCADE"))
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id", ondelete="RESTRICT"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    task: Mapped[str] = mapped_column(String(100))
    config: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    facts: Mapped[dict[str, Any] | None] = mapped_column(
        JsonDocument, doc="title, output and metrics of the task, once the baselines are trained"
    )
    job_id: Mapped[str | None] = mapped_column(String(40), doc="the job that trains for it")
    code_version: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NovelModelRow(Base):
    """What answers for a novel target: a transfer, a network from scratch, or the best constant guess."""

    __tablename__ = "novel_models"
    __table_args__ = (UniqueConstraint("target_id", "kind", "sources"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    target_id: Mapped[str] = mapped_column(ForeignKey("novel_targets.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20), doc="transfer, scratch or constant")
    sources: Mapped[str] = mapped_column(
        String(2000), doc="names joined by +, in the transfer's order; else empty"
    )
    validation_loss: Mapped[float] = mapped_column(Float)
    test_loss: Mapped[float] = mapped_column(Float)
    affinity: Mapped[float | None] = mapped_column(Float)
    win_rate: Mapped[float | None] = mapped_column(Float)
    win_rate_vs_scratch: Mapped[float | None] = mapped_column(Float)
    win_rate_vs_constant: Mapped[float | None] = mapped_column(Float)
    metrics: Mapped[dict[str, float]] = mapped_column(JsonDocument)
    weights: Mapped[str | None] = mapped_column(String(64), doc="artefact: safetensors")
    losses: Mapped[str] = mapped_column(String(64), doc="artefact: per-image test and validation losses")
    curves: Mapped[str | None] = mapped_column(String(64), doc="artefact: training curve, as JSON")
