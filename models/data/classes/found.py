"""What was found in files of examples with one class each, before any example is decoded."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import Part

PARTS: tuple[Part, ...] = ("train", "test")

Inputs = NDArray[np.uint8] | NDArray[np.float32]


class ClassesError(ValueError):
    """The files or options describe no usable data set.

    Attributes:
        problems: (option, sentence) each; the option is empty where the files are at fault.
    """

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(text for _, text in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file, an array or a line that is there and is not used."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class ClassData:
    """Examples that can be read.

    Attributes:
        fingerprint: names the data: equal fingerprints, equal arrays.
        classes: names, in label order; none where no example is labelled.
        labels: (N,) int64 of each part, positions in `classes` or `models.data.labelled.UNKNOWN`.
        features: numbers of an example that is a vector; None for images.
        image_size: height and width of the images as they are stored; None where they differ, and for vectors.
        read: inputs of a part in successive blocks, in the order of its labels: (n, S, S, 3) uint8 of the size asked
            for, or (n, D) float32.
        skipped: what is not used, and why.
    """

    fingerprint: str
    classes: tuple[str, ...]
    labels: Mapping[Part, NDArray[np.int64]]
    features: int | None
    image_size: int | None
    read: Callable[[Part, int | None], Iterator[Inputs]]
    skipped: tuple[Skipped, ...] = field(default=())

    def counts(self, part: Part) -> dict[str, int]:
        """Examples of a part by class, classes without any included."""
        labels = self.labels[part]
        found = np.bincount(labels[labels >= 0], minlength=len(self.classes))
        return dict(zip(self.classes, found.tolist(), strict=True))


def digest(*parts: Any) -> str:
    """SHA-256 of values that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
