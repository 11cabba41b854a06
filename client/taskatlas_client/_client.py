"""The client itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from taskatlas_client._adaptations import Adaptations
from taskatlas_client._decode import decode
from taskatlas_client._errors import NotReadyError
from taskatlas_client._groupings import Groupings
from taskatlas_client._jobs import Jobs
from taskatlas_client._multitask import MultitaskTrainings
from taskatlas_client._resources import Atlases, Datasets, Keys, Tasks
from taskatlas_client._targets import Targets
from taskatlas_client._transport import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT_S, Transport
from taskatlas_client._types import Readiness

if TYPE_CHECKING:
    from types import TracebackType


class TaskAtlas:
    """A Task Atlas server. Synchronous only; one instance may be shared by threads.

    Args:
        base_url: Root of the server.
        api_key: An API key; None for a server that runs open.
        timeout: Seconds to wait for a connection, and for each piece of an answer.
        max_retries: How often a request is repeated that failed for a passing reason (no
            connection, 429, 502 to 504).

    Example:
        with TaskAtlas("http://127.0.0.1:8000") as client:
            job = client.jobs.wait(client.atlases.build("first", preset="quick"))
            print(client.atlases.taxonomy(job.resource.id, budget=3).sources)
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8000",
        api_key: str | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT_S,
        max_retries: int = DEFAULT_MAX_RETRIES,
    ) -> None:
        self._transport = Transport(base_url, api_key, timeout, max_retries)
        self.tasks = Tasks(self._transport)
        self.datasets = Datasets(self._transport)
        self.atlases = Atlases(self._transport)
        self.adaptations = Adaptations(self._transport)
        self.multitask = MultitaskTrainings(self._transport)
        self.targets = Targets(self._transport)
        self.groupings = Groupings(self._transport)
        self.jobs = Jobs(self._transport)
        self.keys = Keys(self._transport)

    def healthy(self) -> bool:
        """Return whether the server process answers.

        Raises:
            UnreachableError: It does not.
        """
        return self._transport.request("GET", "/healthz").is_success

    def readiness(self) -> Readiness:
        """Return whether requests and jobs are taken, also when they are not (that is no exception here)."""
        try:
            return decode(Readiness, self._transport.json("GET", "/readyz"))
        except NotReadyError as error:
            return Readiness(status="not ready", checks=dict(error.problem))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Return the client; leaving the block closes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
