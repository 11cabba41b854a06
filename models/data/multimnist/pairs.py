"""Which digits meet in an image, and what they look like together."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.data.splits import SPLITS, Split

DIGIT = 28
"""Height and width of one digit, pixels."""

_CANVAS = 36
_SHIFT = 6  # of the second digit, to the right and down


def partners(splits: Mapping[Split, NDArray[np.int64]], *, seed: int) -> NDArray[np.int64]:
    """For every digit the one that is laid over it: any of the same split, itself included.

    Args:
        splits: ids of the digits of each split, which together are 0, 1, 2, ...
        seed: of the draw.

    Returns:
        (digits,) ids, by id.
    """
    chosen = np.empty(sum(map(len, splits.values())), dtype=np.int64)
    for number, split in enumerate(SPLITS):
        ids = splits[split]
        chosen[ids] = np.random.default_rng([seed, number]).choice(ids, size=len(ids))
    return chosen


def overlapped(left: NDArray[np.uint8], right: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Lay digits over digits: on a canvas of 36 x 36, one at (0, 0), one at (6, 6), the brighter pixel where both are.

    Args:
        left: (N, 28, 28, C), white on black.
        right: (N, 28, 28, C).
        size: height and width of the answer, pixels: the nearest pixel of the canvas each.

    Returns:
        (N, size, size, C).

    Reference: Sener & Koltun 2018, Sec. 5.1, and the authors' loader.
    """
    canvas = np.zeros((len(left), _CANVAS, _CANVAS, left.shape[3]), dtype=np.uint8)
    canvas[:, :DIGIT, :DIGIT] = left
    lower_right = canvas[:, _SHIFT : _SHIFT + DIGIT, _SHIFT : _SHIFT + DIGIT]
    np.maximum(lower_right, right, out=lower_right)
    nearest = ((np.arange(size) + 0.5) * (_CANVAS / size)).astype(np.int64)
    return canvas[:, nearest[:, None], nearest]
