"""Why a taxonomy is as it is: what each chosen source is worth to it, and what each target would take instead."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models.taxonomy.choices import Allowed, Edge, allow
from models.taxonomy.options import Options
from models.taxonomy.program import Selection
from models.taxonomy.table import Transfer


@dataclass(frozen=True, slots=True)
class SourceWorth:
    """A chosen source.

    Attributes:
        source: its name.
        targets: that take a transfer from it, sorted.
        loss: what the objective loses when it alone is taken away and nothing is chosen instead.
        lost_targets: that the other chosen sources do not reach, sorted.
    """

    source: str
    targets: tuple[str, ...]
    loss: float
    lost_targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """What a target would take next.

    Attributes:
        target: its name.
        transfer: the second best of what the chosen sources allow; None if there is no other.
        loss: what the objective would lose, all of the target's share if there is no other.
    """

    target: str
    transfer: Transfer | None
    loss: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Attributes: the chosen sources by what they are worth, and the served targets by name."""

    sources: tuple[SourceWorth, ...]
    targets: tuple[RunnerUp, ...]


def explain(table: Sequence[Transfer], options: Options, selection: Selection) -> Explanation:
    """Explain a selection that `solve` made from the same table and options."""
    allowed = allow(table, options)
    bits = {name: 1 << position for position, name in enumerate(allowed.nodes)}
    chosen = sum(bits[name] for name in selection.sources)
    worths = [_worth(allowed, chosen, name, bits[name]) for name in selection.sources]
    runners = [_runner_up(edges, chosen) for edges in allowed.edges.values()]
    return Explanation(
        tuple(sorted(worths, key=lambda worth: (-worth.loss, worth.source))),
        tuple(runner for runner in runners if runner is not None),
    )


def _worth(allowed: Allowed, chosen: int, name: str, bit: int) -> SourceWorth:
    before = {edge.transfer.target: edge for edge in allowed.serving(chosen)}
    after = {edge.transfer.target: edge for edge in allowed.serving(chosen & ~bit)}
    return SourceWorth(
        source=name,
        targets=tuple(target for target, edge in before.items() if edge.needs & bit),
        loss=math.fsum(edge.value for edge in before.values())
        - math.fsum(edge.value for edge in after.values()),
        lost_targets=tuple(target for target in before if target not in after),
    )


def _runner_up(edges: Sequence[Edge], chosen: int) -> RunnerUp | None:
    usable = [edge for edge in edges if not edge.needs & ~chosen][:2]
    if not usable:
        return None
    best, second = usable[0], usable[1] if len(usable) > 1 else None
    return RunnerUp(
        target=best.transfer.target,
        transfer=None if second is None else second.transfer,
        loss=best.value - (0.0 if second is None else second.value),
    )
