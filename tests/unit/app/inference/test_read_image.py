"""Uploads of any size and mode become the square that networks see; anything else is named for what it is."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.core.errors import AtlasError, InvalidInput, TooLarge, UnsupportedMedia
from app.inference.images import Upload, read_image

ORIENTATION = 0x0112


def encode(image: Image.Image, image_format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def read(data: bytes, media_type: str = "image/png", size: int = 16, **options: int) -> np.ndarray:
    return read_image(Upload(data, media_type, "/image/0"), size=size, **options)


def quadrants(edge: int = 32) -> Image.Image:
    """Red and green above, blue and white below."""
    pixels = np.zeros((edge, edge, 3), np.uint8)
    half = edge // 2
    pixels[:half, :half] = 255, 0, 0
    pixels[:half, half:] = 0, 255, 0
    pixels[half:, :half] = 0, 0, 255
    pixels[half:, half:] = 255, 255, 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (7, 5), (640, 480), (64, 64)])
def test_any_size_becomes_the_square_asked_for(image_format: str, shape: tuple[int, int]) -> None:
    answer = read(encode(Image.new("RGB", shape, (10, 200, 30)), image_format))
    assert answer.shape == (16, 16, 3)
    assert answer.dtype == np.uint8
    assert np.abs(answer.astype(int) - (10, 200, 30)).max() <= 3


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_png_mode_is_read(mode: str) -> None:
    value: object = {"I;16": 200 * 256, "1": 1}.get(mode, 200)
    if mode in {"LA", "RGB", "RGBA"}:
        value = {"LA": (200, 255), "RGB": (200, 200, 200), "RGBA": (200, 200, 200, 255)}[mode]
    image = Image.new(mode, (8, 8), value)
    if mode == "P":
        image.putpalette([200] * 768)
    expected = 255 if mode == "1" else 200
    assert np.unique(read(encode(image))).tolist() == [expected]


def test_cmyk_jpeg_is_read() -> None:
    answer = read(encode(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG"))
    assert np.abs(answer.astype(int) - (255, 0, 0)).max() <= 3


def test_sixteen_bit_greys_keep_their_range() -> None:
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    answer = read(encode(Image.fromarray(ramp)), size=64)
    np.testing.assert_array_equal(answer[..., 0], ramp >> 8)


def test_transparent_pixels_lie_on_white() -> None:
    assert read(encode(Image.new("RGBA", (8, 8), (0, 0, 0, 0)))).min() == 255


def test_a_picture_is_turned_upright() -> None:
    turned = quadrants().transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    for image_format in ("PNG", "JPEG"):
        answer = read(
            encode(turned, image_format, exif=exif, **({"quality": 95} if image_format == "JPEG" else {}))
        )
        assert np.abs(answer[3, 3].astype(int) - (255, 0, 0)).max() < 12
        assert np.abs(answer[3, 12].astype(int) - (0, 255, 0)).max() < 12


@pytest.mark.parametrize(
    ("shape", "box"), [((300, 100), (100, 0, 200, 100)), ((100, 300), (0, 100, 100, 200))]
)
def test_the_centre_square_is_kept(shape: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    image = Image.new("RGB", shape, "red")
    image.paste("lime", box)
    answer = read(encode(image))
    assert np.array_equal(np.unique(answer.reshape(-1, 3), axis=0), [[0, 255, 0]])


def test_shrinking_averages_instead_of_skipping() -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    answer = read(encode(Image.fromarray(stripes)))
    assert np.abs(answer.astype(int) - 127).max() <= 3


def test_an_image_of_the_networks_size_is_left_as_it_is() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    np.testing.assert_array_equal(read(encode(Image.fromarray(pixels))), pixels)


def test_too_many_pixels_are_refused_before_they_are_decompressed() -> None:
    with pytest.raises(TooLarge):
        read(encode(Image.new("L", (101, 100))), max_pixels=10_000)


def test_a_decompression_bomb_is_refused() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))
    with pytest.raises(TooLarge):
        read(bomb + chunk(b"IEND", b""))


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"", "image/png"),
        (b"not a picture", "image/png"),
        (b"not a picture", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", ""),
        (encode(quadrants())[:70], "image/png"),
        (encode(quadrants(), "JPEG")[:300], "application/octet-stream"),
    ],
)
def test_damaged_or_mislabelled_images_are_bad_input(data: bytes, media_type: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(data, media_type)
    assert caught.value.errors[0].pointer == "/image/0"


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (encode(quadrants(), "GIF"), "image/gif"),
        (encode(quadrants(), "BMP"), ""),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"%PDF-1.7", "application/pdf"),
    ],
)
def test_other_types_are_unsupported(data: bytes, media_type: str) -> None:
    with pytest.raises(UnsupportedMedia):
        read(data, media_type)


@given(
    image_format=st.sampled_from(["PNG", "JPEG"]),
    flips=st.lists(st.tuples(st.integers(3, 10_000), st.integers(0, 255)), max_size=12),
    keep=st.floats(0, 1),
)
@settings(max_examples=150, deadline=None)
@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow says that EXIF data is corrupt, and goes on
def test_damage_never_raises_anything_unexpected(
    image_format: str, flips: list[tuple[int, int]], keep: float
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 3
    data = bytearray(encode(quadrants(), image_format, exif=exif))
    for place, value in flips:
        data[place % len(data)] = value
    try:
        answer = read(bytes(data[: max(1, int(keep * len(data)))]), max_pixels=1_000_000)
    except AtlasError:
        return
    assert answer.shape == (16, 16, 3)
