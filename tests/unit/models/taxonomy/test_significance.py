import math
from itertools import combinations, product

import numpy as np
import pytest

from models.taxonomy import significance as module
from models.taxonomy.options import InfeasibleBudget, InvalidNumber, Options, UnknownName
from models.taxonomy.significance import LEVELS, Comparison, significance
from models.taxonomy.table import Transfer
from tests.unit.models.taxonomy.brute_force import published_table

SAMPLES = 4000


def row(sources: str, target: str, affinity: float | None, gain: float | None = None) -> Transfer:
    return Transfer(tuple(sources.split("+")), target, affinity, gain=gain)


TABLE = [
    row("self", "a", 0.9, 0.2),
    row("b", "a", 0.4, 0.6),
    row("c", "a", 0.1, 0.1),
    row("b+c", "a", 0.5),
    row("a", "t", 0.7, 0.7),
    row("b", "t", 0.2, 0.3),
    row("c", "t", 0.3, 0.9),
    row("a+c", "t", 0.6, 0.8),
]


def expected(budget: int, *, wired: bool) -> dict[float, float]:
    """Probability of every objective, by trying every set of sources and every way to connect them."""
    shares: dict[float, float] = {}
    sets = list(combinations("abc", budget))
    for chosen in sets:
        ways = [
            [
                each.affinity
                for each in TABLE
                if each.target == target
                and ({target} if each.sources == ("self",) else set(each.sources)) <= set(chosen)
            ]
            for target in "at"
        ]
        if wired:
            ways = [[max(way)] for way in ways]
        for values in product(*ways):
            objective = round(sum(values), 9)
            share = 1 / len(sets) / math.prod(len(way) for way in ways)
            shares[objective] = shares.get(objective, 0.0) + share
    return shares


@pytest.mark.parametrize("wired", [False, True])
@pytest.mark.parametrize("budget", [1, 2, 3])
def test_random_taxonomies_are_distributed_as_trying_all_of_them_says(budget: int, wired: bool) -> None:
    shares = expected(budget, wired=wired)
    found = significance(TABLE, Options(budget=budget), samples=SAMPLES, seed=1)
    control = found.wired if wired else found.random
    assert (found.samples, found.drawn) == (SAMPLES, SAMPLES)
    assert control.objective is not None
    best = max(expected(budget, wired=True))
    assert control.objective.optimum == pytest.approx(best)
    mean = sum(value * share for value, share in shares.items())
    spread = math.sqrt(sum(share * (value - mean) ** 2 for value, share in shares.items()))
    assert control.objective.mean == pytest.approx(mean, abs=5 * spread / math.sqrt(SAMPLES) + 1e-9)
    beaten = sum(share for value, share in shares.items() if value < best - 1e-6)
    assert control.objective.percentile == pytest.approx(100 * beaten, abs=5)
    assert control.objective.quantiles[0] == pytest.approx(min(shares))
    assert control.objective.quantiles[-1] == pytest.approx(max(shares))


def test_gain_is_the_mean_over_targets_whose_transfer_has_one() -> None:
    found = significance(TABLE, Options(budget=3, include_self=False), samples=50)
    assert found.wired.gain is not None
    # `a` takes b+c, whose gain was not measured, and `t` takes a.
    assert (found.wired.gain.optimum, found.wired.gain.mean) == (pytest.approx(0.7), pytest.approx(0.7))
    assert found.wired.quality is found.random.quality is None


def test_predictions_are_correlated_with_what_was_measured_over_the_random_taxonomies() -> None:
    table = [
        Transfer((source,), target, affinity, gain=gain, quality=1 - gain)
        for target in "tu"
        for source, affinity, gain in (("a", 0.9, 0.1), ("b", 0.5, 0.2), ("c", 0.2, 0.7), ("d", 0.1, 0.8))
    ]
    found = significance(table, Options(budget=1), samples=100)
    # one source serves both targets: the more affinity, the less gain and the more quality
    assert found.random.gain_correlation == found.wired.gain_correlation == pytest.approx(-1.0)
    assert found.random.quality_correlation == found.wired.quality_correlation == pytest.approx(1.0)


def test_correlation_of_what_was_not_measured_or_never_differs_is_unknown() -> None:
    ungraded = significance([row("a", "t", 0.2), row("b", "t", 0.1)], Options(budget=1), samples=50)
    assert ungraded.random.gain_correlation is ungraded.random.quality_correlation is None
    alone = significance([row("a", "t", 0.5, 0.5)], Options(budget=1), samples=50)
    assert alone.random.gain_correlation is None
    few = significance(
        [row("a", "t", 0.5, 0.5), row("b", "t", 0.1, 0.2)], Options(budget=1), samples=2, seed=1
    )
    assert few.random.gain_correlation is None


def test_equal_taxonomies_are_not_beaten() -> None:
    everything = significance(TABLE, Options(budget=3), samples=99).wired.objective
    assert everything is not None
    assert (everything.percentile, everything.p_value) == (0.0, 1.0)
    alone = significance([row("a", "t", 0.5, 0.5)], Options(budget=1), samples=10).random
    assert alone.objective == Comparison(0.5, 0.5, (0.5,) * len(LEVELS), 0.0, 1.0)


def test_p_value_counts_the_optimum_itself() -> None:
    table = [row("a", "t", 1.0), *(row(f"s{place:03}", "t", 0.0) for place in range(200))]
    found = significance(table, Options(budget=1), samples=5, seed=3).random.objective
    assert found is not None
    assert (found.percentile, found.p_value) == (100.0, pytest.approx(1 / 6))


def test_equal_seeds_give_equal_answers_and_others_do_not() -> None:
    def drawn(seed: int) -> object:
        found = significance(TABLE, Options(budget=2), samples=200, seed=seed)
        return found.random, found.wired, found.drawn

    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)


def test_small_batches_find_as_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 56)
    found = significance(TABLE, Options(budget=2), samples=SAMPLES, seed=1)
    mean = sum(value * share for value, share in expected(2, wired=False).items())
    assert found.samples == SAMPLES
    assert found.random.objective is not None
    assert found.random.objective.mean == pytest.approx(mean, abs=0.03)


def test_sets_that_serve_fewer_targets_are_drawn_again() -> None:
    table = [row("a", "t", 0.5), row("a", "u", 0.1), row("b", "t", 0.9), row("c", "t", 0.8)]
    found = significance(table, Options(budget=1), samples=200, seed=2)
    assert found.taxonomy.best.sources == ("a",)
    assert found.samples == 200
    assert 300 < found.drawn < 1200
    assert found.random.objective is not None
    assert found.random.objective.quantiles == pytest.approx((0.6,) * len(LEVELS))


def test_feasible_sets_that_are_rare_are_given_up() -> None:
    table = [row("a+b+c", "t", 0.5), *(row(f"s{place:03}", "u", 0.1) for place in range(150))]
    found = significance(table, Options(budget=4), samples=3, seed=0)
    assert len(found.taxonomy.best.transfers) == 2
    assert (found.samples, found.drawn) == (0, 150)
    assert found.random.objective is found.wired.objective is None


def test_budget_of_nothing_leaves_nothing_to_beat() -> None:
    found = significance(TABLE, Options(budget=0), samples=20)
    assert found.taxonomy.best.unreachable == ("a", "t")
    assert found.random.objective == Comparison(0.0, 0.0, (0.0,) * len(LEVELS), 0.0, 1.0)
    assert found.random.gain is None


def test_table_without_transfers_has_nothing_to_compare() -> None:
    found = significance([row("self", "a", None)], Options(budget=1), samples=5)
    assert found.random.objective is not None
    assert found.random.objective.percentile == 0.0


@pytest.mark.parametrize("scale", [1.0, 1e-200])
def test_random_sets_fit_their_costs_and_nothing_more_would_fit(scale: float) -> None:
    costs = {"a": 3 * scale, "b": 2 * scale, "c": 1 * scale}
    table = [row("a", "t", 4.0), row("b", "t", 2.0), row("c", "t", 1.0)]
    found = significance(table, Options(budget=3 * scale, costs=costs), samples=600, seed=4).wired.objective
    assert found is not None
    # The sets are {a} where a comes first of the three, else {b, c}.
    assert set(found.quantiles) == {2.0, 4.0}
    assert found.percentile == pytest.approx(100 * 2 / 3, abs=8)


def test_required_sources_and_a_random_encoder_are_in_every_set() -> None:
    table = [row("a", "t", 0.3), row("b", "t", 0.2), row("random", "t", 0.1)]
    options = Options(budget=1, require_sources=("b",), include_random=True)
    found = significance(table, options, samples=300)
    assert found.wired.objective is not None
    assert found.wired.objective.quantiles == (0.2,) * len(LEVELS)
    assert found.random.objective is not None
    assert found.random.objective.mean == pytest.approx(0.15, abs=0.02)


def test_bad_questions_are_named() -> None:
    with pytest.raises(InvalidNumber, match="/samples"):
        significance(TABLE, Options(budget=1), samples=0)
    with pytest.raises(InvalidNumber, match="/samples"):
        significance(TABLE, Options(budget=1), samples=module.MAX_WORK)
    with pytest.raises(UnknownName):
        significance(TABLE, Options(budget=1, targets=("x",)))
    with pytest.raises(InfeasibleBudget):
        significance(TABLE, Options(budget=0, require_sources=("a",)))


@pytest.mark.science
@pytest.mark.parametrize("order", [1, 4])
def test_released_taxonomies_are_above_the_99th_percentile_of_random_ones(order: int) -> None:
    table = published_table()
    for budget in range(2, 11):
        found = significance(table, Options(budget=budget, max_order=order))
        assert found.samples == 1000
        assert found.random.objective is not None
        assert found.wired.objective is not None
        assert found.random.objective.percentile > 99
        assert found.wired.objective.percentile > 99
        assert np.all(np.diff(found.random.objective.quantiles) >= 0)
