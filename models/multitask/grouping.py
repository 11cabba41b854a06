"""Which tasks should share a network: predicted from an atlas's affinities, and held against what training showed."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.multitask.summary import DeltaM
from models.taxonomy.affinity import CLIP
from models.taxonomy.correlation import spearman
from models.taxonomy.table import RESERVED, SELF, Transfer

MAX_TASKS = 17
"""Every group of so many tasks is looked at, 2^17 of them; all tasks of the dictionary that can share are as many."""

Group = tuple[str, ...]
Groups = tuple[Group, ...]

_MOST = float(
    np.log(CLIP[1] / CLIP[0])
)  # between a network that wins every image and one that loses them all
_TIE = 1e-9  # what a network must add to the tasks' scores to be worth having
_CELLS = 1 << 20  # subsets that are looked at together
_ROUNDING = 1e-9  # of sums of costs


class GroupingError(ValueError):
    """The tasks cannot be grouped.

    Attributes:
        field: at fault: `tasks`, `budget`, `costs` or `groups`.
        detail: what is wrong with it.
    """

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field, self.detail = field, detail


@dataclass(frozen=True, slots=True, eq=False)
class Sharing:
    """What sharing a network with another task is predicted to do for a task.

    Attributes:
        tasks: T names, in the order of rows and columns.
        scores: (T, T) float64: `[t, s]` is what sharing with s does for t, higher is better; 0 is a network of its own.
    """

    tasks: tuple[str, ...]
    scores: NDArray[np.float64]

    def pair(self, first: str, second: str) -> float:
        """The score of two tasks: the mean of what each does for the other."""
        one, other = self.tasks.index(first), self.tasks.index(second)
        return float(self.scores[one, other] + self.scores[other, one]) / 2


@dataclass(frozen=True, slots=True)
class Grouping:
    """Tasks dealt to networks.

    Attributes:
        groups: of the tasks of each network, tasks in order, groups by their first task.
        score: mean over the tasks, higher is better; 0 where every task has a network of its own.
        per_task: what its group is predicted to do for each task.
        cost: of all networks together.
    """

    groups: Groups
    score: float
    per_task: Mapping[str, float]
    cost: float


@dataclass(frozen=True, slots=True)
class Costs:
    """What serving takes; an image passes through one encoder for each network and through every head.

    Attributes:
        network: of one network without its heads, positive.
        head: of one task's head, not negative.
    """

    network: float = 1.0
    head: float = 0.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.network) and self.network > 0 and np.isfinite(self.head) and self.head >= 0):
            raise GroupingError("costs", "a network costs more than 0, a head 0 or more")

    def of(self, groups: Sequence[Group]) -> float:
        """Of a grouping."""
        return self.network * len(groups) + self.head * sum(map(len, groups))

    def networks(self, tasks: int, budget: float) -> int:
        """The most networks that a budget allows for a number of tasks; 0 where it allows none."""
        if not np.isfinite(budget):
            return tasks if budget == np.inf else 0
        left = (budget - self.head * tasks) / self.network
        return max(0, min(tasks, int(np.floor(left * (1 + _ROUNDING)))))


def sharing(table: Iterable[Transfer], tasks: Sequence[str]) -> Sharing:
    """Predict what sharing does from transfers of first order.

    The score of s for t is log(a(s -> t) / a(t)), with the affinity a(t) of t's own network (`self`): AHP makes
    affinities ratios of how many times more images are won, so their logarithms may be averaged, and the ratio to a
    network of the task's own makes targets comparable. It is not brought to a common spread as well: a target that only
    its own network serves loses most by sharing, and shall count for that, as it does in delta-m. Where `self` was not
    measured, the best source stands for it: a network of the task's own is assumed to be no worse.

    A group's mean over its tasks is the same whether the two directions of a pair are averaged or not, so they are
    kept: they say who gains and who loses.

    Args:
        table: measured transfers of an atlas.
        tasks: that may share, 2 to `MAX_TASKS` of them.

    Raises:
        GroupingError: too few or too many tasks, one twice, or a pair whose transfer was not measured in one direction.
    """
    names = tuple(tasks)
    if not 2 <= len(names) <= MAX_TASKS or len(set(names)) != len(names):
        raise GroupingError("tasks", f"2 to {MAX_TASKS} tasks are grouped, all different, not {len(names)}")
    measured: dict[str, dict[str, float]] = {name: {} for name in names}
    for row in table:
        if row.order == 1 and row.target in measured and row.affinity is not None:
            measured[row.target][row.sources[0]] = row.affinity
    scores = np.zeros((len(names), len(names)))
    for place, target in enumerate(names):
        found = measured[target]
        missing = [name for name in names if name != target and name not in found]
        if missing:
            raise GroupingError("tasks", f"the transfer from {missing[0]} to {target} was not measured")
        strangers = [value for name, value in found.items() if name not in RESERVED and name != target]
        alone = found.get(SELF, max(strangers))
        for position, source in enumerate(names):
            if source != target:
                scores[place, position] = _log_ratio(found[source], alone)
    return Sharing(names, scores)


def grouping(sharing: Sharing, groups: Iterable[Iterable[str]], costs: Costs | None = None) -> Grouping:
    """The prediction for given groups.

    The score of a task is the mean of what the others of its group do for it (the higher-order approximation of
    Standley et al. 2020, Sec. 5.2), 0 where it is alone.

    Args:
        sharing: of the tasks.
        groups: each task in exactly one.
        costs: of networks; 1 each by default.

    Raises:
        GroupingError: they do not hold each task once.
    """
    order = {name: place for place, name in enumerate(sharing.tasks)}
    given = [list(group) for group in groups]
    if sorted(itertools.chain(*given)) != sorted(sharing.tasks) or not all(given):
        raise GroupingError("groups", "every task belongs to exactly one group")
    in_order = [tuple(sorted(group, key=order.__getitem__)) for group in given]
    ordered = tuple(sorted(in_order, key=lambda group: order[group[0]]))
    found: dict[str, float] = {}
    for group in ordered:
        for name in group:
            others = [sharing.scores[order[name], order[other]] for other in group if other != name]
            found[name] = float(np.mean(others)) if others else 0.0
    per_task = {name: found[name] for name in sharing.tasks}
    score = float(np.mean(list(per_task.values())))
    return Grouping(ordered, score, per_task, (costs or Costs()).of(ordered))


def best_groupings(
    sharing: Sharing, budget: float, count: int = 1, costs: Costs | None = None
) -> list[Grouping]:
    """The groupings of highest score that a budget pays for, exactly.

    Dynamic programming over the 2^T sets of tasks finds the best that any set can come to with so many networks
    (3^T / 6 sums); with that as an exact bound, a best-first search deals the tasks out group by group, the first that
    is left always in the next group, and so meets every grouping once, in order of score. A binary program would need
    as many columns as there are sets.

    Args:
        sharing: of the tasks.
        budget: of all networks together, in the unit of `costs`.
        count: how many groupings, at least 1; fewer where there are no more.
        costs: of networks; 1 each by default, so that the budget is their number.

    Returns:
        The best first; of equal scores those with fewer networks.

    Raises:
        GroupingError: the budget pays for no network.
    """
    costs = costs or Costs()
    size = len(sharing.tasks)
    most = costs.networks(size, budget)
    if most < 1:
        raise GroupingError("budget", f"{budget:g} pays for no network of {size} tasks")
    totals = _totals(sharing.scores) - _TIE
    bounds = _bounds(totals, size, most)
    return [
        grouping(sharing, [_names(sharing.tasks, mask) for mask in masks], costs)
        for masks in _search(totals, bounds, size, most, count)
    ]


def all_in_one(sharing: Sharing, costs: Costs | None = None) -> Grouping:
    """One network for all tasks."""
    return grouping(sharing, [sharing.tasks], costs)


def all_separate(sharing: Sharing, costs: Costs | None = None) -> Grouping:
    """A network for every task."""
    return grouping(sharing, [[name] for name in sharing.tasks], costs)


@dataclass(frozen=True, slots=True)
class Checked:
    """A grouping that was trained.

    Attributes:
        grouping: with its predicted score.
        validation: delta-m on the validation images: what is chosen by.
        test: delta-m on the test images: what is reported.
    """

    grouping: Grouping
    validation: DeltaM
    test: DeltaM

    def within(self, budget: float) -> bool:
        """Whether a budget pays for it."""
        return self.grouping.cost <= budget * (1 + _ROUNDING)


@dataclass(frozen=True, slots=True)
class Assessment:
    """How the prediction did, over the groupings that were trained.

    Attributes:
        correlation: Spearman's, of predicted scores and measured delta-m with its sign turned (both: higher is better)
            on the test images; 1 = the same order; None of fewer than three, or where all of one are equal.
        regret: delta-m of the predicted best less that of the truly best, on the test images, over those that the
            budget pays for; in percent, 0 = the prediction was right; None where neither is known.
        recommended: position of the one with the lowest delta-m on the validation images that the budget pays for; None
            where none could be measured.
    """

    correlation: float | None
    regret: float | None
    recommended: int | None


def assess(checked: Sequence[Checked], budget: float) -> Assessment:
    """Hold predictions against what training showed.

    Args:
        checked: the groupings, all-in-one and all-separate among them where they were trained.
        budget: that a recommendation must keep.
    """
    rows = [each for each in checked if each.test.percent is not None]
    correlation = spearman(
        [each.grouping.score for each in rows], [-(each.test.percent or 0.0) for each in rows]
    )
    within = [place for place, each in enumerate(checked) if each.within(budget)]
    chosen = [
        (percent, checked[place].grouping.cost, place)
        for place in within
        if (percent := checked[place].validation.percent) is not None
    ]
    tested = {place: percent for place in within if (percent := checked[place].test.percent) is not None}
    predicted = max(within, key=lambda place: (checked[place].grouping.score, -place), default=None)
    regret = None
    if predicted is not None and predicted in tested:
        regret = tested[predicted] - min(tested.values())
    return Assessment(correlation, regret, min(chosen)[2] if chosen else None)


def _log_ratio(affinity: float, own: float) -> float:
    """As far as shares of wins tell it; an affinity file may hold 0."""
    if affinity == own:
        return 0.0
    if min(affinity, own) <= 0:
        return _MOST if affinity > own else -_MOST
    return float(np.clip(np.log(affinity / own), -_MOST, _MOST))


def _names(tasks: Sequence[str], mask: int) -> list[str]:
    return [name for place, name in enumerate(tasks) if mask >> place & 1]


def _totals(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2^T,) the sum of the scores of the tasks of every group."""
    size = len(scores)
    both = scores + scores.T
    sums = np.zeros(1 << size)  # of both directions of every pair
    for bit in range(size):
        with_bit = np.zeros(1 << bit)  # of the pairs of this task and each set of earlier ones
        for other in range(bit):
            with_bit[1 << other : 2 << other] = with_bit[: 1 << other] + both[bit, other]
        sums[1 << bit : 2 << bit] = sums[: 1 << bit] + with_bit
    members = np.array([mask.bit_count() for mask in range(1 << size)])
    return sums / np.maximum(members - 1, 1)


def _bounds(totals: NDArray[np.float64], size: int, most: int) -> NDArray[np.float64]:
    """(most, 2^T) the best sum that a set of tasks can come to with at most so many networks.

    Only sets without the first task are filled in: they are what is left once its group is chosen.
    """
    bounds = np.full((most, 1 << size), -np.inf)
    bounds[:, 0] = 0.0
    sets = np.arange(2, 1 << size, 2)
    bounds[1:, sets] = totals[sets]
    if most <= 2:  # with one network more than that, the first group is chosen at the root
        return bounds
    members = np.array([mask.bit_count() for mask in sets.tolist()])
    for count in range(2, size):
        alike = sets[members == count]
        block = max(1, _CELLS >> count)
        for start in range(0, len(alike), block):
            masks = alike[start : start + block]
            groups = _groups_with_first(masks)
            left = masks[:, None] ^ groups
            of_group = totals[groups]
            for used in range(2, most):
                best = (of_group + bounds[used - 1][left]).max(axis=1)
                bounds[used, masks] = np.maximum(bounds[used, masks], best)
    return bounds


def _groups_with_first(masks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Every subset of a set that holds its first task.

    Args:
        masks: (n,) sets, c tasks in each.

    Returns:
        (n, 2^(c - 1)) subsets.
    """
    first = masks & -masks
    groups, rest = first[:, None], masks ^ first
    while rest.any():
        bit = rest & -rest
        groups = np.concatenate([groups, groups | bit[:, None]], axis=1)
        rest = rest ^ bit
    return groups


def _search(
    totals: NDArray[np.float64], bounds: NDArray[np.float64], size: int, most: int, count: int
) -> list[tuple[int, ...]]:
    """The `count` best groupings as masks, best first."""
    whole = (1 << size) - 1
    found: list[tuple[int, ...]] = []
    # by what a beginning can come to at best; then those with fewer networks, then in order of their masks
    heap: list[tuple[float, int, tuple[int, ...], int, float]] = [(-np.inf, 0, (), whole, 0.0)]
    while heap and len(found) < count:
        _, used, masks, rest, reached = heapq.heappop(heap)
        if not rest:
            found.append(masks)
            continue
        if used == most:
            continue
        groups = _groups_with_first(np.array([rest]))[0]
        left = rest ^ groups
        promise = reached + totals[groups] + bounds[most - used - 1, left]
        # no more than `count` of these can be among the best
        kept = np.argsort(-promise, kind="stable")[: count - len(found)]
        for place in kept[np.isfinite(promise[kept])].tolist():
            group = int(groups[place])
            step = (-float(promise[place]), used + 1, (*masks, group), int(left[place]))
            heapq.heappush(heap, (*step, reached + float(totals[group])))
    return found
