"""How the losses of a step become gradients: what every method implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One batch, from the shared representation to the losses; no gradient has been taken yet.

    Attributes:
        representation: (N, ...) what the shared network gives, with its graph behind it.
        read: what each head read, T of them, as `Balancer.reads` gave it.
        losses: (T,) differentiable by the heads' parameters and by `read`.
        shared: parameters of the shared network.
        heads: parameters of each task's head, T of them.
    """

    representation: Tensor
    read: Sequence[Tensor]
    losses: Tensor
    shared: tuple[nn.Parameter, ...]
    heads: tuple[tuple[nn.Parameter, ...], ...]


class Balancer(nn.Module, ABC):
    """One method at work.

    What it learns is a parameter, which the network's optimiser steps too; what it remembers is a buffer, so that a
    resumed run goes on as an unbroken one would.
    """

    looks_back: ClassVar[bool] = False
    """Whether it wants to know the losses of the last batch after its step."""

    def reads(self, representation: Tensor, tasks: int) -> Sequence[Tensor]:
        """What each head shall read: the representation itself by default.

        Args:
            representation: (N, ...) with its graph.
            tasks: T.
        """
        return [representation] * tasks

    @abstractmethod
    def backward(self, step: Step, generator: torch.Generator) -> Tensor | None:
        """Leave a gradient in `.grad` of every parameter of the shared network and of the heads, and of its own.

        Args:
            step: gradients are None before.
            generator: of everything that the method draws.

        Returns:
            (T,) the weights with which the tasks' gradients were added up for the shared network, detached; None where
            that is not how they were combined.
        """

    def after(self, losses: Tensor) -> None:
        """Take note of the last batch's losses, (T,), as they are after its step; for methods that look back."""

    def epoch_ended(self) -> None:
        """Take note that all training images were seen once more."""


def set_gradients(parameters: Sequence[nn.Parameter], vector: Tensor) -> None:
    """Lay a flat vector out over the parameters' `.grad`.

    Args:
        parameters: with P numbers together.
        vector: (P,).
    """
    for parameter, part in zip(parameters, vector.split([each.numel() for each in parameters]), strict=True):
        set_gradient(parameter, part.view_as(parameter))


def set_gradient(parameter: nn.Parameter, gradient: Tensor) -> None:
    """Keep a gradient in `.grad`, in the parameter's own memory order.

    `backward` sees to that by itself. Fused optimisers read both memories in step and would otherwise give a kernel
    that lies channels last the gradients of other entries, without a word.
    """
    parameter.grad = torch.empty_like(parameter).copy_(gradient)


def jacobian(step: Step) -> Tensor:
    """The tasks' gradients by all shared parameters, (T, P), one backward pass each; heads get their own gradients.

    A head's gradient is that of its own task's loss, unscaled (Sener & Koltun 2018, Alg. 1, lines 1 to 3).
    """
    last = len(step.heads) - 1
    rows: list[Tensor] = []
    for task, head in enumerate(step.heads):
        wanted = (*step.shared, *head)
        found = torch.autograd.grad(
            step.losses[task], wanted, retain_graph=task < last, materialize_grads=True
        )
        rows.append(torch.cat([gradient.flatten() for gradient in found[: len(step.shared)]]))
        for parameter, gradient in zip(head, found[len(step.shared) :], strict=True):
            set_gradient(parameter, gradient)
    return torch.stack(rows)
