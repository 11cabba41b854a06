"""torchjd's methods behind our interface, by name; here those that combine the tasks' gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cvxpy
import torch
from torch import Tensor, nn
from torchjd import Stateful
from torchjd.aggregation import (
    IMTLG,
    MGDA,
    PCD,
    Aggregator,
    AlignedMTL,
    CAGrad,
    ConFIG,
    DualProj,
    ExcessMTL,
    FairGrad,
    GradDrop,
    GradVac,
    GramianWeightedAggregator,
    NashMTL,
    PCGrad,
    UPGrad,
    WeightedAggregator,
)
from typing_extensions import override

from models.multitask.balancing import Balancer, Step, jacobian, set_gradients
from models.multitask.library import LibraryBalancer
from models.multitask.methods import METHODS, MethodUnavailable, UnknownMethod, unavailable
from models.multitask.scalarizers import SCALARIZATIONS, scalarization

AGGREGATORS: Mapping[str, Callable[[int], Aggregator]] = MappingProxyType(
    {
        "AlignedMTL": lambda _: AlignedMTL(),
        "CAGrad": lambda _: CAGrad(c=0.4),  # of NYUv2 in its paper
        "ConFIG": lambda _: ConFIG(),
        "DualProj": lambda _: DualProj(),
        "ExcessMTL": lambda _: ExcessMTL(),
        "FairGrad": lambda _: FairGrad(alpha=2.0),  # of the script that its authors released
        "GradDrop": lambda _: GradDrop(),
        "GradVac": lambda _: GradVac(),
        "IMTLG": lambda _: IMTLG(),
        "MGDA": lambda _: MGDA(),
        "NashMTL": lambda tasks: NashMTL(n_tasks=tasks, max_norm=1.0),  # as in its paper
        "PCD": lambda _: PCD(),
        "PCGrad": lambda _: PCGrad(),
        "UPGrad": lambda _: UPGrad(),
    }
)
"""By method, from the number of tasks; the library's own settings where nothing is said."""

_ZERO_BELOW = frozenset({"CAGrad", "DualProj", "UPGrad"})
"""Methods for which torchjd takes a Gramian of trace below 1e-4 for zero, though their weights know no scale."""

_FAILURES = (
    ArithmeticError,
    TypeError,  # CAGrad computes with the solution that cvxpy did not find, None
    ValueError,
    torch.linalg.LinAlgError,  # pyright: ignore[reportPrivateImportUsage] - as torch documents it
    cvxpy.SolverError,
)


def library_balancer(name: str, tasks: int, preference: Tensor | None = None) -> Balancer:
    """A method of torchjd for one run, `uncertainty` included.

    Args:
        name: as in `METHODS`.
        tasks: T, at least 2; the first is PCD's primary task.
        preference: (T,) how much each task counts, for methods that a preference steers; uniform by default.

    Raises:
        MethodUnavailable: a package that it needs is not installed.
        UnknownMethod: the library does not do it.
        ValueError: the preference is not one, or the method takes none.
    """
    if name not in AGGREGATORS and name not in SCALARIZATIONS:
        message = f"torchjd does not do {name!r}"
        raise UnknownMethod(message)
    reason = unavailable(name)
    if reason is not None:
        raise MethodUnavailable(reason)
    if preference is not None and not METHODS[name].by_preference:
        message = f"{name} takes no preference"
        raise ValueError(message)
    if name in SCALARIZATIONS:
        return scalarization(name, tasks, preference)
    return Aggregation(name, AGGREGATORS[name](tasks))


class Aggregation(LibraryBalancer[Aggregator]):
    """A method that combines the rows of the Jacobian; each head follows its own task's gradient.

    Args:
        name: of the method.
        library: torchjd's object.
    """

    def __init__(self, name: str, library: Aggregator) -> None:
        super().__init__(name, library)
        self._scale_free = name in _ZERO_BELOW

    @property
    @override
    def memory_holder(self) -> nn.Module:
        if isinstance(self.library, GramianWeightedAggregator):
            return self.library.gramian_weighting
        return self.library.weighting if isinstance(self.library, WeightedAggregator) else self.library

    @override
    def backward(self, step: Step, generator: torch.Generator) -> Tensor | None:
        gradients = jacobian(step)
        weights, direction = self.combine(gradients, generator)
        set_gradients(step.shared, direction)
        return weights

    @torch.no_grad()
    def combine(self, gradients: Tensor, generator: torch.Generator) -> tuple[Tensor | None, Tensor]:
        """Combine gradients.

        Args:
            gradients: (T, P), one a row.
            generator: of what the method draws.

        Returns:
            (T,) weights of the rows where the method gives any, and (P,) the direction.
        """
        size = torch.linalg.vector_norm(gradients)
        with self.at_work(generator):
            found = self._attempt(gradients) if 0 < size < torch.inf else None
        if found is None:
            weights = self.mean_instead(gradients)
            return weights, weights @ gradients
        return found

    def _attempt(self, gradients: Tensor) -> tuple[Tensor | None, Tensor] | None:
        """What the library finds; None where that is nothing, or nothing finite."""
        try:
            weights = self._weights(gradients)
            direction = self.library(gradients) if weights is None else weights @ gradients
            if direction.isfinite().all():
                return weights, direction
        except _FAILURES:
            pass
        if isinstance(self.library, Stateful):
            self.library.reset()  # what a failed call left behind is not to be trusted
        return None

    def _weights(self, gradients: Tensor) -> Tensor | None:
        """(T,) by the method, or None where it combines otherwise."""
        if isinstance(self.library, GramianWeightedAggregator):
            gramian = gradients @ gradients.T
            return self.library.gramian_weighting(gramian / gramian.trace() if self._scale_free else gramian)
        if isinstance(self.library, WeightedAggregator):
            return self.library.weighting(gradients)
        return weights_in_span(self.library, gradients) if isinstance(self.library, ConFIG) else None


def weights_in_span(aggregator: Aggregator, gradients: Tensor) -> Tensor:
    """The weights of an aggregator that sees nothing but inner products, from coordinates in the gradients' own span.

    ConFIG's pseudo-inverse drops what is below max(T, P) times the rounding error: at 8 million parameters, everything.
    In at most T coordinates it drops rounding errors alone, and takes no decomposition of the whole Jacobian.

    Args:
        aggregator: unchanged by a rotation of the gradients.
        gradients: (T, P).

    Returns:
        (T,) weights of the rows, of the shortest such vectors where rows depend on each other.
    """
    gramian = (gradients @ gradients.T).double()
    norms = gramian.diagonal().sqrt()
    inverse = torch.where(norms > 0, 1 / norms, 0.0)
    values, vectors = torch.linalg.eigh(inverse[:, None] * gramian * inverse)
    kept = values > values[-1] * len(values) * torch.finfo(gradients.dtype).eps
    scale, vectors = values[kept].sqrt(), vectors[:, kept]
    direction = aggregator(norms[:, None] * vectors * scale)
    return (inverse * (vectors @ (direction / scale))).to(gradients.dtype)
