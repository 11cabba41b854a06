"""JSON shapes of what says whether a taxonomy or a tree could be chance."""

from typing import Self

from pydantic import BaseModel, Field

from models.taxonomy.clusters import Clustering
from models.taxonomy.significance import LEVELS, Comparison, Control, Significance


class ComparisonOut(BaseModel):
    """One measure of the optimum among those of random taxonomies."""

    optimum: float
    mean: float = Field(description="of the random ones")
    quantiles: list[float] = Field(description="of the random ones, at `levels`")
    percentile: float = Field(
        description="share of the random ones that it beats, 0 to 100; equal ones are not beaten"
    )
    p_value: float = Field(description="(1 + random ones that reach the optimum) / (1 + random ones)")

    @classmethod
    def of(cls, comparison: Comparison) -> Self:
        """The JSON shape of a comparison."""
        return cls(
            optimum=comparison.optimum,
            mean=comparison.mean,
            quantiles=list(comparison.quantiles),
            percentile=comparison.percentile,
            p_value=comparison.p_value,
        )


class ControlOut(BaseModel):
    """The optimum against one kind of random taxonomy; null where there is nothing to compare."""

    objective: ComparisonOut | None = Field(
        description="sum of importance x affinity over the served targets"
    )
    gain: ComparisonOut | None = Field(
        description="mean `win_rate_vs_scratch` of their transfers, where measured"
    )
    quality: ComparisonOut | None = Field(
        description="mean `win_rate_vs_full` of their transfers, where measured"
    )
    gain_correlation: float | None = Field(
        description="Spearman's, over the random taxonomies: predicted (objective) against measured (mean gain)"
    )
    quality_correlation: float | None = Field(description="the same with the mean quality")

    @classmethod
    def of(cls, control: Control) -> Self:
        """The JSON shape of a control."""
        return cls(
            objective=None if control.objective is None else ComparisonOut.of(control.objective),
            gain=None if control.gain is None else ComparisonOut.of(control.gain),
            quality=None if control.quality is None else ComparisonOut.of(control.quality),
            gain_correlation=control.gain_correlation,
            quality_correlation=control.quality_correlation,
        )


class SignificanceOut(BaseModel):
    """The best taxonomy under a budget against random ones that serve as many targets."""

    budget: float
    max_order: int
    seed: int
    samples: int = Field(
        description="random sets of sources; fewer than asked for where feasible ones are rare"
    )
    drawn: int = Field(description="sets that were drawn to find them")
    optimal: bool = Field(description="whether the best taxonomy is proven to be it")
    sources: list[str] = Field(description="of the best taxonomy")
    unreachable_targets: list[str]
    levels: list[float] = Field(description="of all quantiles, 0 to 1")
    random: ControlOut = Field(description="random sources, and for every target a random transfer from them")
    wired: ControlOut = Field(
        description="the same sources, and for every target its best transfer from them"
    )

    @classmethod
    def of(cls, found: Significance, seed: int) -> Self:
        """The JSON shape of a comparison with random taxonomies."""
        return cls(
            budget=found.taxonomy.budget,
            max_order=found.taxonomy.max_order,
            seed=seed,
            samples=found.samples,
            drawn=found.drawn,
            optimal=found.taxonomy.optimal,
            sources=list(found.taxonomy.best.sources),
            unreachable_targets=list(found.taxonomy.best.unreachable),
            levels=list(LEVELS),
            random=ControlOut.of(found.random),
            wired=ControlOut.of(found.wired),
        )


class ClusterOut(BaseModel):
    """How near the tasks of one group stand; null of a single task."""

    group: str = Field(description="2d, 3d, semantic or low-dim")
    tasks: list[str]
    within: float | None = Field(description="their mean cophenetic distance")
    p_value: float | None = Field(description="of the chance that as many random tasks stand as near")


class ClusteringOut(BaseModel):
    """Whether tasks of one group stand nearer in the tree than chance: a permutation test."""

    statistic: float = Field(description="`between` less `within`")
    within: float = Field(description="mean cophenetic distance of two tasks of one group")
    between: float = Field(description="of two tasks of different groups")
    p_value: float = Field(description="(1 + permutations whose statistic is as large) / (1 + permutations)")
    permutations: int
    seed: int
    groups: list[ClusterOut]
    ungrouped_tasks: list[str] = Field(description="of no group of the dictionary; they do not count")

    @classmethod
    def of(cls, found: Clustering, seed: int) -> Self:
        """The JSON shape of a permutation test."""
        return cls(
            statistic=found.statistic,
            within=found.within,
            between=found.between,
            p_value=found.p_value,
            permutations=found.permutations,
            seed=seed,
            groups=[
                ClusterOut(group=each.group, tasks=list(each.tasks), within=each.within, p_value=each.p_value)
                for each in found.clusters
            ],
            ungrouped_tasks=list(found.ungrouped),
        )
