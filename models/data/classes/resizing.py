"""Images of any shape as the squares that networks take."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def squares(images: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Bring images to one size, antialiased; the aspect is not kept, and a grey becomes three equal channels.

    Args:
        images: (N, H, W), (N, H, W, 1) or (N, H, W, 3) uint8.
        size: height and width of the answer, pixels.

    Returns:
        (N, size, size, 3) uint8.
    """
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.shape[1:3] != (size, size):
        each = [np.asarray(square(Image.fromarray(image), size)) for image in images]
        images = np.stack(each) if each else np.empty((0, size, size, *images.shape[3:]), dtype=np.uint8)
    return images if images.ndim == 4 else np.repeat(images[..., None], 3, axis=3)


def square(image: Image.Image, size: int) -> Image.Image:
    """One picture at a size, antialiased; the aspect is not kept."""
    return image.resize((size, size), Image.Resampling.BICUBIC)
