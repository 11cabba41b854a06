import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.multitask.grouping import (
    MAX_TASKS,
    Checked,
    Costs,
    GroupingError,
    Sharing,
    all_in_one,
    all_separate,
    assess,
    best_groupings,
    grouping,
    sharing,
)
from models.multitask.summary import DeltaM
from models.taxonomy.table import Transfer

ABC = ("a", "b", "c")


def partitions(items: list[str]) -> list[list[list[str]]]:
    """Every way to deal items out to groups."""
    if not items:
        return [[]]
    first, rest = items[0], partitions(items[1:])
    return [
        grown
        for parts in rest
        for grown in (
            [[first], *parts],
            *([*parts[:place], [first, *part], *parts[place + 1 :]] for place, part in enumerate(parts)),
        )
    ]


def random_sharing(size: int, seed: int, *, whole: bool = False) -> Sharing:
    generator = np.random.default_rng(seed)
    shape = (size, size)
    scores = generator.integers(-3, 4, shape).astype(float) if whole else generator.normal(size=shape)
    np.fill_diagonal(scores, 0)
    return Sharing(tuple(f"task_{number:02}" for number in range(size)), scores)


def table(affinities: dict[tuple[str, str], float]) -> list[Transfer]:
    return [Transfer((source,), target, affinity=value) for (source, target), value in affinities.items()]


FULL = {
    ("b", "a"): 0.2, ("c", "a"): 0.1, ("self", "a"): 0.4, ("random", "a"): 0.01,
    ("a", "b"): 0.1, ("c", "b"): 0.1, ("self", "b"): 0.1,
    ("a", "c"): 0.9, ("b", "c"): 0.3, ("x", "c"): 0.1,
}  # fmt: skip


def test_scores_are_log_ratios_to_the_tasks_own_network() -> None:
    """By hand; into b nothing differs, into c no `self` was measured and the best source stands for it."""
    found = sharing(table(FULL), ABC)
    assert found.scores[0].tolist() == pytest.approx([0, math.log(0.5), math.log(0.25)])
    assert found.scores[1].tolist() == pytest.approx([0, 0, 0])
    assert found.scores[2].tolist() == pytest.approx([0, -math.log(3), 0])
    assert found.pair("a", "b") == pytest.approx(math.log(0.5) / 2)


def test_higher_orders_and_unmeasured_rows_do_not_count() -> None:
    rows = [*table(FULL), Transfer(("b", "c"), "a", affinity=0.9), Transfer(("a",), "a", affinity=0.9)]
    np.testing.assert_array_equal(sharing(rows, ABC).scores, sharing(table(FULL), ABC).scores)


def test_no_transfer_is_worse_than_one_that_lost_every_image() -> None:
    worst = -math.log(999)
    for affinity in (0.0, 1e-9):
        assert sharing(table(FULL | {("c", "a"): affinity}), ABC).scores[0, 2] == pytest.approx(worst)
    without = sharing(table(FULL | {("self", "a"): 0.0, ("c", "a"): 0.0}), ABC)
    assert without.scores[0].tolist() == pytest.approx([0, -worst, 0])


@pytest.mark.parametrize(
    ("tasks", "detail"),
    [
        (("a",), "2 to 17"),
        (("a", "a"), "different"),
        (("a", "b", "d"), "from d to a was not measured"),
        (tuple(map(str, range(MAX_TASKS + 1))), "2 to 17"),
    ],
)
def test_tasks_that_cannot_be_scored_are_refused(tasks: tuple[str, ...], detail: str) -> None:
    with pytest.raises(GroupingError, match=detail) as caught:
        sharing(table(FULL), tasks)
    assert caught.value.field == "tasks"


def test_a_task_gets_the_mean_of_what_the_others_of_its_group_do_for_it() -> None:
    known = Sharing(ABC, np.array([[0, 1, 3], [-1, 0, 5], [2, 2, 0]], dtype=float))
    found = grouping(known, [["c", "a", "b"]])
    assert found.per_task == {"a": 2, "b": 2, "c": 2}
    assert found == all_in_one(known)
    pair = grouping(known, [["c"], ["b", "a"]])
    assert pair.groups == (("a", "b"), ("c",))
    assert pair.per_task == {"a": 1, "b": -1, "c": 0}
    assert (pair.score, pair.cost) == (0, 2)
    assert (all_separate(known).score, all_separate(known).cost) == (0, 3)


@pytest.mark.parametrize(
    "groups", [[["a"], ["b"]], [["a", "b"], ["b", "c"]], [["a", "b", "c"], []], [["a", "b", "x"]]]
)
def test_what_is_no_grouping_is_refused(groups: list[list[str]]) -> None:
    with pytest.raises(GroupingError, match="exactly one group"):
        grouping(Sharing(ABC, np.zeros((3, 3))), groups)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 7), st.integers(1, 7), st.integers(1, 12), st.integers(0, 2**32 - 1), st.booleans())
def test_the_best_groupings_are_those_of_all_that_there_are(
    size: int, networks: int, count: int, seed: int, whole: bool
) -> None:
    known = random_sharing(size, seed, whole=whole)
    found = best_groupings(known, networks, count)
    everything = [grouping(known, parts) for parts in partitions(list(known.tasks)) if len(parts) <= networks]
    expected = sorted((each.score for each in everything), reverse=True)[:count]
    assert [each.score for each in found] == pytest.approx(expected)
    assert len({each.groups for each in found}) == len(found)
    assert all(each.cost <= networks for each in found)


def test_groupings_come_the_same_in_every_run() -> None:
    known = Sharing(tuple("abcde"), np.zeros((5, 5)))
    first, again = (best_groupings(known, 3, 6) for _ in range(2))
    assert first == again
    assert first[0].groups == (("a", "b", "c", "d", "e"),)  # of equal scores the fewest networks


def test_heads_cost_whichever_network_they_belong_to() -> None:
    known = random_sharing(4, 0)
    costs = Costs(network=2.0, head=0.5)
    assert costs.of([("a", "b"), ("c",)]) == 5.5
    assert {len(each.groups) for each in best_groupings(known, 6.0, 20, costs)} == {1, 2}
    with pytest.raises(GroupingError, match="no network"):
        best_groupings(known, 3.9, 1, costs)
    with pytest.raises(GroupingError, match="costs more than 0"):
        Costs(network=0)


def test_a_budget_without_a_limit_allows_a_network_for_each() -> None:
    known = random_sharing(4, 1)
    assert len(best_groupings(known, math.inf, 100)) == 15  # the fourth Bell number


@pytest.mark.parametrize("budget", [0, 0.5, -1, math.nan])
def test_a_budget_that_pays_for_nothing_is_refused(budget: float) -> None:
    with pytest.raises(GroupingError, match="budget"):
        best_groupings(random_sharing(3, 0), budget)


def test_as_many_tasks_as_can_share_take_seconds() -> None:
    start = time.process_time()
    found = best_groupings(random_sharing(MAX_TASKS, 2), 5, 10)
    assert time.process_time() - start < 20
    assert len(found) == 10
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


def measured(groups: list[str], score: float, validation: float | None, test: float | None) -> Checked:
    known = Sharing(tuple("abcd"), np.zeros((4, 4)))
    found = grouping(known, groups)
    deltas = [
        DeltaM(percent, {}, "" if percent is not None else "it diverged") for percent in (validation, test)
    ]
    return Checked(type(found)(found.groups, score, found.per_task, found.cost), *deltas)


def test_the_recommendation_is_chosen_on_validation_and_the_regret_is_of_test() -> None:
    checked = [
        measured(["ab", "cd"], 0.9, 2.0, 3.0),  # predicted best
        measured(["ac", "bd"], 0.5, -1.0, 1.0),
        measured(["abcd"], 0.1, 0.0, -1.0),
        measured(["a", "b", "c", "d"], 0.0, -9.0, -9.0),  # more than the budget
    ]
    found = assess(checked, 2)
    assert found.recommended == 1
    assert found.regret == pytest.approx(4.0)
    assert found.correlation == pytest.approx(-1.0)
    assert assess(checked, 4).recommended == 3


def test_what_was_not_measured_is_not_recommended() -> None:
    checked = [measured(["ab", "cd"], 0.9, None, None), measured(["abcd"], 0.1, 5.0, 5.0)]
    found = assess(checked, 2)
    assert (found.correlation, found.regret, found.recommended) == (None, None, 1)
    assert assess(checked[:1], 2).recommended is None


def test_of_equal_groupings_the_cheaper_is_recommended() -> None:
    checked = [measured(["ab", "cd"], 0.9, 1.0, 1.0), measured(["abcd"], 0.1, 1.0, 1.0)]
    assert assess(checked, 2).recommended == 1
