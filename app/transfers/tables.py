"""Database rows of measured transfers."""

from typing import Any

from sqlalchemy import Float, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, JsonDocument


class TransferRow(Base):
    """One transfer of an atlas: how well a set of sources serves a target."""

    __tablename__ = "transfers"
    __table_args__ = (
        UniqueConstraint("atlas_id", "target", "sources"),
        Index("ix_transfers_listing", "atlas_id", "order", "target", "sources"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    atlas_id: Mapped[str] = mapped_column(ForeignKey("atlases.id", ondelete="CASCADE"))
    target: Mapped[str] = mapped_column(String(100))
    sources: Mapped[str] = mapped_column(String(2000), doc="names joined by +, in the transfer's order")
    order: Mapped[int] = mapped_column(Integer)
    affinity: Mapped[float | None] = mapped_column(Float)
    win_rate: Mapped[float | None] = mapped_column(
        Float, doc="mean share of test images won against the target's other transfers, before normalisation"
    )
    win_rate_vs_scratch: Mapped[float | None] = mapped_column(Float)
    win_rate_vs_full: Mapped[float | None] = mapped_column(Float)
    test_loss: Mapped[float | None] = mapped_column(Float)
    measures: Mapped[dict[str, Any]] = mapped_column(
        JsonDocument,
        doc="means over the test images, in the target's unit; of an imported row its extra columns",
    )
    weights: Mapped[str | None] = mapped_column(String(64), doc="artefact: the head, as safetensors")
    losses: Mapped[str | None] = mapped_column(
        String(64), doc="artefact: per-image test and validation losses"
    )
    curves: Mapped[str | None] = mapped_column(String(64), doc="artefact: training curves, as JSON")
