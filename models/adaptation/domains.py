"""The two sides of a partial adaptation as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Domain:
    """Examples of one domain, with labels in the source's numbering.

    Attributes:
        inputs: (N, H, W, 3) uint8 images, or (N, D) float32 pre-extracted vectors.
        labels: (N,) int64 in [0, K), or `models.data.labelled.UNKNOWN`: not known, or none of the
            source's classes. Of the target they serve figures only, never training.
    """

    inputs: NDArray[np.uint8] | NDArray[np.float32]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.labels) or not len(self.labels):
            message = f"{len(self.inputs)} inputs and {len(self.labels)} labels: as many of each, and some"
            raise ValueError(message)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, positions: NDArray[np.int64]) -> Domain:
        """The examples at some positions."""
        return Domain(self.inputs[positions], self.labels[positions])
