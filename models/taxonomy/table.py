"""A measured transfer, the row that affinity tables and taxonomies are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SELF = "self"
"""Reserved source: the target itself, trained with full supervision."""
RANDOM = "random"
"""Reserved source: a random, untrained encoder, which costs nothing."""
RESERVED = (SELF, RANDOM)
"""Source names that stand for no task of their own."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """How well a set of sources serves a target; what was not measured is None.

    Attributes:
        sources: names, each once; `self` alone, and `random`, where they stand for the reserved sources.
        target: name of the target task.
        affinity: component of the target's principal eigenvector, >= 0, higher is better.
        gain: share of test images won against training from scratch on as much data, 0 to 1.
        quality: share of test images won against full supervision, 0 to 1.
        metadata: further columns of an affinity file, as text.
    """

    sources: tuple[str, ...]
    target: str
    affinity: float | None = None
    gain: float | None = None
    quality: float | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def order(self) -> int:
        """How many sources it joins."""
        return len(self.sources)
