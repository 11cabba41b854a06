"""Labels computed from the image alone by their standard algorithms."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import rgb2lab
from skimage.segmentation import slic

from models.data.rooms.arrays import Images, Maps

_EDGE_SIGMA = 0.8  # pixels at 64
_EDGE_FULL = 0.16  # gradient of grey per pixel at 64 that counts as 1
_KEYPOINT_SCALES = (1.2, 2.0)  # pixels at 64
_KEYPOINT_FULL = 0.07
_SEGMENTS = 40
_COMPACTNESS = 0.06
_ITERATIONS = 3
_LUMA = np.array((0.299, 0.587, 0.114), dtype=np.float32) / np.float32(255.0)


def grey(images: Images) -> Maps:
    """Return (N, H, W) luma, 0 to 1, of (N, H, W, 3) images."""
    parts = images.astype(np.float32)
    return parts[..., 0] * _LUMA[0] + parts[..., 1] * _LUMA[1] + parts[..., 2] * _LUMA[2]


def edges_2d(images: Images) -> Maps:
    """Return (N, H, W) gradient magnitude after a Gaussian, 0 to 1: Canny without suppression.

    Reference: Canny 1986; Zamir et al. 2018, supplementary, "2D edges".
    """
    scale = images.shape[1] / 64
    sigma = _EDGE_SIGMA * scale
    luma = grey(images)
    down, across = _derivative(luma, sigma, (1, 0)), _derivative(luma, sigma, (0, 1))
    return np.minimum(np.sqrt(down * down + across * across) * (scale / _EDGE_FULL), 1.0)


def keypoints_2d(images: Images) -> Maps:
    """Return (N, H, W) scale-normalised determinant of the Hessian, largest over two scales, 0 to 1.

    SURF's response with true Gaussian derivatives: its box filters are too coarse for small images. The
    square root is stored, so that weak blobs stay visible.

    Reference: Bay et al. 2006, "SURF: Speeded up robust features", Sec. 3.
    """
    scale = images.shape[1] / 64
    luma = grey(images)
    response = np.zeros_like(luma)
    for base in _KEYPOINT_SCALES:
        sigma = base * scale
        yy, xx, xy = (_derivative(luma, sigma, order) for order in ((2, 0), (0, 2), (1, 1)))
        np.maximum(response, (xx * yy - xy * xy) * np.float32(sigma**4), out=response)
    return np.minimum(np.sqrt(response) * np.float32(1.0 / _KEYPOINT_FULL), np.float32(1.0))


def _derivative(luma: Maps, sigma: float, order: tuple[int, int]) -> Maps:
    """Return a Gaussian derivative of images along rows and columns."""
    down = ndimage.gaussian_filter1d(luma, sigma, axis=1, order=order[0], truncate=3.0)
    return ndimage.gaussian_filter1d(down, sigma, axis=2, order=order[1], truncate=3.0).astype(
        np.float32, copy=False
    )


def segmentation_2d(images: Images) -> NDArray[np.int32]:
    """Return (N, H, W) superpixels, counted from 0 in each image.

    Reference: Achanta et al. 2012, "SLIC superpixels".
    """
    # in float32 and once a batch: a third of the time of SLIC's own conversion
    colours = rgb2lab(images.astype(np.float32) / np.float32(255.0))
    segments = [
        slic(
            image,
            n_segments=_SEGMENTS,
            compactness=_COMPACTNESS,
            max_num_iter=_ITERATIONS,
            start_label=0,
            channel_axis=-1,
            convert2lab=False,
        )
        for image in colours
    ]
    return np.stack(segments).astype(np.int32)
