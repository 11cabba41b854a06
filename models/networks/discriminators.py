"""Domain discriminators behind a gradient reversal, any number of them as one computation."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override


class Discriminators(nn.Module):
    """`count` independent discriminators with two hidden layers, each seeing the features through a gradient reversal.

    Their first layers are one matrix product, the others one batched product: a step costs a few large operations,
    however many classes there are. What is learned is what as many separate networks would learn.

    Args:
        count: K of them.
        inputs: features of an example.
        width: hidden units in each of a discriminator's hidden layers.

    Shape:
        features (N, inputs) -> scores (N, count): positive where an example looks like the source.
    """

    def __init__(self, count: int, inputs: int, width: int) -> None:
        super().__init__()
        self.count, self.inputs, self.width = count, inputs, width
        self.first = nn.Parameter(torch.empty(inputs, count * width))
        self.first_bias = nn.Parameter(torch.zeros(count * width))
        self.second = nn.Parameter(torch.empty(count, width, width))
        self.second_bias = nn.Parameter(torch.zeros(count, 1, width))
        self.last = nn.Parameter(torch.empty(count, width, 1))
        self.last_bias = nn.Parameter(torch.zeros(count, 1, 1))

    def initialise(self, generator: torch.Generator) -> None:
        """Draw every weight anew (He et al. 2015 before a ReLU); biases begin at zero."""
        for weight, fan_in, gain in (
            (self.first, self.inputs, math.sqrt(2.0)),
            (self.second, self.width, math.sqrt(2.0)),
            (self.last, self.width, 1.0),
        ):
            nn.init.normal_(weight, std=gain / math.sqrt(fan_in), generator=generator)

    @override
    def forward(self, features: Tensor, coefficients: Tensor, scale: Tensor | None = None) -> Tensor:
        """Scores of every example by every discriminator.

        Args:
            features: (N, inputs).
            coefficients: (count,) non-negative: minus this times a discriminator's gradient reaches the features.
            scale: (N, count): discriminator k sees `scale[:, k] * features`, where given; a constant.
        """
        hidden = reversed_product(features, self.first, coefficients)
        hidden = hidden.view(len(features), self.count, self.width)
        if scale is not None:
            hidden = hidden * scale.unsqueeze(2)
        hidden = torch.relu(hidden + self.first_bias.view(self.count, self.width)).transpose(0, 1)
        hidden = torch.relu(torch.baddbmm(self.second_bias, hidden, self.second))
        return torch.baddbmm(self.last_bias, hidden, self.last).squeeze(2).T


class _ReversedProduct(torch.autograd.Function):
    @staticmethod
    @override
    def forward(ctx: Any, features: Tensor, weights: Tensor, coefficients: Tensor) -> Tensor:
        ctx.save_for_backward(features, weights, coefficients)
        return features @ weights

    @staticmethod
    @override
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, Tensor | None, None]:
        (gradient,) = gradients
        features, weights, coefficients = ctx.saved_tensors
        blocks = gradient.view(len(gradient), len(coefficients), -1)
        reversed_ = (blocks * -coefficients.view(-1, 1)).flatten(1)
        return reversed_ @ weights.T, features.T @ gradient, None


def reversed_product(features: Tensor, weights: Tensor, coefficients: Tensor) -> Tensor:
    """`features @ weights`, with the gradient to the features reversed block by block (Ganin & Lempitsky 2015).

    A gradient reversal of K strengths before K layers would need K copies of the features; here it is part of the
    product's own backward pass.

    Args:
        features: (N, d).
        weights: (d, K * h), whose columns form K blocks.
        coefficients: (K,): the gradient of block k reaches the features times minus this; the weights get it as it is.

    Returns:
        (N, K * h).
    """
    return _ReversedProduct.apply(features, weights, coefficients)  # type: ignore[no-any-return]
