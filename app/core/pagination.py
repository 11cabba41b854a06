"""Lists in pages: `?limit=` and an opaque `?cursor=`."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from app.core.errors import FieldError, InvalidInput

MAX_LIMIT = 200

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="how many items to return at most")]
T = TypeVar("T")
Row = TypeVar("Row")

Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before")]


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None = None


def encode_cursor(key: Sequence[str]) -> str:
    """Hide the sort key of a page's last row in a cursor."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, parts: int) -> list[str] | None:
    """Return the sort key after which a page begins.

    Raises:
        InvalidInput: It is no cursor of this list.
    """
    if cursor is None:
        return None
    try:
        key: Any = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        # Half a character, which JSON can smuggle in, can be looked up nowhere.
        json.dumps(key, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        key = None
    if not isinstance(key, list) or len(key) != parts or not all(isinstance(part, str) for part in key):
        raise no_such_cursor()
    return key


def decode_time_cursor(cursor: str | None) -> tuple[datetime, str] | None:
    """Return the time and the id after which a page of a list by age begins.

    Raises:
        InvalidInput: It is no cursor of this list.
    """
    key = decode_cursor(cursor, 2)
    if key is None:
        return None
    try:
        moment = datetime.fromisoformat(key[0])
    except ValueError:
        raise no_such_cursor() from None
    if moment.tzinfo is None:
        raise no_such_cursor()
    return moment, key[1]


def no_such_cursor() -> InvalidInput:
    """What a cursor is answered that this list never gave."""
    return InvalidInput(
        "no such cursor", errors=[FieldError("cursor", "is not a `next_cursor` of this list")]
    )


def cut(
    rows: Sequence[Row], limit: int, key: Callable[[Row], Sequence[str]]
) -> tuple[Sequence[Row], str | None]:
    """Cut a query that asked for one row more than the limit into its page and the cursor of the next."""
    if len(rows) <= limit:
        return rows, None
    page = rows[:limit]
    return page, encode_cursor(key(page[-1]))
