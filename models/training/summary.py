"""Figures over seeds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Summary:
    """One figure over seeds.

    Attributes:
        mean: None where no seed has it.
        deviation: sample standard deviation (n - 1); None below two.
        n: seeds that have it.
    """

    mean: float | None
    deviation: float | None
    n: int

    @property
    def standard_error(self) -> float | None:
        """Of the mean; None below two."""
        return None if self.deviation is None else self.deviation / self.n**0.5


def summarise(values: Iterable[float | None]) -> Summary:
    """Mean and deviation over seeds; None and NaN are left out."""
    known = np.array([each for each in values if each is not None and not np.isnan(each)], dtype=np.float64)
    return Summary(
        mean=float(known.mean()) if len(known) else None,
        deviation=float(known.std(ddof=1)) if len(known) > 1 else None,
        n=len(known),
    )
