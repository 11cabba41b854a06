"""Photographs of any size and mode as the square that networks see: the same in training and in service."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

MAX_PIXELS = 50_000_000
"""Width x height of a photograph at most: what phones take today."""

DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    struct.error,
    zlib.error,
    KeyError,
    IndexError,
    TypeError,
)
"""What Pillow's JPEG and PNG readers raise on damaged files."""
TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning)
"""What Pillow raises on files that declare too many pixels."""


def upright_square(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """Turn a picture upright, crop its centre square and resize that, antialiased.

    Transparent pixels lie on white, 16-bit greys keep their upper eight bits.

    Args:
        image: opened, not decoded yet.
        size: edge of the answer, pixels.

    Returns:
        (size, size, 3) uint8 RGB.
    """
    return np.asarray(_square(_upright(image, size), size))


def upright_stretched(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """Turn a picture upright and resize it whole, antialiased; its aspect is not kept.

    Args:
        image: opened, not decoded yet.
        size: edge of the answer, pixels.

    Returns:
        (size, size, 3) uint8 RGB.
    """
    return np.asarray(_upright(image, size).resize((size, size), Image.Resampling.BICUBIC))


def _upright(image: Image.Image, size: int) -> Image.Image:
    # A JPEG can be decoded at a fraction of its size; four times the answer keeps the quality.
    image.draft(None, (4 * size, 4 * size))
    return _rgb(ImageOps.exif_transpose(image))


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "I" or image.mode.startswith("I;16"):
        grey = np.asarray(image).astype(np.int64) >> 8
        return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        opaque = Image.new("RGBA", image.size, "white")
        opaque.alpha_composite(image.convert("RGBA"))
        return opaque.convert("RGB")
    return image.convert("RGB")


def _square(image: Image.Image, size: int) -> Image.Image:
    edge = min(image.size)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    centre = image.crop((left, top, left + edge, top + edge))
    return centre.resize((size, size), Image.Resampling.BICUBIC)
