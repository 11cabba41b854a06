"""What the service tells of itself: a log line, an id and figures for every request."""

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

from app.core.logs import request_id

log = logging.getLogger(__name__)

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
REQUEST_ID = "X-Request-ID"

_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_CLIENT_GONE = 499


class Metrics:
    """The figures of one application, in a registry of its own.

    Args:
        jobs_by_state: asked at every scrape.
    """

    def __init__(self, jobs_by_state: Callable[[], Mapping[str, int]]) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("taskatlas_requests", "Requests answered.", labels, registry=self._registry)
        self._seconds = Histogram(
            "taskatlas_request_seconds",
            "Time to the end of an answer; of event streams, to its beginning.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._registry.register(_JobsCollector(jobs_by_state))

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def exposition(self) -> bytes:
        """Return all figures in Prometheus's text format."""
        return generate_latest(self._registry)


class _JobsCollector(Collector):
    def __init__(self, jobs_by_state: Callable[[], Mapping[str, int]]) -> None:
        self._jobs_by_state = jobs_by_state

    def describe(self) -> list[Metric]:
        """Name the figures without asking the database; the registry wants that when they are registered."""
        return [_jobs_family()]

    @override
    def collect(self) -> Iterator[Metric]:
        family = _jobs_family()
        for state, count in self._jobs_by_state().items():
            family.add_metric([state], count)
        yield family


def _jobs_family() -> GaugeMetricFamily:
    return GaugeMetricFamily("taskatlas_jobs", "Jobs, groups left out.", labels=["state"])


class TelemetryMiddleware:
    """Gives every request an id, a log line and its place in the figures."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        identifier = given if _ACCEPTABLE_ID.fullmatch(given) else secrets.token_hex(8)
        token = request_id.set(identifier)
        began = time.perf_counter()
        status, seconds = _CLIENT_GONE, None

        async def send_with_id(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = identifier
                if headers.get("content-type", "").startswith("text/event-stream"):
                    seconds = time.perf_counter() - began
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - began if seconds is None else seconds
            self._metrics.note(scope["method"], _route(scope), status, seconds)
            _log(scope, status, seconds)
            request_id.reset(token)


def _route(scope: Scope) -> str:
    """Return the template of the route, so that ids in paths do not make figures without end."""
    return getattr(scope.get("route"), "path", "unmatched")


def _log(scope: Scope, status: int, seconds: float) -> None:
    fields = {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    log.info("request", extra=fields)
