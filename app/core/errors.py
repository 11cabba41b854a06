"""What can go wrong, as users see it.

    AtlasError
    ├── InvalidInput          422  errors: which fields and why
    ├── Unauthorized          401
    ├── Forbidden             403
    ├── NotFound              404
    ├── Conflict              409
    ├── TooLarge              413
    ├── UnsupportedMedia      415
    ├── TooManyRequests       429  retry_after
    └── Busy                  503  retry_after

Services raise these; `problems.py` renders them. Science raises `ValueError`s of its own, which services translate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Self


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field.

    Attributes:
        pointer: JSON pointer into the body (`/options/size`), or the name of a query parameter or header.
        detail: what is wrong with it.
    """

    pointer: str
    detail: str


class AtlasError(Exception):
    """Root of every error that a user may see; `detail` is one sentence."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self, detail: str, *, errors: Sequence[FieldError] = (), retry_after: int | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after


class InvalidInput(AtlasError):
    """The request is well formed, its content is not acceptable."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    slug = "invalid-input"
    title = "Invalid input"

    @classmethod
    def at(cls, pointer: str, detail: str) -> Self:
        """One field is at fault, and that is all there is to say."""
        return cls(detail, errors=[FieldError(pointer, detail)])


class Unauthorized(AtlasError):
    """No key, or an unknown one."""

    status = HTTPStatus.UNAUTHORIZED
    slug = "unauthorized"
    title = "A valid API key is needed"


class Forbidden(AtlasError):
    """The key lacks the scope."""

    status = HTTPStatus.FORBIDDEN
    slug = "forbidden"
    title = "The key lacks the scope"


class NotFound(AtlasError):
    """No such thing."""

    status = HTTPStatus.NOT_FOUND
    slug = "not-found"
    title = "Not found"


class Conflict(AtlasError):
    """The state of the thing does not allow it."""

    status = HTTPStatus.CONFLICT
    slug = "conflict"
    title = "Conflict"


class TooLarge(AtlasError):
    """The upload is larger than the service takes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    slug = "too-large"
    title = "Too large"


class UnsupportedMedia(AtlasError):
    """The upload is of a type that the service does not read."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    slug = "unsupported-media-type"
    title = "Unsupported media type"


class TooManyRequests(AtlasError):
    """Over the limit; `retry_after` seconds say when to come back."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    slug = "too-many-requests"
    title = "Too many requests"


class Busy(AtlasError):
    """A part of the service is not ready or saturated; `retry_after` seconds say when to come back."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    slug = "busy"
    title = "Not ready"
