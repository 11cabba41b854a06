"""Which bundled atlases a database was given."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcDateTime


class BundledAtlasRow(Base):
    """A bundled atlas that was installed here. The row outlives the atlas: one that was deleted stays deleted."""

    __tablename__ = "bundled_atlases"

    content: Mapped[str] = mapped_column(
        String(64), primary_key=True, doc="SHA-256 of the archive's manifest"
    )
    atlas_id: Mapped[str] = mapped_column(String(40))
    installed_at: Mapped[datetime] = mapped_column(UtcDateTime)
