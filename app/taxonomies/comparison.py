"""JSON shapes of a comparison of two atlases."""

from typing import Self

from pydantic import BaseModel, Field

from models.taxonomy.comparison import OrderComparison, TableComparison, TargetComparison


class OrderComparisonOut(BaseModel):
    """How alike two atlases rank transfers; a correlation is null of fewer than three, or where all are equal."""

    order: int | None = Field(description="number of joined sources; null: all orders together")
    transfers: int = Field(description="that both have measured")
    spearman: float | None = Field(description="rank correlation of affinities, all targets ranked together")
    kendall: float | None = Field(description="the same as tau-b")
    mean_spearman: float | None = Field(description="mean of the targets' own correlations")
    mean_kendall: float | None = Field(description="the same as tau-b")
    targets: int = Field(description="that have a correlation of their own")

    @classmethod
    def of(cls, found: OrderComparison) -> Self:
        """The JSON shape of a comparison."""
        return cls(
            order=found.order,
            transfers=found.transfers,
            spearman=found.spearman,
            kendall=found.kendall,
            mean_spearman=found.mean_spearman,
            mean_kendall=found.mean_kendall,
            targets=found.targets,
        )


class TargetComparisonOut(BaseModel):
    """How alike two atlases rank the source sets of one target, all orders together."""

    target: str = Field(description="as the dictionary has it, where the dictionary knows it")
    transfers: int = Field(description="that both have measured")
    spearman: float | None
    kendall: float | None
    best_source: str | None = Field(description="the best single source of this atlas, of those in both")
    best_source_with: str | None = Field(description="the same of the other atlas")
    same_best_source: bool | None

    @classmethod
    def of(cls, found: TargetComparison) -> Self:
        """The JSON shape of a comparison."""
        own, other = found.best or (None, None)
        return cls(
            target=found.target,
            transfers=found.transfers,
            spearman=found.spearman,
            kendall=found.kendall,
            best_source=own,
            best_source_with=other,
            same_best_source=found.same_best,
        )


class AtlasComparisonOut(BaseModel):
    """How alike two atlases rank the transfers that both have measured."""

    atlas: str
    with_atlas: str
    include_self: bool
    include_random: bool
    transfers: int = Field(description="that both have measured")
    transfers_only_in_atlas: int
    transfers_only_in_other: int
    overall: OrderComparisonOut
    orders: list[OrderComparisonOut]
    targets: list[TargetComparisonOut]
    same_best_source: float | None = Field(description="share of the targets, 0 to 1")

    @classmethod
    def of(
        cls, found: TableComparison, atlas: str, other: str, *, include_self: bool, include_random: bool
    ) -> Self:
        """The JSON shape of a comparison."""
        return cls(
            atlas=atlas,
            with_atlas=other,
            include_self=include_self,
            include_random=include_random,
            transfers=found.overall.transfers,
            transfers_only_in_atlas=found.alone[0],
            transfers_only_in_other=found.alone[1],
            overall=OrderComparisonOut.of(found.overall),
            orders=[OrderComparisonOut.of(each) for each in found.orders],
            targets=[TargetComparisonOut.of(each) for each in found.targets],
            same_best_source=found.same_best,
        )
