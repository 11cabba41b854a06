"""What routes ask for by type."""

from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import Depends, Header, Request

from app.core.database import Session
from app.core.idempotency.service import Once
from app.core.platform import Platform
from app.core.security import KeyRing, Principal, Scope, authenticate

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def get_platform(request: Request) -> Platform:
    """The platform that `create_app` was given."""
    platform: Platform = request.app.state.platform
    return platform


PlatformDep = Annotated[Platform, Depends(get_platform)]


def get_session(request: Request, platform: PlatformDep) -> Iterator[Session]:
    """One transaction per request, committed before the answer leaves."""
    with platform.database.session(read_only=request.method in _READING) as session:
        yield session


# Without the function scope a commit that fails would come after the answer: a 202 for a job that was never stored.
SessionDep = Annotated[Session, Depends(get_session, scope="function")]


def get_principal(
    request: Request,
    session: SessionDep,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Principal:
    """Who asks."""
    keys: KeyRing = request.app.state.keys
    return authenticate(keys, session, authorization)


PrincipalDep = Annotated[Principal, Depends(get_principal, scope="function")]


def _scope(scope: Scope) -> Callable[[Principal], Principal]:
    def require(principal: PrincipalDep) -> Principal:
        principal.require(scope)
        return principal

    return require


ReadScope = Annotated[Principal, Depends(_scope(Scope.READ), scope="function")]
InferScope = Annotated[Principal, Depends(_scope(Scope.INFER), scope="function")]
TrainScope = Annotated[Principal, Depends(_scope(Scope.TRAIN), scope="function")]
AdminScope = Annotated[Principal, Depends(_scope(Scope.ADMIN), scope="function")]


def get_once(
    request: Request,
    session: SessionDep,
    principal: PrincipalDep,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=200, description="a repeat with the same key answers with the first response"),
    ] = None,
) -> Once:
    """Answers a repeated request with its first response."""
    place = f"{principal.key_id or 'open'} {request.method} {request.url.path}"
    return Once(session, place, idempotency_key)


OnceDep = Annotated[Once, Depends(get_once, scope="function")]
