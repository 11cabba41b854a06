"""`taskatlas doctor`: looks at everything the service needs and says what to mend."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import httpx

from app.core.database import Database, SQLAlchemyError
from app.core.embedded import SetupError, embedded_redis_url, prepare_data_folder, redis_server_binary
from app.core.listen import listen
from app.core.queue import Queue
from app.standalone import address_file

if TYPE_CHECKING:
    from app.core.settings import Settings

LITTLE_SPACE_GIB = 2.0
TIMEOUT_S = 5.0


class Verdict(StrEnum):
    """What a check found."""

    OK = "ok"
    OFF = "off"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the service needs.

    Attributes:
        name: What was looked at.
        verdict: `ok`, `off` (not running, and nothing says it should be), or `bad`.
        detail: What was found, and what to do about it.
    """

    name: str
    verdict: Verdict
    detail: str


def examine(settings: Settings) -> list[Check]:
    """Look at everything; nothing is changed but that the data folder is made."""
    url = _running_service(settings)
    looks: list[tuple[str, Callable[[], tuple[Verdict, str]]]] = [
        ("Python", _python),
        ("data folder", lambda: _data_folder(settings)),
        ("disk space", lambda: _disk_space(settings)),
        ("port", lambda: _port(settings, url)),
        ("database", lambda: _database(settings)),
        ("Redis", lambda: _redis(settings)),
        ("worker", lambda: _worker(url)),
        ("inference", lambda: _inference(settings, url)),
    ]
    return [_check(name, look) for name, look in looks]


def _check(name: str, look: Callable[[], tuple[Verdict, str]]) -> Check:
    try:
        verdict, detail = look()
    except (SetupError, SQLAlchemyError, OSError, httpx.HTTPError) as error:
        first_line = next(iter(str(error).splitlines()), type(error).__name__)
        verdict, detail = Verdict.BAD, first_line
    return Check(name, verdict, detail)


def _python() -> tuple[Verdict, str]:
    verdict = Verdict.OK if sys.version_info >= (3, 11) else Verdict.BAD
    return verdict, f"{platform.python_version()} at {sys.executable}; needs 3.11 or newer"


def _data_folder(settings: Settings) -> tuple[Verdict, str]:
    prepare_data_folder(settings.data)
    return Verdict.OK, f"{settings.data} can be written"


def _disk_space(settings: Settings) -> tuple[Verdict, str]:
    free = shutil.disk_usage(settings.data).free / 2**30
    verdict = Verdict.OK if free >= LITTLE_SPACE_GIB else Verdict.BAD
    return verdict, f"{free:.1f} GiB are free; {LITTLE_SPACE_GIB:g} leave room for some atlases"


def _port(settings: Settings, url: str | None) -> tuple[Verdict, str]:
    if url is not None:
        return Verdict.OK, f"the service of this data folder answers at {url}"
    listen(settings.server.host, settings.server.port).close()
    return Verdict.OK, f"{settings.server.host} port {settings.server.port} is free"


def _database(settings: Settings) -> tuple[Verdict, str]:
    database = Database(settings.database)
    try:
        database.ping()
        behind = database.pending_migrations()
    finally:
        database.close()
    if not behind:
        return Verdict.OK, f"{_without_secrets(settings.database.url)} is reachable and up to date"
    verdict = Verdict.OFF if settings.embedded_database else Verdict.BAD
    return (
        verdict,
        "reachable, its schema is not of this version: `taskatlas up` or `taskatlas migrate` brings it up",
    )


def _redis(settings: Settings) -> tuple[Verdict, str]:
    queue = Queue(settings.queue)
    try:
        queue.ping()
    except OSError:
        if settings.queue.url != embedded_redis_url(settings.data):
            raise
        return Verdict.OFF, f"`taskatlas up` starts {redis_server_binary()}"
    finally:
        queue.close()
    return Verdict.OK, f"{_without_secrets(settings.queue.url)} answers"


def _worker(url: str | None) -> tuple[Verdict, str]:
    if url is None:
        return Verdict.OFF, "the service does not run; `taskatlas up` starts it with a worker"
    response = httpx.get(f"{url}/readyz", timeout=TIMEOUT_S)
    if response.is_success:
        return Verdict.OK, "jobs are taken"
    problem = cast("dict[str, Any]", response.json())
    return Verdict.BAD, str(problem.get("detail", response.text))


def _inference(settings: Settings, url: str | None) -> tuple[Verdict, str]:
    address = urlsplit(settings.inference.url)
    unix = address.scheme == "unix"
    transport = httpx.HTTPTransport(uds=address.path if unix else None)
    base_url = "http://engine" if unix else settings.inference.url
    with httpx.Client(transport=transport, base_url=base_url, timeout=TIMEOUT_S) as client:
        try:
            client.get("/healthz").raise_for_status()
        except httpx.TransportError:
            if url is not None or not unix:
                raise
            return Verdict.OFF, "the service does not run; `taskatlas up` starts it with inference"
    return Verdict.OK, f"{settings.inference.url} answers"


def _running_service(settings: Settings) -> str | None:
    """Return the address of the service that runs on the data folder, if one does."""
    try:
        url = address_file(settings.data).read_text(encoding="utf-8").strip()
        httpx.get(f"{url}/healthz", timeout=TIMEOUT_S).raise_for_status()
    except (OSError, httpx.HTTPError):
        return None
    return url


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1]).geturl()
