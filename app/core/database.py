"""The database: engine, sessions with one commit at their edge, column types, and what runs after a commit."""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, Engine, MetaData, create_engine, event, func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from app.core.settings import DatabaseSettings

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = [
    "MAX_CONNECTIONS",
    "UNAVAILABLE",
    "Base",
    "DataError",
    "Database",
    "IntegrityError",
    "InterfaceError",
    "JsonDocument",
    "OperationalError",
    "SQLAlchemyError",
    "Session",
    "UtcDateTime",
    "after_commit",
]

log = logging.getLogger(__name__)

# What a database out of reach, busy or full raises: it may pass by itself.
UNAVAILABLE = (OperationalError, InterfaceError)

MAX_CONNECTIONS = 30
"""Of one process; whoever wants another waits for one to come back."""
MIGRATIONS = Path(__file__).parents[2] / "migrations"
_BUSY_TIMEOUT_S = 30.0
_AFTER_COMMIT = "after_commit"

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive times: they mean another moment on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """SQLite forgets the zone; what was stored is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JsonDocument = JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """Root of all tables; every constraint has a predictable name, so that migrations can speak of it."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: JsonDocument,
        list[str]: JsonDocument,
    }


class Database:
    """One engine and its sessions."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.url = settings.url
        self.engine = _engine(settings.url)
        self._writers = sessionmaker(self.engine, expire_on_commit=False)
        self._readers = sessionmaker(self.engine.execution_options(read_only=True), expire_on_commit=False)

    @contextmanager
    def session(self, *, read_only: bool = False) -> Generator[Session]:
        """A transaction: committed once when the block ends, rolled back when it raises.

        What `after_commit` collected runs after the commit, and only then.

        Args:
            read_only: the block writes nothing, so that SQLite need not hold up its one writer.
        """
        with (self._readers if read_only else self._writers)() as session:
            with session.begin():
                yield session
            actions: list[Callable[[], None]] = session.info.pop(_AFTER_COMMIT, [])
        for action in actions:
            try:
                action()
            except Exception:  # what was committed stands; who asked for it must hear so
                log.exception("an action after the commit failed")

    def now(self, session: Session) -> datetime:
        """The database's own time: the one clock that all workers share."""
        if self.engine.dialect.name == "sqlite":
            seconds = session.execute(text("SELECT (julianday('now') - 2440587.5) * 86400.0")).scalar_one()
            return datetime.fromtimestamp(seconds, UTC)
        return session.execute(select(func.clock_timestamp())).scalar_one().astimezone(UTC)

    def ping(self) -> None:
        """Raise one of `UNAVAILABLE` when the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema to a revision; nothing is done when it is there already."""
        from alembic import command  # noqa: PLC0415 - only who migrates pays for it

        with self.engine.connect() as connection:
            config = self._migrations()
            config.attributes["connection"] = connection
            (command.downgrade if revision == "base" else command.upgrade)(config, revision)

    def pending_migrations(self) -> bool:
        """Return whether the schema is not the one of this version."""
        from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
        from alembic.script import ScriptDirectory  # noqa: PLC0415

        with self.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_heads()
        return set(current) != set(ScriptDirectory.from_config(self._migrations()).get_heads())

    def _migrations(self) -> "Config":
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        return config

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Run an action once the session's transaction has been committed; never when it is rolled back."""
    session.info.setdefault(_AFTER_COMMIT, []).append(action)


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        kept = MAX_CONNECTIONS // 3
        return create_engine(url, pool_pre_ping=True, pool_size=kept, max_overflow=MAX_CONNECTIONS - kept)
    # All are kept: a connection costs the server nothing here, and opening one costs more than most requests.
    engine = create_engine(
        url,
        connect_args={"timeout": _BUSY_TIMEOUT_S, "check_same_thread": False},
        pool_size=MAX_CONNECTIONS,
        max_overflow=0,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        # The driver would begin transactions by itself, and too late: `begin` below does it.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        # A reader that later writes would fail at once when another wrote in between; a writer that says so waits.
        options = connection.get_execution_options()
        connection.exec_driver_sql("BEGIN" if options.get("read_only") else "BEGIN IMMEDIATE")

    return engine
