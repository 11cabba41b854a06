"""MGDA and MGDA-UB (Sener & Koltun 2018): steps along the min-norm point of the tasks' gradients."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from typing_extensions import override

from models.multitask.balancing import Balancer, Step, jacobian, set_gradients
from models.multitask.config import MultitaskConfig, Normalization
from models.multitask.min_norm import min_norm
from models.multitask.network import finite

_LEAST = 1e-20  # of a loss or norm that a gradient is divided by
_LEAST_WEIGHT = 1e-4  # of a preference: a task of which nothing is asked shall still not get worse


class Mgda(Balancer):
    """The min-norm point of the gradients by all shared parameters (Alg. 1 and 2).

    A preference divides a task's gradient by its weight: along the min-norm point of what comes out, first-order
    improvements of the losses are in proportion to the weights, where they can be.

    Args:
        config: normalisation, and what heads follow.
        preference: (T,) weights, none negative; None treats all tasks alike.
    """

    def __init__(self, config: MultitaskConfig, preference: Tensor | None = None) -> None:
        super().__init__()
        self._normalization: Normalization = config.normalization
        self._scaled_heads = config.heads == "scaled"
        alike = torch.ones(len(config.tasks))
        self._preference = alike if preference is None else preference.clamp_min(_LEAST_WEIGHT)

    @override
    def backward(self, step: Step, generator: torch.Generator) -> Tensor:
        rows = jacobian(step)
        weights = self.weights(rows, step.losses.detach())
        set_gradients(step.shared, weights @ rows)
        self._scale_heads(step, weights)
        return weights

    def weights(self, rows: Tensor, losses: Tensor) -> Tensor:
        """The tasks' weights in the update, (T,), which sum to 1.

        They are those of the min-norm point's direction: the solver's weights, each divided by what its gradient was
        divided by.

        Args:
            rows: (T, P) gradients.
            losses: (T,).
        """
        gram, losses = (rows @ rows.T).double().cpu(), losses.cpu()
        if not finite(gram):
            return rows.new_full((len(rows),), 1 / len(rows))  # the loss of the next step will tell
        norms = gram.diagonal().clamp_min(0).sqrt()
        scales = self._preference.double() * _normalizers(self._normalization, norms, losses.double())
        solved = min_norm((gram / torch.outer(scales, scales)).numpy())
        weights = torch.from_numpy(solved.weights) / scales
        return (weights / weights.sum()).to(rows)

    def _scale_heads(self, step: Step, weights: Tensor) -> None:
        if not self._scaled_heads:
            return
        for head, weight in zip(step.heads, weights, strict=True):
            for parameter in head:
                if parameter.grad is not None:
                    parameter.grad.mul_(weight)


class MgdaUb(Mgda):
    """The min-norm point of the gradients by the shared representation (Sec. 3.3): an upper bound, one backward pass.

    Every head reads a copy of the representation, so that one pass through the heads gives all T gradients; their
    combination then goes back through the shared network once.
    """

    @override
    def reads(self, representation: Tensor, tasks: int) -> Sequence[Tensor]:
        return [representation.detach().requires_grad_() for _ in range(tasks)]

    @override
    def backward(self, step: Step, generator: torch.Generator) -> Tensor:
        step.losses.sum().backward()
        found = [torch.zeros_like(read) if read.grad is None else read.grad for read in step.read]
        rows = torch.stack([gradient.flatten() for gradient in found])
        weights = self.weights(rows, step.losses.detach())
        step.representation.backward((weights @ rows).view_as(step.representation))
        self._scale_heads(step, weights)
        return weights


def _normalizers(kind: Normalization, norms: Tensor, losses: Tensor) -> Tensor:
    """What each task's gradient is divided by, (T,)."""
    match kind:
        case "none":
            return torch.ones_like(norms)
        case "l2":
            return norms.clamp_min(_LEAST)
        case "loss":
            return losses.clamp_min(_LEAST)
        case "loss+":
            return (losses * norms).clamp_min(_LEAST)
