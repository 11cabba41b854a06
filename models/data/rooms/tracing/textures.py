"""Procedural textures: colours from texture coordinates, by pattern, without loops over pixels."""

import functools

import numpy as np
from scipy import ndimage

from models.data.rooms.scene.look import MaterialColumn, Pattern
from models.data.rooms.tracing.camera import Floats
from models.data.rooms.tracing.raycast import Integers

_BANK = 256


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
    bank = _noise_bank()
    x, y = u * (_BANK / 8.0), v * (_BANK / 8.0)
    x0, y0 = np.floor(x), np.floor(y)
    fx, fy = x - x0, y - y0
    i, j = x0.astype(np.int64) % _BANK, y0.astype(np.int64) % _BANK
    i1, j1 = (i + 1) % _BANK, (j + 1) % _BANK
    top = bank[j, i] * (1 - fx) + bank[j, i1] * fx
    bottom = bank[j1, i] * (1 - fx) + bank[j1, i1] * fx
    return top * (1 - fy) + bottom * fy


def _cell_noise(i: Floats, j: Floats) -> Floats:
    """Return a number in [0, 1) per integer cell."""
    a = i.astype(np.int64).astype(np.uint32) * np.uint32(0x9E3779B1)
    b = j.astype(np.int64).astype(np.uint32) * np.uint32(0x85EBCA77)
    h = a ^ b
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    h = (h ^ (h >> np.uint32(12))) * np.uint32(0x297A2D39)
    h ^= h >> np.uint32(15)
    return h.astype(np.float32) * np.float32(2.0**-32)


def _band(x: Floats, width: Floats, blur: Floats) -> Floats:
    """Return how much of a pixel `blur` wide lies within `width` of a whole number (period 1), 0 to 1."""
    distance = np.abs(x - np.round(x))
    soft = np.maximum(blur, 0.02)
    inside = np.clip((width - distance) / soft + 0.5, 0.0, 1.0)
    return np.where(blur > 0.7, 2.0 * width, inside)


def _weights(pattern: Pattern, u: Floats, v: Floats, blur: Floats, offset: Floats) -> tuple[Floats, Floats]:
    """Return the share of the second colour and a brightness factor.

    Args:
        pattern: which.
        u, v: texture coordinates in periods.
        blur: size of a pixel on the surface in periods; what is finer fades to its mean.
        offset: a number per material, so that two of a kind differ.
    """
    o = offset * 37.0
    fade = np.clip(1.5 - 1.5 * blur, 0.0, 1.0)
    plain = np.ones_like(u)
    match pattern:
        case Pattern.PLAIN:
            return 0.5 + 0.5 * _noise(u + o, v), plain
        case Pattern.CLOTH:
            return 0.5 + 0.5 * _noise(2.0 * u + o, 2.0 * v) * fade, 1.0 + 0.12 * fade * _noise(
                9.0 * u, 9.0 * v + o
            )
        case Pattern.GRAIN:
            rings = _noise(0.35 * u + o, 2.0 * v + 0.3 * _noise(u + o, v))
            return 0.5 + 0.5 * rings * fade, plain
        case Pattern.PLANKS:
            row = np.floor(v)
            shade = _cell_noise(row, np.floor(u / 5.0 + 0.37 * row) + np.floor(o))
            grain = 0.3 * _noise(0.3 * u + row * 3.1, 2.0 * v + o) * fade
            seam = _band(v, 0.04 * plain, blur)
            return np.clip(0.1 + 0.7 * (0.5 + (shade - 0.5) * fade) + grain, 0.0, 1.0), 1.0 - 0.5 * seam
        case Pattern.TILES:
            shade = _cell_noise(np.floor(u), np.floor(v) + np.floor(o))
            seam = np.maximum(_band(u, 0.045 * plain, blur), _band(v, 0.045 * plain, blur))
            return seam, 1.0 + 0.12 * fade * (shade - 0.5)
        case Pattern.CHECKER:
            soft = np.maximum(blur, 0.05)
            a = np.clip((0.25 - np.abs(u - np.round(u))) / soft + 0.5, 0.0, 1.0)
            b = np.clip((0.25 - np.abs(v - np.round(v))) / soft + 0.5, 0.0, 1.0)
            return 0.5 + (a + b - 2.0 * a * b - 0.5) * fade, plain
        case Pattern.STRIPES:
            return 0.5 + (_band(u, 0.25 * plain, blur) - 0.5) * fade, plain
        case Pattern.BOOKS:
            cell = np.floor(u)
            hue = _cell_noise(cell, np.floor(o) * plain)
            light = _cell_noise(cell, np.floor(o) * plain + 7.0)
            spine = _band(v / 2.0 + hue, 0.08 * plain, blur)
            return np.round(hue * 3.0) / 3.0, (0.35 + 0.9 * light) * (1.0 + 0.5 * spine * fade)
        case Pattern.ART:
            field = _noise(1.3 * u + o, 1.3 * v) + 0.4 * np.sin(6.0 * v + 3.0 * _noise(u, v + o))
            return np.clip(0.5 + 2.5 * field, 0.0, 1.0), 1.0 + 0.35 * _noise(2.0 * v + o, 2.0 * u)
        case Pattern.FRONTS:
            seam = np.maximum(_band(u, 0.03 * plain, blur), _band(v / 1.6, 0.02 * plain, blur))
            return seam, 1.0 + 0.06 * _noise(u + o, v)
        case Pattern.DRAWERS:
            return _band(v, 0.06 * plain, blur), 1.0 + 0.06 * _noise(u + o, v)
        case Pattern.SKY:
            height = np.clip(0.5 - 0.6 * v + 0.25 * _noise(u + o, 2.0 * v), 0.0, 1.0)
            return height, plain
        case Pattern.PANELS:
            a, b = np.abs(u) * 0.75, np.abs(v + 0.5 - np.round(v + 0.5))
            rim = np.maximum(_band(2.0 * a + 0.55, 0.06 * plain, blur), _band(b, 0.05 * plain, blur))
            return rim, 1.0 + 0.06 * _noise(u + o, v)
        case Pattern.DOTS:
            a, b = u - np.round(u), v - np.round(v)
            radius = np.sqrt(a * a + b * b)
            return np.clip((0.28 - radius) / np.maximum(blur, 0.05) + 0.5, 0.0, 1.0) * fade + 0.24 * (
                1 - fade
            ), plain


def albedo(materials: Floats, index: Integers, u: Floats, v: Floats, footprint: Floats) -> Floats:
    """Return (3, n) linear colours of surfaces.

    Args:
        materials: (M, K) rows of look.MaterialColumn.
        index: (n,) rows of the surfaces' materials.
        u, v: (n,) texture coordinates, metres.
        footprint: (n,) size of a pixel on the surface, metres.
    """
    colours = np.empty((3, len(index)), dtype=np.float32)
    patterns = materials[:, MaterialColumn.PATTERN].astype(np.int8)[index]
    for pattern in Pattern:
        at = np.flatnonzero(patterns == pattern)
        if not at.size:
            continue
        rows = materials[index[at]]
        period = rows[:, MaterialColumn.SCALE]
        offset = rows[:, MaterialColumn.OFFSET]
        share, light = _weights(pattern, u[at] / period, v[at] / period, footprint[at] / period, offset)
        for channel in range(3):
            first = rows[:, MaterialColumn.COLOUR + channel]
            second = rows[:, MaterialColumn.SECOND + channel]
            colours[channel, at] = (first + share * (second - first)) * light
    return colours
