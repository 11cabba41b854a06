"""How alike two tables rank the same transfers: what another transfer data size, seed or data set changes.

Affinities of a target sum to 1 over all of its transfers, so their sizes depend on how many there are; ranks do not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from types import MappingProxyType

import numpy as np

from models.taxonomy.correlation import kendall, spearman
from models.taxonomy.dictionary import TASKS
from models.taxonomy.table import RANDOM, SELF, Transfer

OWN_NAMES: Mapping[str, str] = MappingProxyType(
    {name: task.name for task in TASKS.values() for name in (task.paper_name, task.name)}
)
"""Our names of the dictionary's tasks, by our names and the paper's."""

Sources = frozenset[str]
Affinities = Mapping[str, Mapping[Sources, float]]
Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class OrderComparison:
    """How alike two tables rank the transfers of one order, or of all.

    Attributes:
        order: None = all orders together.
        transfers: how many both have measured.
        spearman: rank correlation of their affinities, all targets ranked together; None of fewer than three, or if
            all affinities of one table are equal.
        kendall: the same as tau-b.
        mean_spearman: mean of the targets' own correlations; None if no target has one.
        mean_kendall: the same as tau-b.
        targets: how many targets have a correlation of their own.
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
    """How alike two tables rank the source sets of one target.

    Attributes:
        target: its name, ours where the dictionary has it.
        transfers: how many both have measured, over all orders.
        spearman: rank correlation of their affinities; None of fewer than three, or if all of one are equal.
        kendall: the same as tau-b.
        best: the best single source in each table, among those that both have measured; the first by name of equal
            ones; None if there is none.
        same_best: whether a source is best in both; None if there is none to compare.
    """

    target: str
    transfers: int
    spearman: float | None
    kendall: float | None
    best: tuple[str, str] | None
    same_best: bool | None


@dataclass(frozen=True, slots=True)
class TableComparison:
    """How alike two tables rank the transfers that both have measured.

    Attributes:
        overall: over all orders.
        orders: by order, those that both have measured.
        targets: by name, those that both have measured.
        alone: how many transfers only the first, and only the second table has measured.
        same_best: share of the targets with a best single source whose best is the same; None without such targets.
    """

    overall: OrderComparison
    orders: tuple[OrderComparison, ...]
    targets: tuple[TargetComparison, ...]
    alone: tuple[int, int]
    same_best: float | None


def compare_tables(
    first: Sequence[Transfer],
    second: Sequence[Transfer],
    *,
    include_self: bool = False,
    include_random: bool = False,
) -> TableComparison:
    """Compare two tables over the transfers whose affinity both have measured.

    The paper's names of the dictionary's tasks are read as ours, so that the released tables compare with our own.

    Args:
        first: measured transfers.
        second: measured transfers.
        include_self: count the target's own task as a source, as `self` or by its name.
        include_random: count the untrained encoder as a source.
    """
    allowed = {SELF: include_self, RANDOM: include_random}
    one, other = (_affinities(table, allowed) for table in (first, second))
    pairs: dict[str, dict[Sources, Pair]] = {}
    for target in sorted(one.keys() & other.keys()):
        common = sorted(
            one[target].keys() & other[target].keys(), key=lambda sources: (len(sources), *sorted(sources))
        )
        if common:
            pairs[target] = {sources: (one[target][sources], other[target][sources]) for sources in common}
    targets = tuple(_of_target(target, of_target) for target, of_target in pairs.items())
    known = [each.same_best for each in targets if each.same_best is not None]
    shared = sum(len(of_target) for of_target in pairs.values())
    return TableComparison(
        overall=_of_order(pairs, None),
        orders=tuple(
            _of_order(pairs, order)
            for order in sorted({len(sources) for of_target in pairs.values() for sources in of_target})
        ),
        targets=targets,
        alone=(_count(one) - shared, _count(other) - shared),
        same_best=sum(known) / len(known) if known else None,
    )


def _affinities(table: Sequence[Transfer], allowed: Mapping[str, bool]) -> Affinities:
    """By target and set of sources; what was not measured is left out."""
    present = {name for transfer in table for name in (*transfer.sources, transfer.target)}

    def ours(name: str) -> str:
        """Our name, unless the table itself calls another task so."""
        own = OWN_NAMES.get(name, name)
        return name if own in present else own

    found: dict[str, dict[Sources, float]] = {}
    for transfer in table:
        names = {SELF if source == transfer.target else source for source in transfer.sources}
        if (
            transfer.affinity is None
            or isnan(transfer.affinity)
            or not all(allowed.get(name, True) for name in names)
        ):
            continue
        sources = frozenset(ours(source) for source in transfer.sources)
        found.setdefault(ours(transfer.target), {})[sources] = transfer.affinity
    return found


def _of_order(pairs: Mapping[str, Mapping[Sources, Pair]], order: int | None) -> OrderComparison:
    chosen = [
        [pair for sources, pair in of_target.items() if order in {None, len(sources)}]
        for of_target in pairs.values()
    ]
    together = _correlations([pair for of_target in chosen for pair in of_target])
    each = [_correlations(of_target) for of_target in chosen]
    means = [_mean([of_target[kind] for of_target in each]) for kind in (0, 1)]
    return OrderComparison(
        order=order,
        transfers=sum(len(of_target) for of_target in chosen),
        spearman=together[0],
        kendall=together[1],
        mean_spearman=means[0],
        mean_kendall=means[1],
        targets=sum(of_target[0] is not None for of_target in each),
    )


def _of_target(target: str, pairs: Mapping[Sources, Pair]) -> TargetComparison:
    rank, tau = _correlations(list(pairs.values()))
    single = {next(iter(sources)): pair for sources, pair in pairs.items() if len(sources) == 1}
    best = [_best({source: pair[table] for source, pair in single.items()}) for table in (0, 1)]
    return TargetComparison(
        target=target,
        transfers=len(pairs),
        spearman=rank,
        kendall=tau,
        best=(best[0][0], best[1][0]) if single else None,
        same_best=not set(best[0]).isdisjoint(best[1]) if single else None,
    )


def _correlations(pairs: Sequence[Pair]) -> tuple[float | None, float | None]:
    values = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    return spearman(*values), kendall(*values)


def _best(affinities: Mapping[str, float]) -> list[str]:
    highest = max(affinities.values(), default=0.0)
    return sorted(source for source, affinity in affinities.items() if affinity == highest)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _count(affinities: Affinities) -> int:
    return sum(len(of_target) for of_target in affinities.values())
