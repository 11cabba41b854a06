"""Examples decoded once into a folder, and mapped from there."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.cache import ArrayFolder, GrowingArrays
from models.data.classes.found import ClassData
from models.data.labelled import Labelled, Part
from models.training.progress import NullContext

_INPUTS = "inputs"


class CachedClasses:
    """A data set of classes (`models.data.labelled.LabelledSet`) whose inputs are decoded once per size.

    Args:
        data: what was found in the files.
        cache: folder for the arrays; made when needed. Any number of processes may share it.
    """

    def __init__(self, data: ClassData, cache: Path) -> None:
        self._data = data
        self._folder = cache / f"classes-{data.fingerprint[:16]}"

    @property
    def fingerprint(self) -> str:
        """Names the data."""
        return self._data.fingerprint

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in label order."""
        return self._data.classes

    @property
    def features(self) -> int | None:
        """Numbers of a vector; None for images."""
        return self._data.features

    def size(self, part: Part) -> int:
        """Examples of a part."""
        return len(self._data.labels[part])

    def load(self, part: Part, image_size: int | None) -> Labelled:
        """The examples of a part, mapped from disk, copied on write.

        Args:
            part: which.
            image_size: height and width of images; None leaves them as they are, where all are of one size. Vectors
                have none.

        Raises:
            ValueError: the images have no common size, and none was asked for.
        """
        size = image_size or self._data.image_size
        if self.features is None and size is None:
            message = "the images are of several sizes: say the size that they are brought to"
            raise ValueError(message)
        if not self.size(part):
            return Labelled(self._nothing(size), self._data.labels[part])
        arrays = ArrayFolder(self._folder, f"{part}-{size if self.features is None else 'vectors'}-")

        def write(_names: Any, scratch: Path) -> None:
            growing = GrowingArrays(scratch, self.size(part))
            for block in self._data.read(part, size):
                growing.add({_INPUTS: block})
            growing.flush()

        arrays.produce([_INPUTS], NullContext(), write)
        inputs: NDArray[Any] = arrays.load([_INPUTS])[_INPUTS]
        return Labelled(inputs, self._data.labels[part])

    def _nothing(self, size: int | None) -> NDArray[np.uint8] | NDArray[np.float32]:
        if self.features is None:
            return np.empty((0, size or 0, size or 0, 3), dtype=np.uint8)
        return np.empty((0, self.features), dtype=np.float32)
