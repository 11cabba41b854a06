"""What holds for every one of the 26 definitions."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from models.networks.encoder import Encoder
from models.networks.task_network import TaskNetwork
from models.tasks.definition import LabelError
from models.tasks.labels import LabelInfo
from models.tasks.registry import DEFINITIONS, definition
from models.taxonomy.dictionary import TASKS
from tests.unit.models.tasks.task_batches import CONFIG, INFO, SIZE, batch, fitted, network_prediction, some

ALL = sorted(DEFINITIONS)
TRAINABLE = [name for name in ALL if name != "random"]
STOCHASTIC = ["denoising", "jigsaw", "segmentation_2d", "segmentation_25d"]
MASKED = ["depth", "distance", "occlusion_edges", "keypoints_3d", "reshading", "normals", "curvature"]


def test_every_task_of_the_dictionary_has_a_definition() -> None:
    assert set(DEFINITIONS) == set(TASKS)


@pytest.mark.parametrize("name", ALL)
def test_inputs_have_the_views_of_the_dictionary_and_lie_in_the_encoder_range(name: str) -> None:
    task, arrays = fitted(name), batch(3)
    views, inputs = task.views(arrays), task.inputs(arrays, task.noise(arrays, None))
    assert views.shape == (3, TASKS[name].inputs, 3, SIZE, SIZE)
    assert inputs.shape[:1] + inputs.shape[2:3] == (3, 3)
    assert inputs.dtype == torch.float32
    assert inputs.abs().max() <= 1


@pytest.mark.parametrize("name", ALL)
def test_a_definition_reads_only_the_labels_it_names(name: str) -> None:
    task, arrays = fitted(name), batch(3)
    named = {label: arrays[label] for label in (*task.labels, "index")}
    noise = task.noise(named, None)
    assert torch.equal(task.inputs(named, noise), task.inputs(arrays, noise))
    assert torch.equal(task.target(named, noise).values, task.target(arrays, noise).values)


@pytest.mark.parametrize("name", TRAINABLE)
def test_gradient_flows_from_every_loss_to_every_weight(name: str) -> None:
    task, arrays = fitted(name), batch(4)
    noise = task.noise(arrays, None)
    inputs = task.inputs(arrays, noise)
    cells = -(-inputs.shape[-1] // CONFIG.stride)
    torch.manual_seed(0)
    decoder = task.decoder((inputs.shape[1] * CONFIG.bottleneck_channels, cells, cells), CONFIG)
    encoder = Encoder.of(CONFIG)
    network = TaskNetwork(encoder, decoder)
    losses = task.loss(network(inputs), task.target(arrays, noise))
    losses.mean().backward()
    assert losses.shape == (4,)
    for weight in network.parameters():
        assert weight.grad is not None
        assert torch.isfinite(weight.grad).all()
    first = next(encoder.parameters()).grad
    assert first is not None
    assert first.abs().sum() > 0


@pytest.mark.parametrize("name", ALL)
def test_loss_of_an_image_does_not_depend_on_its_batch(name: str) -> None:
    task, arrays = fitted(name), batch(5)
    prediction = network_prediction(task, arrays)
    target = task.target(arrays, task.noise(arrays, None))
    together = task.loss(prediction, target)
    for k in range(5):
        one = some(arrays, slice(k, k + 1))
        alone = task.loss(prediction[k : k + 1], task.target(one, task.noise(one, None)))
        torch.testing.assert_close(alone[0], together[k], rtol=1e-5, atol=1e-6)
    picked = torch.tensor([4, 0])
    torch.testing.assert_close(task.loss(prediction[picked], target.take(picked)), together[picked])


@pytest.mark.parametrize("name", MASKED)
def test_masked_pixels_count_neither_in_loss_nor_in_metrics(name: str) -> None:
    task, arrays = fitted(name), batch(4)
    prediction, target = network_prediction(task, arrays), task.target(arrays)
    hidden = ~arrays["valid"].unsqueeze(1)
    changed = dict(arrays)
    changed[name] = torch.where(
        arrays["valid"].view(4, SIZE, SIZE, *[1] * (arrays[name].ndim - 3)), arrays[name], 0.7
    )
    other = prediction + 5 * hidden
    torch.testing.assert_close(task.loss(other, task.target(changed)), task.loss(prediction, target))
    before, after = task.metrics(prediction, target), task.metrics(other, task.target(changed))
    for metric in task.metric_units:
        torch.testing.assert_close(after[metric], before[metric])


@pytest.mark.parametrize("name", MASKED)
def test_an_image_without_valid_pixels_has_no_loss_and_no_metric(name: str) -> None:
    task, arrays = fitted(name), batch(2)
    arrays["valid"][0] = False
    prediction, target = network_prediction(task, arrays), task.target(arrays)
    assert task.loss(prediction, target)[0] == 0
    assert all(
        bool(value[0].isnan()) and not bool(value[1].isnan())
        for value in task.metrics(prediction, target).values()
    )


def test_ignored_semantic_classes_do_not_count() -> None:
    task, arrays = fitted("semantic_segmentation"), batch(4)
    prediction, target = network_prediction(task, arrays), task.target(arrays)
    assert target.mask is not None
    other = prediction + 5 * torch.randn_like(prediction) * ~target.mask[:, None]
    torch.testing.assert_close(task.loss(other, target), task.loss(prediction, target))
    assert task.truth(target)[~target.mask].eq(-1).all()


# Grouping has no closed form: its constant is found by descent and tested below
@pytest.mark.parametrize("name", [name for name in TRAINABLE if not name.startswith("segmentation_2")])
def test_no_nearby_constant_beats_the_best_constant_guess(name: str) -> None:
    task, arrays = fitted(name), batch(15, seed=3)
    target = task.target(arrays, task.noise(arrays, None))
    best = task.constant(target)

    def mean_loss(guess: torch.Tensor) -> float:
        return float(task.loss(guess.expand(len(target), *guess.shape), target).double().mean())

    reached = mean_loss(best)
    generator = torch.Generator().manual_seed(1)
    for scale in (0.01, 0.1, 1.0):
        for _ in range(4):
            moved = best + scale * torch.randn(best.shape, generator=generator)
            assert mean_loss(moved) >= reached - 1e-5
        assert mean_loss(best + scale) >= reached - 1e-5
        assert mean_loss(best - scale) >= reached - 1e-5


@pytest.mark.parametrize("name", ["segmentation_2d", "segmentation_25d"])
def test_the_constant_grouping_beats_one_segment_and_pure_position(name: str) -> None:
    task, arrays = fitted(name), batch(12, seed=3)
    target = task.target(arrays, task.noise(arrays, None))
    best = task.constant(target)
    assert torch.equal(best, task.constant(target))
    axis = torch.linspace(-1, 1, best.shape[-1])
    position = torch.stack(torch.meshgrid(axis, axis, indexing="ij"))
    scattered = best + torch.randn(best.shape, generator=torch.Generator().manual_seed(1))
    reached = task.loss(best.expand(12, -1, -1, -1), target).mean()
    for worse in (torch.zeros_like(best), position, scattered):
        assert reached < task.loss(worse.expand(12, -1, -1, -1), target).mean()


@pytest.mark.parametrize("name", ALL)
def test_metrics_are_those_announced_one_number_per_image(name: str) -> None:
    task, arrays = fitted(name), batch(4)
    target = task.target(arrays, task.noise(arrays, None))
    metrics = task.metrics(network_prediction(task, arrays), target)
    assert set(metrics) == set(task.metric_units)
    assert task.lower_is_better <= set(metrics)
    assert all(value.shape == (4,) and torch.isfinite(value).all() for value in metrics.values())


@pytest.mark.parametrize("name", ALL)
def test_values_are_json_and_pictures_are_rgb(name: str) -> None:
    task, arrays = fitted(name), batch(2)
    target = task.target(arrays, task.noise(arrays, None))
    images = arrays[task.labels[0]][0].numpy()
    for output in (task.physical(network_prediction(task, arrays)), task.truth(target)):
        array = output[0].numpy()
        if name != "random":
            json.dumps(task.value(array), allow_nan=False)
        for image in (None, images):
            picture = task.picture(array, image)
            assert picture.dtype == np.uint8
            assert picture.ndim == 3
            assert picture.shape[2] == 3
            assert min(picture.shape[:2]) >= SIZE


@pytest.mark.parametrize("name", ALL)
def test_served_images_pass_through_the_network(name: str) -> None:
    task = fitted(name)
    images = torch.randint(0, 256, (2, TASKS[name].inputs, SIZE, SIZE, 3), dtype=torch.uint8)
    inputs = task.serve(images)
    assert inputs.shape[0] == 2
    assert inputs.shape[1:] == task.inputs(batch(2)).shape[1:]
    assert inputs.dtype == torch.float32
    assert inputs.abs().max() <= 1


@pytest.mark.parametrize("name", STOCHASTIC)
def test_noise_without_a_generator_is_a_function_of_the_image_index(name: str) -> None:
    task, arrays = fitted(name), batch(6)
    noise = task.noise(arrays, None)
    assert noise is not None
    turned = torch.tensor([5, 2, 0])
    again = task.noise(some(arrays, turned), None)
    assert again is not None
    assert torch.equal(again, noise[turned])
    assert not torch.equal(noise[0], noise[1])


@pytest.mark.parametrize("name", STOCHASTIC)
def test_noise_with_a_generator_repeats_with_its_seed(name: str) -> None:
    task, arrays = fitted(name), batch(3)
    first, same, other = (task.noise(arrays, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first is not None
    assert same is not None
    assert other is not None
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert task.stochastic


@pytest.mark.parametrize("name", [name for name in ALL if name not in STOCHASTIC])
def test_tasks_without_noise_say_so(name: str) -> None:
    assert fitted(name).noise(batch(2), torch.Generator().manual_seed(0)) is None
    assert not DEFINITIONS[name].stochastic


@pytest.mark.parametrize("name", ALL)
def test_a_stored_definition_gives_the_same_targets(name: str) -> None:
    task, arrays = fitted(name), batch(3)
    stored = definition(
        name,
        image_size=SIZE,
        label_info=LabelInfo.from_json(json.loads(json.dumps(INFO.to_json()))),
        statistics=task.statistics,
    )
    assert torch.equal(stored.target(arrays).values, task.target(arrays).values)


@pytest.mark.parametrize("name", ["depth", "curvature", "room_layout", "colorization"])
def test_targets_before_fitting_are_refused(name: str) -> None:
    task = definition(name, image_size=SIZE, label_info=INFO)
    arrays = batch(2)
    with pytest.raises(LabelError, match="fitted"):
        task.loss(network_prediction(fitted(name), arrays), task.target(arrays))


@pytest.mark.parametrize("name", ["scene_class", "object_class", "semantic_segmentation"])
def test_class_tasks_refuse_a_data_set_without_class_names(name: str) -> None:
    with pytest.raises(LabelError, match="label_info"):
        definition(name, image_size=SIZE).decoder((4, 8, 8), CONFIG)


@pytest.mark.parametrize(
    "name", ["depth", "distance", "reshading", "room_layout", "fixated_pose", "egomotion"]
)
def test_truth_gives_back_the_label_in_its_unit(name: str) -> None:
    task, arrays = fitted(name), batch(3)
    truth = task.truth(task.target(arrays))
    valid = arrays["valid"] if name in MASKED else torch.ones_like(truth, dtype=torch.bool)
    torch.testing.assert_close(truth[valid], arrays[name][valid], rtol=1e-4, atol=1e-5)
    assert truth[~valid].isnan().all()


def test_curvature_truth_keeps_sign_and_size() -> None:
    task, arrays = fitted("curvature"), batch(3)
    truth = task.truth(task.target(arrays))
    torch.testing.assert_close(
        truth[arrays["valid"]], arrays["curvature"][arrays["valid"]], rtol=1e-3, atol=1e-4
    )


def test_a_perfect_prediction_has_perfect_metrics() -> None:
    arrays = batch(3)
    for name in (
        "autoencoding",
        "depth",
        "normals",
        "curvature",
        "reshading",
        "room_layout",
        "vanishing_points",
    ):
        task = fitted(name)
        target = task.target(arrays)
        for metric, value in task.metrics(target.values, target).items():
            expected = 0.0 if metric in task.lower_is_better else 100.0 if metric == "psnr" else 1.0
            torch.testing.assert_close(value, torch.full((3,), expected), atol=2e-2, rtol=0)


def test_inpainting_hides_the_middle_and_nothing_else() -> None:
    task, arrays = fitted("inpainting"), batch(2)
    seen, whole = task.inputs(arrays), task.views(arrays)
    middle = slice(SIZE // 4, SIZE - SIZE // 4)
    assert seen[..., middle, middle].abs().max() == 0
    changed = (seen != whole).any(2)[:, 0]
    changed[:, middle, middle] = False
    assert not changed.any()


def test_denoising_noise_has_variance_one_hundredth_of_the_intensity_range() -> None:
    task, arrays = fitted("denoising"), batch(16)
    arrays["rgb"][:] = 128
    added = (task.inputs(arrays, task.noise(arrays, None)) - task.views(arrays)) / 2
    assert float(added.var()) == pytest.approx(0.01, rel=0.03)
    assert float(added.mean()) == pytest.approx(0, abs=1e-3)
    assert torch.equal(task.serve(arrays["rgb"][:, None]), task.views(arrays))


def test_colorization_sees_lightness_only() -> None:
    task, arrays = fitted("colorization"), batch(2)
    inputs = task.inputs(arrays)
    assert torch.equal(inputs[:, :, 0], inputs[:, :, 1])
    assert torch.equal(inputs[:, :, 0], inputs[:, :, 2])
