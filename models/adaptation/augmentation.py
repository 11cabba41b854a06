"""Random views of images, the same kind for every method and for both domains."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_ZOOM = (0.75, 1.1)  # height and width of what is seen, in those of the image
_SHIFT = 0.1  # of the image's half height and width, at most


def random_views(images: Tensor, generator: torch.Generator, *, flip: bool) -> Tensor:
    """Zoom, shift and perhaps mirror each image at random, as random crops of a larger image do.

    What lies beyond an image's edge is its edge.

    Args:
        images: (N, C, H, W) float.
        generator: draws all that is random, the same draws for images of any size.
        flip: whether left and right may change places: not for digits.

    Returns:
        (N, C, H, W).
    """
    count = len(images)
    low, high = _ZOOM
    drawn = torch.rand(count, 5, generator=generator)
    zoom = low + (high - low) * drawn[:, :2]
    shift = _SHIFT * (2.0 * drawn[:, 2:4] - 1.0)
    mirror = torch.where(drawn[:, 4] < 0.5, -1.0, 1.0) if flip else torch.ones(count)
    transform = torch.zeros(count, 2, 3)
    transform[:, 0, 0] = mirror * zoom[:, 0]
    transform[:, 1, 1] = zoom[:, 1]
    transform[:, :, 2] = shift
    grid = F.affine_grid(transform.to(images.device), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)
