"""Procedural textures: colours from texture coordinates, by pattern, without loops over pixels."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy import ndimage

from models.data.rooms.arrays import Floats, Integers
from models.data.rooms.scene.look import MaterialColumn
from models.data.rooms.scene.palettes import Pattern

_BANK = 256
_LAST = _BANK - 1


@functools.cache
def _noise_bank() -> Floats:
    """Return a tileable (256, 256) sum of octaves of smoothed noise, about -1 to 1."""
    generator = np.random.Generator(np.random.Philox(key=20180418))
    total = np.zeros((_BANK, _BANK))
    for sigma, weight in ((12.0, 1.0), (5.0, 0.7), (2.0, 0.5)):
        octave = ndimage.gaussian_filter(generator.standard_normal((_BANK, _BANK)), sigma, mode="wrap")
        total += weight * octave / octave.std()
    return np.clip(total / (2.5 * total.std()), -1.0, 1.0).astype(np.float32)


def _noise(u: Floats, v: Floats) -> Floats:
    """Return smooth noise of about unit period, -1 to 1."""
    bank = _noise_bank().ravel()
    x, y = u * np.float32(_BANK / 8.0), v * np.float32(_BANK / 8.0)
    x0, y0 = np.floor(x), np.floor(y)
    fx, fy = x - x0, y - y0
    # the bank's side is a power of two, so a mask wraps coordinates
    i, j = x0.astype(np.int32) & _LAST, y0.astype(np.int32) & _LAST
    i1, row, next_row = (i + 1) & _LAST, j * _BANK, ((j + 1) & _LAST) * _BANK
    left, lower_left = bank[row + i], bank[next_row + i]
    top = left + fx * (bank[row + i1] - left)
    bottom = lower_left + fx * (bank[next_row + i1] - lower_left)
    return top + fy * (bottom - top)


def _cell_noise(i: Floats, j: Floats) -> Floats:
    """Return a number in [0, 1) per integer cell."""
    a = i.astype(np.int64).astype(np.uint32) * np.uint32(0x9E3779B1)
    b = j.astype(np.int64).astype(np.uint32) * np.uint32(0x85EBCA77)
    h = a ^ b
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    h = (h ^ (h >> np.uint32(12))) * np.uint32(0x297A2D39)
    h ^= h >> np.uint32(15)
    return h.astype(np.float32) * np.float32(2.0**-32)


def _band(x: Floats, width: float, blur: Floats) -> Floats:
    """Return how much of a pixel `blur` wide lies within `width` of a whole number (period 1), 0 to 1."""
    distance = np.abs(x - np.round(x))
    soft = np.maximum(blur, 0.02)
    inside = np.clip((width - distance) / soft + 0.5, 0.0, 1.0)
    return np.where(blur > 0.7, np.float32(2.0 * width), inside)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a pattern is looked up.

    Attributes:
        u, v: texture coordinates in periods.
        blur: size of a pixel on the surface in periods; what is finer fades to its mean.
        fade: 1 where the pattern is coarser than the pixels, 0 where it cannot be seen.
        offset: a number per material, so that two of a kind differ.
    """

    u: Floats
    v: Floats
    blur: Floats
    fade: Floats
    offset: Floats


# Each pattern returns the share of the second colour and a brightness factor.
_Weights = tuple[Floats, Floats | np.float32]
_EVEN = np.float32(1.0)


def _plain(at: _Place) -> _Weights:
    return 0.5 + 0.5 * _noise(at.u + at.offset, at.v), _EVEN


def _cloth(at: _Place) -> _Weights:
    weave = _noise(2.0 * at.u + at.offset, 2.0 * at.v)
    return 0.5 + 0.5 * weave * at.fade, 1.0 + 0.12 * at.fade * _noise(9.0 * at.u, 9.0 * at.v + at.offset)


def _grain(at: _Place) -> _Weights:
    rings = _noise(0.35 * at.u + at.offset, 2.0 * at.v + 0.3 * _noise(at.u + at.offset, at.v))
    return 0.5 + 0.5 * rings * at.fade, _EVEN


def _planks(at: _Place) -> _Weights:
    row = np.floor(at.v)
    shade = _cell_noise(row, np.floor(at.u / 5.0 + 0.37 * row) + np.floor(at.offset))
    grain = 0.3 * _noise(0.3 * at.u + row * 3.1, 2.0 * at.v + at.offset) * at.fade
    share = np.clip(0.1 + 0.7 * (0.5 + (shade - 0.5) * at.fade) + grain, 0.0, 1.0)
    return share, 1.0 - 0.5 * _band(at.v, 0.04, at.blur)


def _tiles(at: _Place) -> _Weights:
    shade = _cell_noise(np.floor(at.u), np.floor(at.v) + np.floor(at.offset))
    seam = np.maximum(_band(at.u, 0.045, at.blur), _band(at.v, 0.045, at.blur))
    return seam, 1.0 + 0.12 * at.fade * (shade - 0.5)


def _checker(at: _Place) -> _Weights:
    soft = np.maximum(at.blur, 0.05)
    a = np.clip((0.25 - np.abs(at.u - np.round(at.u))) / soft + 0.5, 0.0, 1.0)
    b = np.clip((0.25 - np.abs(at.v - np.round(at.v))) / soft + 0.5, 0.0, 1.0)
    return 0.5 + (a + b - 2.0 * a * b - 0.5) * at.fade, _EVEN


def _stripes(at: _Place) -> _Weights:
    return 0.5 + (_band(at.u, 0.25, at.blur) - 0.5) * at.fade, _EVEN


def _books(at: _Place) -> _Weights:
    cell, shelf = np.floor(at.u), np.floor(at.offset)
    hue, light = _cell_noise(cell, shelf), _cell_noise(cell, shelf + 7.0)
    spine = _band(at.v / 2.0 + hue, 0.08, at.blur)
    return np.round(hue * 3.0) / 3.0, (0.35 + 0.9 * light) * (1.0 + 0.5 * spine * at.fade)


def _art(at: _Place) -> _Weights:
    field = _noise(1.3 * at.u + at.offset, 1.3 * at.v)
    field = field + 0.4 * np.sin(6.0 * at.v + 3.0 * _noise(at.u, at.v + at.offset))
    return np.clip(0.5 + 2.5 * field, 0.0, 1.0), 1.0 + 0.35 * _noise(2.0 * at.v + at.offset, 2.0 * at.u)


def _fronts(at: _Place) -> _Weights:
    seam = np.maximum(_band(at.u, 0.03, at.blur), _band(at.v / 1.6, 0.02, at.blur))
    return seam, 1.0 + 0.06 * _noise(at.u + at.offset, at.v)


def _drawers(at: _Place) -> _Weights:
    return _band(at.v, 0.06, at.blur), 1.0 + 0.06 * _noise(at.u + at.offset, at.v)


def _sky(at: _Place) -> _Weights:
    return np.clip(0.5 - 0.6 * at.v + 0.25 * _noise(at.u + at.offset, 2.0 * at.v), 0.0, 1.0), _EVEN


def _panels(at: _Place) -> _Weights:
    a, b = np.abs(at.u) * 0.75, np.abs(at.v + 0.5 - np.round(at.v + 0.5))
    rim = np.maximum(_band(2.0 * a + 0.55, 0.06, at.blur), _band(b, 0.05, at.blur))
    return rim, 1.0 + 0.06 * _noise(at.u + at.offset, at.v)


def _dots(at: _Place) -> _Weights:
    a, b = at.u - np.round(at.u), at.v - np.round(at.v)
    disc = np.clip((0.28 - np.sqrt(a * a + b * b)) / np.maximum(at.blur, 0.05) + 0.5, 0.0, 1.0)
    return disc * at.fade + 0.24 * (1.0 - at.fade), _EVEN


_PATTERNS: Mapping[Pattern, Callable[[_Place], _Weights]] = MappingProxyType(
    {
        Pattern.PLAIN: _plain,
        Pattern.CLOTH: _cloth,
        Pattern.GRAIN: _grain,
        Pattern.PLANKS: _planks,
        Pattern.TILES: _tiles,
        Pattern.CHECKER: _checker,
        Pattern.STRIPES: _stripes,
        Pattern.BOOKS: _books,
        Pattern.ART: _art,
        Pattern.FRONTS: _fronts,
        Pattern.DRAWERS: _drawers,
        Pattern.SKY: _sky,
        Pattern.PANELS: _panels,
        Pattern.DOTS: _dots,
        Pattern.MIRROR: _art,
    }
)


def albedo(materials: Floats, index: Integers, u: Floats, v: Floats, footprint: Floats) -> Floats:
    """Return (3, n) linear colours of surfaces.

    Args:
        materials: (M, K) rows of look.MaterialColumn.
        index: (n,) rows of the surfaces' materials.
        u: (n,) texture coordinate, metres.
        v: (n,) the other one.
        footprint: (n,) size of a pixel on the surface, metres.
    """
    colours = np.empty((3, len(index)), dtype=np.float32)
    columns = np.ascontiguousarray(materials.T)
    patterns = materials[:, MaterialColumn.PATTERN].astype(np.int8)[index]
    for pattern in Pattern:
        at = np.flatnonzero(patterns == pattern)
        if not at.size:
            continue
        rows = index[at]
        period = columns[MaterialColumn.SCALE][rows]
        offset = columns[MaterialColumn.OFFSET][rows] * np.float32(37.0)
        blur = footprint[at] / period
        place = _Place(u[at] / period, v[at] / period, blur, np.clip(1.5 - 1.5 * blur, 0.0, 1.0), offset)
        share, light = _PATTERNS[pattern](place)
        for channel in range(3):
            first = columns[MaterialColumn.COLOUR + channel][rows]
            second = columns[MaterialColumn.SECOND + channel][rows]
            colours[channel, at] = (first + share * (second - first)) * light
    return colours
