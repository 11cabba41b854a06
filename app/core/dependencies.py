"""What routes ask for by type.

What waits for nothing is `async`: it need not visit a thread, of which a busy machine makes every visit dear.
"""

from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from app.core.database import MAX_CONNECTIONS, Session
from app.core.idempotency.service import Once
from app.core.platform import Platform
from app.core.security import KeyRing, Principal, Scope, authenticate

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


async def get_platform(request: Request) -> Platform:
    """The platform that `create_app` was given."""
    platform: Platform = request.app.state.platform
    return platform


PlatformDep = Annotated[Platform, Depends(get_platform)]


def get_session(request: Request, platform: PlatformDep) -> Iterator[Session]:
    """One transaction per request, committed before the answer leaves."""
    with platform.database.session(read_only=request.method in _READING) as session:
        yield session


# Such a session goes over several visits to threads and holds its connection between them. Were there as many as
# connections, every thread could wait for a connection and every connection for a thread.
_LONG_SESSIONS = MAX_CONNECTIONS * 2 // 3

# Without the function scope a commit that fails would come after the answer: a 202 for a job that was never stored.
SessionDep = Annotated[Session, Depends(get_session, scope="function", max_concurrency=_LONG_SESSIONS)]


Authorization = Annotated[str | None, Header(include_in_schema=False)]


def get_principal(request: Request, platform: PlatformDep, authorization: Authorization = None) -> Principal:
    """Who asks; looked up in a short transaction of its own, so that SQLite's one writer is not held up by it."""
    keys: KeyRing = request.app.state.keys
    with platform.database.session(read_only=True) as session:
        return authenticate(keys, session, authorization)


PrincipalDep = Annotated[Principal, Depends(get_principal, scope="function")]


def _scope(scope: Scope) -> Callable[[Principal], Awaitable[Principal]]:
    async def require(principal: PrincipalDep) -> Principal:
        principal.require(scope)
        return principal

    return require


ReadScope = Annotated[Principal, Depends(_scope(Scope.READ), scope="function")]
InferScope = Annotated[Principal, Depends(_scope(Scope.INFER), scope="function")]
TrainScope = Annotated[Principal, Depends(_scope(Scope.TRAIN), scope="function")]
AdminScope = Annotated[Principal, Depends(_scope(Scope.ADMIN), scope="function")]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads for somebody who may: the key, the transaction and the route in one visit to a thread.

    For routes that must be quick under load; the others take `SessionDep` and `ReadScope`.
    """

    platform: Platform
    keys: KeyRing
    authorization: str | None

    @contextmanager
    def session(self) -> Generator[Session]:
        """A read-only transaction.

        Raises:
            Unauthorized: A key is needed and none was given, or it is not a valid one.
            Forbidden: The key lacks the scope `read`.
        """
        with self.platform.database.session(read_only=True) as session:
            authenticate(self.keys, session, self.authorization).require(Scope.READ)
            yield session


async def get_reader(request: Request, platform: PlatformDep, authorization: Authorization = None) -> Reader:
    """The reader of this request; it has not looked at the key yet."""
    return Reader(platform, request.app.state.keys, authorization)


ReaderDep = Annotated[Reader, Depends(get_reader, scope="function")]


async def get_once(
    request: Request,
    platform: PlatformDep,
    session: SessionDep,
    principal: PrincipalDep,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=200, description="a repeat with the same key answers with the first response"),
    ] = None,
) -> Once:
    """Answers a repeated request with its first response."""
    place = f"{principal.key_id or 'open'} {request.method} {request.url.path}"
    return Once(platform.database, session, place, idempotency_key)


OnceDep = Annotated[Once, Depends(get_once, scope="function")]
