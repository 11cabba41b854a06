"""What MGDA is compared with in the paper: fixed weights, and GradNorm."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from typing_extensions import override

from models.multitask.balancing import Balancer, Step

_LEAST_WEIGHT = 1e-3  # of a task in GradNorm: below, it would be lost for good


class Weighted(Balancer):
    """Fixed weights: uniform scaling, or one point of a grid.

    Args:
        weights: (T,).
    """

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self._weights = weights

    @override
    def backward(self, step: Step, generator: torch.Generator) -> Tensor:
        (step.losses * self._weights.to(step.losses.device)).sum().backward()
        return self._weights


class Separate(Balancer):
    """Tasks that share nothing: each network follows its own loss."""

    @override
    def backward(self, step: Step, generator: torch.Generator) -> None:
        step.losses.sum().backward()


class GradNorm(Balancer):
    """Weights that keep the gradients' norms in step with the tasks' rates of learning (Chen et al. 2018, Alg. 1).

    Norms are taken at the last shared layer. The weights learn with the network's optimiser and rate, and are scaled
    back to a sum of T before every step.

    Args:
        tasks: T.
        asymmetry: alpha: the power of a task's relative inverse training rate.
    """

    first_losses: Tensor

    def __init__(self, tasks: int, asymmetry: float) -> None:
        super().__init__()
        self._asymmetry = asymmetry
        self.weights = nn.Parameter(torch.ones(tasks))
        self.register_buffer("first_losses", torch.full((tasks,), math.nan))

    @override
    def backward(self, step: Step, generator: torch.Generator) -> Tensor:
        losses = step.losses.detach()
        if bool(torch.isnan(self.first_losses).any()):
            self.first_losses.copy_(losses)
        with torch.no_grad():
            self.weights.clamp_min_(_LEAST_WEIGHT).mul_(len(losses) / self.weights.sum())
        last_layer = [next(parameter for parameter in reversed(step.shared) if parameter.ndim > 1)]
        unweighted = torch.stack(
            [
                torch.autograd.grad(loss, last_layer, retain_graph=True, materialize_grads=True)[0].norm()
                for loss in step.losses
            ]
        )
        weights = self.weights.detach().clone()
        norms = weights * unweighted
        rates = losses / self.first_losses
        wanted = norms.mean() * (rates / rates.mean()) ** self._asymmetry
        (step.losses * (weights / len(losses))).sum().backward()
        self.weights.grad = torch.sign(norms - wanted) * unweighted
        return weights / len(losses)
