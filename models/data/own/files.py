"""Files of a user's folder: found inside it, read as squares of one size."""

import io
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.data.photographs import DAMAGE, MAX_PIXELS, TOO_LARGE, upright_square

Numbers = NDArray[Any]
T = TypeVar("T")

_PHOTOGRAPHS = ("JPEG", "PNG")
_TOO_MANY = f"has more than {MAX_PIXELS // 1_000_000} million pixels"
_SAME_SHAPE = 0.02  # relative difference in width : height of a label and its image


class UnusableFile(ValueError):
    """A file, or what a table says of it, cannot be used.

    Attributes:
        path: of the file, as the user wrote it.
        reason: why.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} {reason}")
        self.path = path
        self.reason = reason


def inside(root: Path, relative: str) -> Path:
    """A file of a folder, links followed.

    Args:
        root: the folder, resolved.
        relative: as the user wrote it.

    Raises:
        UnusableFile: it leads out of the folder, or nothing is there.
    """
    try:
        path = (root / relative).resolve()
        found = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise UnusableFile(relative, f"is no path: {error}") from error
    if not path.is_relative_to(root):
        raise UnusableFile(relative, "leads out of the folder")
    if not found:
        raise UnusableFile(relative, "is not there")
    return path


def stamp(root: Path, path: str) -> list[int] | None:
    """Size and time of a file below a folder; None where there is none."""
    try:
        found = inside(root, path).stat()
    except (UnusableFile, OSError):
        return None
    return [found.st_size, found.st_mtime_ns]


def read_bytes(root: Path, relative: str) -> bytes:
    """The content of a file of a folder.

    Raises:
        UnusableFile: it leads out of the folder, is not there or cannot be read.
    """
    path = inside(root, relative)
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableFile(relative, f"cannot be read: {error.strerror}") from error


def photograph(relative: str, content: bytes, size: int) -> tuple[NDArray[np.uint8], float]:
    """Decode a JPEG or PNG.

    Args:
        relative: its name in messages.
        content: its bytes.
        size: edge of the square, pixels.

    Returns:
        (size, size, 3) uint8 RGB, and width : height of the whole picture.

    Raises:
        UnusableFile: it is neither, is damaged or too large.
    """

    def square(image: Image.Image) -> tuple[NDArray[np.uint8], float]:
        # The tag of the orientation; 5 to 8 lay the picture on its side.
        turned = image.getexif().get(0x0112, 1) >= 5
        shape = image.height / image.width if turned else image.width / image.height
        return upright_square(image, size), shape

    return decoded(relative, content, square)


def decoded(relative: str, content: bytes, use: Callable[[Image.Image], T]) -> T:
    """Hand a JPEG or PNG, opened and not decoded yet, to a function that decodes it.

    Args:
        relative: its name in messages.
        content: its bytes.
        use: answers with what is asked for.

    Raises:
        UnusableFile: it is neither, is damaged or too large.
    """
    try:
        with Image.open(io.BytesIO(content), formats=_PHOTOGRAPHS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnusableFile(relative, _TOO_MANY)
            return use(image)
    except Image.UnidentifiedImageError as error:
        raise UnusableFile(relative, "is neither JPEG nor PNG") from error
    except TOO_LARGE as error:
        raise UnusableFile(relative, _TOO_MANY) from error
    except UnusableFile:
        raise
    except DAMAGE as error:
        raise UnusableFile(relative, "is damaged and cannot be decoded") from error


def label_map(relative: str, content: bytes, *, size: int, shape: float) -> Numbers:
    """Numbers per pixel from a PNG (the levels or palette indices as they are) or an NPY.

    The centre square is taken as of photographs; of several pixels the one nearest to the middle counts, so that no
    value is mixed with its neighbour's.

    Args:
        relative: its name, which says the format.
        content: its bytes.
        size: edge of the square, pixels.
        shape: width : height of the image that it belongs to.

    Returns:
        (size, size) or (size, size, k), as stored.

    Raises:
        UnusableFile: it is neither, is damaged, or has another shape than its image.
    """
    values = _npy(relative, content) if _is_npy(relative) else _png(relative, content)
    if values.ndim not in {2, 3} or 0 in values.shape or values.dtype.kind not in "buif":
        raise UnusableFile(relative, f"holds {values.dtype} of shape {values.shape}, not numbers per pixel")
    height, width = values.shape[:2]
    if abs(width / height / shape - 1) > _SAME_SHAPE:
        raise UnusableFile(relative, f"is {width} x {height}, its image has another shape")
    edge = min(height, width)
    steps = ((np.arange(size) + 0.5) * edge / size).astype(np.int64)
    rows, columns = (height - edge) // 2 + steps, (width - edge) // 2 + steps
    return values[rows[:, None], columns[None, :]]


def _is_npy(relative: str) -> bool:
    return PurePosixPath(relative).suffix.lower() == ".npy"


def _npy(relative: str, content: bytes) -> Numbers:
    try:
        values = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        raise UnusableFile(relative, f"is no NPY of numbers: {error}") from error
    if not isinstance(values, np.ndarray):
        raise UnusableFile(relative, "is an archive, not one array")
    return values


def _png(relative: str, content: bytes) -> Numbers:
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnusableFile(relative, _TOO_MANY)
            return np.asarray(image)
    except Image.UnidentifiedImageError as error:
        raise UnusableFile(relative, "is neither PNG nor, by its name, NPY") from error
    except TOO_LARGE as error:
        raise UnusableFile(relative, _TOO_MANY) from error
    except UnusableFile:
        raise
    except DAMAGE as error:
        raise UnusableFile(relative, "is damaged and cannot be decoded") from error
