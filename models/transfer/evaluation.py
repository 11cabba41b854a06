"""Step III: from per-image losses to affinities, gain and quality (Zamir et al. 2018, Sec. 3.3 and 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.taxonomy.affinity import ahp, win_matrix, win_rate
from models.taxonomy.table import SELF, Transfer
from models.transfer.results import Losses, TaskNetwork


class EvaluationError(ValueError):
    """The losses of a target do not belong together."""


class MeasuredTransfer(Protocol):
    """What a tournament needs of a `TransferResult`, freshly trained or read back."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Names, at least one."""
        ...

    @property
    def target(self) -> str:
        """Name of the target task."""
        ...

    @property
    def test_losses(self) -> Losses:
        """(n,) per test image."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TargetEvaluation:
    """All edges into one target, measured against each other on the test images.

    Attributes:
        target: its name.
        transfers: one per edge: the fully supervised network as source `self` first, then the transfers in
            order of their number of sources and names; affinities sum to 1.
        wins: (E, E), the share of test images on which row beat column.
    """

    target: str
    transfers: tuple[Transfer, ...]
    wins: NDArray[np.float64]

    @property
    def mean_win_rates(self) -> tuple[float, ...]:
        """Of each edge, the mean share of test images won against the others; 1/2 of an only edge."""
        rivals = len(self.wins) - 1
        if not rivals:
            return (0.5,)
        return tuple(float(total - 0.5) / rivals for total in self.wins.sum(axis=1))


@dataclass(frozen=True, slots=True)
class TaskScore:
    """How good a task-specific network is (the paper's Table 1).

    Attributes:
        task: its name.
        win_rate_vs_constant: share of test images on which it beats the best constant guess.
        win_rate_vs_random: the same against a decoder of the same size on a frozen random encoder.
        test_loss: mean over the test images.
    """

    task: str
    win_rate_vs_constant: float
    win_rate_vs_random: float
    test_loss: float


def task_score(network: TaskNetwork) -> TaskScore:
    """Score a task-specific network."""
    return TaskScore(
        task=network.task,
        win_rate_vs_constant=win_rate(network.test_losses, network.constant_losses),
        win_rate_vs_random=win_rate(network.test_losses, network.random_losses),
        test_loss=_mean(network.test_losses),
    )


def evaluate_target(
    target: str, self_losses: Losses, scratch_losses: Losses, results: Sequence[MeasuredTransfer]
) -> TargetEvaluation:
    """Hold the tournament of a target: every edge against every other on every test image.

    Args:
        target: its name.
        self_losses: (n,) of the task-specific network, which quality is measured against.
        scratch_losses: (n,) of the scratch baseline, which gain is measured against.
        results: transfers of any order, `random` among the sources; each source set once.

    Returns:
        Affinities, gains and qualities.

    Raises:
        EvaluationError: a result is of another target, of other images, or there twice.
    """
    edges: dict[tuple[str, ...], Losses] = {(SELF,): self_losses}
    for result in sorted(results, key=lambda result: (len(result.sources), result.sources)):
        if result.target != target or not result.sources:
            message = f"not a transfer to {target}: {'+'.join(result.sources)} to {result.target}"
            raise EvaluationError(message)
        if result.sources in edges:
            message = f"{'+'.join(result.sources)} to {target} is there twice"
            raise EvaluationError(message)
        edges[result.sources] = result.test_losses
    if len({len(losses) for losses in (scratch_losses, *edges.values())}) != 1:
        message = f"losses of {target} are not of the same test images"
        raise EvaluationError(message)
    wins = win_matrix(np.stack([losses.astype(np.float64) for losses in edges.values()]))
    affinities = ahp(wins)
    transfers = tuple(
        Transfer(
            sources=sources,
            target=target,
            affinity=float(affinity),
            gain=win_rate(losses, scratch_losses),
            quality=win_rate(losses, self_losses),
            metadata={"test_loss": f"{_mean(losses):.6g}"},
        )
        for (sources, losses), affinity in zip(edges.items(), affinities, strict=True)
    )
    return TargetEvaluation(target, transfers, wins)


def _mean(losses: Losses) -> float:
    return float(losses.mean(dtype=np.float64))
