import math

import pytest

from models.taxonomy.comparison import OrderComparison, TargetComparison, compare_tables
from models.taxonomy.table import Transfer


def row(sources: str, target: str, affinity: float | None) -> Transfer:
    return Transfer(tuple(sources.split("+")), target, affinity)


FIRST = [
    row("self", "t", 0.5),
    row("a", "t", 0.4),
    row("b", "t", 0.3),
    row("c", "t", 0.2),
    row("d", "t", 0.1),
    row("a+b", "t", 0.6),
    row("random", "t", 0.05),
    row("a", "u", 0.2),
    row("b", "u", 0.1),
    row("c", "u", None),
    row("a", "v", 0.1),
]
SECOND = [
    row("self", "t", 0.1),
    row("b", "t", 0.8),
    row("a", "t", 0.9),
    row("c", "t", 0.1),
    row("d", "t", 0.7),
    row("b+a", "t", 0.2),
    row("random", "t", 0.6),
    row("a", "u", 0.1),
    row("b", "u", 0.2),
    row("c", "u", 0.3),
    row("a", "w", 0.1),
]


def test_orders_targets_and_best_sources_are_compared_as_worked_out_by_hand() -> None:
    found = compare_tables(FIRST, SECOND)
    # t, order 1: a b c d rank 4 3 2 1 and 4 3 1 2: spearman 1 - 6 * 2 / 60, one of six pairs discordant
    # u: two common transfers, too few
    # t with a+b: 5 4 3 2 1 and 2 5 4 1 3 for a+b, a, b, c, d: squares 9 + 1 + 1 + 1 + 4, 5 of 10 pairs discordant
    assert found.targets == (
        TargetComparison("t", 5, pytest.approx(1 - 6 * 16 / 120), pytest.approx(0.2), ("a", "a"), True),
        TargetComparison("u", 2, None, None, ("a", "b"), False),
    )
    # order 1 together: affinities 4 3 2 1 (t), 2 1 (u) against 9 8 1 7 (t), 1 2 (u)
    first, second = found.orders
    assert (first.order, first.transfers, first.targets) == (1, 6, 1)
    assert (first.mean_spearman, first.mean_kendall) == (pytest.approx(0.8), pytest.approx(4 / 6))
    # mean ranks 6 5 3.5 1.5 3.5 1.5 and 6 5 1.5 4 1.5 3: products 8.5, deviations 16.5 and 17
    assert first.spearman == pytest.approx(8.5 / math.sqrt(16.5 * 17))
    assert second == OrderComparison(2, 1, None, None, None, None, 0)
    assert (found.overall.order, found.overall.transfers) == (None, 7)
    assert found.overall.mean_spearman == pytest.approx(0.2)
    assert found.alone == (1, 2)
    assert found.same_best == 0.5


def test_a_table_agrees_wholly_with_itself() -> None:
    found = compare_tables(FIRST, FIRST, include_self=True, include_random=True)
    assert (
        found.overall.spearman == found.overall.kendall == found.overall.mean_spearman == pytest.approx(1.0)
    )
    assert found.alone == (0, 0)
    assert found.same_best == 1.0
    assert found.overall.transfers == 10


@pytest.mark.parametrize(
    ("chosen", "transfers", "best"),
    [
        ({}, 5, ("a", "a")),
        ({"include_random": True}, 6, ("a", "a")),
        ({"include_self": True}, 6, ("self", "a")),
        ({"include_self": True, "include_random": True}, 7, ("self", "a")),
    ],
)
def test_reserved_sources_count_where_they_are_asked_for(chosen, transfers, best) -> None:
    target = compare_tables(FIRST, SECOND, **chosen).targets[0]
    assert (target.transfers, target.best) == (transfers, best)


def test_the_papers_names_are_ours() -> None:
    ours = [
        row("depth", "normals", 0.3),
        row("edges_2d", "normals", 0.2),
        row("depth+edges_2d", "normals", 0.5),
    ]
    papers = [
        row("rgb2depth", "rgb2sfnorm", 0.2),
        row("edge2d", "rgb2sfnorm", 0.1),
        row("edge2d+rgb2depth", "rgb2sfnorm", 0.9),
        row("rgb2sfnorm", "rgb2sfnorm", 0.8),
    ]
    found = compare_tables(papers, ours)
    (target,) = found.targets
    assert (target.target, target.transfers, target.best) == ("normals", 3, ("depth", "depth"))
    assert target.spearman == pytest.approx(1.0)
    assert found.alone == (0, 0), "the target's own task is left out with `self`"
    assert compare_tables(papers, ours, include_self=True).alone == (1, 0)


def test_a_table_that_uses_both_names_keeps_them_apart() -> None:
    table = [row("depth", "t", 0.3), row("rgb2depth", "t", 0.2), row("edge2d", "t", 0.1)]
    found = compare_tables(table, table)
    assert found.overall.transfers == 3
    assert compare_tables(table, [row("edges_2d", "t", 0.1)]).overall.transfers == 1


def test_equal_affinities_share_the_first_place() -> None:
    tied = [row("a", "t", 0.4), row("b", "t", 0.4), row("c", "t", 0.1)]
    other = [row("a", "t", 0.1), row("b", "t", 0.4), row("c", "t", 0.2)]
    (target,) = compare_tables(tied, other).targets
    assert (target.best, target.same_best) == (("a", "b"), True)


def test_what_has_nothing_in_common_says_nothing() -> None:
    found = compare_tables([row("a", "t", 0.1), row("b", "t", math.nan)], [row("b", "t", 0.1)])
    assert found.overall == OrderComparison(None, 0, None, None, None, None, 0)
    assert (found.targets, found.orders, found.alone, found.same_best) == ((), (), (1, 1), None)
    assert compare_tables([], []).overall.transfers == 0
    higher = [row("a+b", "t", 0.5)]
    (target,) = compare_tables(higher, higher).targets
    assert (target.best, target.same_best) == (None, None)
