"""Step IV: the taxonomy, by exact optimisation (Zamir et al. 2018, Sec. 3.4, Eq. 6).

Every target takes exactly one transfer, all of whose sources are chosen, and the chosen sources fit the budget; the
sum over targets of importance x affinity is the largest that this allows. Where no set of sources within the budget
serves every target, as many as possible are served, and among such sets the sum decides: a target that cannot be
reached does not make the others fail.

Affinities are floats, so sums that differ by less than a billionth of the most that could be reached count as equal.
Of equal sets the one with fewer sources is chosen, then the one whose sorted names come first. Both are settled by
further proofs, not by small weights in the objective, which could change the optimum.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models.taxonomy.choices import Allowed, Choices, Score, allow, members
from models.taxonomy.deadline import Deadline, OutOfTime
from models.taxonomy.milp import SOLVER, Model, Outcome
from models.taxonomy.options import Options
from models.taxonomy.table import Transfer

_TIE = 1e-9
_CHUNK = 16  # names told apart in one proof: weights up to 2^15 are exact far beyond the solver's tolerance


@dataclass(frozen=True, slots=True)
class Selection:
    """A set of sources and what it brings.

    Attributes:
        sources: the chosen ones, sorted.
        cost: their sum.
        objective: sum over served targets of importance x affinity.
        transfers: each served target's best, by target.
        unreachable: targets that are not served, sorted.
    """

    sources: tuple[str, ...]
    cost: float
    objective: float
    transfers: tuple[Transfer, ...]
    unreachable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The best selection under a budget.

    Attributes:
        budget: as asked for.
        max_order: the highest order that was allowed.
        best: the selection.
        optimal: proven to be the maximum, and to come first among equal ones.
        gap: how far below the proven bound the objective is, as a share of the bound; 0 if optimal.
        alternatives: the next best sets of sources that serve as many targets, best first.
        complete: whether `optimal` and every alternative asked for was found, or proven not to exist.
        solver: name and version.
        seconds: wall-clock time of it all.
    """

    budget: float
    max_order: int
    best: Selection
    optimal: bool
    gap: float
    alternatives: tuple[Selection, ...]
    complete: bool
    solver: str
    seconds: float


@dataclass(frozen=True, slots=True)
class _Search:
    """Sets of sources, best first.

    Attributes:
        sets: of which the last may be unproven.
        bound: of the objective of the first.
        optimal: the first is settled.
        complete: all of them are, and there are as many as asked for or no more.
    """

    sets: tuple[int, ...]
    bound: float
    optimal: bool
    complete: bool


def solve(table: Sequence[Transfer], options: Options) -> Taxonomy:
    """Find the best taxonomy that the options allow.

    Args:
        table: measured transfers; a set of sources leads to a target once.
        options: what to optimise over.

    Raises:
        OptionError: an option names what the table does not have or contradicts another; `InfeasibleBudget` if the
            required sources exceed the budget.
    """
    deadline = Deadline(options.time_limit_s)
    return solve_allowed(allow(table, options), options, deadline)


def solve_allowed(allowed: Allowed, options: Options, deadline: Deadline | None = None) -> Taxonomy:
    """The same from transfers that `allow` found for these options, whatever their budget.

    Raises:
        InfeasibleBudget: the required sources exceed the budget.
    """
    clock = Deadline(options.time_limit_s) if deadline is None else deadline
    choices = Choices.within(allowed, options.budget)
    search = _search(choices, options.alternatives, clock)
    best, *others = (select(allowed, chosen) for chosen in search.sets)
    short = 0.0 if search.optimal else search.bound - best.objective
    return Taxonomy(
        budget=options.budget,
        max_order=allowed.max_order,
        best=best,
        optimal=search.optimal,
        gap=max(0.0, short / search.bound) if search.bound > 0 else 0.0,
        alternatives=tuple(others),
        complete=search.complete,
        solver=SOLVER,
        seconds=clock.spent(),
    )


def select(allowed: Allowed, chosen: int) -> Selection:
    """What a set of sources brings."""
    serving = allowed.serving(chosen)
    served = {edge.transfer.target for edge in serving}
    return Selection(
        sources=allowed.names(chosen),
        cost=float(allowed.cost(chosen) * allowed.grain),
        objective=math.fsum(edge.value for edge in serving),
        transfers=tuple(edge.transfer for edge in serving),
        unreachable=tuple(target for target in allowed.edges if target not in served),
    )


def _search(choices: Choices, count: int, deadline: Deadline) -> _Search:
    if not choices.edges:
        return _Search((choices.allowed.required,), bound=0.0, optimal=True, complete=True)
    try:
        model, outcome, covered = _covering(choices, deadline)
    except OutOfTime:
        return _unproven(choices, None, None)
    sets: list[int] = []
    while outcome.chosen is not None and outcome.proven:
        chosen = _trimmed(choices.allowed, outcome.chosen, sets)
        chosen, settled = _settled(model, choices, chosen)
        sets.append(chosen)
        if not settled or len(sets) == count:
            objective = choices.allowed.score(sets[0]).objective
            first = settled or len(sets) > 1
            return _Search(tuple(sets), bound=objective, optimal=first, complete=settled)
        model.exclude(chosen)
        outcome = model.maximize(model.objective)
    if not sets:
        bound = outcome.bound if covered else None
        return _unproven(choices, outcome.chosen, None if bound is None else bound * model.unit)
    objective = choices.allowed.score(sets[0]).objective
    return _Search(tuple(sets), bound=objective, optimal=True, complete=outcome.infeasible)


def _covering(choices: Choices, deadline: Deadline) -> tuple[Model, Outcome, bool]:
    """The program that serves as many targets as possible, a first run of it, and whether that number is proven."""
    model = Model(choices, len(choices.edges), deadline)
    outcome = model.maximize(model.objective)
    if not outcome.infeasible:
        return model, outcome, True
    relaxed = Model(choices, 0, deadline)
    most = relaxed.maximize(relaxed.served)
    if most.chosen is None or not most.proven:
        return relaxed, Outcome(most.chosen, None, proven=False), False
    model = Model(choices, choices.allowed.score(most.chosen).served, deadline)
    return model, model.maximize(model.objective), True


def _unproven(choices: Choices, chosen: int | None, bound: float | None) -> _Search:
    """The better of what the solver had and of what takes the largest values first."""
    candidates = [_greedy(choices)] if chosen is None else [chosen, _greedy(choices)]
    best = max(candidates, key=lambda each: _rank(choices.allowed.score(each)))
    limit = choices.ceiling if bound is None else min(choices.ceiling, bound)
    return _Search((best,), bound=limit, optimal=False, complete=False)


def _greedy(choices: Choices) -> int:
    chosen = choices.allowed.required
    served: set[str] = set()
    every = (edge for edges in choices.edges.values() for edge in edges)
    for edge in sorted(every, key=lambda edge: -edge.value):
        if edge.transfer.target not in served and choices.affordable(chosen | edge.needs):
            chosen |= edge.needs
            served.add(edge.transfer.target)
    return chosen


def _trimmed(allowed: Allowed, chosen: int, taken: Sequence[int]) -> int:
    """Leave out sources that bring nothing, the last name first, unless that gives a set that is taken."""
    score = _rank(allowed.score(chosen))
    for node in reversed(tuple(members(chosen & ~allowed.required))):
        without = chosen & ~(1 << node)
        if without not in taken and _rank(allowed.score(without)) >= score:
            chosen = without
    return chosen


def _settled(model: Model, choices: Choices, chosen: int) -> tuple[int, bool]:
    """The first of all sets that equal an optimal one, and whether that is proven."""
    allowed = choices.allowed
    objective = allowed.score(chosen).objective / model.unit
    floor = objective - _TIE * choices.ceiling / model.unit
    if not chosen & ~allowed.required:
        return chosen, True  # every other set holds this one: more sources for the same
    # Supersets bring as much by more sources; what else is there?
    other = model.maximize(model.objective, [model.not_all_of(chosen)])
    if other.infeasible or (other.bound is not None and other.bound < floor):
        return chosen, True
    if other.chosen is None or not other.proven:
        return chosen, False
    equal = [model.at_least(model.objective, floor)]
    count = model.weighted((node, 1.0) for node in choices.free)
    fewest = model.maximize(-count, equal)
    if fewest.chosen is None or not fewest.proven:
        return chosen, False
    chosen = fewest.chosen
    size = (chosen & ~allowed.required).bit_count()
    equal += [model.at_most(count, size), model.at_least(count, size)]
    for start in range(0, len(choices.free), _CHUNK):
        chunk = choices.free[start : start + _CHUNK]
        early = model.weighted((node, 2.0 ** (len(chunk) - 1 - place)) for place, node in enumerate(chunk))
        first = model.maximize(early, equal)
        if first.chosen is None or not first.proven:
            return chosen, False
        chosen = first.chosen
        equal += [model.fix(node, chosen=bool(chosen & (1 << node))) for node in chunk]
    reached = allowed.score(chosen).objective / model.unit
    return chosen, reached >= floor - _TIE


def _rank(score: Score) -> tuple[int, float]:
    return score.served, score.objective
