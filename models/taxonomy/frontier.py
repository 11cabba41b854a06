"""What each further source buys: the best taxonomy for every budget."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.taxonomy.choices import allow
from models.taxonomy.deadline import Deadline
from models.taxonomy.options import Options
from models.taxonomy.program import Taxonomy, solve_allowed
from models.taxonomy.table import Transfer


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """The best selection of one budget.

    Attributes:
        budget: how many sources may be chosen.
        objective: of the best selection.
        sources: chosen ones, sorted.
        optimal: proven.
    """

    budget: int
    objective: float
    sources: tuple[str, ...]
    optimal: bool


def frontier(
    table: Sequence[Transfer], *, max_order: int | None = None, time_limit_s: float = 60.0
) -> list[FrontierPoint]:
    """The best selection for every budget from 1 to the number of sources, with default options otherwise.

    Args:
        table: measured transfers.
        max_order: at most so many sources may join in a transfer; None = every order measured.
        time_limit_s: for all budgets together.
    """
    options = Options(budget=0, max_order=max_order)
    allowed = allow(table, options)
    everything = allowed.score(sum(1 << node for node in range(len(allowed.nodes))))
    deadline = Deadline(time_limit_s)
    points: list[FrontierPoint] = []
    last: Taxonomy | None = None
    for budget in range(1, allowed.sources_measured + 1):
        # A settled selection that brings what all sources together bring stays first under any larger budget.
        if last is None or not last.optimal or allowed.score(_bits(last, allowed.nodes)) != everything:
            last = solve_allowed(allowed, replace(options, budget=budget), deadline)
        points.append(FrontierPoint(budget, last.best.objective, last.best.sources, last.optimal))
    return points


def _bits(taxonomy: Taxonomy, nodes: Sequence[str]) -> int:
    chosen = set(taxonomy.best.sources)
    return sum(1 << position for position, name in enumerate(nodes) if name in chosen)
