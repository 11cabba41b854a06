"""Gaussian filters of many small images, as products with matrices."""

import functools

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Maps = NDArray[np.float32]

_TRUNCATE = 3.0  # standard deviations


@functools.cache
def _matrix(size: int, sigma: float, order: int) -> Maps:
    """Return (size, size) what a Gaussian or its derivative does to a row of pixels, mirrored at the ends."""
    impulses = np.eye(size)
    filtered = ndimage.gaussian_filter1d(impulses, sigma, axis=0, order=order, truncate=_TRUNCATE)
    return filtered.astype(np.float32)


def gaussian(images: Maps, sigma: float, order: tuple[int, int] = (0, 0)) -> Maps:
    """Return (N, H, H) images filtered by a Gaussian, or by its derivatives.

    For small images a dense matrix is several times faster than a loop over taps.

    Args:
        images: (N, H, H).
        sigma: standard deviation, pixels.
        order: of the derivative along columns and along rows.
    """
    size = images.shape[1]
    down, across = (_matrix(size, sigma, each) for each in order)
    return np.matmul(np.matmul(down, images), across.T)
