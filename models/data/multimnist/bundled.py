"""The handwritten digits that come with scikit-learn, laid out as MNIST's are."""

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.data.classes.found import ClassData, Inputs, digest
from models.data.classes.resizing import squares
from models.data.labelled import Part

_LEVELS = 16  # brightest value of a pixel there
_FRAME, _BOX = 28, 20  # MNIST centres digits of at most 20 x 20 pixels in a frame of 28 x 28
_SIDE = 8


def bundled_digits() -> ClassData:
    """The 1,797 digits of Alpaydin and Kaynak (UCI, 1998), 8 x 8 pixels in 17 levels; none is kept apart.

    They fill their frame, so that they are brought to the box that MNIST's digits lie in, with its margin around.
    """
    # It takes a second to import, and only this one data set needs it.
    from sklearn.datasets import load_digits  # noqa: PLC0415

    images, numbers = load_digits(return_X_y=True)
    greys = np.rint(images.reshape(-1, _SIDE, _SIDE) * (255 / _LEVELS)).astype(np.uint8)
    labels = numbers.astype(np.int64)

    def read(part: Part, image_size: int | None) -> Iterator[Inputs]:
        if part == "train":
            yield _framed(greys, image_size or _FRAME)

    content = hashlib.sha256(greys.tobytes() + labels.tobytes()).hexdigest()
    return ClassData(
        fingerprint=digest("bundled digits", content),
        classes=tuple(map(str, range(10))),
        labels={"train": labels, "test": np.empty(0, dtype=np.int64)},
        features=None,
        image_size=_FRAME,
        read=read,
    )


def _framed(greys: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(N, 8, 8) -> (N, size, size, 3), the digit in the middle of a black frame."""
    box = size * _BOX // _FRAME
    start = (size - box) // 2
    frames = np.zeros((len(greys), size, size, 3), dtype=np.uint8)
    frames[:, start : start + box, start : start + box] = squares(greys, box)
    return frames
