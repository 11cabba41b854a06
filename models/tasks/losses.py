"""Per-image losses: (N,) each, masked, independent of the rest of the batch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

DISTANCE_RANGE = (
    1e-4,
    80.0,
)  # clip of the squared embedding distance; the paper's is [0, 80], where log 0 can occur


def per_image_mean(values: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean of (N, ...) over all but the first axis, over valid entries only.

    Args:
        values: (N, ...).
        mask: None, or (N, ...) bool that broadcasts to `values`. An image without a valid entry gives 0.

    Returns:
        (N,).
    """
    if mask is None:
        return values.flatten(1).mean(1)
    total = torch.where(mask, values, 0).flatten(1).sum(1)
    entries = values[0].numel() // mask[0].numel()  # per entry of the mask
    return total / (entries * mask.flatten(1).sum(1)).clamp_min(1)


def absolute_error(prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    """L1, averaged over the valid entries of each image."""
    return per_image_mean((prediction - target).abs(), mask)


def squared_error(prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    """L2, averaged over the valid entries of each image."""
    return per_image_mean((prediction - target).square(), mask)


def class_cross_entropy(scores: Tensor, classes: Tensor) -> Tensor:
    """Cross-entropy of (N, K) scores with (N,) classes, in nats."""
    return F.cross_entropy(scores, classes, reduction="none")


def soft_cross_entropy(scores: Tensor, distribution: Tensor) -> Tensor:
    """Cross-entropy of (N, K) scores with (N, K) distributions, in nats."""
    return -(distribution * F.log_softmax(scores, dim=1)).sum(1)


def pixel_cross_entropy(
    scores: Tensor, classes: Tensor, class_weights: Tensor, mask: Tensor | None
) -> Tensor:
    """Rebalanced cross-entropy of a map: a weighted mean over valid pixels, in nats.

    Args:
        scores: (N, K, h, w).
        classes: (N, h, w) int64.
        class_weights: (K,) weight of a pixel of each class.
        mask: None, or (N, h, w) bool.

    Returns:
        (N,): sum of weight times cross-entropy over sum of weights; 0 without a valid pixel.
    """
    weights = pixel_weights(classes, class_weights, mask)
    return (weights * F.cross_entropy(scores, classes, reduction="none")).flatten(1).sum(1)


def pixel_weights(classes: Tensor, class_weights: Tensor, mask: Tensor | None) -> Tensor:
    """(N, h, w) weights of the pixels of each image, which sum to 1 (0 without a valid pixel)."""
    weights = class_weights.to(classes.device)[classes]
    if mask is not None:
        weights = weights * mask
    return weights / weights.flatten(1).sum(1).clamp_min(1e-12)[:, None, None]


def embedding_distances(embeddings: Tensor) -> Tensor:
    """Clipped squared distances between the points of each image: (N, P, D) -> (N, P, P)."""
    norms = embeddings.square().sum(2)
    squared = norms[:, :, None] + norms[:, None, :] - 2 * embeddings @ embeddings.transpose(1, 2)
    return squared.clamp(*DISTANCE_RANGE)


def pairwise_metric(embeddings: Tensor, segments: Tensor) -> Tensor:
    """Pairwise metric loss of unsupervised segmentation (Zamir et al. 2018, supplement; Fathi et al. 2017).

    With d the clipped squared distance of two points and sigma = 2 / (1 + e^d) the probability that they
    share a segment: -mean(same * log sigma + different * log(1 - sigma)) over all pairs of different points.

    Args:
        embeddings: (N, P, D) embeddings of P sampled pixels.
        segments: (N, P) segment of each.

    Returns:
        (N,).
    """
    first, second = torch.triu_indices(*2 * segments.shape[1:], offset=1, device=segments.device)
    pairs = first * segments.shape[1] + second  # each pair once: the loss is symmetric
    distances = embedding_distances(embeddings).flatten(1).index_select(1, pairs)
    same = segments[:, first] == segments[:, second]
    closeness = torch.exp(-distances)  # sigma = 2 e^-d / (1 + e^-d)
    probability = torch.where(same, 2 * closeness, -torch.expm1(-distances)) / (1 + closeness)
    return -torch.log(probability).mean(1)
