"""How migrations run: by `Database.migrate`, which hands its connection down, or by alembic's command line."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, Connection, text

from app.core.database import Database, UtcDateTime
from app.core.settings import load_settings
from app.tables import METADATA

# A migration that needs longer sets its own limits; one that waits for a lock stops everybody behind it.
_LIMITS = {"lock_timeout": "4s", "statement_timeout": "5s"}
_TURN_WITHIN = "60s"
_ONE_AT_A_TIME = "hashtext('taskatlas.migrations')"


def run() -> None:
    """Migrate over the connection that was handed down, or over one that the settings name."""
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        _migrate(given)
        return
    database = Database(load_settings().database)
    try:
        with database.engine.connect() as connection:
            _migrate(connection)
    finally:
        database.close()


def _migrate(connection: Connection) -> None:
    prepared = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    with prepared(connection):
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            render_as_batch=connection.dialect.name == "sqlite",
            render_item=_render,
            compare_server_default=True,
            transactional_ddl=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


@contextmanager
def _postgresql(connection: Connection) -> Generator[None]:
    """One process migrates, the others wait for their turn; nothing waits for long."""
    connection.execute(text(f"SET lock_timeout = '{_TURN_WITHIN}'"))
    connection.execute(text(f"SELECT pg_advisory_lock({_ONE_AT_A_TIME})"))
    for name, limit in _LIMITS.items():
        connection.execute(text(f"SET {name} = '{limit}'"))
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        for name in _LIMITS:
            connection.execute(text(f"RESET {name}"))
        connection.execute(text(f"SELECT pg_advisory_unlock({_ONE_AT_A_TIME})"))
        connection.commit()


@contextmanager
def _sqlite(connection: Connection) -> Generator[None]:
    """Altering a table means to copy and drop it, which must not delete the rows that refer to it."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")  # has no effect within a transaction
    try:
        yield
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


def _render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types as plain ones: a migration must not change when the service's code does."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")'
    return False


run()
