"""Migrations on both databases: every step, with rows, and against the tables of the code."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Boolean, DateTime, Float, Integer, LargeBinary, MetaData, String, func, select

from app.core.database import Database
from app.core.settings import DatabaseSettings
from tests import services

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    """A database without a schema."""
    if request.param == "sqlite":
        database = Database(DatabaseSettings(f"sqlite:///{tmp_path / 'empty.db'}"))
        yield database
        database.close()
    else:
        with services.new_database(request.getfixturevalue("postgres_server")) as url:
            database = Database(DatabaseSettings(url))
            yield database
            database.close()


def tables(database):
    found = MetaData()
    found.reflect(database.engine)
    return {name: table for name, table in found.tables.items() if name != "alembic_version"}


def revisions(database):
    script = ScriptDirectory.from_config(database._migrations())
    return [revision.revision for revision in reversed(list(script.walk_revisions()))]


def with_connection(database, what, **options):
    with database.engine.connect() as connection:
        config = database._migrations()
        config.attributes["connection"] = connection
        what(config, **options)


VALUES = {
    String: "a",
    Boolean: True,
    Integer: 1,
    Float: 0.5,
    DateTime: dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
    LargeBinary: b"b",
    JSON: {"c": [1, None]},
}


def fill(database):
    """Store one row in every table, whatever its columns are; foreign keys refer to the row `a`."""
    metadata = MetaData()
    metadata.reflect(database.engine)
    with database.engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name == "alembic_version":
                continue
            row = {
                column.name: next(value for kind, value in VALUES.items() if isinstance(column.type, kind))
                for column in table.columns
                if not column.nullable
            }
            connection.execute(table.insert().values(row))


def counts(database):
    with database.engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table))
            for name, table in tables(database).items()
        }


def test_an_empty_database_goes_up_down_and_up_again(empty):
    assert empty.pending_migrations()
    empty.migrate()
    assert not empty.pending_migrations()
    first = set(tables(empty))
    assert {"jobs", "atlases", "transfers", "datasets", "api_keys"} <= first
    empty.migrate("base")
    assert not tables(empty)
    empty.migrate()
    assert set(tables(empty)) == first


def test_rows_of_every_earlier_release_survive(empty):
    for revision in revisions(empty):
        empty.migrate(revision)
        fill(empty)
        before = counts(empty)
        assert set(before.values()) == {1}
        empty.migrate()
        after = counts(empty)
        assert {name: after[name] for name in before if name in after} == {
            name: count for name, count in before.items() if name in after
        }
        empty.migrate("base")


def test_migrations_and_tables_agree(empty):
    empty.migrate()
    with_connection(empty, command.check)


def test_a_migrated_connection_goes_back_as_it_came(empty):
    empty.migrate()
    with empty.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        else:
            assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "0"
            assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "0"
            assert (
                connection.exec_driver_sql(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                ).scalar()
                == 0
            )


def start_alembic(url, *arguments):
    environment = os.environ | {"TASKATLAS_DATABASE_URL": url}
    return subprocess.Popen(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_command_line_migrates_what_the_settings_name(empty):
    process = start_alembic(empty.url, "upgrade", "head")
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0, text
    assert not empty.pending_migrations()


def test_of_two_who_migrate_at_once_one_waits(postgres_server):
    with services.new_database(postgres_server) as url:
        processes = [start_alembic(url, "upgrade", "head") for _ in range(2)]
        texts = [process.communicate(timeout=60)[0] for process in processes]
        assert [process.returncode for process in processes] == [0, 0], texts


def test_tests_write_only_to_databases_of_their_own_making(postgres_url, postgres_server):
    assert postgres_url != postgres_server
    assert "taskatlas_test_" in postgres_url
