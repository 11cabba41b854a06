"""Reading single files: PNG images of every mode that the domains use, and soft labels."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.data.taskonomy_folder.domains import Domain
from models.data.taskonomy_folder.points import FileProblem

_LONGEST = 8192  # pixels on a side
_DAMAGE = (  # what Pillow raises on damaged files
    OSError,
    SyntaxError,
    ValueError,
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
_NAMES = {
    "1": "black and white",
    "L": "grey of 8 bits",
    "LA": "grey with alpha",
    "I": "grey of 16 bits",
    "I;16": "grey of 16 bits",
    "P": "palette",
}


def check_image(path: Path, domain: Domain) -> tuple[int, int]:
    """Width and height of an image whose header fits the domain and whose bytes are whole.

    Every chunk's checksum is verified; nothing is decoded.

    Raises:
        FileProblem: saying what is wrong.
    """
    try:
        with Image.open(path, formats=("PNG",)) as image:
            mode, (width, height) = image.mode, image.size
            if mode not in domain.modes:
                raise FileProblem(f"is {_NAMES.get(mode, mode)}, must be {domain.described}")
            if max(width, height) > _LONGEST:
                raise FileProblem(f"is {width}x{height}, larger than {_LONGEST}")
            image.verify()
    except FileProblem:
        raise
    except _DAMAGE as error:
        raise FileProblem("is no PNG image, or a damaged one") from error
    return width, height


def read_image(path: Path, mode: str | None = None) -> Image.Image:
    """An image, cropped to the square in its middle and decoded.

    Args:
        path: of a PNG file.
        mode: convert to this one.

    Raises:
        FileProblem: it cannot be decoded.
    """
    try:
        with Image.open(path, formats=("PNG",)) as image:
            image.load()
            width, height = image.size
            side = min(width, height)
            left, top = (width - side) // 2, (height - side) // 2
            whole = image.convert(mode) if mode else image
            return whole.crop((left, top, left + side, top + side))
    except _DAMAGE as error:
        raise FileProblem("is no PNG image, or a damaged one") from error


def read_pixels(path: Path) -> NDArray[Any]:
    """(S, S) or (S, S, C) pixels of an image as stored, without alpha.

    Raises:
        FileProblem: it cannot be decoded.
    """
    pixels = np.asarray(read_image(path))
    if pixels.ndim == 3:
        pixels = pixels[..., :1] if pixels.shape[2] == 2 else pixels[..., :3]
        return pixels[..., 0] if pixels.shape[2] == 1 else pixels
    return pixels


def read_distribution(path: Path) -> NDArray[np.float32]:
    """(K,) probabilities of classes; what is no distribution is taken for logits, as the released code does.

    Raises:
        FileProblem: it is damaged, or no vector of numbers.
    """
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise FileProblem("is no array, or a damaged one") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu" or values.size < 2:
        raise FileProblem("is no vector of class scores")
    scores = np.squeeze(values).astype(np.float64)
    if scores.ndim != 1 or not np.isfinite(scores).all():
        raise FileProblem("is no vector of finite class scores")
    if scores.min() < 0 or abs(scores.sum() - 1) > 1e-2:
        scores = np.exp(scores - scores.max())
    return (scores / scores.sum()).astype(np.float32)
