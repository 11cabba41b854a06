"""Per-image metrics in the units of people: (N,) each, NaN where an image has nothing valid."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_NAN = float("nan")


def masked_mean(values: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean of (N, ...) over the valid entries of each image: (N,), NaN without any."""
    if mask is None:
        return values.flatten(1).float().mean(1)
    full = mask.expand_as(values).flatten(1)
    total = torch.where(full, values.flatten(1).float(), 0).sum(1)
    count = full.sum(1)
    return torch.where(count > 0, total / count.clamp_min(1), _NAN)


def root_mean_square(errors: Tensor, mask: Tensor | None = None) -> Tensor:
    """Root of the mean squared error over the valid entries of each image."""
    return masked_mean(errors.square(), mask).sqrt()


def angle_degrees(first: Tensor, second: Tensor) -> Tensor:
    """Angle between vectors on the last axis, (..., 3) and (..., 3) -> (...) in degrees, exact near 0 too."""
    cross = torch.linalg.cross(first, second, dim=-1).norm(dim=-1)
    return torch.rad2deg(torch.atan2(cross, (first * second).sum(-1)))


def peak_signal_to_noise(prediction: Tensor, truth: Tensor) -> Tensor:
    """PSNR in dB of (N, ..., 3) images with values 0 to 255; at most 100 dB."""
    error = (prediction.float() - truth.float()).square().flatten(1).mean(1)
    return 10 * torch.log10(255.0**2 / error.clamp_min(255.0**2 * 1e-10))


def mean_intersection_over_union(prediction: Tensor, truth: Tensor, count: int, mask: Tensor) -> Tensor:
    """Mean IoU over the classes that occur in the truth of each image.

    Args:
        prediction: (N, ...) class ids.
        truth: (N, ...) class ids.
        count: Number of classes.
        mask: (N, ...) bool.

    Returns:
        (N,) in 0..1.
    """
    images = len(truth)
    offset = torch.arange(images, device=truth.device).view(-1, *[1] * (truth.ndim - 1)) * count
    size = images * count

    def histogram(ids: Tensor, where: Tensor) -> Tensor:
        return torch.bincount((ids.long() + offset)[where], minlength=size).view(images, count).float()

    both = histogram(truth, mask & (prediction == truth))
    in_truth = histogram(truth, mask)
    union = in_truth + histogram(prediction, mask) - both
    present = in_truth > 0
    return masked_mean(both / union.clamp_min(1), present)


def in_top(scores: Tensor, classes: Tensor, k: int) -> Tensor:
    """1.0 where the true class is among the k best scores: (N, K), (N,) -> (N,)."""
    best = scores.topk(min(k, scores.shape[1]), dim=1).indices
    return (best == classes[:, None]).any(1).float()


def pair_accuracy(distances: Tensor, segments: Tensor) -> Tensor:
    """Share of point pairs put rightly in one or in two segments, both kinds counting half: (N,) in 0..1.

    Args:
        distances: (N, P, P) squared embedding distances.
        segments: (N, P) true segments.
    """
    same = segments[:, :, None] == segments[:, None, :]
    apart = torch.tensor(3.0).log()  # sigma = 2 / (1 + e^d) falls below one half here
    right = (distances < apart) == same
    pairs = ~torch.eye(segments.shape[1], dtype=torch.bool, device=segments.device).expand_as(same)
    halves = torch.stack([masked_mean(right, same & pairs), masked_mean(right, ~same & pairs)])
    return halves.nanmean(0)


def total_variation(probabilities: Tensor, distribution: Tensor) -> Tensor:
    """Half the summed difference of two distributions, (N, K) and (N, K) -> (N,) in 0..1."""
    return (probabilities - distribution).abs().sum(1) / 2


def one_hot(classes: Tensor, count: int) -> Tensor:
    """(N,) classes as (N, count) float32 distributions."""
    return F.one_hot(classes.long(), count).float()
