"""Answer a repeated request with its first response."""

import hashlib
from collections.abc import Callable

from fastapi import Response

from app.core.database import Database, Session
from app.core.errors import Conflict
from app.core.idempotency.repository import FirstResponses
from app.core.idempotency.tables import FirstResponse


class Once:
    """Makes a request with an `Idempotency-Key` happen once."""

    def __init__(self, database: Database, session: Session, place: str, key: str | None) -> None:
        self._database = database
        self._responses = FirstResponses(session)
        self._place = place
        self._key = key

    def first(self, content: bytes) -> Response | None:
        """The first response, if there was one; before slow work that `answer` would do inside its transaction.

        Read apart from that transaction, which on SQLite keeps all others from writing once it has begun.

        Raises:
            Conflict: The key was used for another request.
        """
        if self._key is None:
            return None
        with self._database.session(read_only=True) as reading:
            first = FirstResponses(reading).find(self._place, self._key)
        return None if first is None else _repeated(first, _hashed(content))

    def answer(self, content: bytes, act: Callable[[], Response]) -> Response:
        """Act and remember the response in the same transaction, or answer as the first time.

        Args:
            content: what the request asks for; the same key with other content is a conflict.
            act: does it. Its errors are not remembered: the request may be sent again.

        Raises:
            Conflict: The key was used for another request, or that request is under way.
        """
        if self._key is None:
            return act()
        request_hash = _hashed(content)
        first = self._responses.find(self._place, self._key)
        if first is None:
            reserved = self._responses.reserve(self._place, self._key, request_hash)
            if reserved is not None:
                return _remembered(reserved, act())
            # Another request took the key at the same moment; to say so, the database has waited for its end.
            first = self._responses.find(self._place, self._key)
            if first is None:
                raise Conflict("a request with this Idempotency-Key is under way")
        return _repeated(first, request_hash)


def _hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _repeated(first: FirstResponse, request_hash: str) -> Response:
    if first.request_hash != request_hash:
        raise Conflict("this Idempotency-Key was used for another request")
    headers = {"Location": first.location} if first.location else None
    return Response(first.body, status_code=first.status, media_type=first.media_type, headers=headers)


def _remembered(first: FirstResponse, response: Response) -> Response:
    first.status = response.status_code
    first.media_type = response.media_type or ""
    first.location = response.headers.get("location")
    first.body = bytes(response.body)
    return response
