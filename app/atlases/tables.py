"""Database rows of atlases and of the networks they are made from."""

from datetime import datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, JsonDocument, UtcDateTime


class AtlasRow(Base):
    """An atlas. Whether a build still runs is the business of its job; `finished_at` says that it succeeded."""

    __tablename__ = "atlases"
    __table_args__ = (Index("ix_atlases_created_at_id", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    origin: Mapped[str] = mapped_column(String(20), doc="built, imported or bundled")
    config: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    tasks: Mapped[list[str]] = mapped_column(JsonDocument)
    sources: Mapped[list[str]] = mapped_column(JsonDocument)
    targets: Mapped[list[str]] = mapped_column(JsonDocument)
    orders: Mapped[list[int]] = mapped_column(JsonDocument)
    transfer_count: Mapped[int] = mapped_column(Integer)
    dataset_id: Mapped[str | None] = mapped_column(ForeignKey("datasets.id", ondelete="RESTRICT"), index=True)
    base_id: Mapped[str | None] = mapped_column(
        String(40), doc="the atlas whose task-specific networks it took over; that one may be gone"
    )
    job_id: Mapped[str | None] = mapped_column(String(40), doc="the job that builds it")
    code_version: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provenance: Mapped[dict[str, Any] | None] = mapped_column(
        JsonDocument, doc="of one that came as an archive: its build and the file"
    )


class NetworkRow(Base):
    """A network trained on images: task-specific (`kind` task), or from scratch on the small split (scratch)."""

    __tablename__ = "networks"

    atlas_id: Mapped[str] = mapped_column(ForeignKey("atlases.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    task: Mapped[str] = mapped_column(String(100), primary_key=True)
    weights: Mapped[str] = mapped_column(String(64), doc="artefact: safetensors")
    losses: Mapped[str] = mapped_column(String(64), doc="artefact: per-image losses, as arrays")
    curves: Mapped[str] = mapped_column(String(64), doc="artefact: training curves, as JSON")
    representations: Mapped[dict[str, str]] = mapped_column(
        JsonDocument, doc="artefacts of the frozen encoder's outputs, by kind of inputs"
    )
    metrics: Mapped[dict[str, float]] = mapped_column(JsonDocument)
    test_loss: Mapped[float | None] = mapped_column(Float)
    win_rate_vs_constant: Mapped[float | None] = mapped_column(Float)
    win_rate_vs_random: Mapped[float | None] = mapped_column(Float)
