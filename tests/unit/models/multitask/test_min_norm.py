"""The min-norm solver against rational arithmetic, against torchjd, and against what every min-norm point satisfies."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchjd.aggregation import MGDAWeighting

from models.multitask.exact_min_norm import exact_min_norm
from models.multitask.min_norm import FLOOR, MinNorm, min_norm, two_task


@st.composite
def gradients(draw: Any, most: int = 12) -> np.ndarray:
    """(T, P) gradients: of any rank, lengths up to a million apart, some repeated or nearly so."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    tasks = draw(st.integers(2, most))
    rank = draw(st.integers(1, tasks + 2))
    drift = draw(st.sampled_from((0.0, 0.3, 2.0)))
    found = rng.standard_normal((tasks, rank)) @ rng.standard_normal((rank, rank + 3))
    found += drift * rng.standard_normal(rank + 3)
    if draw(st.booleans()):
        found[rng.integers(tasks)] = found[rng.integers(tasks)] * (
            1 + draw(st.sampled_from((0.0, 1e-9, 1e-4)))
        )
    spread = draw(st.sampled_from((0.0, 0.5, 3.0)))
    return found * 10 ** rng.uniform(-spread, spread, (tasks, 1)) * 10.0 ** draw(st.sampled_from((-6, 0, 6)))


def objective(weights: np.ndarray, gram: np.ndarray) -> float:
    return float(weights @ gram @ weights)


def magnitude(gram: np.ndarray, weights: np.ndarray) -> float:
    """What rounding of the products with the combined gradient is relative to."""
    lengths = np.sqrt(np.diagonal(gram))
    return float(lengths.max() * (weights @ lengths))


def assert_optimal(found: MinNorm, gram: np.ndarray) -> None:
    rounding = 1e-13 * magnitude(gram, found.weights)
    assert found.converged
    assert found.weights.dtype == np.float64
    assert found.weights.min() >= 0
    assert found.weights.sum() == pytest.approx(1, abs=1e-12)
    assert found.squared_norm == pytest.approx(objective(found.weights, gram), rel=1e-9, abs=rounding)
    # KKT: no gradient has a smaller product with the point than the point itself, and those with weight have no larger
    slacks = gram @ found.weights - found.squared_norm
    allowed = 1e-6 * found.squared_norm + rounding
    assert slacks.min() >= -allowed
    assert abs(float(found.weights @ slacks)) <= allowed
    np.testing.assert_allclose(found.slacks, slacks, rtol=1e-6, atol=allowed)


@given(gradients())
@settings(max_examples=300, deadline=None)
def test_the_point_is_in_the_hull_and_satisfies_kkt(rows: np.ndarray) -> None:
    gram = rows @ rows.T
    assert_optimal(min_norm(gram), gram)


@given(gradients(most=6))
@settings(max_examples=100, deadline=None)
def test_it_is_the_exact_optimum_of_small_problems(rows: np.ndarray) -> None:
    gram = rows @ rows.T
    gram = (gram + gram.T) / 2
    found = min_norm(gram)
    weights, exact = exact_min_norm(gram)
    floor = FLOOR * magnitude(gram, found.weights)
    # rounded inner products belong to no gradients: their exact optimum may be below zero, as far as rounding goes
    rounding = 1e-13 * magnitude(gram, np.array(weights, dtype=np.float64))
    assert abs(objective(found.weights, gram) - float(exact)) <= 1e-6 * max(float(exact), floor) + rounding


@given(gradients(most=2))
@settings(deadline=None)
def test_two_tasks_in_closed_form_are_the_general_problem(rows: np.ndarray) -> None:
    gram = rows @ rows.T
    both = two_task(gram[0, 0], gram[0, 1], gram[1, 1])
    found = min_norm(gram)
    # a copy of the second gradient makes it a problem of three, with the same hull
    tripled = gram[np.ix_([0, 1, 1], [0, 1, 1])]
    general = min_norm(tripled)
    assert_optimal(general, tripled)
    floor = FLOOR * magnitude(gram, found.weights)
    assert found.iterations == 0
    assert objective(np.array(both), gram) == pytest.approx(found.squared_norm, rel=1e-9, abs=1e-6 * floor)
    assert general.squared_norm == pytest.approx(found.squared_norm, rel=1e-6, abs=1e-6 * floor)


@given(gradients(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_tasks_does_not_matter(rows: np.ndarray, random: Any) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)
    gram = rows @ rows.T
    found, shuffled = min_norm(gram), min_norm(gram[np.ix_(order, order)])
    allowed = 1e-6 * FLOOR * magnitude(gram, found.weights)
    assert shuffled.squared_norm == pytest.approx(found.squared_norm, rel=1e-6, abs=allowed)


@given(gradients(), st.sampled_from((1e-100, 1e-12, 3.7, 1e12, 1e100)))
@settings(deadline=None)
def test_the_scale_of_gradients_does_not_matter(rows: np.ndarray, scale: float) -> None:
    gram = rows @ rows.T
    found, scaled = min_norm(gram), min_norm(gram * scale)
    allowed = 1e-6 * FLOOR * magnitude(gram, found.weights)
    assert scaled.converged
    assert scaled.squared_norm / scale == pytest.approx(found.squared_norm, rel=1e-6, abs=allowed)


@given(gradients(), st.integers(1, 40))
@settings(deadline=None)
def test_however_early_it_stops_it_returns_a_point_no_worse_than_any_gradient(
    rows: np.ndarray, iterations: int
) -> None:
    gram = rows @ rows.T
    found = min_norm(gram, tolerance=1e-300, max_iterations=iterations)
    assert found.iterations <= iterations
    assert found.weights.min() >= 0
    assert found.weights.sum() == pytest.approx(1, abs=1e-12)
    assert found.squared_norm <= gram.diagonal().min() * (1 + 1e-9)
    final = min_norm(gram)
    uniform = np.full(len(gram), 1 / len(gram))
    rounding = 1e-13 * magnitude(gram, final.weights)
    assert final.squared_norm <= found.squared_norm * (1 + 1e-6) + rounding
    assert final.squared_norm <= objective(uniform, gram) * (1 + 1e-6) + rounding


@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_gradients_along_one_line_leave_nothing_undefined(scale: float) -> None:
    # to the last digit: the vertex that joins then has the affine minimiser's weight of exactly 0
    rows = scale * np.array([[-0.4, 1, -0.4], [2, -5, 2], [2.4000000000000004, -6, 2.4000000000000004]])
    found = min_norm(rows @ rows.T, tolerance=1e-300)
    assert found.squared_norm == pytest.approx(0, abs=1e-15 * scale**2)
    assert found.weights.sum() == pytest.approx(1, abs=1e-12)


def test_a_search_cut_short_says_that_it_has_not_converged() -> None:
    rows = np.random.default_rng(3).standard_normal((30, 40)) + np.random.default_rng(4).standard_normal(40)
    gram = rows @ rows.T
    found, whole = min_norm(gram, max_iterations=1), min_norm(gram)
    assert not found.converged
    assert found.iterations == 1
    assert found.relative_gap > 1e-7
    assert found.gap == pytest.approx(-found.slacks.min())
    assert whole.converged
    assert found.squared_norm > whole.squared_norm
    assert found.squared_norm - whole.squared_norm <= 2 * found.gap


@pytest.mark.parametrize("seed", range(10))
def test_it_agrees_with_torchjd_run_for_long(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((3 + seed, 60)) + 0.3 * rng.standard_normal(60)
    gram = rows @ rows.T
    theirs = MGDAWeighting(epsilon=1e-12, max_iters=3000)(torch.from_numpy(gram)).numpy()
    ours = min_norm(gram)
    assert ours.squared_norm <= objective(theirs, gram) * (1 + 1e-12)
    np.testing.assert_allclose(ours.weights, theirs, atol=0.02)
    assert objective(theirs, gram) == pytest.approx(ours.squared_norm, rel=2e-3)


def test_a_worked_example_has_its_exact_answer() -> None:
    # the triangle (3, 1), (-1, 1), (0, 4): the nearest point to the origin is (0, 1), a quarter of the way
    rows = np.array([[3.0, 1.0], [-1.0, 1.0], [0.0, 4.0]])
    found = min_norm(rows @ rows.T)
    np.testing.assert_allclose(found.weights, [0.25, 0.75, 0.0], atol=1e-12)
    assert found.norm == pytest.approx(1)
    np.testing.assert_allclose(found.slacks, [0.0, 0.0, 3.0], atol=1e-12)
    weights, value = exact_min_norm(rows @ rows.T)
    assert [float(each) for each in weights] == [0.25, 0.75, 0.0]
    assert value == 1


@pytest.mark.parametrize(
    ("a", "b", "c", "expected"),
    [
        (1.0, 0.0, 1.0, (0.5, 0.5)),
        (1.0, 2.0, 9.0, (1.0, 0.0)),
        (9.0, 2.0, 1.0, (0.0, 1.0)),
        (4.0, 0.0, 1.0, (0.2, 0.8)),
        (2.0, 2.0, 2.0, (1.0, 0.0)),
        (0.0, 0.0, 0.0, (1.0, 0.0)),
        (1.0, -1.0, 1.0, (0.5, 0.5)),
    ],
)
def test_two_tasks_follow_the_closed_form_to_its_ends(
    a: float, b: float, c: float, expected: tuple[float, float]
) -> None:
    assert two_task(a, b, c) == pytest.approx(expected)


def test_small_weights_keep_their_precision() -> None:
    # orthogonal gradients: weights are inversely proportional to the squared lengths
    squares = np.array([1e-6, 1.0, 1e6, 4e6])
    for kept in (2, 3, 4):
        gram = np.diag(squares[:kept])
        np.testing.assert_allclose(
            min_norm(gram).weights, 1 / squares[:kept] / (1 / squares[:kept]).sum(), rtol=1e-12
        )


def test_a_single_task_has_all_weight() -> None:
    found = min_norm(np.array([[4.0]]))
    assert found.weights.tolist() == [1.0]
    assert found.norm == 2
    assert found.gap == 0
    assert found.converged


def test_tasks_without_a_gradient_make_the_point_zero() -> None:
    found = min_norm(np.zeros((3, 3)))
    assert found.weights.tolist() == pytest.approx([1 / 3] * 3)
    assert (found.norm, found.gap, found.converged) == (0, 0, True)
    one = min_norm(np.diag([4.0, 0.0, 1.0]))
    assert one.weights.tolist() == [0, 1, 0]
    assert (one.norm, one.converged) == (0, True)


def test_identical_gradients_give_that_gradient() -> None:
    row = np.array([3.0, 4.0])
    found = min_norm(np.outer(np.ones(20), np.ones(20)) * (row @ row))
    assert found.converged
    assert found.norm == pytest.approx(5)
    assert found.weights.sum() == pytest.approx(1)


def test_opposed_gradients_are_pareto_stationary() -> None:
    rows = np.array([[1.0, 0.0], [-2.0, 0.0], [5.0, 5.0]])
    found = min_norm(rows @ rows.T)
    assert found.converged
    assert found.norm == pytest.approx(0, abs=1e-7)
    np.testing.assert_allclose(found.weights @ rows, 0, atol=1e-7)


@pytest.mark.parametrize("seed", range(5))
def test_single_precision_is_solved_to_its_own_precision(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = (rng.standard_normal((30, 10)) @ rng.standard_normal((10, 40))).astype(np.float32)
    gram = rows @ rows.T
    found = min_norm(gram)
    rounded = min_norm(gram.astype(np.float64), precision=float(np.finfo(np.float32).eps))
    exact = min_norm(rows.astype(np.float64) @ rows.T.astype(np.float64))
    combined = found.weights @ rows.astype(np.float64)
    scale = float(np.linalg.norm(rows.astype(np.float64), axis=1).max())
    assert float(np.linalg.norm(combined)) <= exact.norm + 2e-3 * scale
    assert found.iterations < 150
    assert found.weights.tolist() == rounded.weights.tolist()


def test_single_precision_is_enough_where_only_lengths_differ() -> None:
    rng = np.random.default_rng(7)
    rows = rng.standard_normal((20, 60)) * 10 ** rng.uniform(-3, 3, (20, 1))
    single = rows.astype(np.float32)
    found, exact = min_norm(single @ single.T), min_norm(rows @ rows.T)
    assert found.converged
    assert objective(found.weights, rows @ rows.T) == pytest.approx(exact.squared_norm, rel=1e-6)


@pytest.mark.parametrize(
    ("gram", "says"),
    [
        (np.ones((2, 3)), "square"),
        (np.ones((0, 0)), "not empty"),
        (np.ones(3), "square"),
        (np.array([[1.0, np.nan], [np.nan, 1.0]]), "finite"),
        (np.array([[1.0, 0.0], [0.0, np.inf]]), "finite"),
        (np.array([[1.0, 0.5], [0.0, 1.0]]), "symmetric"),
        (np.array([[-1.0, 0.0], [0.0, 1.0]]), "negative"),
        (np.array([[1.0, 2.0], [2.0, 1.0]]), "larger"),
        (np.array([[0.0, 2.0], [2.0, 1.0]]), "larger"),
    ],
)
def test_what_is_no_gram_matrix_is_refused(gram: np.ndarray, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        min_norm(gram)


@pytest.mark.parametrize("options", [{"tolerance": 0.0}, {"tolerance": np.nan}, {"max_iterations": 0}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        min_norm(np.eye(2), **options)


def test_the_exact_solution_is_for_few_tasks() -> None:
    with pytest.raises(ValueError, match="got 11"):
        exact_min_norm(np.eye(11))
