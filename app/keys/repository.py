"""Where API keys are kept."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, exists, or_, select, update

from app.core.database import Session
from app.keys.tables import KeyRow

# Every request asks one of these: they are made once.
_ANY = select(exists().where(KeyRow.id.is_not(None)))
_BY_HASH = select(KeyRow).where(KeyRow.secret_hash == bindparam("secret_hash"))


class KeyRepository:
    """API keys in the database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: KeyRow) -> None:
        """Keep a new key."""
        self._session.add(row)
        self._session.flush()

    def any_keys(self) -> bool:
        """Return whether there is a key at all: the service runs open while there is none."""
        return bool(self._session.scalar(_ANY))

    def by_hash(self, secret_hash: str) -> KeyRow | None:
        """Return the key whose secret has this hash."""
        return self._session.scalar(_BY_HASH, {"secret_hash": secret_hash})

    def page(self, limit: int, after: tuple[datetime, str] | None) -> Sequence[KeyRow]:
        """Return keys newest first, one more than the limit where there are more.

        Args:
            limit: How many make a page.
            after: Time and id of the last key of the page before.
        """
        query = select(KeyRow).order_by(KeyRow.created_at.desc(), KeyRow.id.desc()).limit(limit + 1)
        if after is not None:
            created_at, identifier = after
            older = KeyRow.created_at < created_at
            query = query.where(or_(older, and_(KeyRow.created_at == created_at, KeyRow.id < identifier)))
        return self._session.scalars(query).all()

    def note_use(self, key_id: str, at: datetime, *, not_since: datetime) -> None:
        """Note that a key was used, unless that was noted after `not_since` already."""
        stale = or_(KeyRow.last_used_at.is_(None), KeyRow.last_used_at < not_since)
        self._session.execute(
            update(KeyRow).where(KeyRow.id == key_id, stale).values(last_used_at=at),
            execution_options={"synchronize_session": False},
        )

    def lock_ids(self) -> list[str]:
        """Return the ids of all keys, and let no other transaction revoke one before this one has ended."""
        return list(self._session.scalars(select(KeyRow.id).order_by(KeyRow.id).with_for_update()))

    def remove(self, key_id: str) -> None:
        """Forget a key."""
        self._session.execute(delete(KeyRow).where(KeyRow.id == key_id))
