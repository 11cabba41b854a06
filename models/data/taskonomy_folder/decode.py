"""From the files of a view to label arrays in the names, units and frames that the tasks expect.

What is measured or counted (depth, normals, curvature, classes, segments) is sampled at the nearest pixel, so that an
invalid value never mixes with another; what is drawn in thin lines or shades (edges, keypoints, reshading) is averaged
over valid pixels.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.data.filters import gaussian
from models.data.taskonomy_folder.domains import LABEL_DOMAINS, MASKS, RGB
from models.data.taskonomy_folder.files import read_distribution, read_image, read_pixels

Array = NDArray[np.generic]
Maps = NDArray[np.float32]

DEPTH_UNITS = 512
"""Depth values per metre."""

MISSING = 65535
"""Depth value of pixels without geometry."""

_CENTRE = 127  # value of a zero in normals and curvature
_LEAST_RADIUS_M = 0.03  # of curvature, at the end of the 8 bits; Omnidata's annotator states it
# What 16-bit maps are divided by, as shares of their full range (released configurations); 8-bit maps fill theirs.
_FULL = {"edges_2d": 0.08, "keypoints_2d": 0.005, "occlusion_edges": 0.00625}
_EDGE_BLUR = 4 / 256  # of the side, as the released code blurs occlusion edges


class Decoder:
    """The labels of one view, read when they are asked for.

    Args:
        files: by domain, those that are sound.
        size: height and width of the labels, pixels.
    """

    def __init__(self, files: Mapping[str, Path], size: int) -> None:
        self._files, self._size = files, size

    def label(self, name: str) -> Array:
        """One label of the view, shapes and units as `rooms` has them.

        Raises:
            FileProblem: a file was changed since it was checked.
            KeyError: the view has no file for it.
        """
        return _DECODED[name](self, name)

    def rgb(self, name: str) -> Array:  # noqa: ARG002 - one signature for all labels
        """(S, S, 3) uint8."""
        image = read_image(self._files[RGB], "RGB")
        return np.asarray(image.resize((self._size, self._size), Image.Resampling.LANCZOS))

    def valid(self, name: str) -> Array:  # noqa: ARG002
        """(S, S) bool: where every domain that can tell says that there is geometry."""
        return np.logical_and.reduce([self._nearest(mask) for mask in self._masks])

    def length(self, name: str) -> Array:
        """(S, S) float32 metres, 0 where nothing was measured."""
        stored = self._nearest(self._pixels(name))
        return np.where(stored == MISSING, np.float32(0), stored / np.float32(DEPTH_UNITS)).astype(np.float32)

    def normals(self, name: str) -> Array:
        """(S, S, 3) float32 unit vectors: the files' axes are x right, y down, z forward."""
        raw = self._nearest(self._pixels(name)).astype(np.float32) - np.float32(_CENTRE)
        return raw / np.maximum(_length(raw), np.float32(1e-6))[..., None]

    def curvature(self, name: str) -> Array:
        """(S, S, 2) float32, 1/m."""
        raw = self._nearest(self._pixels(name))[..., :2].astype(np.float32) - np.float32(_CENTRE)
        return raw * np.float32(1 / (_CENTRE * _LEAST_RADIUS_M))

    def shade(self, name: str) -> Array:
        """(S, S) float32, 0 to 1, averaged over all pixels."""
        return np.clip(_area(self._scaled(name), self._size), 0, 1)

    def masked_shade(self, name: str) -> Array:
        """(S, S) float32, 0 to 1, averaged over pixels with geometry; occlusion edges are blurred as released."""
        values = self._scaled(name)
        weights = np.logical_and.reduce([_sampled(mask, len(values)) for mask in self._masks])
        above, below = _area(values * weights, self._size), _area(weights.astype(np.float32), self._size)
        if name == "occlusion_edges":
            sigma = _EDGE_BLUR * self._size
            above, below = (gaussian(part[None], sigma)[0] for part in (above, below))
        return np.clip(above / np.maximum(below, np.float32(1e-6)), 0, 1)

    def classes(self, name: str) -> Array:
        """(S, S) uint8 values of `SEMANTIC_CLASSES`; what is none of them counts as uncertain."""
        values = self._nearest(self._pixels(name))
        return np.where(values > 17, 0, values).astype(np.uint8)

    def segments(self, name: str) -> Array:
        """(S, S) int32 segments, counted from 0."""
        values = self._nearest(self._pixels(name)).astype(np.int64)
        if values.ndim == 3:
            values = (values[..., 0] << 16) | (values[..., 1] << 8) | values[..., 2]
        _, ids = np.unique(values, return_inverse=True)
        return ids.reshape(values.shape).astype(np.int32)

    def distribution(self, name: str) -> Array:
        """(K,) float32 probabilities."""
        return read_distribution(self._files[LABEL_DOMAINS[name]])

    def _pixels(self, label: str) -> NDArray[Any]:
        return read_pixels(self._files[LABEL_DOMAINS[label]])

    def _nearest(self, pixels: NDArray[Any]) -> NDArray[Any]:
        return _sampled(pixels, self._size)

    def _scaled(self, label: str) -> Maps:
        """(S, S) shares of the label's full range, in the size of the file."""
        pixels = self._pixels(label)
        if pixels.ndim == 3:
            pixels = pixels.mean(axis=2)
        elif pixels.dtype != np.uint8:
            return pixels.astype(np.float32) / np.float32(65535 * _FULL.get(label, 1.0))
        return pixels.astype(np.float32) / np.float32(255)

    @cached_property
    def _masks(self) -> tuple[NDArray[np.bool_], ...]:
        """(S, S) each, in the size of its file."""
        found: list[NDArray[np.bool_]] = []
        for domain in MASKS:
            if domain not in self._files:
                continue
            pixels = read_pixels(self._files[domain])
            if domain == "normal":
                # A true normal has a length of about 127.
                found.append(_length(pixels.astype(np.float32) - _CENTRE) > _CENTRE / 2)
            elif domain == "mask_valid":
                found.append((pixels if pixels.ndim == 2 else pixels[..., 0]) > 0)
            else:
                found.append(pixels < MISSING)
        return tuple(found)


_DECODED: Mapping[str, Callable[[Decoder, str], Array]] = MappingProxyType(
    {
        "rgb": Decoder.rgb,
        "valid": Decoder.valid,
        "depth": Decoder.length,
        "distance": Decoder.length,
        "normals": Decoder.normals,
        "curvature": Decoder.curvature,
        "reshading": Decoder.masked_shade,
        "occlusion_edges": Decoder.masked_shade,
        "keypoints_3d": Decoder.masked_shade,
        "edges_2d": Decoder.shade,
        "keypoints_2d": Decoder.shade,
        "semantic_segmentation": Decoder.classes,
        "segmentation_2d": Decoder.segments,
        "segmentation_25d": Decoder.segments,
        "object_class": Decoder.distribution,
        "scene_class": Decoder.distribution,
    }
)
FROM_FILES = frozenset(_DECODED)
"""Labels that `Decoder` knows."""


def _sampled(pixels: NDArray[Any], size: int) -> NDArray[Any]:
    """The pixels nearest to the centres of `size` cells in both directions."""
    at = ((np.arange(size) + 0.5) * len(pixels) / size).astype(np.int64)
    return pixels[np.ix_(at, at)]


def _area(values: Maps, size: int) -> Maps:
    """Averages over the cells of a grid of `size`."""
    if len(values) == size:
        return values
    image = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(image.resize((size, size), Image.Resampling.BOX))


def _length(vectors: Maps) -> Maps:
    return np.sqrt(np.einsum("...c,...c->...", vectors, vectors))
