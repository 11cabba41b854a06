from itertools import permutations

import pytest

from models.taxonomy.clusters import GROUPS, MAX_PERMUTATIONS, NoClusters, clustering
from models.taxonomy.similarity import Node, Tree, similarity_tree
from tests.unit.models.taxonomy.brute_force import published_table

LEAF = Node("", 0.0)
TREE = Tree(
    ("a", "b", "c", "d", "e"),
    # a and b join at 1, c and d at 2, the four at 5, all at 6
    ((0, 1, 1.0, 2), (2, 3, 2.0, 2), (5, 6, 5.0, 4), (4, 7, 6.0, 5)),
    LEAF,
)
COPHENETIC = {
    frozenset("ab"): 1.0,
    frozenset("cd"): 2.0,
    **{frozenset((left, right)): 5.0 for left in "ab" for right in "cd"},
    **{frozenset((name, "e")): 6.0 for name in "abcd"},
}


def statistic(labels: dict[str, str]) -> float:
    """Mean distance between groups less that within, pair by pair."""
    within = [far for pair, far in COPHENETIC.items() if len({labels[name] for name in pair}) == 1]
    between = [far for pair, far in COPHENETIC.items() if len({labels[name] for name in pair}) == 2]
    return sum(between) / len(between) - sum(within) / len(within)


@pytest.mark.parametrize("labels", ["xxyyy", "xyxyx", "xxyyz", "xxxxy"])
def test_p_value_is_that_of_dealing_the_groups_out_in_every_way(labels: str) -> None:
    groups = dict(zip(TREE.names, labels, strict=True))
    observed = statistic(groups)
    ways = [statistic(dict(zip(TREE.names, dealt, strict=True))) for dealt in permutations(labels)]
    exact = sum(way >= observed - 1e-9 for way in ways) / len(ways)
    found = clustering(TREE, groups, permutations=4000, seed=2)
    assert found.statistic == pytest.approx(observed)
    assert found.statistic == pytest.approx(found.between - found.within)
    assert found.p_value == pytest.approx(exact, abs=0.04)


def test_each_group_is_tested_by_itself() -> None:
    found = clustering(TREE, dict(zip("abcde", "xxyyz", strict=True)), permutations=4000)
    assert [(each.group, each.tasks, each.within) for each in found.clusters] == [
        ("x", ("a", "b"), 1.0),
        ("y", ("c", "d"), 2.0),
        ("z", ("e",), None),
    ]
    first, second, alone = (each.p_value for each in found.clusters)
    assert first == pytest.approx(1 / 10, abs=0.03)
    assert second == pytest.approx(2 / 10, abs=0.03)
    assert alone is None


def test_p_value_is_never_zero() -> None:
    found = clustering(TREE, dict(zip("abcd", "xxyy", strict=True)), permutations=1)
    assert found.p_value in {0.5, 1.0}


def test_tasks_without_a_group_do_not_count() -> None:
    found = clustering(TREE, dict(zip("abcd", "xxyy", strict=True)))
    assert found.ungrouped == ("e",)
    assert (found.within, found.between) == (1.5, 5.0)


def test_equal_seeds_give_equal_answers() -> None:
    groups = dict(zip("abcde", "xyxyx", strict=True))
    results = [clustering(TREE, groups, permutations=2500, seed=seed) for seed in (7, 7, 8)]
    assert results[0] == results[1]
    assert results[0].clusters != results[2].clusters


@pytest.mark.parametrize("groups", [{}, {"a": "x"}, {"a": "x", "b": "y"}, dict.fromkeys("abcde", "x")])
def test_it_takes_pairs_of_one_group_and_of_two(groups: dict[str, str]) -> None:
    with pytest.raises(NoClusters):
        clustering(TREE, groups)


def test_tree_of_one_task_has_no_groups_to_compare() -> None:
    with pytest.raises(NoClusters):
        clustering(Tree(("a",), (), Node("a", 0.0)), {"a": "x"})


@pytest.mark.parametrize("number", [0, MAX_PERMUTATIONS + 1])
def test_number_of_permutations_is_bounded(number: int) -> None:
    with pytest.raises(ValueError, match="permutations"):
        clustering(TREE, dict.fromkeys("abcde", "x"), permutations=number)


def test_groups_are_known_by_both_names_of_a_task() -> None:
    assert GROUPS["depth"] == GROUPS["rgb2depth"] == "3d"


@pytest.mark.science
def test_released_affinities_group_tasks_better_than_chance() -> None:
    found = clustering(similarity_tree(published_table()))
    assert found.p_value < 0.01
    assert {each.group for each in found.clusters if (each.p_value or 1) < 0.01} == {
        "2d",
        "3d",
        "low-dim",
        "semantic",
    }
    assert found.ungrouped == ("class_selected",)
