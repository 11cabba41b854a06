import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.adaptation.evaluation import (
    SharedAndOutlier,
    accuracy,
    class_shares,
    confusion,
    mean_per_class,
    mean_weights,
    per_class_accuracy,
    shared_classes,
)
from models.data.labelled import UNKNOWN

LABELS = np.array([0, 0, 0, 2, UNKNOWN, UNKNOWN])
PREDICTIONS = np.array([0, 0, 1, 2, 1, 3])


def test_unlabelled_examples_count_in_no_figure() -> None:
    assert accuracy(PREDICTIONS, LABELS) == 0.75
    assert confusion(PREDICTIONS, LABELS, 4).tolist() == [
        [2, 1, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 0],
    ]
    assert class_shares(LABELS, 4).tolist() == [0.75, 0, 0.25, 0]
    assert shared_classes(LABELS, 4).tolist() == [True, False, True, False]


def test_classes_without_examples_have_no_accuracy_and_do_not_count_in_the_mean() -> None:
    accuracies = per_class_accuracy(PREDICTIONS, LABELS, 4)
    np.testing.assert_allclose(accuracies, [2 / 3, np.nan, 1, np.nan])
    assert mean_per_class(accuracies) == pytest.approx(5 / 6)


def test_a_target_without_labels_has_no_figures() -> None:
    unknown = np.full(3, UNKNOWN)
    predictions = np.array([0, 1, 1])
    assert np.isnan(accuracy(predictions, unknown))
    assert np.isnan(per_class_accuracy(predictions, unknown, 2)).all()
    assert np.isnan(mean_per_class(per_class_accuracy(predictions, unknown, 2)))
    assert np.isnan(class_shares(unknown, 2)).all()
    assert not shared_classes(unknown, 2).any()


examples = st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 4)), min_size=1, max_size=40)


@settings(deadline=None)
@given(examples)
def test_figures_agree_with_each_other(pairs: list[tuple[int, int]]) -> None:
    predictions, labels = np.array(pairs).T
    confused = confusion(predictions, labels, 5)
    known = int((labels != UNKNOWN).sum())
    assert confused.sum() == known
    if known:
        assert accuracy(predictions, labels) == pytest.approx(confused.trace() / known)
        shares = class_shares(labels, 5)
        weighted = np.nan_to_num(per_class_accuracy(predictions, labels, 5)) @ shares
        assert accuracy(predictions, labels) == pytest.approx(weighted)
        assert (shares > 0).tolist() == shared_classes(labels, 5).tolist()
        np.testing.assert_allclose(confused.sum(1) / known, shares)


def test_class_weights_are_averaged_over_shared_and_over_outlier_classes() -> None:
    found = mean_weights(np.array([1.5, 0.1, 1.3, 0.3], dtype=np.float32), np.array([1, 0, 1, 0], bool))
    assert found.shared == pytest.approx(1.4)
    assert found.outlier == pytest.approx(0.2)
    assert found.ratio == pytest.approx(1 / 7)


def test_a_target_with_every_class_has_no_outlier_weight() -> None:
    everything = mean_weights(np.ones(3), np.ones(3, bool))
    assert everything == SharedAndOutlier(shared=1.0, outlier=None)
    assert everything.ratio is None
    assert mean_weights(np.ones(3), np.zeros(3, bool)) == SharedAndOutlier(shared=None, outlier=1.0)
