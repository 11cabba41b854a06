"""First responses by key."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base


class FirstResponse(Base):
    """What a request with an `Idempotency-Key` was answered; `status` is 0 while it is being answered."""

    __tablename__ = "first_responses"

    place: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int] = mapped_column(default=0)
    media_type: Mapped[str] = mapped_column(default="")
    location: Mapped[str | None]
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    created_at: Mapped[datetime]
