"""The terms that objectives of adaptation share."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def entropy(scores: Tensor) -> Tensor:
    """Shannon entropy of each example's class distribution, nats.

    Args:
        scores: (N, K) before the softmax.

    Returns:
        (N,).
    """
    log_probabilities = F.log_softmax(scores, dim=1)
    return -(log_probabilities.exp() * log_probabilities).sum(dim=1)


def domain_losses(scores: Tensor, *, is_source: bool) -> Tensor:
    """Cross-entropy of discriminators whose positive class is the source, element by element; any shape."""
    return F.softplus(-scores) if is_source else F.softplus(scores)


def class_shares(scores: Tensor, *, sharpness: float = 1.0) -> Tensor:
    """Share of each class among some examples, by the classifier's own word: γ of Cao et al. 2018, Sec. 3.3.

    Args:
        scores: (N, K) before the softmax.
        sharpness: factor of the scores; their Caffe code takes 10.

    Returns:
        (K,), sums to 1; a constant.
    """
    return torch.softmax(sharpness * scores.detach(), dim=1).mean(dim=0)


def mean_one(weights: Tensor) -> Tensor:
    """Class weights scaled to mean 1; (K,), non-negative, not all zero."""
    return weights / weights.mean()


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Mean of `values` with constant, non-negative weights of the same shape; zero where all weights are."""
    return (weights * values).sum() / weights.sum().clamp_min(torch.finfo(values.dtype).tiny)
