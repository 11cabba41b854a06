"""From networks to estimates: which rows of a target, which features of a source, and what is not defined."""

import dataclasses

import numpy as np
import pytest
import torch

from models.tasks.definition import Target
from models.tasks.examples import Examples
from models.taxonomy.table import RANDOM
from models.training.progress import Stopped
from models.transfer.estimators.features import class_network, class_probabilities, features
from models.transfer.estimators.methods import METHODS
from models.transfer.estimators.ranking import estimate_transfers
from models.transfer.estimators.samples import Sample, averages, draw_sample, majority
from models.transfer.saved import load_task
from tests.unit.models.transfer.small import SMALL, Recorder, Spoilt

TARGETS = ("autoencoding", "denoising", "depth", "scene_class")


@pytest.fixture(scope="module")
def estimates(networks, views):
    return estimate_transfers(SMALL, networks, views, Recorder())


def sample_of(examples, cells=None):
    rows = len(examples)
    return Sample(
        "depth",
        "rgb",
        np.array(examples),
        None if cells is None else np.array(cells),
        np.zeros((rows, 1)),
        (),
    )


def test_every_method_says_something_of_every_transfer_but_self(estimates):
    assert [(each.method, each.target, each.source) for each in estimates] == [
        (method, target, source)
        for method in METHODS
        for target in TARGETS
        for source in (*SMALL.tasks, RANDOM)
        if source != target
    ]


def test_values_are_finite_and_leep_is_defined_for_sources_with_classes_alone(estimates):
    for each in estimates:
        assert (each.value is None) == (each.method == "leep" and each.source != "scene_class"), each
        assert each.value is None or np.isfinite(each.value)
    assert all(each.value <= 0 for each in estimates if each.method == "leep" and each.value is not None)


def test_estimates_are_the_same_again_and_read_no_test_label(networks, views, estimates):
    spoilt = Spoilt(views, "train", "validation", "test")
    assert estimate_transfers(SMALL, networks, spoilt, Recorder()) == estimates
    assert estimate_transfers(SMALL, networks, Spoilt(views, "transfer"), Recorder()) != estimates


def test_estimates_stop_when_they_are_asked_to(networks, views):
    with pytest.raises(Stopped):
        estimate_transfers(SMALL, networks, views, Recorder(stop_after=3))


def test_a_source_that_answers_the_same_for_every_image_has_no_estimate(networks, views):
    blind = dataclasses.replace(
        networks["denoising"],
        representations={
            name: np.zeros_like(array) for name, array in networks["denoising"].representations.items()
        },
    )
    found = estimate_transfers(SMALL, {**networks, "denoising": blind}, views, Recorder())
    of_blind = [each for each in found if each.source == "denoising"]
    assert of_blind
    assert all(each.value is None for each in of_blind)
    assert all(each.value is not None for each in found if each.source == "depth" and each.method != "leep")


def test_rows_of_a_class_are_examples_with_one_hot_columns(networks, views):
    sample = draw_sample(SMALL, "scene_class", networks["scene_class"].weights, views)
    truth = np.asarray(views.load("transfer", ["scene_class"])["scene_class"])
    assert sample.cells is None
    assert sample.examples.tolist() == list(range(SMALL.splits.transfer))
    (labels,) = sample.labels
    assert len(set(zip(labels.tolist(), truth.tolist(), strict=True))) == len(set(truth.tolist()))
    assert sample.columns.shape == (SMALL.splits.transfer, len(set(truth.tolist())))
    np.testing.assert_allclose(sample.columns.sum(axis=0), 0, atol=1e-12)


def test_rows_of_a_map_are_cells_that_count_with_the_mean_of_their_pixels(networks, views):
    sample = draw_sample(SMALL, "depth", networks["depth"].weights, views)
    task = load_task(networks["depth"].weights)
    _, height, width = task.decoder_shape
    size = SMALL.image_size // height
    (target,) = [target for _, target in Examples(task.definition, views, "transfer").evaluation()]
    means = []
    for example, (row, column) in zip(sample.examples, sample.cells, strict=True):
        window = (example, 0, slice(row * size, (row + 1) * size), slice(column * size, (column + 1) * size))
        known = target.mask[window]
        assert known.float().mean() >= 0.5
        means.append(target.values[window][known].double().mean().item())
    np.testing.assert_allclose(sample.columns[:, 0], np.array(means) - np.mean(means), atol=1e-5)
    assert len(sample.labels) == 1
    assert len(sample.examples) <= SMALL.splits.transfer * height * width


def test_a_large_target_is_sampled_with_a_seed(networks, views, monkeypatch):
    monkeypatch.setattr("models.transfer.estimators.samples.MAX_ROWS", 10)
    monkeypatch.setattr("models.transfer.estimators.samples.MAX_MAPS", 4)
    first, again = (draw_sample(SMALL, "depth", networks["depth"].weights, views) for _ in range(2))
    assert len(first.examples) == len(set(map(tuple, np.column_stack([first.examples, first.cells])))) == 10
    assert len(set(first.examples)) <= 4
    np.testing.assert_array_equal(first.cells, again.cells)
    other = draw_sample(dataclasses.replace(SMALL, seed=9), "depth", networks["depth"].weights, views)
    assert not np.array_equal(first.cells, other.cells)


def test_cells_that_mostly_do_not_count_are_not_known_and_masked_pixels_not_averaged():
    values = torch.arange(16.0).view(1, 1, 4, 4)
    mask = torch.ones(1, 1, 4, 4, dtype=torch.bool)
    mask[0, 0, 0, 0] = False
    mask[0, 0, 2:, 2:] = torch.tensor([[False, False], [False, True]])
    means, known = averages(Target(values, mask), (2, 2))
    assert known.tolist() == [[[True, True], [True, False]]]
    assert means[0, 0, 0].item() == pytest.approx((1 + 4 + 5) / 3)
    assert averages(Target(values), (2, 2))[0][0, 1, 1].item() == pytest.approx(12.5)


def test_the_class_of_a_cell_is_its_most_frequent_one_that_counts():
    ids = torch.tensor([[[3, 1], [1, 2]], [[4, 4], [0, 0]]])
    mask = torch.tensor([[[True, True], [True, True]], [[True, True], [False, False]]])
    classes, known = majority(Target(ids, mask), (1, 1))
    assert classes.flatten().tolist() == [1, 4]
    assert known.flatten().tolist() == [True, True]
    assert majority(Target(ids), (1, 1))[0].flatten().tolist() == [1, 0]


def test_features_of_a_cell_are_its_neighbourhood_with_zeros_beyond_the_border():
    maps = np.arange(2 * 2 * 3 * 3, dtype=np.float16).reshape(2, 2, 3, 3)
    found = features(maps, sample_of([1, 1, 0], [[1, 1], [0, 0], [2, 2]]))
    assert found.shape == (3, 2 * 9)
    assert sorted(found[0]) == sorted(maps[1].ravel())
    assert sorted(found[1]) == sorted([0.0] * 10 + maps[1, :, :2, :2].ravel().tolist())
    assert sorted(found[2]) == sorted([0.0] * 10 + maps[0, :, 1:, 1:].ravel().tolist())


@pytest.mark.parametrize(
    ("examples", "channels", "size", "width"),
    [
        (600, 8, 8, 8 * 16),
        (600, 16, 8, 16 * 4),
        (600, 24, 4, 24 * 4),
        (600, 200, 8, 200),
        (600, 4, 2, 4 * 4),
        (128, 8, 8, 8 * 4),
        (100, 8, 8, 8),
    ],
)
def test_features_of_an_example_are_its_map_averaged_to_few_cells(examples, channels, size, width):
    maps = np.random.default_rng(0).normal(size=(examples + 2, channels, size, size)).astype(np.float16)
    found = features(maps, sample_of(range(2, examples + 2)))
    assert found.shape == (examples, width)
    np.testing.assert_allclose(
        found.reshape(examples, channels, -1).mean(axis=2),
        maps[2:].astype(float).mean(axis=(2, 3)),
        atol=1e-5,
    )


def test_class_probabilities_are_the_source_s_own_for_images_and_their_cells(networks):
    source = class_network(networks["scene_class"].weights)
    seen = networks["scene_class"].representations["rgb/transfer"]
    with torch.no_grad():
        shares = torch.softmax(source.network.decoder(torch.from_numpy(seen).float()), dim=1).numpy()
    np.testing.assert_allclose(
        class_probabilities(source, seen, sample_of([2, 0])), shares[[2, 0]], atol=1e-6
    )
    of_cells = class_probabilities(source, seen, sample_of([1, 1], [[0, 0], [1, 1]]))
    np.testing.assert_allclose(of_cells, shares[[1, 1]], atol=1e-6)
    assert class_probabilities(source, np.tile(seen, (1, 2, 1, 1)), sample_of([0])) is None


def test_networks_that_answer_with_numbers_have_no_class_probabilities(networks):
    assert class_network(networks["depth"].weights) is None
    assert class_network(networks["colorization"].weights) is None
    assert class_network(networks[RANDOM].weights) is None
