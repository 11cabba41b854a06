"""Everything the client raises.

TaskAtlasError
├── UnreachableError              no answer: refused, reset, name not found
│   └── TimedOutError             no answer in time
├── MalformedResponseError        an answer that is not what the contract says
├── JobError                      what `jobs.wait` raises about the job itself
│   ├── JobFailedError
│   ├── JobCancelledError
│   └── JobWaitTimeoutError
└── StatusError                   an answer with a status of 400 or above
    ├── BadRequestError           400
    ├── UnauthorizedError         401
    ├── ForbiddenError            403
    ├── NotFoundError             404
    ├── ConflictError             409
    ├── TooLargeError             413
    ├── UnsupportedMediaError     415
    ├── InvalidInputError         422
    ├── TooManyRequestsError      429
    ├── ServerError               500 and others above
    └── NotReadyError             503
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskatlas_client._types import FieldProblem, Job


class TaskAtlasError(Exception):
    """Base of everything this package raises."""


class UnreachableError(TaskAtlasError):
    """The server gave no answer."""


class TimedOutError(UnreachableError):
    """The server gave no answer within the timeout."""


class MalformedResponseError(TaskAtlasError):
    """The server's answer lacks a field or holds one of another type than the contract says."""


class JobError(TaskAtlasError):
    """A job that was waited for did not succeed.

    Attributes:
        job: The job as last seen.
    """

    def __init__(self, message: str, job: Job) -> None:
        super().__init__(message)
        self.job = job


class JobFailedError(JobError):
    """The job ended in state `failed`."""


class JobCancelledError(JobError):
    """The job ended in state `cancelled`."""


class JobWaitTimeoutError(JobError):
    """The job had not ended within the time given to `wait`; it goes on."""


class StatusError(TaskAtlasError):
    """The server answered with a status of 400 or above.

    Attributes:
        status: HTTP status code.
        title: Short name of the problem, the same for every occurrence.
        detail: What went wrong this time.
        type: URI of the kind of problem.
        errors: The bad fields, each with a JSON pointer; empty when none is to blame.
        request_id: What to quote to the operator; None if the server sent none.
        retry_after: Seconds after which the server wants to be asked again; None if it did not say.
        problem: The whole problem document as sent.
    """

    def __init__(
        self,
        *,
        status: int,
        title: str,
        detail: str,
        type_uri: str,
        errors: tuple[FieldProblem, ...],
        request_id: str | None,
        retry_after: float | None,
        problem: Mapping[str, Any],
    ) -> None:
        fields = "".join(f"\n  {error.pointer}: {error.detail}" for error in errors)
        where = f" (request {request_id})" if request_id else ""
        super().__init__(f"{status} {title}: {detail}{where}{fields}")
        self.status = status
        self.title = title
        self.detail = detail
        self.type = type_uri
        self.errors = errors
        self.request_id = request_id
        self.retry_after = retry_after
        self.problem = problem


class BadRequestError(StatusError):
    """The request could not be read."""


class UnauthorizedError(StatusError):
    """No API key, or one the server does not know."""


class ForbiddenError(StatusError):
    """The API key lacks the scope."""


class NotFoundError(StatusError):
    """No such thing."""


class ConflictError(StatusError):
    """The thing is not in a state that allows this."""


class TooLargeError(StatusError):
    """The body is larger than the server takes."""


class UnsupportedMediaError(StatusError):
    """The body is of a media type the server does not read."""


class InvalidInputError(StatusError):
    """The request was read, and a field of it is wrong; see `errors`."""


class TooManyRequestsError(StatusError):
    """Over the limit; see `retry_after`."""


class ServerError(StatusError):
    """The server failed."""


class NotReadyError(ServerError):
    """The server is starting or saturated; see `retry_after`."""


ERRORS_BY_STATUS: dict[int, type[StatusError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: TooLargeError,
    415: UnsupportedMediaError,
    422: InvalidInputError,
    429: TooManyRequestsError,
    503: NotReadyError,
}
