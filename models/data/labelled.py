"""Examples with one class each, as adaptations read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Part = Literal["train", "test"]
"""Of a data set of classes: what may be trained on, and what is kept apart. Most published lists have no test part."""

UNKNOWN = -1
"""The label of an example whose class is not known."""


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Examples of one data set.

    Attributes:
        inputs: (N, H, W, 3) uint8 sRGB images, or (N, D) float32 vectors; perhaps mapped from disk.
        labels: (N,) int64, positions in the data set's `classes`, or `UNKNOWN`.
    """

    inputs: NDArray[np.uint8] | NDArray[np.float32]
    labels: NDArray[np.int64]


class LabelledSet(Protocol):
    """A data set of examples with one class each."""

    @property
    def fingerprint(self) -> str:
        """Names the data: equal fingerprints, equal arrays."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in label order."""
        ...

    @property
    def features(self) -> int | None:
        """Numbers of a pre-extracted vector; None where the examples are images."""
        ...

    def size(self, part: Part) -> int:
        """Examples of a part, perhaps none of `test`."""
        ...

    def load(self, part: Part, image_size: int | None) -> Labelled:
        """The examples of a part.

        Args:
            part: which.
            image_size: height and width that images are brought to (antialiased, aspect not kept); None for vectors.
        """
        ...
