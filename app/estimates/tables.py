"""Database rows of estimates."""

from sqlalchemy import Float, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base


class EstimateRow(Base):
    """What an estimator says of one transfer of an atlas, from networks alone."""

    __tablename__ = "estimates"

    atlas_id: Mapped[str] = mapped_column(ForeignKey("atlases.id", ondelete="CASCADE"), primary_key=True)
    method: Mapped[str] = mapped_column(String(20), primary_key=True)
    target: Mapped[str] = mapped_column(String(100), primary_key=True)
    source: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[float | None] = mapped_column(Float, doc="higher is better; null = not defined")
