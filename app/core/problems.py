"""Errors as RFC 9457 `application/problem+json`: one renderer for every way a request can fail."""

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from app.core.database import DataError, InterfaceError, OperationalError
from app.core.errors import AtlasError, Busy, FieldError, InvalidInput, TooLarge, UnsupportedMedia

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_RETRY_DATABASE_S = 5
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_KEYED = "/api/"
_OF_ANY_REQUEST = (401, 403, 503)
_OF_ANY_BODY = (*_OF_ANY_REQUEST, 400, 413, 415, 422)
_TYPE_ROOT = "urn:taskatlas:problem:"


class FieldProblem(BaseModel):
    """One bad field of a problem."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """What a failed request answers (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare on a route which problems it answers."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def describe(document: dict[str, Any]) -> None:
    """Say in an OpenAPI document what any route answers to what is unacceptable, and how to send a key.

    Args:
        document: as the framework made it, which names schemas of its own for 422; changed in place.
    """
    components: dict[str, Any] = document.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    own = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= own.pop("$defs") | {"Problem": own}
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for path, operations in document["paths"].items():
        if path.startswith(_KEYED):
            for operation in operations.values():
                _describe(operation)


def _describe(operation: dict[str, Any]) -> None:
    responses: dict[str, Any] = operation["responses"]
    always = _OF_ANY_BODY if "requestBody" in operation else _OF_ANY_REQUEST
    common = {str(status): response for status, response in problem_responses(*always).items()}
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]
        common |= {str(status): response for status, response in problem_responses(422).items()}
    operation["responses"] = dict(sorted((common | responses).items()))
    operation["security"] = [{"key": []}, {}]  # none is needed while the service runs open


def render(
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem as a response."""
    problem = Problem(
        type=_TYPE_ROOT + slug,
        title=title,
        status=status,
        detail=detail,
        errors=[FieldProblem(pointer=error.pointer, detail=error.detail) for error in errors],
    )
    body = problem.model_dump()
    if not errors:
        del body["errors"]
    # Half a surrogate pair, which JSON can smuggle in, has no UTF-8 to be quoted in.
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    return Response(text, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def render_error(error: AtlasError) -> Response:
    """An error of ours as a response."""
    headers: dict[str, str] = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return render(error.status, error.slug, error.title, error.detail, errors=error.errors, headers=headers)


def install(app: FastAPI) -> None:
    """Answer every failure of an application with a problem."""

    @app.exception_handler(AtlasError)
    def ours(_request: Request, error: AtlasError) -> Response:  # pyright: ignore[reportUnusedFunction]
        return render_error(error)

    @app.exception_handler(InterfaceError)
    @app.exception_handler(OperationalError)
    def no_database(request: Request, error: Exception) -> Response:  # pyright: ignore[reportUnusedFunction]
        log.error("the database failed at %s %s", request.method, request.url.path, exc_info=error)
        return render_error(Busy("the database is out of reach or busy", retry_after=_RETRY_DATABASE_S))

    @app.exception_handler(UnicodeEncodeError)
    @app.exception_handler(DataError)
    def not_storable(_request: Request, _error: Exception) -> Response:  # pyright: ignore[reportUnusedFunction]
        # No database holds half a surrogate pair, and PostgreSQL no NUL and no number beyond its column's range.
        return render_error(InvalidInput("the request holds a text or a number that cannot be stored"))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:  # pyright: ignore[reportUnusedFunction]
        wanted = _media_type_wanted(request, error)
        if wanted is not None:
            return render_error(UnsupportedMedia(f"send the body as {wanted}"))
        for each in error.errors():
            if each["type"] == "json_invalid":
                detail = f"the body is not valid JSON: {each['ctx']['error']} at character {each['loc'][-1]}"
                return render(400, "bad-request", "Bad request", detail)
        errors = [FieldError(_pointer(each["loc"]), _fault(each)) for each in error.errors()]
        places = ", ".join(each.pointer for each in errors)
        return render(
            422, "invalid-input", "Invalid input", f"the request is not acceptable: {places}", errors=errors
        )

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:  # pyright: ignore[reportUnusedFunction]
        return _http_problem(request, error)

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> Response:  # pyright: ignore[reportUnusedFunction]
        log.error("unhandled error at %s %s", request.method, request.url.path, exc_info=error)
        detail = "the service failed on this request; its log says why"
        return render(500, "internal", "Internal error", detail)


def _http_problem(request: Request, error: HTTPException) -> Response:
    """What the framework itself refuses, in our words."""
    status = HTTPStatus(error.status_code)
    detail = error.detail
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return render_error(TooLarge(detail))
    if status == HTTPStatus.NOT_FOUND:
        detail = f"there is nothing at {request.url.path}"
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.method} is not allowed at {request.url.path}"
    slug = status.phrase.lower().replace(" ", "-")
    return render(status, slug, status.phrase, detail, headers=error.headers)


def _media_type_wanted(request: Request, error: RequestValidationError) -> str | None:
    """Return the media type that a route takes where the body came as another; None where that is not the fault."""
    sent = request.headers.get("content-type")
    if sent is None or not any(each["loc"][0] == "body" for each in error.errors()):
        return None
    if isinstance(error.body, bytes):
        return "application/json"
    if isinstance(error.body, FormData) and not sent.lower().startswith(_FORMS):
        return "multipart/form-data"
    return None


def _fault(error: Mapping[str, Any]) -> str:
    """What is wrong with a field; the framework speaks of its own classes where a file was expected."""
    message = str(error["msg"])
    return "should be a file" if "UploadFile" in message else message


def _pointer(location: Sequence[int | str]) -> str:
    where, *path = location
    if where == "body":
        return "".join(f"/{part}" for part in path) or "/"
    return str(path[0]) if path else str(where)
