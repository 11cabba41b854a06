from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from scipy.optimize import Bounds, LinearConstraint, milp

from models.taxonomy import choices
from models.taxonomy.options import (
    ContradictoryOptions,
    InfeasibleBudget,
    InvalidNumber,
    Options,
    UnknownName,
)
from models.taxonomy.program import solve
from models.taxonomy.table import Transfer
from tests.unit.models.taxonomy.brute_force import all_sets, objective, published_table, questions

PAPER_ORDER = (
    "denoise",
    "edge2d",
    "rgb2sfnorm",
    "keypoint2d",
    "autoencoder",
    "keypoint3d",
    "class_places",
    "vanishing_point_well_defined",
)


@pytest.fixture(scope="module")
def released() -> list[Transfer]:
    return published_table()


def row(sources: str, target: str, affinity: float | None, quality: float | None = None) -> Transfer:
    return Transfer(tuple(sources.split("+")), target, affinity, quality=quality)


@given(questions())
@settings(max_examples=100, deadline=None)
def test_taxonomy_is_what_trying_every_set_of_sources_finds(question: tuple[list[Transfer], Options]) -> None:
    table, options = question
    assume(table)
    expected = all_sets(table, options)
    taxonomy = solve(table, options)

    chosen, best = expected[0]
    assert taxonomy.optimal
    assert taxonomy.complete
    assert taxonomy.gap == 0
    assert taxonomy.best.objective == pytest.approx(objective(best, options), abs=1e-9)
    assert {each.target: each for each in taxonomy.best.transfers} == best
    assert taxonomy.best.cost <= options.budget + 1e-12
    if best:
        assert taxonomy.best.sources == chosen
        found = [each.sources for each in taxonomy.alternatives]
        assert found == [each for each, _ in expected[1 : options.alternatives]]


@pytest.mark.parametrize("effort", [0, 2, 4])
@given(question=questions())
@settings(max_examples=20, deadline=None)
def test_leaving_out_transfers_by_any_effort_changes_nothing(
    effort: int, question: tuple[list[Transfer], Options]
) -> None:
    table, options = question
    assume(table)
    full = solve(table, options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choices, "_EFFORT", effort)
        other = solve(table, options)
    assert (other.best, other.alternatives) == (full.best, full.alternatives)


def test_large_tables_are_answered_near_their_time_limit() -> None:
    generator = np.random.default_rng(1)
    names = [f"s{number:03}" for number in range(200)]
    sets = {tuple(sorted(generator.choice(names, 3, replace=False))) for _ in range(4000)}
    table = [Transfer(each, f"t{target}", float(generator.random())) for each in sets for target in range(4)]
    taxonomy = solve(table, Options(budget=20, time_limit_s=0.5))
    assert taxonomy.seconds < 20
    assert taxonomy.best.cost <= 20


@given(questions())
@settings(max_examples=25, deadline=None)
def test_order_of_the_rows_changes_nothing(question: tuple[list[Transfer], Options]) -> None:
    table, options = question
    assume(table)
    first, second = solve(table, options), solve(table[::-1], options)
    assert (first.best, first.alternatives) == (second.best, second.alternatives)


@pytest.mark.science
@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (1, 0.936660),
        (2, 1.534773),
        (3, 1.799127),
        (4, 2.001464),
        (6, 2.179177),
        (8, 2.279443),
        (20, 2.472797),
    ],
)
def test_released_affinities_give_the_known_taxonomies(
    released: list[Transfer], budget: int, expected: float
) -> None:
    taxonomy = solve(released, Options(budget=budget))
    assert taxonomy.optimal
    assert taxonomy.best.objective == pytest.approx(expected, abs=5e-7)
    assert len(taxonomy.best.transfers) == 22
    if budget <= 8:
        assert set(taxonomy.best.sources) == set(PAPER_ORDER[:budget])


@pytest.mark.science
@pytest.mark.parametrize(("budget", "order"), [(3, 4), (5, 2), (12, 1)])
def test_the_papers_own_program_agrees(released: list[Transfer], budget: int, order: int) -> None:
    taxonomy = solve(released, Options(budget=budget, max_order=order))
    assert taxonomy.best.objective == pytest.approx(paper_program(released, budget, order), abs=1e-7)


def paper_program(table: list[Transfer], budget: int, order: int) -> float:
    """One row per transfer, as Eq. 6 is printed, by another front end than the one under test."""
    nodes = sorted({source for each in table for source in each.sources} - {"self", "random"})
    edges = [
        ({each.target} if each.sources == ("self",) else set(each.sources), each.target, each.affinity)
        for each in table
        if each.affinity is not None
        and each.target not in each.sources
        and "random" not in each.sources
        and each.order <= order
    ]
    targets = sorted({target for _, target, _ in edges})
    width = len(edges) + len(nodes)
    needs = np.zeros((len(edges), width))
    into = np.zeros((len(targets), width))
    for position, (sources, target, _) in enumerate(edges):
        needs[position, position] = len(sources)
        into[targets.index(target), position] = 1
        for source in sources:
            needs[position, len(edges) + nodes.index(source)] = -1
    spent = np.concatenate([np.zeros(len(edges)), np.ones(len(nodes))])[None]
    value = np.concatenate([[affinity for *_, affinity in edges], np.zeros(len(nodes))])
    found = milp(
        -value,
        constraints=[
            LinearConstraint(needs, ub=0),
            LinearConstraint(into, 1, 1),
            LinearConstraint(spent, ub=budget),
        ],
        integrality=np.ones(width),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0},
    )
    assert found.success
    return -found.fun


def test_of_equal_sets_the_smaller_then_the_earlier_name_is_chosen() -> None:
    table = [
        row("b", "t", 0.5),
        row("c", "t", 0.5),
        row("a+d", "t", 0.5),
        row("d", "u", 0.0),
        row("b", "u", 0.0),
    ]
    assert solve(table, Options(budget=3)).best.sources == ("b",)
    assert solve(table, Options(budget=3, exclude_sources=("b",))).best.sources == ("a", "d")


def test_sums_that_rounding_alone_tells_apart_are_equal() -> None:
    table = [row("b", "t", 0.1), row("b", "u", 0.2), row("a", "t", 0.3), row("a", "u", 0.0)]
    assert 0.1 + 0.2 > 0.3
    assert solve(table, Options(budget=1)).best.sources == ("a",)


def test_many_equal_sources_are_told_apart_by_name_across_proofs() -> None:
    names = [f"s{number:02}" for number in range(20)]
    table = [row(name, target, 0.5) for target in "tuv" for name in names]
    taxonomy = solve(table, Options(budget=3, alternatives=3))
    assert taxonomy.best.sources == ("s00",)
    assert [each.sources for each in taxonomy.alternatives] == [("s01",), ("s02",)]


def test_source_of_the_last_names_is_found_among_equals_that_come_in_pairs() -> None:
    names = [f"s{number:02}" for number in range(18)]
    pairs = [
        row(f"{left}+{right}", "t", 0.5) for left, right in zip(names[::-1], names[-2::-1], strict=False)
    ]
    assert solve([*pairs, row("s17", "u", 0.1)], Options(budget=2)).best.sources == ("s16", "s17")


def test_self_serves_its_target_only_where_the_task_is_chosen() -> None:
    table = [row("self", "a", 0.9), row("b", "a", 0.1), row("a", "b", 0.2), row("self", "b", 0.3)]
    best = solve(table, Options(budget=1)).best
    assert best.sources == ("a",)
    assert {each.target: each.sources for each in best.transfers} == {"a": ("self",), "b": ("a",)}
    without = solve(table, Options(budget=2, include_self=False)).best
    assert {each.target: each.sources for each in without.transfers} == {"a": ("b",), "b": ("a",)}


def test_every_target_is_served_before_the_objective_is_looked_at() -> None:
    table = [row("a", "t", 0.9), row("b", "t", 0.1), row("b", "u", 0.1)]
    best = solve(table, Options(budget=1)).best
    assert best.sources == ("b",)
    assert best.unreachable == ()


def test_target_that_nothing_reaches_does_not_make_others_fail() -> None:
    table = [row("a", "t", 0.5), row("t", "t", 0.9), row("b+c", "u", 0.5), row("a", "v", None)]
    best = solve(table, Options(budget=1)).best
    assert best.unreachable == ("u", "v")
    assert best.objective == 0.5
    assert solve(table, Options(budget=3)).best.unreachable == ("v",)


def test_random_costs_nothing_and_is_left_out_unless_asked_for() -> None:
    table = [row("random", "t", 0.5), row("a", "t", 0.4)]
    assert solve(table, Options(budget=1)).best.sources == ("a",)
    free = solve(table, Options(budget=0, include_random=True, sources=("a",))).best
    assert (free.sources, free.cost, free.objective) == (("random",), 0, 0.5)


def test_quality_to_reach_forbids_transfers_below_it_and_those_not_measured() -> None:
    table = [row("a", "t", 0.9, 0.1), row("b", "t", 0.5, 0.4), row("c", "t", 0.7, None)]
    assert solve(table, Options(budget=1, min_quality={"t": 0.4})).best.sources == ("b",)
    assert solve(table, Options(budget=3, min_quality={"t": 0.5})).best.unreachable == ("t",)


def test_costs_are_added_as_they_are_written() -> None:
    table = [row("a+b", "t", 0.5)]
    best = solve(table, Options(budget=0.3, costs={"a": 0.1, "b": 0.2})).best
    assert best.sources == ("a", "b")
    assert best.cost == 0.3


def test_importance_of_any_scale_keeps_the_proof() -> None:
    table = [row("a", "t", 0.5), row("b", "u", 0.5), row("b", "t", 0.4), row("a", "u", 0.1)]
    for scale in (1e-9, 1.0, 1e9):
        taxonomy = solve(table, Options(budget=1, importance={"t": scale, "u": 2 * scale}))
        assert taxonomy.optimal
        assert taxonomy.best.sources == ("b",)
        assert taxonomy.best.objective == pytest.approx(1.4 * scale)


def test_out_of_time_answers_with_a_valid_taxonomy_that_does_not_claim_to_be_optimal(
    released: list[Transfer],
) -> None:
    best = solve(released, Options(budget=6)).best.objective
    for limit in (0, 1e-3, 0.05):
        taxonomy = solve(released, Options(budget=6, time_limit_s=limit))
        if limit == 0:
            assert not taxonomy.optimal
            assert not taxonomy.complete
        assert taxonomy.best.cost <= 6
        assert taxonomy.best.objective <= best + 1e-9
        assert taxonomy.best.objective >= best * (1 - taxonomy.gap) - 1e-9
        assert (taxonomy.gap == 0) or not taxonomy.optimal


def test_time_limit_holds_on_a_program_that_takes_longer() -> None:
    generator = np.random.default_rng(0)
    names = [f"s{number:03}" for number in range(120)]
    table = [
        row(name, f"t{target}", float(value))
        for target in range(60)
        for name, value in zip(names, generator.random(120), strict=True)
    ]
    taxonomy = solve(table, Options(budget=10, time_limit_s=1.0))
    assert taxonomy.seconds < 10
    assert not taxonomy.optimal
    assert 0 < taxonomy.gap < 1
    assert len(taxonomy.best.transfers) == 60


@pytest.mark.parametrize(
    ("options", "error", "pointer"),
    [
        (Options(budget=1, targets=("t", "x")), UnknownName, "/targets/1"),
        (Options(budget=1, sources=("x",)), UnknownName, "/sources/0"),
        (Options(budget=1, sources=("self",)), UnknownName, "/sources/0"),
        (Options(budget=1, require_sources=("x",)), UnknownName, "/require_sources/0"),
        (Options(budget=1, exclude_sources=("x",)), UnknownName, "/exclude_sources/0"),
        (Options(budget=1, costs={"x": 1}), UnknownName, "/costs/x"),
        (Options(budget=1, importance={"a": 1}), UnknownName, "/importance/a"),
        (Options(budget=1, min_quality={"x": 0.5}), UnknownName, "/min_quality/x"),
        (Options(budget=1, costs={"random": 1}), InvalidNumber, "/costs/random"),
        (
            Options(budget=1, require_sources=("a",), exclude_sources=("a",)),
            ContradictoryOptions,
            "/require_sources/0",
        ),
        (Options(budget=1, require_sources=("random",)), ContradictoryOptions, "/require_sources/0"),
        (Options(budget=1, require_sources=("a", "b")), InfeasibleBudget, "/budget"),
    ],
)
def test_options_at_odds_with_the_table_are_named(
    options: Options, error: type[Exception], pointer: str
) -> None:
    table = [row("a", "t", 0.5), row("b", "t", 0.5), row("random", "t", 0.1)]
    with pytest.raises(error) as caught:
        solve(table, options)
    assert caught.value.pointer == pointer


@pytest.mark.parametrize(
    "change",
    [
        {"budget": -1},
        {"budget": float("nan")},
        {"costs": {"a": float("inf")}},
        {"importance": {"t": -0.1}},
        {"max_order": 0},
        {"alternatives": 0},
        {"time_limit_s": -1},
    ],
)
def test_numbers_out_of_range_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidNumber):
        replace(Options(budget=1), **change)
