"""Keys, and whether the service takes requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Scope = Literal["read", "infer", "train", "admin"]


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as listed: its secret is never shown again."""

    id: str
    name: str
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewKey(Key):
    """A key just made; `secret` is shown this once."""

    secret: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the server takes requests and jobs, part by part."""

    status: str
    checks: dict[str, Any] = field(default_factory=dict[str, Any])
