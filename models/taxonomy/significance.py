"""Whether a taxonomy's structure could be chance: the optimum against random feasible ones (Zamir et al. 2018).

A random taxonomy is drawn in two steps.

Sources: all that may be chosen are put in a uniformly random order, and each in turn is taken if the budget still pays
for it; required ones are always taken. With costs of 1 that is a uniformly random set of as many sources as the budget
has. With other costs it is a random set that nothing affordable could be added to, and not each is equally likely.
A set is feasible if it serves as many targets as the optimum does; one that does not is drawn again, which leaves the
feasible ones as likely among themselves as they were.

Connections: every target takes one of the transfers that the sources allow, each with the same probability, independent
of the other targets ("randomly connected"). The stronger control wires the same random sources optimally: every target
takes its best transfer from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.taxonomy.choices import Choices, Edge, allow, members
from models.taxonomy.correlation import spearman
from models.taxonomy.deadline import Deadline
from models.taxonomy.options import InvalidNumber, Options
from models.taxonomy.program import Selection, Taxonomy, solve_allowed
from models.taxonomy.table import Transfer

LEVELS = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
"""Where quantiles are taken."""
MAX_WORK = 500_000_000
"""Transfers that are looked at, over all random sets: some seconds."""

_PATIENCE = 50  # sets drawn per sample asked for, before what is feasible is too rare to be sampled
_BATCH = 2_000_000  # transfers looked at together
_TIE = 1e-9
_INT64 = 2**62

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure of the optimum among those of random taxonomies.

    Attributes:
        optimum: its measure.
        mean: of the random ones.
        quantiles: of the random ones, at `LEVELS`.
        percentile: the share of random ones that the optimum beats, 0 to 100; those that equal it are not beaten.
        p_value: (1 + random ones that reach the optimum) / (1 + random ones).
    """

    optimum: float
    mean: float
    quantiles: tuple[float, ...]
    percentile: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Control:
    """The optimum against one kind of random taxonomy; None where there is nothing to compare.

    Attributes:
        objective: sum over served targets of importance x affinity.
        gain: mean of it over the served targets whose transfer has one.
        quality: the same.
        gain_correlation: Spearman's, over the random taxonomies, of what is predicted (the objective) with what was
            measured (the mean gain); None where there are fewer than three or one of the two never differs.
        quality_correlation: the same with the mean quality.
    """

    objective: Comparison | None
    gain: Comparison | None
    quality: Comparison | None
    gain_correlation: float | None
    quality_correlation: float | None


@dataclass(frozen=True, slots=True)
class Significance:
    """The optimal taxonomy against random feasible ones.

    Attributes:
        taxonomy: the optimum.
        samples: random feasible sets of sources, fewer than asked for where they are rare.
        drawn: sets that were drawn to find them.
        random: each with a random transfer per target.
        wired: each with the best transfer per target.
    """

    taxonomy: Taxonomy
    samples: int
    drawn: int
    random: Control
    wired: Control


@dataclass(frozen=True, slots=True)
class _Target:
    """Transfers into a target, best first.

    Attributes:
        needs: (transfers, nodes) float32, 1 where it needs the source.
        measures: (3, transfers) what it adds to the objective, gain, quality; NaN where not measured.
    """

    needs: NDArray[np.float32]
    measures: Numbers


def significance(
    table: Sequence[Transfer], options: Options, *, samples: int = 1000, seed: int = 0
) -> Significance:
    """Compare the optimal taxonomy with random feasible ones; equal arguments give equal answers.

    Args:
        table: measured transfers; a set of sources leads to a target once.
        options: what to optimise over, and to draw from.
        samples: random sets of sources to find, >= 1.
        seed: of what is random, >= 0.

    Raises:
        OptionError: an option names what the table does not have or contradicts another; `InvalidNumber` of
            `/samples` if they are too many for so large a table.
    """
    allowed = allow(table, options)
    transfers = max(1, sum(len(edges) for edges in allowed.edges.values()))
    most = MAX_WORK // transfers
    if not 1 <= samples <= most:
        detail = f"must be 1 to {most} for {transfers} transfers, not {samples}"
        raise InvalidNumber("/samples", detail)
    choices = Choices.within(allowed, options.budget)
    taxonomy = solve_allowed(allowed, options, Deadline(options.time_limit_s))
    targets = [_target(edges, len(allowed.nodes)) for edges in allowed.edges.values() if edges]
    generator = np.random.default_rng(seed)
    batch, patience = max(1, min(samples, _BATCH // transfers)), min(_PATIENCE * samples, most)
    served = len(taxonomy.best.transfers)
    found, drawn = 0, 0
    random: list[Numbers] = []
    wired: list[Numbers] = []
    while found < samples and drawn < patience:
        chosen = _random_sets(choices, min(batch, patience - drawn), generator)
        usable = [_usable(target, chosen) for target in targets]
        reached = sum((each.any(axis=1) for each in usable), np.zeros(len(chosen), dtype=np.int64))
        rows = np.flatnonzero(reached == served)[: samples - found]
        usable = [each[rows] for each in usable]
        random.append(_measures(targets, usable, [_any_one(each, generator) for each in usable], len(rows)))
        wired.append(_measures(targets, usable, [each.argmax(axis=1) for each in usable], len(rows)))
        found += len(rows)
        drawn += len(chosen) if found < samples else int(rows[-1]) + 1
    optimum, tie = _of_selection(taxonomy.best), _TIE * max(1.0, choices.ceiling)
    return Significance(
        taxonomy=taxonomy,
        samples=found,
        drawn=drawn,
        random=_control(optimum, np.concatenate(random, axis=1), tie),
        wired=_control(optimum, np.concatenate(wired, axis=1), tie),
    )


def _target(edges: Sequence[Edge], nodes: int) -> _Target:
    needs = np.zeros((len(edges), nodes), dtype=np.float32)
    for row, edge in enumerate(edges):
        needs[row, list(members(edge.needs))] = 1
    rows = [(edge.value, edge.transfer.gain, edge.transfer.quality) for edge in edges]
    return _Target(needs, np.array(rows, dtype=np.float64).T)


def _random_sets(choices: Choices, count: int, generator: np.random.Generator) -> Flags:
    """(count, nodes) which sources are chosen."""
    allowed = choices.allowed
    everything = sum(allowed.costs)
    kind = np.int64 if everything < _INT64 else object  # grains of odd decimals may be many
    costs = np.array(allowed.costs, dtype=kind)
    left = np.full(count, min(choices.budget, everything) - allowed.cost(allowed.required), dtype=kind)
    chosen = np.zeros((count, len(allowed.nodes)), dtype=np.bool_)
    chosen[:, list(members(allowed.required))] = True
    free = np.array(choices.free, dtype=np.int64)
    orders = generator.permuted(np.tile(free, (count, 1)), axis=1)
    for nodes in orders.T:
        fits = np.flatnonzero(costs[nodes] <= left)
        chosen[fits, nodes[fits]] = True
        left[fits] -= costs[nodes[fits]]
    return chosen


def _usable(target: _Target, chosen: Flags) -> Flags:
    """(sets, transfers) which of a target's transfers need chosen sources only."""
    return (~chosen).astype(np.float32) @ target.needs.T == 0


def _any_one(usable: Flags, generator: np.random.Generator) -> NDArray[np.int64]:
    """(sets,) the position of one usable transfer, each with the same probability; 0 where there is none."""
    seen = usable.cumsum(axis=1)
    rank = generator.integers(0, np.maximum(seen[:, -1], 1))
    return (seen > rank[:, None]).argmax(axis=1)


def _measures(
    targets: Sequence[_Target], usable: Sequence[Flags], picks: Sequence[NDArray[np.int64]], count: int
) -> Numbers:
    """(3, sets) objective, mean gain and mean quality of what every target picks; NaN where there is no mean."""
    sums, numbers = np.zeros((3, count)), np.zeros((3, count))
    for target, allowed, pick in zip(targets, usable, picks, strict=True):
        measures = np.where(allowed.any(axis=1), target.measures[:, pick], np.nan)
        sums += np.nan_to_num(measures)
        numbers += ~np.isnan(measures)
    means = np.divide(sums, numbers, out=np.full_like(sums, np.nan), where=numbers > 0)
    return np.stack([sums[0], means[1], means[2]])


def _of_selection(selection: Selection) -> tuple[float, float | None, float | None]:
    gains = [transfer.gain for transfer in selection.transfers if transfer.gain is not None]
    qualities = [transfer.quality for transfer in selection.transfers if transfer.quality is not None]
    return (
        selection.objective,
        float(np.mean(gains)) if gains else None,
        float(np.mean(qualities)) if qualities else None,
    )


def _control(optimum: tuple[float, float | None, float | None], measures: Numbers, tie: float) -> Control:
    objective, gain, quality = optimum
    return Control(
        objective=_comparison(objective, measures[0], tie),
        gain=_comparison(gain, measures[1], _TIE),
        quality=_comparison(quality, measures[2], _TIE),
        gain_correlation=spearman(measures[0], measures[1]),
        quality_correlation=spearman(measures[0], measures[2]),
    )


def _comparison(optimum: float | None, values: Numbers, tie: float) -> Comparison | None:
    known = values[~np.isnan(values)]
    if optimum is None or not known.size:
        return None
    beaten = int(np.count_nonzero(known < optimum - tie))
    return Comparison(
        optimum=optimum,
        mean=float(known.mean()),
        quantiles=tuple(float(value) for value in np.quantile(known, LEVELS)),
        percentile=100.0 * beaten / known.size,
        p_value=(1 + known.size - beaten) / (1 + known.size),
    )
