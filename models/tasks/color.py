"""CIELAB (D65) from sRGB bytes and back, and the grid of its colours."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

# IEC 61966-2-1 primaries and the CIE 1931 2-degree D65 white point, the constants of skimage.color
_XYZ_FROM_RGB = torch.tensor(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]],
    dtype=torch.float64,
)
_WHITE = torch.tensor([0.95047, 1.0, 1.08883], dtype=torch.float64)
_DELTA = 6 / 29


@functools.cache
def _linear_table() -> Tensor:
    levels = torch.arange(256, dtype=torch.float64) / 255
    return torch.where(levels > 0.04045, ((levels + 0.055) / 1.055) ** 2.4, levels / 12.92).float()


def _curve(t: Tensor) -> Tensor:
    # CIE's rounded constants 0.008856 and 7.787, as in skimage
    return torch.where(t > 0.008856, t.clamp_min(0.008856).pow(1 / 3), 7.787 * t + 16 / 116)


def rgb_to_lab(images: Tensor) -> Tensor:
    """SRGB bytes to CIELAB: (..., 3) uint8 -> (..., 3) float32, L in 0..100, a and b about -100..100."""
    linear = _linear_table().to(images.device)[images.long()]
    xyz = linear @ (_XYZ_FROM_RGB.T / _WHITE).float().to(images.device)
    x, y, z = _curve(xyz).unbind(-1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=-1)


def lightness(images: Tensor) -> Tensor:
    """The L of CIELAB alone: (..., 3) uint8 -> (...) float32 in 0..100."""
    linear = _linear_table().to(images.device)[images.long()]
    return 116 * _curve(linear @ _XYZ_FROM_RGB[1].float().to(images.device)) - 16


def lab_to_rgb(lab: Tensor) -> Tensor:
    """CIELAB to sRGB bytes, clipped to the gamut: (..., 3) float -> (..., 3) uint8."""
    lightness_, a, b = lab.double().unbind(-1)
    y = (lightness_ + 16) / 116
    f = torch.stack([y + a / 500, y, (y - b / 200).clamp_min(0)], dim=-1)
    xyz = torch.where(f > _DELTA, f**3, (f - 16 / 116) / 7.787) * _WHITE.to(lab.device)
    linear = (xyz @ torch.linalg.inv(_XYZ_FROM_RGB).T.to(lab.device)).clamp(0, 1)
    encoded = torch.where(linear > 0.0031308, 1.055 * linear.pow(1 / 2.4) - 0.055, 12.92 * linear)
    return (encoded * 255).round().clamp(0, 255).to(torch.uint8)


@functools.cache
def ab_bins(spacing: int) -> Tensor:
    """Centres of the grid cells of the ab plane that sRGB colours fall into (Zhang et al. 2016, Sec. 2.2).

    Args:
        spacing: Side of a cell; 10 in the paper, which gives about 300 bins.

    Returns:
        (Q, 2) float32, sorted by a, then b.
    """
    levels = torch.arange(0, 256, 5, dtype=torch.uint8)
    colours = torch.cartesian_prod(levels, levels, levels)
    cells = torch.round(rgb_to_lab(colours)[:, 1:] / spacing).unique(dim=0)
    return cells * spacing


@functools.cache
def _bin_table(spacing: int) -> Tensor:
    """(S, S) index of the bin nearest to every cell of the grid from -128 to 128."""
    reach = 128 // spacing + 1
    axis = torch.arange(-reach, reach + 1) * float(spacing)
    return (
        torch.cdist(torch.cartesian_prod(axis, axis), ab_bins(spacing)).argmin(1).view(len(axis), len(axis))
    )


def nearest_bin(ab: Tensor, spacing: int) -> Tensor:
    """Bin of each colour: (..., 2) float -> (...) int64 into `ab_bins(spacing)`."""
    reach = 128 // spacing + 1
    cells = (ab / spacing).round().long().clamp(-reach, reach) + reach
    return _bin_table(spacing).to(ab.device)[cells[..., 0], cells[..., 1]]
