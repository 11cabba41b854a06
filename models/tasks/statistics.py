"""Statistics of targets: what normalises them, and which constant guess is best under a loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_MEDIAN_ELEMENTS = 1 << 24  # a median sorts; beyond this many numbers it looks at evenly spaced images


def masked_moments(values: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation per channel.

    Args:
        values: (N, C, ...) float.
        mask: None, or bool that broadcasts to `values`.

    Returns:
        Two (C,) float32 tensors; the deviation is at least 1e-6, and 1 for a channel that never varies.
    """
    flat = values.movedim(1, 0).flatten(1).double()
    weights = (
        torch.ones_like(flat) if mask is None else mask.expand_as(values).movedim(1, 0).flatten(1).double()
    )
    flat = torch.where(weights > 0, flat, 0)
    total = weights.sum(1).clamp_min(1)
    mean = (flat * weights).sum(1) / total
    deviation = (((flat - mean[:, None]) ** 2 * weights).sum(1) / total).sqrt()
    deviation = torch.where(deviation < 1e-6, torch.ones_like(deviation), deviation)
    return mean.float(), deviation.float()


def image_weights(mask: Tensor | None, values: Tensor) -> Tensor | None:
    """How much each element counts in a mean of per-image means: mask / (valid elements of its image)."""
    if mask is None:
        return None
    full = mask.expand_as(values).to(torch.float32)
    return full / full.flatten(1).sum(1).clamp_min(1).view(-1, *[1] * (values.ndim - 1))


def weighted_median(values: Tensor, weights: Tensor | None) -> Tensor:
    """Median over images at every position: the constant that is best under per-image L1.

    Args:
        values: (N, ...) float.
        weights: None, or (N, ...) non-negative; a position without weight gets the overall median.

    Returns:
        (...) of the dtype of `values`.
    """
    step = -(-values.numel() // _MEDIAN_ELEMENTS)
    flat = values[::step].flatten(1)
    if weights is None:
        return flat.median(0).values.view(values.shape[1:])
    counts = weights[::step].flatten(1)
    ordered, order = flat.sort(0)
    cumulated = counts.gather(0, order).cumsum(0)
    half = (cumulated[-1] / 2)[None]
    position = (cumulated >= half).to(torch.uint8).argmax(0)
    medians = ordered.gather(0, position[None])[0]
    measured = cumulated[-1] > 0
    overall = medians[measured].median() if bool(measured.any()) else torch.zeros((), dtype=values.dtype)
    return torch.where(measured, medians, overall).view(values.shape[1:])


def weighted_mean(values: Tensor, weights: Tensor | None) -> Tensor:
    """Mean over images at every position, (N, ...) -> (...): best under per-image L2; 0 without weight."""
    if weights is None:
        return values.mean(0)
    return torch.where(weights > 0, values * weights, 0).sum(0) / weights.sum(0).clamp_min(1e-12)


def class_frequencies(classes: Tensor, count: int, mask: Tensor | None = None) -> Tensor:
    """Share of each class among the valid entries, (count,) float32; uniform when none is valid."""
    chosen = classes.flatten() if mask is None else classes[mask]
    counts = torch.bincount(chosen.long(), minlength=count).float()
    total = counts.sum()
    return counts / total if total > 0 else torch.full((count,), 1 / count)


def rebalancing_weights(frequencies: Tensor, *, uniform: float = 0.5) -> Tensor:
    """Class weights of Zhang et al. 2016, Eq. 4: 1 / ((1 - uniform) p + uniform / K), mean weight 1 over p.

    Args:
        frequencies: (K,) class frequencies p.
        uniform: How far p is mixed with the uniform distribution.
    """
    weights = 1 / ((1 - uniform) * frequencies + uniform / len(frequencies))
    return weights / (weights * frequencies).sum()


def log_distribution(mass: Tensor, *, dim: int) -> Tensor:
    """Logits of the best constant distribution under cross-entropy, from the mass of each class."""
    smoothed = mass.double() + 1e-6 * mass.double().sum(dim, keepdim=True).clamp_min(1e-12)
    return torch.log(smoothed / smoothed.sum(dim, keepdim=True)).float()


def class_mass(classes: Tensor, weights: Tensor, count: int) -> Tensor:
    """Weight that each class collects at every position.

    Args:
        classes: (N, ...) integers.
        weights: (N, ...) non-negative.
        count: Number of classes.

    Returns:
        (count, ...) float32.
    """
    mass = torch.zeros(count, *classes.shape[1:])
    for rows in range(0, len(classes), 64):  # bounds the one-hot array
        hot = F.one_hot(classes[rows : rows + 64].long(), count) * weights[rows : rows + 64].unsqueeze(-1)
        mass += hot.sum(0).movedim(-1, 0)
    return mass
