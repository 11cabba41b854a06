"""Strong ETags for finished results, and 304 for those who have them already."""

import hashlib
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

JSON = "application/json"
PNG = "image/png"
SAFETENSORS = "application/vnd.safetensors"
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client has it: its `ETag` still fits"}
}
"""Declares on a route that it answers conditional requests."""


def entity_tag(*parts: object) -> str:
    """Return a strong ETag for a representation that is fully determined by the parts."""
    digest = hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()
    return f'"{digest[:32]}"'


def conditional(
    request: Request,
    etag: str,
    build: Callable[[], bytes | Iterator[bytes]],
    *,
    media_type: str = JSON,
    filename: str | None = None,
) -> Response:
    """Answer a finished result: 304 when the client has it, else its bytes, which are built only then.

    An iterator's pieces are sent as they come.
    """
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}
    known = request.headers.get("if-none-match")
    if known is not None and _matches(known, etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if filename is not None:
        headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    body = build()
    if isinstance(body, bytes):
        return Response(body, media_type=media_type, headers=headers)
    return StreamingResponse(body, media_type=media_type, headers=headers)


def conditional_json(request: Request, result: BaseModel) -> Response:
    """Answer a finished result that is cheap to make: its bytes name themselves."""
    body = result.model_dump_json().encode()
    return conditional(request, entity_tag(hashlib.sha256(body).hexdigest()), lambda: body)


def _matches(header: str, etag: str) -> bool:
    if header.strip() == "*":
        return True
    # RFC 9110, 13.1.2: If-None-Match compares weakly, so a proxy's W/ prefix does not matter.
    return etag in {candidate.strip().removeprefix("W/") for candidate in header.split(",")}
