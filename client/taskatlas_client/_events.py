"""Server-sent events, as the WHATWG standard reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from taskatlas_client._errors import MalformedResponseError
from taskatlas_client._types import JobEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def parse_events(lines: Iterable[str]) -> Iterator[JobEvent | None]:
    """Yield the events of a stream, and None for each comment (a keep-alive).

    An incomplete last event is dropped.

    Args:
        lines: Lines of the stream without their ends.

    Raises:
        MalformedResponseError: The data of an event is not a JSON object.
    """
    identifier: str | None = None
    kind = "message"
    data: list[str] = []
    for line in lines:
        if not line:
            if data:
                yield JobEvent(id=identifier, kind=kind, data=_read(data))
            kind, data = "message", []
            continue
        name, _, value = line.partition(":")
        if not name:
            yield None
            continue
        value = value.removeprefix(" ")
        if name == "id":
            identifier = value
        elif name == "event":
            kind = value
        elif name == "data":
            data.append(value)


def _read(data: list[str]) -> dict[str, Any]:
    try:
        value: object = json.loads("\n".join(data))
    except ValueError as error:
        raise MalformedResponseError(f"event data is not JSON: {data[0]:.80}") from error
    if not isinstance(value, dict):
        raise MalformedResponseError(f"event data should be an object and is {value!r:.80}")
    return cast("dict[str, Any]", value)
