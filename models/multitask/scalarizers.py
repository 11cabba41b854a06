"""torchjd's methods that make one loss of the tasks' losses, behind our interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torchjd.scalarization import (
    COSMOS,
    DWA,
    FAMO,
    IMTLL,
    PBI,
    STCH,
    UW,
    GeometricMean,
    Random,
    Scalarizer,
)
from typing_extensions import override

from models.multitask.balancing import Step
from models.multitask.library import LibraryBalancer

Library = TypeVar("Library", bound=Scalarizer)


class Scalarization(LibraryBalancer[Library]):
    """A method that makes one loss of T; shared network and heads follow its gradient."""

    @override
    def backward(self, step: Step, generator: torch.Generator) -> Tensor:
        own = [*self.parameters()]
        # T numbers: combined where the library keeps its own, on the CPU where the optimiser steps none of them
        losses = step.losses.detach().to(own[0].device if own else "cpu").requires_grad_()
        with self.at_work(generator):
            found = self._derivatives(losses, own)
        if found is None:
            weights = self.mean_instead(losses.detach())
        else:
            weights = found[0]
            for parameter, gradient in zip(own, found[1:], strict=True):
                parameter.grad = gradient
        # by the chain rule, the derivatives by the losses are all that the network needs to know of the scalar
        step.losses.backward(gradient=weights.to(step.losses.device))
        return weights

    def _derivatives(self, losses: Tensor, own: list[nn.Parameter]) -> tuple[Tensor, ...] | None:
        """Of the library's loss by `losses` and by `own`; None where it, or one of them, is no finite number."""
        try:
            scalar = self.library(losses)
        except ValueError:  # a negative loss has no geometric mean
            return None
        found = torch.autograd.grad(scalar, (losses, *own))
        return found if all(each.isfinite().all() for each in (scalar, *found)) else None


class Learned(Scalarization[Scalarizer]):
    """Weighs the losses by parameters that the network's optimiser steps too."""

    def __init__(self, name: str, library: Scalarizer) -> None:
        super().__init__(name, library)
        self.learned = library


class DynamicAverage(Scalarization[DWA]):
    """DWA, which looks at how the losses fell from epoch to epoch."""

    def __init__(self) -> None:
        super().__init__("DWA", DWA())

    @override
    def epoch_ended(self) -> None:
        self.library.step()


class FastAdaptive(Scalarization[FAMO]):
    """FAMO, which looks at how a step changed the losses of its batch.

    Args:
        tasks: T.
    """

    looks_back: ClassVar[bool] = True

    def __init__(self, tasks: int) -> None:
        library = FAMO(tasks)
        # as the library itself makes it at the first update: made now, its state can be restored before that
        library._optimizer = Adam(  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            library.parameters(), lr=library.lr, weight_decay=library.weight_decay
        )
        super().__init__("FAMO", library)

    @override
    def after(self, losses: Tensor) -> None:
        before = self.library._prev_losses  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        # it takes logarithms of both; one that is none would stay in its weights for good
        if before is not None and all(
            (each >= 0).all() and each.isfinite().all() for each in (before, losses)
        ):
            self.library.update(losses.detach().cpu())


def scalarization(name: str, tasks: int, preference: Tensor | None) -> Scalarization[Any]:
    """A method of `SCALARIZATIONS` for one run.

    Args:
        name: of the method.
        tasks: T.
        preference: (T,) how much each task counts, not negative, not all zero, of any sum; uniform where None. Taken by
            COSMOS, PBI and STCH, which all look for losses that are equal once multiplied by it.

    Raises:
        ValueError: the preference is not one.
    """
    return SCALARIZATIONS[name](tasks, _shares(tasks, preference))


SCALARIZATIONS: Mapping[str, Callable[[int, Tensor], Scalarization[Any]]] = MappingProxyType(
    {
        # lambda of its paper's MultiMNIST, theta of its paper, mu among those of its paper
        "COSMOS": lambda _, shares: Scalarization("COSMOS", COSMOS(2.0, _ray(shares))),
        "PBI": lambda _, shares: Scalarization("PBI", PBI(5.0, _ray(shares))),
        "STCH": lambda _, shares: Scalarization("STCH", STCH(0.1, shares)),
        "DWA": lambda _, __: DynamicAverage(),
        "FAMO": lambda tasks, _: FastAdaptive(tasks),
        "GeometricMean": lambda _, __: Scalarization("GeometricMean", GeometricMean()),
        "IMTLL": lambda tasks, _: Learned("IMTLL", IMTLL(tasks)),
        "Random": lambda _, __: Scalarization("Random", Random()),
        "uncertainty": lambda tasks, _: Learned("uncertainty", UW(tasks)),
    }
)
"""By method, from the number of tasks and a preference that sums to 1."""


def _shares(tasks: int, preference: Tensor | None) -> Tensor:
    """(T,) a preference that sums to 1."""
    if preference is None:
        return torch.full((tasks,), 1 / tasks)
    total = preference.sum()
    if preference.shape != (tasks,) or not bool((preference >= 0).all()) or not 0 < total < torch.inf:
        message = f"a preference must be {tasks} numbers of at least 0, not all 0, got {preference.tolist()}"
        raise ValueError(message)
    return (preference / total).float()


def _ray(shares: Tensor) -> Tensor:
    """(T,) where losses lie that are equal once multiplied by `shares`: what COSMOS and PBI call their weights.

    They draw the losses to that ray, so that what they give a large weight may stay large; turned around, a large share
    asks for a small loss, as it does of every other method. A share of 0 counts as 1e-6.
    """
    inverse = 1 / shares.clamp(min=1e-6)
    return inverse / inverse.sum()
