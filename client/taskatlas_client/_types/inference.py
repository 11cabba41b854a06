"""What a network says of a picture."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Prediction:
    """One network's prediction: a JSON value, or a picture, or both.

    `transfer_id` and `sources` are set where it came through a transfer.
    """

    task: str
    kind: str
    transfer_id: str | None = None
    sources: list[str] = field(default_factory=list[str])
    value: Any = None
    png: str | None = None
    array: str | None = None

    def png_bytes(self) -> bytes | None:
        """Return the rendered picture as PNG bytes, None if the answer holds none."""
        return None if self.png is None else base64.b64decode(self.png)
