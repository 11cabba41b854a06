"""What holds for tasks that a user declares, of every kind of output."""

import json

import numpy as np
import pytest
import torch

from models.networks.encoder import Encoder
from models.networks.task_network import TaskNetwork
from models.tasks.kinds.classes import PointMatching
from models.tasks.labels import LabelInfo
from models.tasks.own.registry import OWN_DEFINITIONS
from models.tasks.registry import definition
from models.taxonomy.dictionary import UnknownTask
from models.taxonomy.own import KINDS
from models.transfer.representations import PLAIN, inputs_kind
from tests.unit.models.tasks import task_batches
from tests.unit.models.tasks.own_batches import INFO, NAMES, OWN, fitted, own_batch
from tests.unit.models.tasks.task_batches import CONFIG, SIZE, network_prediction, some

MAPS = ["heat", "flow", "crops"]
BY_NAME = {task.name: task for task in OWN}


def test_every_kind_of_output_has_a_definition():
    assert set(OWN_DEFINITIONS) == set(KINDS) == {task.kind for task in OWN}


@pytest.mark.parametrize("name", NAMES)
def test_inputs_have_the_declared_images(name):
    task, arrays = fitted(name), own_batch(3)
    inputs = task.inputs(arrays, None)
    assert inputs.shape == (3, BY_NAME[name].inputs, 3, SIZE, SIZE)
    served = task.serve(torch.zeros(2, BY_NAME[name].inputs, SIZE, SIZE, 3, dtype=torch.uint8))
    assert served.shape[1:] == inputs.shape[1:]


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_reads_only_the_labels_it_names(name):
    task, arrays = fitted(name), own_batch(3)
    named = {label: arrays[label] for label in task.labels}
    assert torch.equal(task.inputs(named), task.inputs(arrays))
    assert torch.equal(task.target(named).values, task.target(arrays).values)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_flows_from_every_loss_to_every_weight(name):
    task, arrays = fitted(name), own_batch(4)
    inputs = task.inputs(arrays)
    torch.manual_seed(0)
    cells = SIZE // CONFIG.stride
    decoder = task.decoder((inputs.shape[1] * CONFIG.bottleneck_channels, cells, cells), CONFIG)
    network = TaskNetwork(Encoder.of(CONFIG), decoder)
    losses = task.loss(network(inputs), task.target(arrays))
    losses.mean().backward()
    assert losses.shape == (4,)
    for weight in network.parameters():
        assert weight.grad is not None
        assert torch.isfinite(weight.grad).all()


@pytest.mark.parametrize("name", NAMES)
def test_loss_of_an_image_does_not_depend_on_its_batch(name):
    task, arrays = fitted(name), own_batch(5)
    prediction, target = network_prediction(task, arrays), task.target(arrays)
    together = task.loss(prediction, target)
    for k in range(5):
        alone = task.loss(prediction[k : k + 1], task.target(some(arrays, slice(k, k + 1))))
        torch.testing.assert_close(alone[0], together[k], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", MAPS)
def test_pixels_that_are_not_known_count_neither_in_loss_nor_in_metrics(name):
    task, arrays = fitted(name), own_batch(4)
    prediction, target = network_prediction(task, arrays), task.target(arrays)
    assert target.mask is not None
    mask = target.mask if name != "crops" else target.mask[:, None]
    assert 0 < int(mask.sum()) < mask.numel()
    other = prediction + 5 * ~mask
    torch.testing.assert_close(task.loss(other, target), task.loss(prediction, target))
    before, after = task.metrics(prediction, target), task.metrics(other, target)
    for metric in task.metric_units:
        torch.testing.assert_close(after[metric], before[metric])
        assert torch.isfinite(before[metric]).all()


@pytest.mark.parametrize("name", MAPS)
def test_an_image_of_which_nothing_is_known_has_no_loss_and_no_metric(name):
    task, arrays = fitted(name), own_batch(2)
    arrays[name][0] = 255 if name == "crops" else torch.nan
    prediction, target = network_prediction(task, arrays), task.target(arrays)
    assert task.loss(prediction, target)[0] == 0
    assert all(
        bool(value.isnan().tolist() == [True, False]) for value in task.metrics(prediction, target).values()
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_nearby_constant_beats_the_best_constant_guess(name):
    task, arrays = fitted(name), own_batch(15, seed=3)
    target = task.target(arrays)
    best = task.constant(target)

    def mean_loss(guess):
        return float(task.loss(guess.expand(len(target), *guess.shape), target).double().mean())

    reached = mean_loss(best)
    generator = torch.Generator().manual_seed(1)
    for scale in (0.01, 0.1, 1.0):
        for _ in range(4):
            moved = best + scale * torch.randn(best.shape, generator=generator)
            assert mean_loss(moved) >= reached - 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_metrics_are_those_announced_with_units_one_number_per_image(name):
    task, arrays = fitted(name), own_batch(4)
    metrics = task.metrics(network_prediction(task, arrays), task.target(arrays))
    assert next(iter(task.metric_units)) == task.task.metric
    assert set(metrics) == set(task.metric_units)
    assert task.lower_is_better <= set(metrics)
    assert all(task.metric_units.values())
    assert all(value.shape == (4,) and torch.isfinite(value).all() for value in metrics.values())


@pytest.mark.parametrize("name", NAMES)
def test_values_are_json_and_pictures_are_rgb(name):
    task, arrays = fitted(name), own_batch(2)
    images = arrays[task.labels[0]][0].numpy()
    for output in (task.physical(network_prediction(task, arrays)), task.truth(task.target(arrays))):
        array = output[0].numpy()
        json.dumps(task.value(array), allow_nan=False)
        for image in (None, images):
            picture = task.picture(array, image)
            assert picture.dtype == np.uint8
            assert picture.shape[2] == 3
            assert min(picture.shape[:2]) >= SIZE


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_definition_gives_the_same_targets(name):
    task, arrays = fitted(name), own_batch(3)
    info = LabelInfo.from_json(json.loads(json.dumps(INFO.to_json())))
    stored = definition(name, image_size=SIZE, label_info=info, statistics=task.statistics)
    assert info == INFO
    assert stored.metric_units == task.metric_units
    assert torch.equal(stored.target(arrays).values, task.target(arrays).values)


@pytest.mark.parametrize("name", ["offset", "height", "heat", "flow", "night"])
def test_truth_gives_back_the_label_in_its_unit(name):
    task, arrays = fitted(name), own_batch(3)
    truth = task.truth(task.target(arrays)).float()
    label = arrays[name].float().view(truth.shape)
    known = label.isfinite().all(-1) if name == "flow" else label.isfinite()
    torch.testing.assert_close(truth[known], label[known], rtol=1e-4, atol=1e-4)
    assert truth[~known].isnan().all()


def test_units_stand_in_metrics_and_values():
    offset = fitted("offset")
    assert offset.metric_units == {"mean_absolute_error": "mm", "rmse": "mm"}
    assert offset.value(np.array([1.23456789, -2.0])) == {"dx": 1.2346, "dy": -2.0}
    error = offset.metrics(torch.zeros(2, 2), offset.target(own_batch(2)))["mean_absolute_error"]
    expected = (own_batch(2)["offset"] - offset.statistic("mean")).abs().mean(1)
    torch.testing.assert_close(error, expected)


def test_shares_of_classes_may_be_of_any_sum():
    task, arrays = fitted("shares"), own_batch(3)
    values = task.target(arrays).values
    torch.testing.assert_close(values.sum(1), torch.ones(3))
    torch.testing.assert_close(values * arrays["shares"].sum(1, keepdim=True), arrays["shares"])


def test_classes_are_weighed_against_their_frequency():
    task = definition("crops", image_size=SIZE, label_info=INFO)
    arrays = own_batch(4)
    arrays["crops"][:] = 0
    arrays["crops"][0, ::2, ::2] = 1
    weights = task.fitted(arrays).statistic("class_weights")
    assert weights[2] > weights[1] > weights[0]


def test_tasks_of_one_image_share_representations_and_others_have_their_own():
    kinds = {name: inputs_kind(fitted(name)) for name in NAMES}
    assert {name for name, kind in kinds.items() if kind == PLAIN} == set(NAMES) - {"offset", "flow"}
    assert kinds["flow"] == "flow"
    assert isinstance(matching := task_batches.fitted("point_matching"), PointMatching)
    assert inputs_kind(matching) == "point_matching"
    assert inputs_kind(task_batches.fitted("denoising")) == "denoising"
    assert inputs_kind(task_batches.fitted("depth")) == PLAIN


def test_a_name_that_is_not_declared_is_unknown():
    with pytest.raises(UnknownTask, match="animal"):
        definition("animal", image_size=SIZE)


def test_label_info_of_before_own_tasks_is_still_read():
    old = {"scene_classes": ["a"], "object_classes": [], "semantic_classes": [], "semantic_ignored": [3]}
    assert LabelInfo.from_json(old) == LabelInfo(scene_classes=("a",), semantic_ignored=(3,))
