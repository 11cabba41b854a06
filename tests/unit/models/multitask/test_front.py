import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.multitask import front
from models.multitask.front import FrontError, dominated, hypervolume, nearest, reference_point

LOWER2 = [False, False]


def by_inclusion_and_exclusion(costs: np.ndarray, reference: np.ndarray) -> float:
    """The union of boxes, a term for every subset of them."""
    total = 0.0
    for size in range(1, len(costs) + 1):
        for subset in itertools.combinations(costs, size):
            corner = np.max(subset, axis=0)
            total += (-1) ** (size + 1) * float(np.prod(np.maximum(reference - corner, 0)))
    return total


def test_a_point_is_dominated_only_by_a_better_one() -> None:
    points = [[1, 4], [2, 2], [4, 1], [2, 3], [2, 2], [5, 5]]
    assert dominated(points, LOWER2).tolist() == [False, False, False, True, False, True]


def test_directions_of_the_axes_count() -> None:
    points = [[1, 4], [2, 2]]
    assert dominated(points, [False, True]).tolist() == [False, True]
    assert dominated(points, [True, False]).tolist() == [True, False]


def test_no_points_are_no_front() -> None:
    assert dominated([], LOWER2).shape == (0,)
    assert hypervolume([], LOWER2, [1, 1]).value == 0.0


@pytest.mark.parametrize("bad", [[[1.0, float("nan")]], [[1.0, float("inf")]], [[1.0, 2.0, 3.0]], [1.0, 2.0]])
def test_values_that_are_no_points_are_refused(bad: list) -> None:
    with pytest.raises(FrontError):
        dominated(bad, LOWER2)


def test_hypervolume_of_two_axes_by_hand() -> None:
    """A staircase: 3 x 1 + 2 x 1 + 1 x 1 squares."""
    found = hypervolume([[1, 3], [2, 2], [3, 1]], LOWER2, [4, 4])
    assert found.value == pytest.approx(6)
    assert found.share == pytest.approx(6 / 9)
    assert found.exact
    assert found.standard_error == 0


def test_where_higher_is_better_the_volume_lies_below() -> None:
    assert hypervolume([[3, 1]], [True, False], [1, 2]).value == pytest.approx(2)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_hypervolume_equals_inclusion_and_exclusion(axes: int, points: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    higher = generator.random(axes) < 0.5
    # a coarse grid, so that points and coordinates tie; some lie beyond the reference point
    costs = generator.integers(0, 6, (points, axes)).astype(float)
    reference = np.full(axes, 5.0)
    expected = by_inclusion_and_exclusion(costs, reference)
    signs = np.where(higher, -1, 1)
    found = hypervolume(costs * signs, higher, reference * signs)
    assert found.exact
    assert found.value == pytest.approx(expected, abs=1e-9)


def test_a_dominated_point_adds_nothing_and_a_point_of_the_front_does() -> None:
    points = [[1, 3], [3, 1]]
    before = hypervolume(points, LOWER2, [4, 4]).value
    assert hypervolume([*points, [3, 3]], LOWER2, [4, 4]).value == before
    assert hypervolume([*points, [2, 2]], LOWER2, [4, 4]).value > before


def test_many_points_of_three_axes_are_exact() -> None:
    """On the sphere octant; checked by a grid of cells as fine as the coordinates."""
    generator = np.random.default_rng(0)
    directions = np.abs(generator.normal(size=(300, 3)))
    points = np.floor(40 * directions / np.linalg.norm(directions, axis=1, keepdims=True))
    grid = np.zeros((41, 41, 41), dtype=bool)
    for x, y, z in points.astype(int):
        grid[:x, :y, :z] = True
    found = hypervolume(points, [True] * 3, [0, 0, 0])
    assert found.exact
    assert found.value == pytest.approx(grid.sum())


def test_forty_axes_with_few_points_are_exact() -> None:
    generator = np.random.default_rng(1)
    points = generator.random((8, 40))
    reference = reference_point(points, [False] * 40)
    found = hypervolume(points, [False] * 40, reference)
    assert found.exact
    assert found.value == pytest.approx(by_inclusion_and_exclusion(points, reference))


def test_what_would_take_too_long_is_estimated_the_same_in_every_run() -> None:
    generator = np.random.default_rng(2)
    points, higher = generator.random((80, 12)), [True] * 12
    reference = reference_point(points, higher)
    first, again = (hypervolume(points, higher, reference, samples=20_000) for _ in range(2))
    assert first == again
    assert not first.exact
    assert 0 < first.standard_error < 0.05 * first.share
    other = hypervolume(points, higher, reference, samples=20_000, seed=1)
    assert other.share != first.share
    assert other.share == pytest.approx(first.share, abs=6 * first.standard_error)


def test_an_estimate_in_forty_axes_is_not_lost_in_the_empty_space() -> None:
    """Boxes of a billionth of the space that hardly overlap: their volumes add up."""
    points, higher = np.random.default_rng(2).random((60, 40)), [True] * 40
    reference = reference_point(points, higher)
    found = hypervolume(points, higher, reference, samples=5_000)
    alone = sum(hypervolume([point], higher, reference).value for point in points)
    assert not found.exact
    assert found.standard_error > 0
    assert found.value == pytest.approx(alone, rel=1e-3)


def test_the_estimate_agrees_with_the_exact_volume(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(3)
    points, higher = generator.random((12, 5)), [False] * 5
    reference = reference_point(points, higher)
    exact = hypervolume(points, higher, reference)
    monkeypatch.setattr(front, "_MOST_WORK", 100_000)
    estimated = hypervolume(points, higher, reference)
    assert exact.exact
    assert not estimated.exact
    assert estimated.share == pytest.approx(exact.share, abs=5 * estimated.standard_error)


def test_shares_of_one_ideal_point_compare() -> None:
    whole = hypervolume([[1, 3], [3, 1]], LOWER2, [4, 4], ideal=[1, 1])
    part = hypervolume([[1, 3]], LOWER2, [4, 4], ideal=[1, 1])
    assert (whole.share, part.share) == pytest.approx((5 / 9, 3 / 9))
    with pytest.raises(FrontError, match="ideal"):
        hypervolume([[0, 3]], LOWER2, [4, 4], ideal=[1, 1])


def test_the_reference_point_lies_beyond_the_worst_so_that_every_extreme_counts() -> None:
    points = np.array([[0.5, 10.0], [0.9, 30.0]])
    np.testing.assert_allclose(reference_point(points, [True, False]), [0.46, 32.0])
    volume = hypervolume(points, [True, False], reference_point(points, [True, False])).value
    for left in range(2):
        rest = np.delete(points, left, axis=0)
        assert hypervolume(rest, [True, False], [0.46, 32.0]).value < volume


def test_equal_points_have_a_reference_point_too() -> None:
    np.testing.assert_allclose(reference_point([[2.0, 0.0]], [True, False]), [1.8, 0.1])
    with pytest.raises(FrontError, match="no point"):
        reference_point([], LOWER2)


FRONT = [[0.0, 10.0], [1.0, 6.0], [3.0, 3.0], [10.0, 0.0], [9.0, 9.0]]


@pytest.mark.parametrize(
    ("preference", "index"),
    [([1, 0], 0), ([0, 1], 3), ([1, 1], 2), ([5, 1], 1), ([1, 9], 3), ([1e300, 1e300], 2)],
)
def test_a_larger_weight_asks_for_a_better_value_of_its_task(preference: list[float], index: int) -> None:
    assert nearest(FRONT, LOWER2, preference).index == index


def test_the_distance_is_the_weighted_chebyshev_distance_over_normalised_values() -> None:
    assert nearest(FRONT, LOWER2, [2, 2]).distance == pytest.approx(0.15)
    scaled = np.array(FRONT) * [1000, -0.001]
    found = nearest(scaled, [False, True], [1, 1])
    assert (found.index, found.distance) == (2, pytest.approx(0.15))


def test_only_the_front_is_chosen_from_and_ties_go_to_the_better_sum_then_to_the_first() -> None:
    assert nearest([[2, 2], [1, 1], [1, 1]], LOWER2, [1, 1]).index == 1
    # both are worst in one axis that counts, the second is better in the one without weight
    assert nearest([[1, 0, 5], [1, 0, 2], [0, 1, 9]], [False] * 3, [0, 1, 0]).index == 1


@pytest.mark.parametrize("preference", [[1], [1, 2, 3], [-1, 2], [0, 0], [float("nan"), 1]])
def test_what_is_no_preference_is_refused(preference: list[float]) -> None:
    with pytest.raises(FrontError):
        nearest(FRONT, LOWER2, preference)
