"""First responses in the database."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from app.core.database import IntegrityError, Session
from app.core.idempotency.tables import FirstResponse

KEPT = timedelta(days=7)


class FirstResponses:
    """First responses of requests, kept for a week."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, place: str, key: str) -> FirstResponse | None:
        """Return the first response to a request, if there was one."""
        return self.session.get(FirstResponse, (place, key))

    def reserve(self, place: str, key: str, request_hash: str) -> FirstResponse | None:
        """Take a key for the request under way; None when another request took it at the same moment."""
        now = datetime.now(UTC)
        self.session.execute(delete(FirstResponse).where(FirstResponse.created_at < now - KEPT))
        row = FirstResponse(place=place, key=key, request_hash=request_hash, created_at=now)
        try:
            with self.session.begin_nested():
                self.session.add(row)
        except IntegrityError:
            return None
        return row
