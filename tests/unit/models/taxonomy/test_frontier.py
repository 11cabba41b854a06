import pytest
from hypothesis import assume, given, settings

from models.taxonomy.explain import explain
from models.taxonomy.frontier import frontier
from models.taxonomy.options import Options
from models.taxonomy.program import solve
from models.taxonomy.table import Transfer
from tests.unit.models.taxonomy.brute_force import published_table, questions, tables


def row(sources: str, target: str, affinity: float) -> Transfer:
    return Transfer(tuple(sources.split("+")), target, affinity)


@given(tables())
@settings(max_examples=12, deadline=None)
def test_every_point_is_the_taxonomy_of_its_budget(rows: list[Transfer]) -> None:
    points = frontier(rows)
    assert [point.budget for point in points] == list(range(1, len(sources(rows)) + 1))
    for point in points:
        taxonomy = solve(rows, Options(budget=point.budget))
        assert point.optimal
        assert (point.objective, point.sources) == (taxonomy.best.objective, taxonomy.best.sources)


def test_larger_budgets_are_never_worse_where_all_targets_are_served() -> None:
    rows = [
        row(source, target, value)
        for source, value in zip("abcd", (0.4, 0.3, 0.2, 0.1), strict=True)
        for target in "tu"
    ]
    rows += [row("c+d", "t", 0.9)]
    points = frontier(rows)
    assert [point.objective for point in points] == pytest.approx([0.8, 1.1, 1.3, 1.3])
    assert [point.sources for point in points] == [("a",), ("c", "d"), ("a", "c", "d"), ("a", "c", "d")]


def test_order_limits_the_frontier() -> None:
    rows = [row("a", "t", 0.1), row("a+b", "t", 0.9)]
    assert [point.objective for point in frontier(rows, max_order=1)] == [0.1, 0.1]
    assert [point.objective for point in frontier(rows)] == [0.1, 0.9]


def test_frontier_out_of_time_says_so() -> None:
    points = frontier([row("a", "t", 0.1), row("b", "u", 0.1)], time_limit_s=0)
    assert [point.optimal for point in points] == [False, False]


def test_table_without_sources_has_an_empty_frontier() -> None:
    assert frontier([]) == []
    assert frontier([row("self", "t", 0.5)]) == []


@pytest.mark.slow
@pytest.mark.science
def test_frontier_of_the_released_affinities_rises_and_is_proven() -> None:
    points = frontier(published_table())
    assert [point.budget for point in points] == list(range(1, 28))
    assert all(point.optimal for point in points)
    objectives = [point.objective for point in points]
    assert objectives == sorted(objectives)
    assert objectives[3] == pytest.approx(2.001464, abs=5e-7)
    assert objectives[7] == pytest.approx(2.279443, abs=5e-7)
    assert objectives[19] == pytest.approx(2.472797, abs=5e-7)
    assert len(points[-1].sources) == 22


def sources(rows: list[Transfer]) -> set[str]:
    return {source for each in rows for source in each.sources} - {"self"}


@given(questions())
@settings(max_examples=25, deadline=None)
def test_worth_of_a_source_is_what_the_others_alone_would_lack(
    question: tuple[list[Transfer], Options],
) -> None:
    rows, options = question
    assume(rows)
    best = solve(rows, options).best
    explanation = explain(rows, options, best)
    assert {worth.source for worth in explanation.sources} == set(best.sources)
    assert {runner.target for runner in explanation.targets} == {each.target for each in best.transfers}
    for worth in explanation.sources:
        without = best.objective - worth.loss
        kept = tuple(source for source in best.sources if source not in {worth.source, "random"})
        if options.include_random and worth.source != "random" and "random" in best.sources:
            continue  # whether the encoder is used cannot be asked for by name
        alone = Options(
            budget=1e9,
            max_order=options.max_order,
            targets=options.targets,
            sources=kept or None,
            exclude_sources=() if kept else tuple(sources(rows)),
            importance=options.importance,
            include_self=options.include_self,
            min_quality=options.min_quality,
        )
        assert solve(rows, alone).best.objective == pytest.approx(without, abs=1e-9)


def test_runner_up_is_the_second_best_of_what_the_chosen_sources_allow() -> None:
    rows = [row("a", "t", 0.9), row("b", "t", 0.4), row("c", "t", 0.8), row("b", "u", 0.5)]
    options = Options(budget=2)
    explanation = explain(rows, options, solve(rows, options).best)
    t, u = explanation.targets
    assert (t.target, t.transfer, u.target, u.transfer) == ("t", rows[1], "u", None)
    assert (t.loss, u.loss) == (pytest.approx(0.5), 0.5)
    assert [(worth.source, worth.targets, worth.lost_targets) for worth in explanation.sources] == [
        ("a", ("t",), ()),
        ("b", ("u",), ("u",)),
    ]
