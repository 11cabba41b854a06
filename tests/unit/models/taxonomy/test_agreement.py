import numpy as np
import pytest
from scipy import stats

from models.taxonomy.agreement import agreement
from models.taxonomy.correlation import ranks, spearman, weighted_kendall


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_correlations_are_those_of_scipy(seed, tied):
    generator = np.random.default_rng(seed)
    one, other = generator.normal(size=(2, 14))
    if tied:
        one, other = one.round(), other.round()
    assert spearman(one, other) == pytest.approx(stats.spearmanr(one, other).statistic)
    assert weighted_kendall(one, other) == pytest.approx(stats.weightedtau(one, other).statistic)
    np.testing.assert_allclose(ranks(one), stats.rankdata(one))


def test_equal_rankings_correlate_fully_and_reversed_ones_not_at_all():
    values = np.array([0.3, 0.1, 0.9, 0.5])
    assert spearman(values, np.exp(values)) == weighted_kendall(values, np.exp(values)) == 1.0
    assert spearman(values, -values) == weighted_kendall(values, -values) == -1.0


def test_a_mistake_among_the_best_costs_more_than_one_among_the_worst():
    measured = [6, 5, 4, 3, 2, 1]
    best, worst = [5, 6, 4, 3, 2, 1], [6, 5, 4, 3, 1, 2]
    assert spearman(best, measured) == pytest.approx(spearman(worst, measured))
    assert weighted_kendall(best, measured) < weighted_kendall(worst, measured)


@pytest.mark.parametrize(
    "values", [([1, 2], [1, 2]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [2, 2, 2]), ([], [])]
)
def test_too_few_or_equal_numbers_have_no_correlation(values):
    assert spearman(*values) is None
    assert weighted_kendall(*values) is None


def test_agreement_compares_what_both_know_target_by_target():
    scores = [[1.0, 2.0, 3.0, np.nan], [3.0, 2.0, 1.0, 0.0], [np.nan] * 4]
    affinities = [[0.1, 0.2, 0.3, 0.9], [0.1, 0.2, 0.3, np.nan], [0.1, 0.2, 0.3, 0.4]]
    found = agreement(["a", "b", "c"], scores, affinities)
    assert [(each.target, each.sources, each.spearman) for each in found.targets] == [
        ("a", 3, 1.0),
        ("b", 3, -1.0),
        ("c", 0, None),
    ]
    assert found.spearman == found.weighted_kendall == found.pooled_spearman == 0.0


def test_levels_of_targets_do_not_count_when_all_are_pooled():
    scores = [[1.0, 2.0, 3.0], [101.0, 102.0, 103.0]]
    affinities = [[0.7, 0.8, 0.9], [0.1, 0.2, 0.3]]
    found = agreement(["a", "b"], scores, affinities)
    assert found.pooled_spearman == found.pooled_weighted_kendall == 1.0
    assert spearman(np.ravel(scores), np.ravel(affinities)) < 0


def test_nothing_in_common_is_no_agreement():
    found = agreement(["a"], [[np.nan, 1.0]], [[1.0, np.nan]])
    assert (found.spearman, found.weighted_kendall) == (None, None)
    assert (found.pooled_spearman, found.pooled_weighted_kendall) == (None, None)
    assert agreement([], np.empty((0, 3)), np.empty((0, 3))).spearman is None


def test_tables_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        agreement(["a"], [[1.0, 2.0]], [[1.0, 2.0, 3.0]])
