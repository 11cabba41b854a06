"""API keys: make, list, revoke, and find by what a request carries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.core.database import Database, Session, after_commit
from app.core.errors import Conflict, NotFound
from app.core.ids import new_id
from app.core.pagination import cut, decode_time_cursor
from app.core.security import Principal, Scope, hash_token, new_token
from app.keys.repository import KeyRepository
from app.keys.tables import KeyRow

SHOWN_CHARACTERS = 8
USE_NOTED_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as anyone may see it who administers them."""

    id: str
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made, with the secret that is shown this once."""

    key: Key
    secret: str


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Keys, newest first, and where the next page begins."""

    items: list[Key]
    next_cursor: str | None


class KeysService:
    """What an administrator does with keys."""

    def __init__(self, session: Session, database: Database) -> None:
        self._keys = KeyRepository(session)
        self._now = lambda: database.now(session)

    def create(self, name: str, scopes: Sequence[Scope]) -> NewKey:
        """Make a key; its secret is in this answer and nowhere else."""
        secret = new_token()
        row = KeyRow(
            id=new_id("key"),
            name=name,
            prefix=secret[:SHOWN_CHARACTERS],
            secret_hash=hash_token(secret),
            scopes=sorted({*scopes}),
            created_at=self._now(),
            last_used_at=None,
        )
        self._keys.add(row)
        return NewKey(_key(row), secret)

    def list(self, limit: int, cursor: str | None) -> KeyPage:
        """Return a page of keys, newest first.

        Raises:
            InvalidInput: The cursor is not one of this list.
        """
        rows = self._keys.page(limit, decode_time_cursor(cursor))
        page, next_cursor = cut(rows, limit, lambda row: (row.created_at.isoformat(), row.id))
        return KeyPage([_key(row) for row in page], next_cursor)

    def revoke(self, key_id: str, *, even_the_last: bool = False) -> None:
        """Forget a key at once.

        Args:
            key_id: Which one.
            even_the_last: Also when the service runs open afterwards, because no key is left.

        Raises:
            NotFound: There is no such key.
            Conflict: It is the last one.
        """
        ids = self._keys.lock_ids()
        if key_id not in ids:
            raise NotFound(f"there is no key {key_id}")
        if len(ids) == 1 and not even_the_last:
            raise Conflict("this is the last key, without any the service would run open; make another first")
        self._keys.remove(key_id)


class StoredKeys:
    """Finds the key that a request carries, and notes now and then that it was used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, session: Session, token_hash: str) -> Principal | None:
        """Return whose hash this is, or None when no key has it."""
        row = KeyRepository(session).by_hash(token_hash)
        if row is None:
            return None
        # This process's clock will do for whether to look; what is noted is the database's time.
        if row.last_used_at is None or row.last_used_at < datetime.now(UTC) - USE_NOTED_EVERY:
            after_commit(session, lambda: self._note_use(row.id))
        return Principal(key_id=row.id, scopes=frozenset(Scope(scope) for scope in row.scopes))

    def any(self, session: Session) -> bool:
        """Return whether there is a key; the service runs open while there is none."""
        return KeyRepository(session).any_keys()

    def _note_use(self, key_id: str) -> None:
        # In a transaction of its own: most requests only read, and shall not wait for SQLite's one writer.
        with self._database.session() as session:
            at = self._database.now(session)
            KeyRepository(session).note_use(key_id, at, not_since=at - USE_NOTED_EVERY)


def _key(row: KeyRow) -> Key:
    scopes = tuple(Scope(scope) for scope in row.scopes)
    return Key(row.id, row.name, row.prefix, scopes, row.created_at, row.last_used_at)
