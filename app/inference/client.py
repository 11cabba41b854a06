"""How the web process reaches the inference process."""

import logging
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx

from app.core.errors import Busy
from app.inference.protocol import PredictReply, PredictRequest

log = logging.getLogger(__name__)

_RETRY_WHEN_DOWN_S = 5
_RETRY_WHEN_BUSY_S = 1


class EngineError(Exception):
    """The inference process answered what it never should."""


class EngineClient:
    """Talks HTTP over the engine's Unix socket, or TCP where the address says so.

    Bound to the event loop it is first used in; close it there.
    """

    def __init__(self, url: str, *, timeout_s: float) -> None:
        """Do not connect yet: `unix:/path/to/socket` or `http://host:port`."""
        address = urlsplit(url)
        unix = address.scheme == "unix"
        # Without TLS there is nothing to verify, and loading certificates takes longer than a prediction.
        transport = httpx.AsyncHTTPTransport(uds=address.path if unix else None, verify=False)
        self._http = httpx.AsyncClient(
            transport=transport,
            base_url="http://engine" if unix else url,
            timeout=httpx.Timeout(timeout_s, connect=2.0),
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def predict(self, request: PredictRequest) -> PredictReply:
        """Predictions of one request.

        Raises:
            Busy: the engine is not there, does not answer in time, or has too much to do.
            EngineError: it failed.
        """
        try:
            response = await self._http.post(
                "/predict", content=request.model_dump_json(), headers={"Content-Type": "application/json"}
            )
        except httpx.TimeoutException as error:
            raise Busy(
                "the inference process did not answer in time", retry_after=_RETRY_WHEN_DOWN_S
            ) from error
        except httpx.TransportError as error:
            log.warning("inference process unreachable: %s", error)
            raise Busy("the inference process is not running", retry_after=_RETRY_WHEN_DOWN_S) from error
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            raise Busy("too many predictions wait", retry_after=_RETRY_WHEN_BUSY_S)
        if response.status_code != HTTPStatus.OK:
            raise EngineError(f"the inference process answered {response.status_code}: {response.text[:500]}")
        return PredictReply.model_validate_json(response.content)
