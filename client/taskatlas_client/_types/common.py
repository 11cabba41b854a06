"""What every list and every refusal answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One bad field of a request: JSON pointer and what is wrong with it."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `next_cursor` fetches the next one, None on the last."""

    items: list[T]
    next_cursor: str | None
