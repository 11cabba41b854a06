"""Taxonomies, trees, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Solver:
    """Which solver answered, and how long it took."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ChosenTransfer:
    """The transfer a taxonomy gives to one target."""

    target: str
    sources: list[str]
    affinity: float | None
    win_rate_vs_scratch: float | None
    win_rate_vs_full: float | None


@dataclass(frozen=True, slots=True)
class Selection:
    """A set of sources and what it brings: an alternative to the best."""

    objective: float
    sources: list[str]
    cost: float
    transfers: list[ChosenTransfer]
    unreachable_targets: list[str]


@dataclass(frozen=True, slots=True)
class SourceWorth:
    """What a chosen source is worth: who uses it, and what the objective loses without it."""

    source: str
    targets: list[str]
    loss: float
    lost_targets: list[str]


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """What a target would take next from the chosen sources; `sources` None: nothing."""

    target: str
    sources: list[str] | None
    affinity: float | None
    loss: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a taxonomy is as it is: sources by worth, targets by name."""

    sources: list[SourceWorth]
    targets: list[RunnerUp]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The best choice of sources under a budget; `optimal` means proven."""

    budget: float
    max_order: int
    objective: float
    optimal: bool
    gap: float | None
    solver: Solver
    sources: list[str]
    cost: float
    transfers: list[ChosenTransfer]
    unreachable_targets: list[str]
    alternatives: list[Selection]
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """The best objective at one budget; `optimal` means proven."""

    budget: float
    objective: float
    sources: list[str]
    optimal: bool = True


@dataclass(frozen=True, slots=True)
class Tree:
    """The task similarity tree: linkage rows (left, right, distance, size) and the same nested."""

    names: list[str]
    linkage: list[list[float]]
    root: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cluster:
    """How near the tasks of one group stand in the tree; None of a single task."""

    group: str
    tasks: list[str]
    within: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Clustering:
    """Whether tasks of one group stand nearer than chance: `statistic` is `between` less `within`."""

    statistic: float
    within: float
    between: float
    p_value: float
    permutations: int
    seed: int
    groups: list[Cluster]
    ungrouped_tasks: list[str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure of the optimum among those of random taxonomies; `percentile` is of those it beats."""

    optimum: float
    mean: float
    quantiles: list[float]
    percentile: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Control:
    """The optimum against one kind of random taxonomy; None where nothing was measured.

    The correlations are Spearman's, over the random taxonomies, of the objective with mean gain and mean quality.
    """

    objective: Comparison | None
    gain: Comparison | None
    quality: Comparison | None
    gain_correlation: float | None = None
    quality_correlation: float | None = None


@dataclass(frozen=True, slots=True)
class OrderComparison:
    """How alike two atlases rank the same transfers; rank correlations are None of fewer than three or of ties only.

    `spearman` and `kendall` rank all transfers together, the means are of the targets' own correlations.
    """

    order: int | None
    transfers: int
    spearman: float | None
    kendall: float | None
    mean_spearman: float | None
    mean_kendall: float | None
    targets: int


@dataclass(frozen=True, slots=True)
class TargetComparison:
    """How alike two atlases rank the sources of one target, and the best single source of each."""

    target: str
    transfers: int
    spearman: float | None
    kendall: float | None
    best_source: str | None
    best_source_with: str | None
    same_best_source: bool | None


@dataclass(frozen=True, slots=True)
class AtlasComparison:
    """How alike two atlases rank the transfers that both have measured; `overall.order` is None: all orders."""

    atlas: str
    with_atlas: str
    include_self: bool
    include_random: bool
    transfers: int
    transfers_only_in_atlas: int
    transfers_only_in_other: int
    overall: OrderComparison
    orders: list[OrderComparison]
    targets: list[TargetComparison]
    same_best_source: float | None


@dataclass(frozen=True, slots=True)
class Significance:
    """The optimal taxonomy against random feasible ones; `levels` are those of all quantiles.

    `random` has random sources and random transfers from them, `wired` the best transfers from the same sources.
    """

    budget: float
    max_order: int
    seed: int
    samples: int
    drawn: int
    optimal: bool
    sources: list[str]
    unreachable_targets: list[str]
    levels: list[float]
    random: Control
    wired: Control
