import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.taxonomy.affinity import TournamentError, ahp, win_matrix, win_rate

losses = arrays(
    np.float64, st.tuples(st.integers(1, 7), st.integers(1, 12)), elements=st.integers(0, 3).map(float)
)


@given(losses)
@settings(deadline=None)
def test_affinities_are_positive_and_sum_to_one(rows: np.ndarray) -> None:
    affinities = ahp(win_matrix(rows))
    assert affinities.shape == (len(rows),)
    assert (affinities > 0).all()
    assert affinities.sum() == pytest.approx(1.0)


@given(losses, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_affinities_follow_their_edges_when_these_change_places(rows: np.ndarray, random: object) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)
    np.testing.assert_allclose(ahp(win_matrix(rows[order])), ahp(win_matrix(rows))[order], rtol=1e-9)


@given(losses)
@settings(deadline=None)
def test_affinities_are_the_perron_vector_of_the_ratios(rows: np.ndarray) -> None:
    wins = np.clip(win_matrix(rows), 0.001, 0.999)
    values, vectors = np.linalg.eig(wins / wins.T)
    principal = np.abs(vectors[:, np.argmax(np.abs(values))].real)
    np.testing.assert_allclose(ahp(win_matrix(rows)), principal / principal.sum(), rtol=1e-6)


@given(losses)
def test_shares_of_wins_and_losses_sum_to_one(rows: np.ndarray) -> None:
    wins = win_matrix(rows)
    np.testing.assert_allclose(wins + wins.T, 1.0)
    assert (np.diag(wins) == 0.5).all()
    for winner in range(len(rows)):
        for loser in range(len(rows)):
            assert wins[winner, loser] == pytest.approx(win_rate(rows[winner], rows[loser]))


def test_affinities_are_in_the_order_of_planted_strengths() -> None:
    generator = np.random.default_rng(3)
    strength = generator.permutation(10)
    rows = generator.normal(size=(10, 4000)) - 0.4 * strength[:, None]
    assert (np.argsort(ahp(win_matrix(rows))) == np.argsort(strength)).all()


def test_ratios_that_agree_with_each_other_give_back_their_weights() -> None:
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    wins = weights[:, None] / (weights[:, None] + weights)
    np.testing.assert_allclose(ahp(wins), weights, rtol=1e-12)


def test_two_edges_share_by_the_root_of_their_odds() -> None:
    affinities = ahp([[0.5, 0.8], [0.2, 0.5]])
    np.testing.assert_allclose(affinities, [0.8, 0.2])


def test_edges_that_always_tie_share_alike() -> None:
    np.testing.assert_allclose(ahp(win_matrix(np.zeros((5, 3)))), 0.2)


def test_edges_that_beat_each_other_in_a_circle_share_alike() -> None:
    rows = np.array([[0.0, 1.0, 2.0], [1.0, 2.0, 0.0], [2.0, 0.0, 1.0]])
    np.testing.assert_allclose(ahp(win_matrix(rows)), 1 / 3)


def test_edge_that_never_wins_keeps_a_small_affinity() -> None:
    rows = np.vstack([np.zeros((3, 50)), np.ones((1, 50))])
    affinities = ahp(win_matrix(rows))
    assert 0 < affinities[3] < 0.01
    np.testing.assert_allclose(affinities[:3], affinities[0])


def test_single_edge_takes_everything() -> None:
    np.testing.assert_array_equal(ahp(win_matrix([[0.3, 0.4]])), [1.0])


def test_win_rate_counts_ties_half() -> None:
    assert win_rate([0, 1, 2, 3], [1, 1, 1, 1]) == 0.375


@pytest.mark.parametrize(
    "call",
    [
        lambda: win_rate([1.0], [1.0, 2.0]),
        lambda: win_rate([], []),
        lambda: win_rate([float("nan")], [1.0]),
        lambda: win_matrix([1.0, 2.0]),
        lambda: win_matrix(np.zeros((2, 0))),
        lambda: ahp(np.zeros((2, 3))),
        lambda: ahp([[0.5, 1.2], [0.5, 0.5]]),
        lambda: ahp([[0.5, float("nan")], [0.5, 0.5]]),
    ],
)
def test_what_is_no_tournament_is_refused(call) -> None:
    with pytest.raises(TournamentError):
        call()
