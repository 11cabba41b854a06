"""Instance segmentation as numbers per pixel: the way from every pixel to the centre of its object."""

import numpy as np
from numpy.typing import NDArray

from models.taxonomy.own import own_task

INSTANCE_OFFSETS = own_task(
    "instance_offsets",
    "map",
    title="Instance offsets",
    description="How far the centre of a pixel's object lies to the right and below: objects told apart.",
    names=("right", "down"),
    unit="pixels",
    loss="l1",
)
"""Instance segmentation as in Kendall et al. 2018, Sec. 4.2, and Sener & Koltun 2018, Sec. 5.3: trained with L1; the
metric `mean_absolute_error` is the instance error in pixels."""


def instance_pixels(instances: NDArray[np.integer]) -> NDArray[np.int64]:
    """Count the pixels of every instance.

    Args:
        instances: (N, H, W) ids from 1 on; what is not above 0 is none.

    Returns:
        (N, M) counts by id, M - 1 the largest; column 0 holds what is none.
    """
    keys, columns = _keys(instances)
    return np.bincount(keys.ravel(), minlength=len(instances) * columns).reshape(-1, columns)


def centre_offsets(instances: NDArray[np.integer]) -> NDArray[np.float32]:
    """The way from every pixel of an instance to the centre, the mean position, of the instance's pixels.

    Args:
        instances: (N, H, W) ids from 1 on; what is not above 0 is none.

    Returns:
        (N, H, W, 2) offsets to the right and down, pixels; NaN where there is no instance.
    """
    keys, columns = _keys(instances)
    flat, cells = keys.ravel(), len(instances) * columns
    pixels = np.maximum(np.bincount(flat, minlength=cells), 1)
    offsets = np.empty((*instances.shape, 2), dtype=np.float32)
    height, width = instances.shape[1:]
    for channel, position in enumerate((np.arange(width)[None, :], np.arange(height)[:, None])):
        places = np.broadcast_to(position.astype(np.float64), instances.shape)
        centres = np.bincount(flat, weights=places.ravel(), minlength=cells) / pixels
        offsets[..., channel] = centres[keys] - places
    offsets[instances <= 0] = np.nan
    return offsets


def _keys(instances: NDArray[np.integer]) -> tuple[NDArray[np.int64], int]:
    """(N, H, W) numbers that no two instances of any images share, and how many there are per image."""
    ids = np.maximum(instances, 0).astype(np.int64)
    columns = int(ids.max(initial=0)) + 1
    return ids + columns * np.arange(len(ids), dtype=np.int64)[:, None, None], columns
