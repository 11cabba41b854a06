"""A linear network with several heads, whose gradients can be checked by hand."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from models.multitask.balancing import Balancer, Step

GENERATOR = torch.Generator().manual_seed(0)


class LinearTasks:
    """Heads with one weight each read a linear map of the same inputs; their losses are mean squares.

    Args:
        tasks: T.
        scales: what each loss is multiplied by; 1 by default.
    """

    def __init__(self, tasks: int = 3, scales: tuple[float, ...] | None = None, seed: int = 1) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.inputs = torch.randn(20, 4, generator=generator)
        self.targets = torch.randn(tasks, 20, generator=generator)
        self.shared = nn.Linear(4, 5, bias=False)
        self.heads = [nn.Linear(5, 1, bias=False) for _ in range(tasks)]
        with torch.no_grad():
            for layer in (self.shared, *self.heads):
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator))
        self.scales = torch.tensor(scales or (1.0,) * tasks)

    def step(self, balancer: Balancer) -> Step:
        representation = self.shared(self.inputs)
        read = balancer.reads(representation, len(self.heads))
        losses = torch.stack([self._loss(task, each) for task, each in enumerate(read)])
        return Step(
            representation=representation,
            read=read,
            losses=losses,
            shared=tuple(self.shared.parameters()),
            heads=tuple(tuple(head.parameters()) for head in self.heads),
        )

    def backward(self, balancer: Balancer) -> tuple[Tensor, list[Tensor], Tensor | None]:
        """The gradient of the shared layer, those of the heads, and the weights."""
        for parameter in (self.shared.weight, *(head.weight for head in self.heads)):
            parameter.grad = None
        weights = balancer.backward(self.step(balancer), GENERATOR)
        return gradient(self.shared.weight), [gradient(head.weight) for head in self.heads], weights

    def gradients(self, parameter: Callable[["LinearTasks", int], nn.Parameter]) -> list[Tensor]:
        """Each task's own gradient by a parameter."""
        representation = self.shared(self.inputs)
        return [
            torch.autograd.grad(self._loss(task, representation), parameter(self, task), retain_graph=True)[0]
            for task in range(len(self.heads))
        ]

    def representation_gradients(self) -> Tensor:
        """(T, N d) each task's gradient by the representation."""
        representation = self.shared(self.inputs)
        return torch.stack(
            [
                torch.autograd.grad(self._loss(task, representation), representation, retain_graph=True)[
                    0
                ].flatten()
                for task in range(len(self.heads))
            ]
        )

    def _loss(self, task: int, representation: Tensor) -> Tensor:
        return (
            self.scales[task] * (self.heads[task](representation)[:, 0] - self.targets[task]).square().mean()
        )


def gradient(parameter: nn.Parameter) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad.clone()
