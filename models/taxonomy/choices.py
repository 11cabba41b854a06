"""Which transfers a taxonomy may use, without those that another one makes superfluous."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from models.taxonomy.options import (
    ContradictoryOptions,
    InfeasibleBudget,
    InvalidNumber,
    Options,
    UnknownName,
)
from models.taxonomy.table import RANDOM, SELF, Transfer

_EFFORT = 512  # comparisons spent on whether one transfer is superfluous


@dataclass(frozen=True, slots=True)
class Edge:
    """A transfer that may be used.

    Attributes:
        transfer: the row of the table; its affinity is known.
        needs: the sources that must be chosen for it, as a set of bits; of `self` the target's own task.
        value: what it adds to the objective: importance x affinity.
    """

    transfer: Transfer
    needs: int
    value: float


@dataclass(frozen=True, slots=True)
class Score:
    """What a set of sources is worth, first by how many targets it serves."""

    served: int
    objective: float


@dataclass(frozen=True, slots=True)
class Allowed:
    """Transfers that options allow, whatever the budget.

    Attributes:
        nodes: sources that may be chosen, sorted; the bits of every set of sources.
        costs: of the nodes, in `grain`s.
        grain: what all costs are whole multiples of, exactly as they are written in decimal.
        required: the nodes that must be chosen.
        edges: by target, sorted; each target's best first. Ties: fewer sources first, then names in order.
        useful: the same without transfers that another one with no further needs serves as well or better;
            what is required is not among their needs.
        sources_measured: how many sources the table has.
        max_order: the highest order that may be used.
    """

    nodes: tuple[str, ...]
    costs: tuple[int, ...]
    grain: Fraction
    required: int
    edges: Mapping[str, tuple[Edge, ...]]
    useful: Mapping[str, tuple[Edge, ...]]
    sources_measured: int
    max_order: int

    def cost(self, chosen: int) -> int:
        """What a set of sources costs, in grains."""
        return sum(self.costs[node] for node in members(chosen))

    def names(self, chosen: int) -> tuple[str, ...]:
        """The names of a set of sources, sorted."""
        return tuple(self.nodes[node] for node in members(chosen))

    def serving(self, chosen: int) -> list[Edge]:
        """The best transfer into every target that a set of sources serves, by target."""
        found: list[Edge] = []
        for edges in self.edges.values():
            best = next((edge for edge in edges if not edge.needs & ~chosen), None)
            if best is not None:
                found.append(best)
        return found

    def score(self, chosen: int) -> Score:
        """What a set of sources is worth."""
        serving = self.serving(chosen)
        return Score(len(serving), math.fsum(edge.value for edge in serving))


@dataclass(frozen=True, slots=True)
class Choices:
    """What a budget leaves of the allowed transfers.

    Attributes:
        allowed: the transfers without regard to the budget.
        budget: of the chosen sources, in whole grains.
        free: nodes that may or may not be chosen.
        edges: useful transfers that fit the budget by themselves, by target; none is empty.
    """

    allowed: Allowed
    budget: int
    free: tuple[int, ...]
    edges: Mapping[str, tuple[Edge, ...]]

    @classmethod
    def within(cls, allowed: Allowed, budget: float) -> "Choices":
        """What a budget leaves.

        Raises:
            InfeasibleBudget: it does not pay for the required sources.
        """
        exact = _decimal(budget) // allowed.grain
        spent = allowed.cost(allowed.required)
        if spent > exact:
            cost = float(spent * allowed.grain)
            raise InfeasibleBudget("/budget", f"the required sources cost {cost:g}, more than {budget:g}")
        left = exact - spent
        free = tuple(
            node
            for node, cost in enumerate(allowed.costs)
            if cost <= left and not allowed.required & (1 << node)
        )
        useful = {
            target: tuple(edge for edge in edges if allowed.cost(edge.needs) <= left)
            for target, edges in allowed.useful.items()
        }
        return cls(allowed, exact, free, {target: edges for target, edges in useful.items() if edges})

    def affordable(self, chosen: int) -> bool:
        """Whether the budget pays for a set of sources."""
        return self.allowed.cost(chosen) <= self.budget

    @property
    def ceiling(self) -> float:
        """No set of sources is worth more than this."""
        return math.fsum(edges[0].value for edges in self.edges.values())


def allow(table: Sequence[Transfer], options: Options) -> Allowed:
    """Find the transfers that options allow.

    A transfer whose target is among its own sources is none. `self` needs the target's own task, which must be a
    source of the table; `random` is a source without cost.

    Raises:
        OptionError: an option names what the table does not have, or contradicts another.
    """
    measured = {source for row in table for source in row.sources} - {SELF}
    targets = {row.target for row in table}
    _check_names(options, measured, targets)
    nodes = tuple(sorted(_candidates(options, measured)))
    bits = {name: 1 << position for position, name in enumerate(nodes)}
    required = sum(bits[name] for name in set(options.require_sources))
    wanted = targets if options.targets is None else set(options.targets)
    highest = max((row.order for row in table), default=1) if options.max_order is None else options.max_order
    edges: dict[str, list[Edge]] = {target: [] for target in sorted(wanted)}
    for row in table:
        if row.target in wanted and row.order <= highest:
            edge = _edge(row, options, bits)
            if edge is not None:
                edges[row.target].append(edge)
    ranked = {target: tuple(sorted(each, key=_preference)) for target, each in edges.items()}
    costs = [_decimal(0 if name == RANDOM else options.costs.get(name, 1)) for name in nodes]
    grain = Fraction(1, math.lcm(*(cost.denominator for cost in costs)))
    return Allowed(
        nodes=nodes,
        costs=tuple(int(cost / grain) for cost in costs),
        grain=grain,
        required=required,
        edges=ranked,
        useful={target: _undominated(each, required) for target, each in ranked.items()},
        sources_measured=len(measured),
        max_order=highest,
    )


def members(chosen: int) -> Iterable[int]:
    """The positions of a set of bits, ascending."""
    while chosen:
        lowest = chosen & -chosen
        yield lowest.bit_length() - 1
        chosen ^= lowest


def _edge(row: Transfer, options: Options, bits: Mapping[str, int]) -> Edge | None:
    if row.affinity is None or row.target in row.sources:
        return None
    if SELF in row.sources and not options.include_self:
        return None
    floor = options.min_quality.get(row.target)
    if floor is not None and (row.quality is None or row.quality < floor):
        return None
    needs = 0
    for source in row.sources:
        bit = bits.get(row.target if source == SELF else source)
        if bit is None:
            return None
        needs |= bit
    return Edge(row, needs, options.importance.get(row.target, 1) * row.affinity)


def _preference(edge: Edge) -> tuple[float, int, list[str]]:
    row = edge.transfer
    return -(row.affinity or 0.0), row.order, sorted(row.sources)


def _undominated(ranked: Sequence[Edge], required: int) -> tuple[Edge, ...]:
    kept: dict[int, Edge] = {}
    for edge in ranked:
        needs = edge.needs & ~required
        # Whatever was kept before serves at least as well, so only its needs remain to be compared.
        if not _holds_one_of(needs, kept):
            kept[needs] = Edge(edge.transfer, needs, edge.value)
    return tuple(kept.values())


def _holds_one_of(needs: int, kept: Collection[int]) -> bool:
    """Whether a set holds one of those kept; where that takes long to tell, "no" does no harm."""
    if len(kept) <= _EFFORT:
        return any(not other & ~needs for other in kept)
    if needs in kept:
        return True
    if 1 << needs.bit_count() > _EFFORT:
        return False
    subset = needs
    while subset:
        subset = (subset - 1) & needs
        if subset in kept:
            return True
    return False


def _candidates(options: Options, measured: Collection[str]) -> set[str]:
    chosen = set(measured if options.sources is None else options.sources) - {RANDOM}
    if options.include_random and RANDOM in measured:
        chosen.add(RANDOM)
    return chosen - set(options.exclude_sources)


def _check_names(options: Options, sources: Collection[str], targets: Collection[str]) -> None:
    known: dict[str, tuple[Iterable[str], Collection[str], str]] = {
        "targets": (options.targets or (), targets, "target"),
        "sources": (options.sources or (), sources, "source"),
        "require_sources": (options.require_sources, sources, "source"),
        "exclude_sources": (options.exclude_sources, sources, "source"),
        "costs": (options.costs, {*sources, *targets}, "task"),
        "importance": (options.importance, targets, "target"),
        "min_quality": (options.min_quality, targets, "target"),
    }
    for option, (names, held, kind) in known.items():
        by_name = isinstance(names, Mapping)
        for position, name in enumerate(names):
            if name not in held:
                detail = f"the atlas has no {kind} {name!r}"
                raise UnknownName(f"/{option}/{name if by_name else position}", detail)
    if options.costs.get(RANDOM):
        raise InvalidNumber(f"/costs/{RANDOM}", "a random encoder costs nothing")
    candidates = _candidates(options, sources)
    for position, name in enumerate(options.require_sources):
        if name not in candidates:
            detail = f"{name!r} is required, and other options leave it out"
            raise ContradictoryOptions(f"/require_sources/{position}", detail)


def _decimal(number: float) -> Fraction:
    """The number as it is written: 0.1 is a tenth, so that costs of 0.1 and 0.2 fit a budget of 0.3."""
    return Fraction(repr(float(number)))
