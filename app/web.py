"""The API process."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

from app.core.database import Database
from app.core.embedded import SetupError
from app.core.listen import is_loopback, listen
from app.core.logs import configure_logging
from app.keys.repository import KeyRepository

if TYPE_CHECKING:
    from app.core.settings import Settings

GRACE_S = 5


def serve_forever(settings: Settings, fd: int | None) -> None:
    """Serve until a signal ends it.

    Args:
        settings: Where things are.
        fd: A listening socket to serve on, handed down by a supervisor; None = listen as the settings say.

    Raises:
        SetupError: The service may not or cannot listen there.
    """
    import uvicorn  # noqa: PLC0415 - the supervisor uses this module without a web server

    from app.atlases.bundled.service import install_at_start  # noqa: PLC0415
    from app.main import create_app  # noqa: PLC0415

    require_key_beyond_loopback(settings)
    server = settings.server
    configure_logging(server.log_level)
    if fd is None:
        install_at_start(settings)  # a supervisor has done it
    listener = listen(server.host, server.port) if fd is None else socket.socket(fileno=fd)
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,  # our own, with one line per request
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    uvicorn.Server(config).run(sockets=[listener])


def require_key_beyond_loopback(settings: Settings) -> None:
    """See that a service which others can reach is not open to them.

    Raises:
        SetupError: It would be; the message says how to make a key.
    """
    if is_loopback(settings.server.host):
        return
    with Database(settings.database).session() as session:
        if KeyRepository(session).any_keys():
            return
    raise SetupError(
        f"refusing to listen on {settings.server.host} without an API key: everyone who reaches it could use it; "
        "make one with `taskatlas key create NAME --scope admin`, or set TASKATLAS_HOST=127.0.0.1"
    )


def openapi_document(settings: Settings) -> str:
    """Return the OpenAPI document as committed in docs/openapi.json."""
    from app.main import create_app  # noqa: PLC0415

    return json.dumps(create_app(settings).openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
