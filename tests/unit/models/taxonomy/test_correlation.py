import math

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from models.taxonomy.correlation import kendall, spearman

NAN = math.nan


def test_values_worked_out_by_hand() -> None:
    first, second = [1.0, 2.0, 3.0, 4.0], [10.0, 30.0, 20.0, 40.0]
    # rank differences 0, 1, 1, 0: 1 - 6 * 2 / (4 * 15); one of six pairs is discordant
    assert spearman(first, second) == pytest.approx(0.8)
    assert kendall(first, second) == pytest.approx((5 - 1) / 6)


def test_ties_share_their_ranks() -> None:
    first, second = [1.0, 1.0, 2.0, 3.0], [1.0, 2.0, 2.0, 2.0]
    # ranks 1.5 1.5 3 4 and 1 3 3 3, less their means: products 2, deviations 4.5 and 3
    assert spearman(first, second) == pytest.approx(2 / math.sqrt(4.5 * 3.0))
    # pairs: 2 concordant, none discordant, 1 tied in the first alone, 3 in the second alone
    assert kendall(first, second) == pytest.approx(2 / math.sqrt(5 * 3))


@pytest.mark.parametrize("correlation", [spearman, kendall])
def test_rankings_that_agree_are_1_and_opposite_ones_minus_1(correlation) -> None:
    values = np.linspace(0, 1, 300)
    assert correlation(values, np.exp(values)) == pytest.approx(1.0)
    assert correlation(values, -(values**3)) == pytest.approx(-1.0)


@pytest.mark.parametrize("correlation", [spearman, kendall])
def test_pairs_that_are_not_known_on_both_sides_do_not_count(correlation) -> None:
    first, second = [1.0, NAN, 2.0, 3.0, 0.5], [5.0, 0.0, 7.0, 6.0, NAN]
    assert correlation(first, second) == correlation([1.0, 2.0, 3.0], [5.0, 7.0, 6.0])


@pytest.mark.parametrize("correlation", [spearman, kendall])
@pytest.mark.parametrize(
    ("first", "second"),
    [([], []), ([1, 2], [1, 2]), ([1, 2, NAN], [1, 2, 3]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [4, 4, 4])],
)
def test_too_few_pairs_or_only_ties_say_nothing(correlation, first, second) -> None:
    assert correlation(first, second) is None


@pytest.mark.parametrize("size", [3, 63, 64, 65, 129, 1000])
@pytest.mark.parametrize("different", [3, 10_000])
def test_an_independent_implementation_agrees(size: int, different: int) -> None:
    generator = np.random.default_rng(size + different)
    first = generator.permutation(size) % different / 7.0
    second = first + generator.integers(0, different, size)
    assert spearman(first, second) == pytest.approx(spearmanr(first, second).statistic, abs=1e-12)
    assert kendall(first, second) == pytest.approx(kendalltau(first, second).statistic, abs=1e-12)
