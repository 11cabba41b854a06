"""Measured numbers as JSON: to six significant digits, for they are float32 at the most; null where there is none."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DIGITS = 6


def number(value: float | np.floating) -> float | None:
    """A number as JSON; None for what is not finite."""
    return float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None


def rounded(value: float | None) -> float | None:
    """A number that may be missing as JSON."""
    return None if value is None else number(value)


def plain(values: NDArray[np.floating]) -> list[Any]:
    """Numbers as JSON: lists as deep as the array, None for what is not finite."""
    return [plain(each) if each.ndim else number(each) for each in values]


def from_plain(values: Sequence[Any]) -> NDArray[np.float32]:
    """What `plain` wrote."""
    return np.asarray(values, dtype=np.float32)  # None becomes NaN
