"""What tests of every part share: real servers, migrated databases, a platform and the API on it."""

import os
import random
import shutil
import sys
from pathlib import Path

import pytest
import redis
from fastapi.testclient import TestClient

from app.core.artifacts import build_artifact_store
from app.core.database import Database
from app.core.platform import Platform, build_platform
from app.core.queue import Queue
from app.core.security import Scope
from app.core.settings import DatabaseSettings, load_settings
from app.keys.service import KeysService
from app.tables import METADATA
from tests import services


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin every test, its fixtures included, with the same draws: a test passes or fails each time it runs."""
    random.seed(0)
    if torch := sys.modules.get("torch"):  # most tests of the service never load it
        torch.manual_seed(0)


@pytest.fixture(scope="session")
def postgres_server():
    """Address of a real PostgreSQL's maintenance database; make databases with `services.new_database`."""
    with services.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url(postgres_server):
    """Address of this test process's own PostgreSQL database, migrated; `database` empties it."""
    with services.new_database(postgres_server) as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def redis_url():
    """Address of a real Redis of this test process's own."""
    process = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    with services.redis_server(int(process)) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """A migrated and empty database: every test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "tests.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        database = Database(DatabaseSettings(f"sqlite:///{path}"))
    else:
        database = Database(DatabaseSettings(request.getfixturevalue("postgres_url")))
        names = ", ".join(f'"{table.name}"' for table in METADATA.sorted_tables)
        with database.engine.begin() as connection:
            connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    yield database
    database.close()


@pytest.fixture
def settings(tmp_path, redis_url):
    """Settings on a folder of the test's own: SQLite, local artefacts, the real and empty Redis."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    return load_settings(
        {
            "TASKATLAS_DATA": str(tmp_path / "data"),
            "TASKATLAS_REDIS_URL": redis_url,
            "TASKATLAS_DATASET_ROOTS": str(tmp_path),
            "TASKATLAS_WORKER_NAME": "worker-of-tests",
        }
    )


@pytest.fixture
def platform(settings, sqlite_template):
    """A platform on `settings`, migrated."""
    settings.data.mkdir()
    shutil.copy(sqlite_template, Path(settings.database.url.removeprefix("sqlite:///")))
    platform = build_platform(settings)
    yield platform
    platform.close()


@pytest.fixture
def platform_on_both(settings, database):
    """A platform on `database`: every test runs once on SQLite and once on PostgreSQL."""
    platform = Platform(settings, database, build_artifact_store(settings.artifacts), Queue(settings.queue))
    yield platform
    platform.queue.close()


@pytest.fixture
def api(platform):
    """A client of the whole application on `platform`'s settings; open, as long as `authorize` made no key."""
    from app.main import create_app  # only tests of HTTP pay for every route

    with TestClient(create_app(platform.settings)) as client:
        yield client


@pytest.fixture
def authorize(platform):
    """Make an API key with some scopes and return the headers that send it."""

    def make(*scopes: Scope) -> dict[str, str]:
        with platform.database.session() as session:
            made = KeysService(session, platform.database).create("key of tests", scopes)
        return {"Authorization": f"Bearer {made.secret}"}

    return make


def migrate(url: str) -> None:
    """Bring a database to the newest schema."""
    database = Database(DatabaseSettings(url))
    database.migrate()
    database.close()
