"""Database rows of adaptations and of their runs."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, JsonDocument, UtcDateTime


class AdaptationRow(Base):
    """A classifier brought from a labelled source domain to an unlabelled target domain, by several methods."""

    __tablename__ = "adaptations"
    __table_args__ = (Index("ix_adaptations_listing", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    source_dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id", ondelete="RESTRICT"), index=True)
    target_dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id", ondelete="RESTRICT"), index=True)
    config: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    pretrained: Mapped[str | None] = mapped_column(
        String(64), doc="artefact: weights that every run begins with"
    )
    shared_classes: Mapped[list[str] | None] = mapped_column(
        JsonDocument, doc="classes that the target has examples of, where labels tell"
    )
    verdicts: Mapped[dict[str, Any] | None] = mapped_column(
        JsonDocument, doc="by method, once all have ended"
    )
    job_id: Mapped[str | None] = mapped_column(String(40), doc="the job that trains it")
    code_version: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AdaptationRunRow(Base):
    """One method with one seed, from the request on; what is measured is added as it comes."""

    __tablename__ = "adaptation_runs"
    __table_args__ = (UniqueConstraint("adaptation_id", "method", "seed"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    adaptation_id: Mapped[str] = mapped_column(ForeignKey("adaptations.id", ondelete="CASCADE"))
    method: Mapped[str] = mapped_column(String(40))
    seed: Mapped[int] = mapped_column(BigInteger)
    history: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument, doc="every evaluation so far")
    accuracies: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument, doc="the run in a few numbers")
    weights: Mapped[str | None] = mapped_column(String(64), doc="artefact: the chosen model, safetensors")
    arrays: Mapped[str | None] = mapped_column(String(64), doc="artefact: embedding and confusion, npz")
    predicted_shares: Mapped[list[float] | None] = mapped_column(
        JsonDocument, doc="of the chosen model's predictions for the whole target, by class"
    )
    error: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument, doc="step and detail, if it diverged")
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
