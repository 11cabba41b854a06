"""How the web process reaches the inference process."""

import logging
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel

from app.core.errors import Busy
from app.core.settings import InferenceSettings
from app.inference.protocol import (
    ClassifyReply,
    ClassifyRequest,
    HeadsReply,
    HeadsRequest,
    PredictReply,
    PredictRequest,
)

log = logging.getLogger(__name__)

_CONNECT_TIMEOUT_S = 2.0
_RETRY_WHEN_DOWN_S = 5
_RETRY_WHEN_BUSY_S = 1


class EngineError(Exception):
    """The inference process answered what it never should."""


async def ask_engine(settings: InferenceSettings, request: PredictRequest) -> PredictReply:
    """Predictions of one request, over the engine's Unix socket, or TCP where the address says so.

    Raises:
        Busy: the engine is not there, does not answer in time, or has too much to do.
        EngineError: it failed.
    """
    return PredictReply.model_validate_json(await _ask(settings, "/predict", request))


async def ask_classifier(settings: InferenceSettings, request: ClassifyRequest) -> ClassifyReply:
    """Class probabilities of one request; raises what `ask_engine` raises."""
    return ClassifyReply.model_validate_json(await _ask(settings, "/classify", request))


async def ask_heads(settings: InferenceSettings, request: HeadsRequest) -> HeadsReply:
    """Predictions of a network of several tasks; raises what `ask_engine` raises."""
    return HeadsReply.model_validate_json(await _ask(settings, "/heads", request))


async def _ask(settings: InferenceSettings, path: str, request: BaseModel) -> bytes:
    try:
        async with _connection(settings) as http:
            response = await http.post(
                path, content=request.model_dump_json(), headers={"Content-Type": "application/json"}
            )
    except httpx.TimeoutException as error:
        raise Busy("the inference process did not answer in time", retry_after=_RETRY_WHEN_DOWN_S) from error
    except httpx.TransportError as error:
        log.warning("inference process unreachable at %s: %s", settings.url, error)
        raise Busy("the inference process is not running", retry_after=_RETRY_WHEN_DOWN_S) from error
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        raise Busy("too many predictions wait", retry_after=_RETRY_WHEN_BUSY_S)
    if response.status_code != HTTPStatus.OK:
        message = f"the inference process answered {response.status_code}: {response.text[:500]}"
        raise EngineError(message)
    return response.content


def _connection(settings: InferenceSettings) -> httpx.AsyncClient:
    address = urlsplit(settings.url)
    unix = address.scheme == "unix"
    # Nothing here speaks TLS, and loading certificates takes longer than a prediction.
    transport = httpx.AsyncHTTPTransport(uds=address.path if unix else None, verify=False)
    return httpx.AsyncClient(
        transport=transport,
        base_url="http://engine" if unix else settings.url,
        timeout=httpx.Timeout(settings.timeout_s, connect=_CONNECT_TIMEOUT_S),
    )
