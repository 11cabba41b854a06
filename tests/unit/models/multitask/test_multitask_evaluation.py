from dataclasses import replace

import numpy as np
import pytest
import torch

from models.multitask.evaluation import evaluated, stationarity
from models.multitask.examples import SharedExamples, fitted_definitions, required_labels
from models.multitask.min_norm import min_norm
from models.multitask.network import drawn_by, fresh_network, parameters_of
from tests.unit.models.multitask.tiny import CONFIG, TinyViews

VIEWS = TinyViews()
DEFINITIONS = fitted_definitions(CONFIG, VIEWS)
TEST = SharedExamples(DEFINITIONS, VIEWS, "test")


def test_figures_are_means_over_the_images() -> None:
    network = fresh_network(CONFIG, DEFINITIONS, 0, shared=True)
    found = evaluated(network, TEST)
    images, targets = next(iter(TEST.evaluation()))
    predictions = [each.detach() for each in network(images)]
    sides = predictions[0].argmax(1) == targets[0].values.argmax(1)
    assert found.metrics["side"]["top_1"] == pytest.approx(float(sides.float().mean()))
    error = DEFINITIONS[2].loss(predictions[2], targets[2]).mean()
    assert float(found.losses[2]) == pytest.approx(float(error), rel=1e-5)


def test_the_first_examples_alone_can_be_asked_for() -> None:
    assert sum(len(images) for images, _ in TEST.evaluation(5)) == 5
    assert sum(len(images) for images, _ in TEST.evaluation()) == len(TEST)


def test_the_distance_is_the_length_of_the_min_norm_point_by_shared_parameters() -> None:
    network = fresh_network(CONFIG, DEFINITIONS, 0, shared=True).eval()
    positions = np.arange(8)
    images, targets = TEST.images(positions), TEST.targets(positions, torch.Generator())
    rows = []
    for definition, prediction, target in zip(DEFINITIONS, network(images), targets, strict=True):
        found = torch.autograd.grad(
            definition.loss(prediction, target).mean(), list(network.encoders.parameters()), retain_graph=True
        )
        rows.append(torch.cat([each.flatten() for each in found]))
    gram = torch.stack(rows) @ torch.stack(rows).T
    distance = stationarity(network, images, targets, TEST)
    assert distance == pytest.approx(np.sqrt(min_norm(gram.double().numpy()).squared_norm), rel=1e-4)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_networks_that_share_nothing_have_no_distance_and_heads_hold_their_encoders() -> None:
    network = fresh_network(CONFIG, DEFINITIONS, 0, shared=False)
    shared, heads = parameters_of(network)
    assert shared == ()
    assert sum(map(len, heads)) == len(list(network.parameters()))
    positions = np.arange(4)
    assert np.isnan(
        stationarity(network, TEST.images(positions), TEST.targets(positions, torch.Generator()), TEST)
    )


def test_every_array_that_tasks_read_is_named_once() -> None:
    assert required_labels(("side", "brightness"), VIEWS) == ("brightness", "rgb", "side")


def test_statistics_are_those_of_the_training_images() -> None:
    truth = VIEWS.load("train", ["brightness"])["brightness"]
    assert float(DEFINITIONS[2].statistic("mean")) == pytest.approx(float(np.mean(truth)), rel=1e-4)


def test_draws_of_dropout_come_from_the_runs_generator_and_leave_the_global_one_alone() -> None:
    before = torch.get_rng_state()
    drawn = []
    for seed in (1, 1, 2):
        with drawn_by(torch.Generator().manual_seed(seed)):
            drawn.append(torch.rand(3))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert torch.equal(torch.get_rng_state(), before)


def test_a_segmentation_is_judged_over_all_pixels_together(tmp_path_factory: pytest.TempPathFactory) -> None:
    from models.data.rooms.config import RoomsConfig
    from models.data.splits import SplitSizes
    from models.data.views import RoomsViews
    from models.networks.config import NetworkConfig

    sizes = SplitSizes(train=8, transfer=2, validation=2, test=6)
    rooms = RoomsViews(RoomsConfig(seed=0, size=32), sizes, tmp_path_factory.mktemp("rooms"), workers=1)
    config = replace(CONFIG, tasks=("semantic_segmentation", "depth"), network=NetworkConfig(image_size=32))
    definitions = fitted_definitions(config, rooms)
    network, test = (
        fresh_network(config, definitions, 0, shared=True),
        SharedExamples(definitions, rooms, "test"),
    )
    found = evaluated(network, test).metrics["semantic_segmentation"]["mean_iou"]
    images, targets = next(iter(test.evaluation()))
    guess, truth = network.eval()(images)[0].argmax(1), targets[0].values
    shares = [
        float(((guess == k) & (truth == k)).sum()) / float(((guess == k) | (truth == k)).sum())
        for k in range(18)
        if ((guess == k) | (truth == k)).any()
    ]
    assert found == pytest.approx(np.mean(shares))
