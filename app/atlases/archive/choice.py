"""Which transfers' weights a compact archive keeps: those that users will ask for first."""

from collections.abc import Sequence
from dataclasses import replace

from models.taxonomy.choices import allow
from models.taxonomy.deadline import Deadline
from models.taxonomy.options import Options
from models.taxonomy.program import solve_allowed
from models.taxonomy.table import SELF, Transfer

SOLVE_LIMIT_S = 60.0
"""For the taxonomies of all budgets together; 26 tasks need a few seconds."""

Key = tuple[str, tuple[str, ...]]
"""Target and sources."""


def asked_first(table: Sequence[Transfer], time_limit_s: float = SOLVE_LIMIT_S) -> list[Key]:
    """Transfers by target and sources, the most wanted first: those of optimal taxonomies, then the best by order.

    Args:
        table: every transfer of an atlas; `self` stands for the target's own network and is never among the answer.
        time_limit_s: for all taxonomies together.

    Returns:
        First what the optimal taxonomies choose at every budget from 1 to the number of sources, transfers of all
        orders allowed; then each target's best transfer of order 1, of order 2, and so on.
    """
    options = Options(budget=0)
    allowed = allow(table, options)
    deadline = Deadline(time_limit_s)
    chosen: dict[Key, None] = {}
    for budget in range(1, allowed.sources_measured + 1):
        best = solve_allowed(allowed, replace(options, budget=budget), deadline).best
        chosen |= {_key(transfer): None for transfer in best.transfers}
    for order in sorted({transfer.order for transfer in table}):
        chosen |= {_key(transfer): None for transfer in _best(table, order)}
    return [key for key in chosen if key[1] != (SELF,)]


def _best(table: Sequence[Transfer], order: int) -> list[Transfer]:
    """Each target's transfer of the highest affinity; of equal ones the first by name."""
    best: dict[str, Transfer] = {}
    for transfer in sorted(table, key=lambda each: (each.target, each.sources)):
        if transfer.order != order or transfer.affinity is None or transfer.sources == (SELF,):
            continue
        held = best.get(transfer.target)
        if held is None or transfer.affinity > (held.affinity or 0.0):
            best[transfer.target] = transfer
    return list(best.values())


def _key(transfer: Transfer) -> Key:
    return transfer.target, transfer.sources
