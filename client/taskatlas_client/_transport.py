"""One HTTP exchange: retries, idempotency keys, and problems turned into exceptions."""

from __future__ import annotations

import email.utils
import random
import time
import uuid
from typing import TYPE_CHECKING, Any, TypeVar, cast

import httpx

from taskatlas_client._decode import decode
from taskatlas_client._errors import (
    ERRORS_BY_STATUS,
    MalformedResponseError,
    ServerError,
    StatusError,
    TimedOutError,
    UnreachableError,
)
from taskatlas_client._types import FieldProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")


DEFAULT_TIMEOUT_S = 60.0
DEFAULT_MAX_RETRIES = 2
LONGEST_RETRY_DELAY_S = 60.0
RETRIED_STATUSES = frozenset({429, 502, 503, 504})


class Transport:
    """Sends requests to one server.

    Args:
        base_url: Root of the server, for example `http://127.0.0.1:8000`.
        api_key: Sent as a bearer token; None for a server that runs open.
        timeout: Seconds to wait for a connection, and for each piece of an answer.
        max_retries: How often a request is repeated that failed for a passing reason.
    """

    def __init__(self, base_url: str, api_key: str | None, timeout: float, max_retries: int) -> None:
        headers = {"Accept": "application/json", "User-Agent": "taskatlas-client/0.1.0"}
        if api_key is not None:
            headers["Authorization"] = f"Bearer {api_key}"
        self._timeout = timeout
        self._client = httpx.Client(base_url=base_url.rstrip("/"), headers=headers, timeout=timeout)
        self._max_retries = max_retries

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def waiting(self, seconds: float | None) -> httpx.Timeout:
        """The transport's timeouts, but for an answer that may take some seconds; None = as long as it takes."""
        return httpx.Timeout(self._timeout, read=seconds)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        data: Mapping[str, str] | None = None,
        files: list[tuple[str, tuple[str, bytes]]] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool = False,
        timeout: httpx.Timeout | None = None,
    ) -> httpx.Response:
        """Send a request, repeat it while that is safe and may help, and return the good answer.

        Args:
            method: HTTP method.
            path: Path from the root of the server.
            params: Query; entries that are None are left out.
            json: Body, if it is JSON.
            data: Form fields, if the body is a form.
            files: Parts of a multipart form: (field, (file name, content)).
            headers: More headers.
            idempotent: Send one `Idempotency-Key` with every repetition, so that a lost answer may be asked
                again.
            timeout: In place of the transport's own, see `waiting`.

        Raises:
            UnreachableError: No answer, also after the repetitions.
            StatusError: The subclass that fits the status of the answer.
        """
        sent = dict(headers or {})
        if idempotent:
            sent.setdefault("Idempotency-Key", str(uuid.uuid4()))
        request = self._client.build_request(
            method,
            path,
            params={name: value for name, value in (params or {}).items() if value is not None},
            json=json,
            data=data,
            files=files,
            headers=sent,
            timeout=timeout or self._client.timeout,
        )
        repeatable = idempotent or method in {"GET", "DELETE"}
        for attempt in range(self._max_retries + 1):
            last = attempt == self._max_retries
            try:
                response = self._client.send(request)
            except httpx.TransportError as error:
                if last or not (repeatable or isinstance(error, httpx.ConnectError)):
                    raise unreachable(error, request) from error
                time.sleep(_backoff(attempt))
                continue
            if response.is_success:
                return response
            problem = problem_of(response)
            delay = problem.retry_after if problem.retry_after is not None else _backoff(attempt)
            if last or problem.status not in RETRIED_STATUSES or delay > LONGEST_RETRY_DELAY_S:
                raise problem
            time.sleep(delay)
        raise AssertionError("the last attempt returns or raises")

    def json(self, method: str, path: str, **options: Any) -> Any:
        """Send a request and return the answer's JSON; see `request`.

        Raises:
            MalformedResponseError: The answer is not JSON.
        """
        response = self.request(method, path, **options)
        try:
            return response.json()
        except ValueError as error:
            message = f"{method} {path} answered {response.headers.get('content-type')} instead of JSON"
            raise MalformedResponseError(message) from error

    def lines(self, path: str, headers: Mapping[str, str]) -> Iterator[str]:
        """Open a stream and yield its lines as they come.

        Raises:
            UnreachableError: The connection failed or broke.
            StatusError: The server refused.
        """
        request = self._client.build_request("GET", path, headers=dict(headers))
        yield from self._stream(request, lambda response: response.iter_lines())

    def content(self, path: str, *, params: Mapping[str, Any] | None = None) -> Iterator[bytes]:
        """Open a stream and yield the bytes of a file as they come.

        Raises:
            UnreachableError: The connection failed or broke; what was yielded is not the whole.
            StatusError: The server refused.
        """
        request = self._client.build_request("GET", path, params=params, headers={"Accept": "*/*"})
        yield from self._stream(request, lambda response: response.iter_bytes())

    def _stream(self, request: httpx.Request, read: Callable[[httpx.Response], Iterator[T]]) -> Iterator[T]:
        try:
            response = self._client.send(request, stream=True)
            try:
                if not response.is_success:
                    response.read()
                    raise problem_of(response)
                yield from read(response)
            finally:
                response.close()
        except httpx.TransportError as error:
            raise unreachable(error, request) from error


def problem_of(response: httpx.Response) -> StatusError:
    """Turn an answer of 400 or above into the exception of its status."""
    document: dict[str, Any] = {}
    if "json" in response.headers.get("content-type", ""):
        try:
            body: object = response.json()
        except ValueError:
            body = None
        if isinstance(body, dict):
            document = cast("dict[str, Any]", body)
    fallback = ServerError if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR else StatusError
    return ERRORS_BY_STATUS.get(response.status_code, fallback)(
        status=response.status_code,
        title=str(document.get("title", response.reason_phrase)),
        detail=str(document.get("detail", response.text[:200])),
        type_uri=str(document.get("type", "about:blank")),
        errors=tuple(decode(FieldProblem, entry) for entry in document.get("errors", ())),
        request_id=response.headers.get("x-request-id"),
        retry_after=_retry_after(response.headers.get("retry-after")),
        problem=document,
    )


def unreachable(error: httpx.TransportError, request: httpx.Request) -> UnreachableError:
    """Turn a failed exchange into our exception."""
    kind = TimedOutError if isinstance(error, httpx.TimeoutException) else UnreachableError
    return kind(f"{request.method} {request.url}: {error or type(error).__name__}")


def _retry_after(header: str | None) -> float | None:
    """Read `Retry-After`, which is seconds or a date; None if absent or unreadable."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None


def _backoff(attempt: int) -> float:
    """Seconds before repetition `attempt`: doubled each time, spread so that clients do not march in step."""
    return min(8.0, 0.5 * 2.0**attempt) * random.uniform(0.75, 1.0)
