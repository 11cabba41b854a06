"""Keys and scopes: who may do what."""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.core.database import Session
from app.core.errors import Forbidden, Unauthorized

_PREFIX = "tak_"


class Scope(StrEnum):
    """What a key may do; `admin` may do everything."""

    READ = "read"
    INFER = "infer"
    TRAIN = "train"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Attributes:
        key_id: the key, or None in the open mode.
        scopes: what it may do.
    """

    key_id: str | None
    scopes: frozenset[Scope]

    def require(self, scope: Scope) -> None:
        """Raise `Forbidden` unless this principal has a scope."""
        if scope not in self.scopes and Scope.ADMIN not in self.scopes:
            raise Forbidden(f"this needs a key with the scope `{scope}`")


OPEN = Principal(key_id=None, scopes=frozenset(Scope))


class KeyRing(Protocol):
    """Where keys are looked up."""

    def find(self, session: Session, token_hash: str) -> Principal | None:
        """Return whose hash this is, or None when no valid key has it."""
        ...

    def any(self, session: Session) -> bool:
        """Return whether a valid key exists; the service runs open while none does."""
        ...


def new_token() -> str:
    """Return a fresh secret key: 256 random bits."""
    return _PREFIX + secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return what is stored of a key. Its 256 bits cannot be guessed, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def authenticate(keys: KeyRing, session: Session, authorization: str | None) -> Principal:
    """Tell who asks from the `Authorization` header.

    Raises:
        Unauthorized: A key is needed and none was given, or it is not a valid one.
    """
    if authorization is None:
        if keys.any(session):
            raise Unauthorized("send a key as `Authorization: Bearer <key>`")
        return OPEN
    kind, _, token = authorization.partition(" ")
    principal = keys.find(session, hash_token(token.strip())) if kind.lower() == "bearer" else None
    if principal is None:
        if keys.any(session):
            raise Unauthorized("this is not a valid key")
        return OPEN
    return principal
