"""Uploaded pictures of any size and mode, made into the square the networks were trained on."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.core.errors import FieldError, InvalidInput, TooLarge, UnsupportedMedia
from models.data.photographs import DAMAGE, MAX_PIXELS, TOO_LARGE, upright_square, upright_stretched

_SIGNATURES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
_MEDIA_TYPES = frozenset({"image/jpeg", "image/jpg", "image/pjpeg", "image/png", "image/x-png"})


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as it came.

    Attributes:
        data: its bytes.
        media_type: the type that the client declared, or "".
        pointer: where it stood in the request, for problem documents.
    """

    data: bytes
    media_type: str
    pointer: str


def read_image(
    upload: Upload, *, size: int, stretched: bool = False, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Decode a JPEG or PNG, turn it upright, crop its centre square and resize that, antialiased.

    Transparent pixels lie on white, 16-bit greys keep their upper eight bits.

    Args:
        upload: the file.
        size: edge of the answer, in pixels.
        stretched: crop nothing and resize the whole picture to the square, aspect not kept.
        max_pixels: width x height that a file may declare; checked before anything is decompressed.

    Returns:
        (size, size, 3) uint8 RGB.

    Raises:
        UnsupportedMedia: it is neither JPEG nor PNG, nor says so.
        InvalidInput: it is empty or damaged, or is not what it says.
        TooLarge: it declares more pixels than allowed.
    """
    image_format = _format(upload)
    try:
        with Image.open(io.BytesIO(upload.data), formats=(image_format,)) as image:
            if image.width * image.height > max_pixels:
                raise _too_many_pixels(upload, max_pixels)
            return upright_stretched(image, size) if stretched else upright_square(image, size)
    except TOO_LARGE as error:
        raise _too_many_pixels(upload, max_pixels) from error
    except DAMAGE as error:
        raise _bad_image(upload, f"this {image_format} file is damaged and cannot be decoded") from error


def _format(upload: Upload) -> str:
    if not upload.data:
        raise _bad_image(upload, "the file is empty")
    for signature, image_format in _SIGNATURES.items():
        if upload.data.startswith(signature):
            return image_format
    if upload.media_type in _MEDIA_TYPES:
        raise _bad_image(upload, f"declared as {upload.media_type}, but its content is neither JPEG nor PNG")
    declared = f" ({upload.media_type})" if upload.media_type else ""
    raise UnsupportedMedia(f"{upload.pointer}{declared}: send a JPEG or a PNG")


def _bad_image(upload: Upload, detail: str) -> InvalidInput:
    return InvalidInput("an image cannot be read", errors=[FieldError(upload.pointer, detail)])


def _too_many_pixels(upload: Upload, max_pixels: int) -> TooLarge:
    return TooLarge(
        f"{upload.pointer}: more than {max_pixels / 1e6:.0f} million pixels; send a smaller picture"
    )
