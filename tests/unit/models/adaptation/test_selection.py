import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.adaptation.config import SELECTORS
from models.adaptation.selection import (
    NEIGHBOURS,
    TEMPERATURE,
    controlled_risk,
    density_ratio,
    dev,
    entropy,
    infomax,
    scores,
    snd,
)
from models.data.labelled import UNKNOWN


def rows(*values: list[float]) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def one_hot(classes: np.ndarray, count: int) -> np.ndarray:
    return np.eye(count, dtype=np.float32)[classes]


def normal(seed: int, count: int, features: int = 8, mean: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 1, (count, features)).astype(np.float32)


positive = arrays(np.float64, st.tuples(st.integers(2, 12), st.integers(2, 6)), elements=st.floats(1e-6, 1))
distributions = positive.map(lambda raw: raw / raw.sum(1, keepdims=True))


def test_entropy_is_zero_for_sure_predictions_and_minus_log_k_for_uniform_ones() -> None:
    assert entropy(rows([1, 0], [0, 1])) == 0
    assert entropy(np.full((3, 4), 0.25)) == pytest.approx(-np.log(4))


def test_infomax_is_best_for_sure_and_spread_predictions_and_zero_for_a_collapse() -> None:
    assert infomax(one_hot(np.arange(4), 4)) == pytest.approx(np.log(4))
    assert infomax(one_hot(np.zeros(9, int), 4)) == 0
    assert infomax(np.full((5, 4), 0.25)) == pytest.approx(0)


def test_infomax_prefers_all_classes_to_the_two_that_are_there() -> None:
    """The known weakness, on a target with two of four classes, all predicted right or half of them wrong."""
    right = one_hot(np.array([0, 1] * 4), 4)
    spread = one_hot(np.array([0, 1, 2, 3] * 2), 4)
    assert infomax(spread) > infomax(right)


@settings(deadline=None)
@given(distributions)
def test_infomax_is_the_marginal_entropy_less_the_mean_entropy(probabilities: np.ndarray) -> None:
    mean = probabilities.mean(0)
    marginal = -(mean * np.log(mean)).sum()
    assert infomax(probabilities) == pytest.approx(marginal + entropy(probabilities), abs=1e-9)


@settings(deadline=None)
@given(distributions, st.randoms(use_true_random=False))
def test_scores_of_a_target_do_not_depend_on_the_order_of_examples_or_classes(probabilities, random) -> None:
    examples, classes = (random.sample(range(size), size) for size in probabilities.shape)
    shuffled = probabilities[examples][:, classes]
    for score in (entropy, infomax, snd):
        assert score(shuffled) == pytest.approx(score(probabilities), abs=1e-4)


@settings(deadline=None)
@given(distributions)
def test_snd_is_the_mean_entropy_of_the_softmax_over_the_other_examples(probabilities: np.ndarray) -> None:
    unit = probabilities / np.linalg.norm(probabilities, axis=1, keepdims=True)
    entropies = []
    for i in range(len(unit)):
        others = np.delete(unit, i, axis=0) @ unit[i] / TEMPERATURE
        share = np.exp(others - others.max())
        share /= share.sum()
        entropies.append(-(share * np.log(np.maximum(share, 1e-300))).sum())
    assert snd(probabilities) == pytest.approx(np.mean(entropies), abs=1e-4)


def test_snd_counts_the_neighbours_of_a_cluster() -> None:
    two_clusters = one_hot(np.repeat([0, 1], 50), 2)
    assert snd(two_clusters) == pytest.approx(np.log(49), abs=1e-3)
    assert snd(one_hot(np.zeros(100, int), 2)) == pytest.approx(np.log(99))


def test_snd_looks_at_a_sample_of_a_large_target_and_always_the_same() -> None:
    many = one_hot(np.zeros(4 * NEIGHBOURS, int), 2)
    assert snd(many) == pytest.approx(np.log(NEIGHBOURS - 1), abs=1e-4)
    mixed = np.random.default_rng(0).dirichlet(np.ones(5), 2 * NEIGHBOURS)
    assert snd(mixed) == snd(mixed)


def test_a_lonely_outlier_has_an_entropy_all_the_same() -> None:
    assert np.isfinite(snd(rows([1, 0, 0], [0, 1, 0], [0, 0, 1])))


def test_the_risk_of_equal_weights_is_the_plain_error_whatever_they_are() -> None:
    errors = np.array([1.0, 0, 0, 0])
    for weight in (0.001, 1.0, 1000.0):
        assert controlled_risk(np.full(4, weight), errors) == 0.25
    assert controlled_risk(np.array([7.0]), np.array([1.0])) == 1


def test_the_risk_by_hand() -> None:
    """w = 0, 1, 2 and an error on the last: l = 0, 0, 2, eta = -Cov / Var = -1, mean(w) = 1, so 2/3 - 1 + 1."""
    assert controlled_risk(np.array([0.0, 1, 2]), np.array([0.0, 0, 1])) == pytest.approx(2 / 3)
    # w = 0, 2, 4: l = 0, 0, 4, eta = -1, mean(w) = 2, so 4/3 - 2 + 1
    assert controlled_risk(np.array([0.0, 2, 4]), np.array([0.0, 0, 1])) == pytest.approx(1 / 3)


weighted = st.lists(st.floats(0.01, 100), min_size=2, max_size=30).map(np.array)


@settings(deadline=None)
@given(weighted)
def test_the_control_variate_makes_always_wrong_and_always_right_exact(weights: np.ndarray) -> None:
    assert controlled_risk(weights, np.ones(len(weights))) == pytest.approx(1, abs=1e-6)
    assert controlled_risk(weights, np.zeros(len(weights))) == 0


def test_the_density_ratio_of_like_domains_is_about_one() -> None:
    ratio = density_ratio(normal(0, 400), normal(1, 800), normal(2, 800))
    assert np.abs(np.log(ratio)).mean() < 0.3


def test_the_density_ratio_follows_the_known_one_of_two_normals() -> None:
    """N(0, 1) and N(1, 1) have the log ratio f - 1/2."""
    features = np.linspace(-1, 2, 30)[:, None]
    ratio = density_ratio(features, normal(0, 500, 1), normal(1, 500, 1, mean=1.0))
    # The penalty draws the slope towards 0 a little
    slope, offset = np.polyfit(features[:, 0], np.log(ratio), 1)
    assert 0.6 < slope < 1.05
    assert offset == pytest.approx(-slope / 2, abs=0.15)


def test_the_density_ratio_does_not_depend_on_how_many_examples_each_domain_has() -> None:
    few = density_ratio(normal(0, 200, 2), normal(1, 450, 2), normal(2, 90, 2))
    assert np.median(few) == pytest.approx(1, abs=0.35)


def test_apart_and_constant_features_leave_the_density_ratio_finite() -> None:
    apart = density_ratio(normal(0, 50), normal(1, 50), normal(2, 50, mean=1e4))
    assert np.isfinite(apart).all()
    assert (apart < 1).all()
    np.testing.assert_allclose(density_ratio(np.ones((3, 4)), np.ones((5, 4)), np.ones((2, 4))), 1, rtol=1e-2)


def test_dev_asks_for_accuracy_where_the_target_is() -> None:
    """Errors among examples like the target cost more than as many among examples unlike it."""
    source, target = normal(0, 600, 2), normal(1, 600, 2, mean=1.0)
    alike = source.sum(1)
    order = np.argsort(alike)
    wrong_there, wrong_elsewhere = np.zeros(600, bool), np.zeros(600, bool)
    wrong_there[order[-60:]] = True
    wrong_elsewhere[order[:60]] = True
    train = normal(3, 600, 2)
    assert dev(wrong_there, source, train, target) < -0.2
    assert dev(wrong_elsewhere, source, train, target) > -0.05


def test_dev_is_close_to_the_true_error_of_a_shifted_target() -> None:
    """Wrong where the first feature is above 1: N(0, 1) gives 0.16, the target N(1, 1) 0.5."""
    source, target = normal(0, 4000, 3), normal(1, 2000, 3, mean=1.0)
    assert dev(source[:, 0] > 1, source, normal(2, 2000, 3), target) == pytest.approx(-0.5, abs=0.1)


def inputs(n: int = 40, m: int = 30, t: int = 50, classes: int = 3) -> dict[str, np.ndarray]:
    random = np.random.default_rng(7)
    return {
        "source_probabilities": random.dirichlet(np.ones(classes), n).astype(np.float32),
        "source_labels": random.integers(0, classes, n),
        "source_features": normal(1, n),
        "train_features": normal(2, m),
        "target_probabilities": random.dirichlet(np.ones(classes), t).astype(np.float32),
        "target_features": normal(3, t),
    }


def test_every_selector_has_a_score() -> None:
    found = scores(**inputs())
    assert tuple(found) == SELECTORS
    assert np.isfinite(list(found.values())).all()
    assert found == scores(**inputs())


def test_source_validation_is_the_accuracy_on_labelled_examples() -> None:
    given_ = inputs(n=4)
    given_["source_probabilities"] = rows([0.9, 0.1, 0], [0.2, 0.8, 0], [0.9, 0.1, 0], [0.1, 0.2, 0.7])
    given_["source_labels"] = np.array([0, 0, UNKNOWN, 2])
    assert scores(**given_)["source-validation"] == pytest.approx(2 / 3)


def test_a_score_is_nan_without_the_examples_it_needs() -> None:
    no_target = scores(**inputs(t=0))
    assert np.isfinite(no_target["source-validation"])
    assert np.isnan([no_target[name] for name in ("entropy", "infomax", "dev", "snd")]).all()
    no_source = scores(**inputs(n=0))
    assert np.isnan([no_source["source-validation"], no_source["dev"]]).all()
    assert np.isfinite(no_source["infomax"])
    assert np.isnan(scores(**inputs(m=0))["dev"])


@pytest.mark.parametrize("size", [1, 2])
def test_tiny_sets_and_a_single_class_have_scores(size: int) -> None:
    found = scores(**inputs(n=size, m=size, t=size))
    assert np.isnan(found["snd"]) == (size == 1)
    assert np.isfinite([found[name] for name in ("source-validation", "entropy", "infomax", "dev")]).all()
    alone = inputs(classes=1)
    assert scores(**alone)["source-validation"] == 1
    assert scores(**alone)["infomax"] == 0


def test_a_diverged_network_has_no_scores_of_what_diverged() -> None:
    broken = inputs()
    broken["target_probabilities"] = np.full_like(broken["target_probabilities"], np.nan)
    broken["target_features"] = np.full_like(broken["target_features"], np.inf)
    found = scores(**broken)
    assert np.isnan([found[name] for name in ("entropy", "infomax", "dev", "snd")]).all()
    assert np.isfinite(found["source-validation"])
    wholly = inputs()
    wholly["source_probabilities"] = np.full_like(wholly["source_probabilities"], np.nan)
    assert np.isnan([scores(**wholly)[name] for name in ("source-validation", "dev")]).all()
