"""JSON of API keys."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.core.security import Scope


class KeyIn(BaseModel):
    """What makes a key."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100, description="who or what uses it")]
    scopes: Annotated[
        list[Scope], Field(min_length=1, description="what it may do; `admin` may do everything")
    ]


class KeyOut(BaseModel):
    """A key without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    prefix: Annotated[str, Field(description="how the secret begins, to tell keys apart")]
    scopes: list[Scope]
    created_at: datetime
    last_used_at: Annotated[datetime | None, Field(description="to some ten minutes; null: never used")]


class NewKeyOut(KeyOut):
    """A key just made."""

    secret: Annotated[str, Field(description="the key itself: shown this once, stored hashed")]
