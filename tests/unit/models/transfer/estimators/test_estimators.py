"""The four estimators: what must not change them, what must, and one number each from first principles."""

import numpy as np
import pytest
from scipy import optimize, stats

from models.transfer.estimators.arrays import EstimatorError
from models.transfer.estimators.bins import quantile_bins
from models.transfer.estimators.h_score import h_score, shrunk_covariance
from models.transfer.estimators.leep import leep
from models.transfer.estimators.log_me import log_me
from models.transfer.estimators.trans_rate import trans_rate

EXAMPLES, WIDTH, CLASSES = 240, 6, 3


@pytest.fixture
def generator():
    return np.random.default_rng(7)


@pytest.fixture
def labels(generator):
    return generator.permutation(np.arange(EXAMPLES) % CLASSES)


@pytest.fixture
def informative(generator, labels):
    """Features that carry the class, and noise."""
    centres = 1.5 * generator.normal(size=(CLASSES, WIDTH))
    return centres[labels] + generator.normal(size=(EXAMPLES, WIDTH))


def one_hot(labels):
    columns = np.eye(labels.max() + 1)[labels]
    return columns - columns.mean(axis=0)


def log_me_of_classes(features, labels):
    return log_me(features - features.mean(axis=0), one_hot(labels))


def leep_of_features(features, labels):
    shares = np.exp(features - features.max(axis=1, keepdims=True))
    return leep(shares / shares.sum(axis=1, keepdims=True), labels)


OF_CLASSES = pytest.mark.parametrize(
    "estimator", [log_me_of_classes, h_score, trans_rate, leep_of_features], ids=lambda each: each.__name__
)
OF_FEATURES = pytest.mark.parametrize(
    "estimator", [log_me_of_classes, h_score, trans_rate], ids=lambda each: each.__name__
)


@OF_FEATURES
def test_rotations_and_a_common_scale_of_the_features_change_nothing(
    estimator, informative, labels, generator
):
    rotation, _ = np.linalg.qr(generator.normal(size=(WIDTH, WIDTH)))
    expected = estimator(informative, labels)
    assert estimator(informative @ rotation, labels) == pytest.approx(expected, rel=1e-9)
    assert estimator(1e-3 * informative, labels) == pytest.approx(expected, rel=1e-6)
    assert estimator(informative + 100.0, labels) == pytest.approx(expected, rel=1e-6)


@OF_CLASSES
def test_the_order_of_examples_and_the_names_of_classes_change_nothing(
    estimator, informative, labels, generator
):
    expected = estimator(informative, labels)
    order = generator.permutation(EXAMPLES)
    assert estimator(informative[order], labels[order]) == pytest.approx(expected)
    assert estimator(informative, np.array([2, 0, 1])[labels]) == pytest.approx(expected)


@OF_CLASSES
def test_features_that_tell_more_score_higher_and_shuffled_labels_lowest(
    estimator, informative, labels, generator
):
    perfect = 20.0 * np.eye(CLASSES)[labels] + 0.01 * generator.normal(size=(EXAMPLES, CLASSES))
    noise = generator.normal(size=(EXAMPLES, WIDTH))
    shuffled = generator.permutation(labels)
    assert estimator(perfect, labels) > estimator(informative, labels) > estimator(noise, labels)
    assert estimator(informative, shuffled) < estimator(informative, labels)
    assert estimator(perfect, shuffled) < estimator(informative, labels)


@OF_FEATURES
@pytest.mark.parametrize("case", ["constant", "nan", "vector", "one class", "short", "fractions"])
def test_what_is_degenerate_is_an_error_that_says_why(estimator, case, informative, labels):
    features = {
        "constant": np.ones_like(informative),
        "nan": np.where(np.arange(WIDTH) == 2, np.nan, informative),
        "vector": informative[:, 0],
    }.get(case, informative)
    if estimator is log_me_of_classes:
        targets = {"one class": np.zeros((EXAMPLES, 1)), "short": one_hot(labels)[:-1]}.get(
            case, one_hot(labels)
        )
        if case == "fractions":
            return
        with pytest.raises(EstimatorError):
            log_me(features - features.mean(axis=0), targets)
        return
    given = {"one class": np.zeros_like(labels), "short": labels[:-1], "fractions": labels + 0.5}
    with pytest.raises(EstimatorError):
        estimator(features, given.get(case, labels))


@OF_FEATURES
def test_fewer_examples_than_features_and_features_that_never_vary_are_finite(estimator, generator):
    labels = np.arange(12) % 2
    wide = generator.normal(size=(12, 40))
    wide[:, 3] = 1.0
    assert np.isfinite(estimator(wide, labels))
    exact = np.repeat(labels[:, None].astype(float), 2, axis=1)
    assert np.isfinite(estimator(exact, labels))


def test_log_me_is_the_evidence_at_its_maximum(generator):
    """Independent: the marginal density of the labels, y ~ N(0, I / beta + F F^T / alpha), maximised numerically."""
    features = generator.normal(size=(30, 4))
    targets = features @ generator.normal(size=(4, 2)) + generator.normal(size=(30, 2))

    def best(y):
        def less(logs):
            alpha, beta = np.exp(logs)
            covariance = np.eye(30) / beta + features @ features.T / alpha
            return -stats.multivariate_normal(cov=covariance).logpdf(y)

        return -optimize.minimize(less, [0.0, 0.0], method="Nelder-Mead", options={"fatol": 1e-12}).fun

    expected = np.mean([best(column) for column in targets.T]) / 30
    assert log_me(features, targets) == pytest.approx(expected, rel=1e-8)


def test_log_me_of_a_regression_prefers_the_features_it_was_made_from(informative, generator):
    target = informative @ generator.normal(size=(WIDTH, 1)) + 0.1 * generator.normal(size=(EXAMPLES, 1))
    noise = generator.normal(size=informative.shape)
    assert log_me(informative, target) > log_me(informative[:, :3], target) > log_me(noise, target)
    assert log_me(noise, target) == pytest.approx(log_me(noise[:, :1], target), abs=0.1)
    shuffled = generator.permutation(target)
    assert log_me(informative, shuffled) < log_me(informative, target)


def test_h_score_is_the_trace_with_the_textbook_shrinkage(informative, labels):
    """Independent: every sum written out example by example."""
    centred = informative - informative.mean(axis=0)
    sample = sum(np.outer(row, row) for row in centred) / EXAMPLES
    scale = np.trace(sample) / WIDTH
    spread = np.sum((sample - scale * np.eye(WIDTH)) ** 2) / WIDTH
    noise = sum(np.sum((np.outer(row, row) - sample) ** 2) / WIDTH for row in centred) / EXAMPLES**2
    rho = min(noise, spread) / spread
    between = sum(
        np.mean(labels == label) * np.outer(*[centred[labels == label].mean(axis=0)] * 2)
        for label in range(CLASSES)
    )
    covariance = (1 - rho) * sample + rho * scale * np.eye(WIDTH)
    expected = (1 - rho) * np.trace(np.linalg.inv(covariance) @ between)
    assert h_score(informative, labels) == pytest.approx(expected, rel=1e-10)
    found, shrinkage = shrunk_covariance(centred)
    assert shrinkage == pytest.approx(rho)
    np.testing.assert_allclose(found, covariance)


def test_h_score_of_one_feature_is_the_share_of_variance_between_classes():
    # Means -1 and 1, variance 1 around each: half of the variance is between; one feature needs no shrinkage.
    features = np.array([[-2.0], [0.0], [0.0], [2.0]])
    assert h_score(features, np.array([0, 0, 1, 1])) == pytest.approx(0.5)


def test_h_score_is_at_most_the_number_of_classes_less_one(informative, labels):
    perfect = np.eye(CLASSES)[labels]
    assert h_score(informative, labels) < CLASSES - 1
    assert h_score(perfect, labels) == pytest.approx(CLASSES - 1, abs=0.05)


def test_trans_rate_of_one_feature_by_hand():
    # Mean square 2: after scaling each class holds squares (2, 0), so all coding rates are of the same mean square 1.
    even = np.array([[-2.0], [0.0], [0.0], [2.0]])
    assert trans_rate(even, np.array([0, 0, 1, 1])) == pytest.approx(0.0, abs=1e-12)
    # Squares 4, 4, 0, 0: R(Z) = 1/2 log(1 + 1 / eps), and the classes have mean squares 2 and 0.
    split = np.array([[-2.0], [2.0], [0.0], [0.0]])
    expected = 0.5 * np.log(1 + 1 / 0.01) - 0.5 * 0.5 * np.log(1 + 2 / 0.01)
    assert trans_rate(split, np.array([0, 0, 1, 1]), eps=0.01) == pytest.approx(expected)
    with pytest.raises(EstimatorError, match="eps"):
        trans_rate(split, np.array([0, 0, 1, 1]), eps=0.0)


def test_leep_by_hand():
    probabilities = np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]])
    # P(y, z) summed: class 0 has (1.4, 0.6), class 1 has (0.1, 0.9).
    given = np.array([[1.4 / 1.5, 0.6 / 1.5], [0.1 / 1.5, 0.9 / 1.5]])
    likelihoods = [given[0] @ [0.8, 0.2], given[0] @ [0.6, 0.4], given[1] @ [0.1, 0.9]]
    assert leep(probabilities, np.array([0, 0, 1])) == pytest.approx(np.mean(np.log(likelihoods)))


def test_leep_of_a_source_that_says_nothing_is_minus_the_entropy_of_the_labels(labels):
    nothing = np.full((EXAMPLES, 4), 0.25)
    assert leep(nothing, labels) == pytest.approx(-np.log(CLASSES))
    assert leep(np.eye(CLASSES)[labels], labels) == pytest.approx(0.0)
    never = np.column_stack([np.eye(CLASSES)[labels], np.zeros(EXAMPLES)])
    assert leep(never, labels) == pytest.approx(0.0), "a class that never gets any mass does no harm"


@pytest.mark.parametrize(
    ("probabilities", "given"),
    [
        (np.full((4, 2), 0.6), [0, 0, 1, 1]),
        (np.array([[1.5, -0.5]] * 4), [0, 0, 1, 1]),
        (np.full((4, 2), np.nan), [0, 0, 1, 1]),
        (np.full((4, 2), 0.5), [1, 1, 1, 1]),
        (np.full((4, 2), 0.5), [0, 1]),
    ],
)
def test_leep_of_what_are_no_probabilities_or_classes_is_an_error(probabilities, given):
    with pytest.raises(EstimatorError):
        leep(probabilities, np.array(given))


def test_bins_are_about_equally_full_and_in_order(generator):
    values = generator.normal(size=1000)
    bins = quantile_bins(values, 5)
    assert np.bincount(bins).tolist() == [200] * 5
    assert all(values[bins == each].max() < values[bins == each + 1].min() for each in range(4))


@pytest.mark.parametrize("common", [1, 50, 98])
@pytest.mark.parametrize("bins", [2, 5])
def test_numbers_that_differ_fall_into_two_bins_at_least(common, bins):
    values = np.array([0.0] * common + [1.0] * (99 - common) + [2.0])
    assert quantile_bins(values, bins).max() >= 1
    assert quantile_bins(-values, bins).max() >= 1


def test_equal_numbers_share_a_bin():
    assert quantile_bins(np.array([0.0] * 8 + [1.0, 2.0]), 5).tolist() == [0] * 8 + [1, 1]
    assert quantile_bins(np.zeros(9)).tolist() == [0] * 9
    assert quantile_bins(np.array([0.0] + [3.0] * 9)).tolist() == [0] + [1] * 9
    for values, bins in (([], 5), ([np.nan, 1.0], 5), ([[1.0]], 5), ([1.0, 2.0], 1)):
        with pytest.raises(EstimatorError):
            quantile_bins(np.array(values), bins)
