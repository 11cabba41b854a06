"""JSON shapes of taxonomies, frontiers and trees."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from app.transfers.records import MAX_ORDER
from models.taxonomy.explain import Explanation
from models.taxonomy.frontier import FrontierPoint
from models.taxonomy.options import Options
from models.taxonomy.program import Selection, Taxonomy
from models.taxonomy.similarity import Node, Tree
from models.taxonomy.table import Transfer

MAX_NUMBER = 1e12
_MAX_NAMES = 1000

Budget = Annotated[float, Field(ge=0, le=MAX_NUMBER, allow_inf_nan=False)]
_Number = Annotated[float, Field(ge=0, le=MAX_NUMBER, allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Names = Annotated[list[str], Field(max_length=_MAX_NAMES)]
_Numbers = Annotated[dict[str, _Number], Field(max_length=_MAX_NAMES)]


class TaxonomyIn(BaseModel):
    """What to optimise over."""

    model_config = ConfigDict(extra="forbid")

    budget: Annotated[Budget, Field(description="the costs of the chosen sources may not exceed it")]
    max_order: Annotated[
        int | None, Field(ge=1, le=MAX_ORDER, description="by default every order measured")
    ] = None
    targets: Annotated[
        list[str] | None, Field(min_length=1, max_length=_MAX_NAMES, description="by default all")
    ] = None
    sources: Annotated[
        list[str] | None, Field(min_length=1, max_length=_MAX_NAMES, description="by default all")
    ] = None
    costs: Annotated[_Numbers, Field(description="of sources; 1 by default")] = {}
    importance: Annotated[_Numbers, Field(description="of targets; 1 by default")] = {}
    require_sources: Annotated[_Names, Field(description="chosen in any case")] = []
    exclude_sources: Annotated[_Names, Field(description="never chosen")] = []
    include_self: Annotated[
        bool, Field(description="whether a chosen task may be served by its own full supervision")
    ] = True
    include_random: Annotated[bool, Field(description="whether the free random encoder may be used")] = False
    min_quality: Annotated[
        dict[str, _Share],
        Field(max_length=_MAX_NAMES, description="what `win_rate_vs_full` must reach, by target"),
    ] = {}
    alternatives: Annotated[int, Field(ge=1, le=20, description="how many of the best sets to find")] = 1
    time_limit_s: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = 10.0

    def options(self) -> Options:
        """The same as the science wants it."""
        return Options(
            budget=self.budget,
            max_order=self.max_order,
            targets=None if self.targets is None else tuple(self.targets),
            sources=None if self.sources is None else tuple(self.sources),
            costs=self.costs,
            importance=self.importance,
            require_sources=tuple(self.require_sources),
            exclude_sources=tuple(self.exclude_sources),
            include_self=self.include_self,
            include_random=self.include_random,
            min_quality=self.min_quality,
            alternatives=self.alternatives,
            time_limit_s=self.time_limit_s,
        )


class SolverOut(BaseModel):
    """Which solver answered, and how long it took."""

    name: str
    seconds: float


class ChosenTransferOut(BaseModel):
    """The transfer that a target takes."""

    target: str
    sources: list[str]
    affinity: float | None
    win_rate_vs_scratch: float | None
    win_rate_vs_full: float | None

    @classmethod
    def of(cls, transfer: Transfer) -> Self:
        """The JSON shape of a transfer."""
        return cls(
            target=transfer.target,
            sources=list(transfer.sources),
            affinity=transfer.affinity,
            win_rate_vs_scratch=transfer.gain,
            win_rate_vs_full=transfer.quality,
        )


class SelectionOut(BaseModel):
    """A set of sources and what it brings."""

    objective: float
    sources: list[str]
    cost: float
    transfers: list[ChosenTransferOut]
    unreachable_targets: list[str]

    @classmethod
    def of(cls, selection: Selection) -> Self:
        """The JSON shape of a selection."""
        return cls(**_selection(selection))


class SourceWorthOut(BaseModel):
    """What a chosen source is worth."""

    source: str
    targets: list[str] = Field(description="that take a transfer from it")
    loss: float = Field(description="of the objective when it alone is taken away")
    lost_targets: list[str] = Field(description="that the other chosen sources do not reach")


class RunnerUpOut(BaseModel):
    """What a target would take next from the chosen sources."""

    target: str
    sources: list[str] | None = Field(description="null: there is no other transfer")
    affinity: float | None
    loss: float = Field(description="of the objective")


class ExplanationOut(BaseModel):
    """Why the taxonomy is as it is: sources by worth, targets by name."""

    sources: list[SourceWorthOut]
    targets: list[RunnerUpOut]

    @classmethod
    def of(cls, explanation: Explanation) -> Self:
        """The JSON shape of an explanation."""
        return cls(
            sources=[
                SourceWorthOut(
                    source=worth.source,
                    targets=list(worth.targets),
                    loss=worth.loss,
                    lost_targets=list(worth.lost_targets),
                )
                for worth in explanation.sources
            ],
            targets=[
                RunnerUpOut(
                    target=runner.target,
                    sources=None if runner.transfer is None else list(runner.transfer.sources),
                    affinity=None if runner.transfer is None else runner.transfer.affinity,
                    loss=runner.loss,
                )
                for runner in explanation.targets
            ],
        )


class TaxonomyOut(SelectionOut):
    """The best taxonomy under a budget."""

    budget: float
    max_order: int
    optimal: bool = Field(description="proven to be the maximum, and the first of equal ones")
    gap: float = Field(description="to the proven bound, as a share of the bound")
    solver: SolverOut
    alternatives: list[SelectionOut] = Field(description="the next best sets of sources, best first")
    explanation: ExplanationOut

    @classmethod
    def solved(cls, taxonomy: Taxonomy, explanation: Explanation) -> Self:
        """The JSON shape of a taxonomy."""
        return cls(
            **_selection(taxonomy.best),
            budget=taxonomy.budget,
            max_order=taxonomy.max_order,
            optimal=taxonomy.optimal,
            gap=taxonomy.gap,
            solver=SolverOut(name=taxonomy.solver, seconds=taxonomy.seconds),
            alternatives=[SelectionOut.of(each) for each in taxonomy.alternatives],
            explanation=ExplanationOut.of(explanation),
        )


class FrontierPointOut(BaseModel):
    """The best objective of one budget."""

    budget: float
    objective: float
    sources: list[str]
    optimal: bool


class FrontierOut(BaseModel):
    """The best objective of every budget from 1 to the number of sources."""

    items: list[FrontierPointOut]

    @classmethod
    def of(cls, points: list[FrontierPoint]) -> Self:
        """The JSON shape of a frontier."""
        return cls(
            items=[
                FrontierPointOut(
                    budget=point.budget,
                    objective=point.objective,
                    sources=list(point.sources),
                    optimal=point.optimal,
                )
                for point in points
            ]
        )


class NodeOut(BaseModel):
    """A task, or two groups that join; a task has no children, and a join no name."""

    name: str | None
    height: float = Field(description="distance at which the children join")
    children: list["NodeOut"]


class TreeOut(BaseModel):
    """The task similarity tree."""

    names: list[str]
    linkage: list[tuple[int, int, float, int]] = Field(
        description="per join: two groups, their distance, their size; row i makes group i + len(names)"
    )
    root: NodeOut


def tree_document(tree: Tree) -> dict[str, Any]:
    """The JSON shape of a tree; plain, because validation would not follow it to its depth."""
    return {"names": tree.names, "linkage": tree.linkage, "root": _node(tree.root)}


def _node(node: Node) -> dict[str, Any]:
    children = [_node(child) for child in node.children]
    return {"name": node.name, "height": node.height, "children": children}


def _selection(selection: Selection) -> dict[str, Any]:
    return {
        "objective": selection.objective,
        "sources": list(selection.sources),
        "cost": selection.cost,
        "transfers": [ChosenTransferOut.of(transfer) for transfer in selection.transfers],
        "unreachable_targets": list(selection.unreachable),
    }
