"""Jobs: list, follow, wait and cancel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from taskatlas_client._decode import decode
from taskatlas_client._errors import (
    JobCancelledError,
    JobFailedError,
    JobWaitTimeoutError,
    NotReadyError,
    UnreachableError,
)
from taskatlas_client._events import parse_events
from taskatlas_client._resources import API, Resource
from taskatlas_client._types import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taskatlas_client._types import JobEvent, JobState, Page

RECONNECT_DELAY_S = 1.0
RECONNECTS = 10


class Jobs(Resource):
    """Background work on the server."""

    def list(
        self,
        *,
        state: JobState | None = None,
        parent: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Job]:
        """Return a page of jobs, newest first; those of a group are shown when their `parent` is asked for."""
        return self._page(Job, "/jobs", state=state, parent=parent, limit=limit, cursor=cursor)

    def get(self, job_id: str) -> Job:
        """Return one job."""
        return decode(Job, self._transport.json("GET", f"{API}/jobs/{job_id}"))

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop; it ends at its next step."""
        self._transport.request("DELETE", f"{API}/jobs/{job_id}")

    def events(self, job_id: str, *, last_event_id: str | None = None) -> Iterator[JobEvent]:
        """Yield a job's events until it has ended, over as many connections as it takes.

        Args:
            job_id: Id of the job.
            last_event_id: Leave out the events up to and including this one.

        Raises:
            UnreachableError: The server stayed away.
        """
        for event in self._follow(job_id, last_event_id):
            if event is not None:
                yield event

    def _follow(self, job_id: str, last_event_id: str | None) -> Iterator[JobEvent | None]:
        """Yield the events, and None for a sign of life of the server."""
        failures = 0
        while True:
            headers = {"Accept": "text/event-stream"}
            if last_event_id is not None:
                headers["Last-Event-ID"] = last_event_id
            try:
                for event in parse_events(self._transport.lines(f"{API}/jobs/{job_id}/events", headers)):
                    failures = 0
                    if event is not None:
                        last_event_id = event.id or last_event_id
                    yield event
                if self.get(job_id).ended:
                    return
            except (UnreachableError, NotReadyError):
                failures += 1
                if failures > RECONNECTS:
                    raise
            time.sleep(RECONNECT_DELAY_S)

    def wait(
        self,
        job: Job | str,
        *,
        on_progress: Callable[[Job], None] | None = None,
        timeout: float | None = None,
    ) -> Job:
        """Follow a job to its end.

        Args:
            job: The job or its id.
            on_progress: Called with the job now, whenever something happened to it, and when it has ended.
            timeout: Seconds after which to give up waiting; None = never. Looked at whenever the server
                says something, which it does every few seconds.

        Returns:
            The job, succeeded.

        Raises:
            JobFailedError: It failed.
            JobCancelledError: It was cancelled.
            JobWaitTimeoutError: The time is over; the job goes on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        seen = self._report(job if isinstance(job, str) else job.id, on_progress)
        if not seen.ended:
            for event in self._follow(seen.id, None):
                if event is not None:
                    seen = self._report(seen.id, on_progress)
                if seen.ended:
                    break
                if deadline is not None and time.monotonic() > deadline:
                    raise JobWaitTimeoutError(f"{seen.title} still {seen.state} after {timeout:g} s", seen)
            else:
                seen = self._report(seen.id, on_progress)
        if seen.state == "failed":
            reason = f"{seen.error.title}: {seen.error.detail}" if seen.error else "no reason given"
            raise JobFailedError(f"{seen.title} failed: {reason}", seen)
        if seen.state == "cancelled":
            raise JobCancelledError(f"{seen.title} was cancelled", seen)
        return seen

    def _report(self, job_id: str, on_progress: Callable[[Job], None] | None) -> Job:
        job = self.get(job_id)
        if on_progress is not None:
            on_progress(job)
        return job
