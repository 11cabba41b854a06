"""What trains and answers on a CPU does so on another device, with the same numbers."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar
from unittest.mock import patch

import numpy as np
import pytest
import torch
from torch import Tensor

from models.adaptation.config import METHODS as ADAPTATIONS
from models.adaptation.config import Method
from models.adaptation.domains import Domain
from models.adaptation.serving import load_classifier
from models.adaptation.training import adapt
from models.data.rooms.config import RoomsConfig
from models.data.views import RoomsViews
from models.multitask.methods import METHODS
from models.multitask.serving import load_model
from models.multitask.training import train
from models.networks.device import accelerator, on_accelerator, seeded
from models.tasks.registry import DEFINITIONS
from models.tasks.serving import Servable
from models.taxonomy.table import RANDOM
from models.training.progress import NullContext, Stopped
from models.transfer.estimators.features import class_network, class_probabilities
from models.transfer.estimators.samples import draw_sample
from models.transfer.presets import atlas_config
from models.transfer.results import TaskNetwork, TransferResult
from models.transfer.serving import load_network, load_transfer
from models.transfer.task_specific import train_task_network
from models.transfer.transfer import train_scratch, train_transfers
from tests.unit.models.adaptation.test_training import CONFIG as FEATURES
from tests.unit.models.adaptation.test_training import SOURCE, TARGET
from tests.unit.models.multitask.tiny import CONFIG, TinyViews
from tests.unit.models.pretend_device import DEVICE, Away, pretend_device
from tests.unit.models.tasks.task_batches import batch, fitted, network_prediction
from tests.unit.models.transfer.small import OVERRIDES, Recorder, assert_same_bits

T = TypeVar("T")
TASKS = ("depth", "colorization", "egomotion", "semantic_segmentation")
ATLAS = atlas_config("tiny", tasks=TASKS, per_target=1, seed=3, overrides=OVERRIDES)


@contextmanager
def elsewhere() -> Generator[None]:
    with patch("models.networks.device._gpu", lambda: DEVICE), pretend_device():
        yield


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> RoomsViews:
    config = RoomsConfig(seed=ATLAS.seed, size=ATLAS.image_size)
    return RoomsViews(config, ATLAS.splits, tmp_path_factory.mktemp("rooms"), workers=1)


def on_both(made: Callable[[], T]) -> tuple[T, T]:
    here = made()
    with elsewhere():
        return here, made()


def test_the_device_refuses_what_a_gpu_would() -> None:
    with elsewhere():
        assert accelerator() == DEVICE
        layer = on_accelerator(torch.nn.Linear(3, 2))
        assert isinstance(layer.weight, Away)
        with pytest.raises(RuntimeError, match="two devices"):
            layer(torch.ones(1, 3))
        with pytest.raises(RuntimeError):
            layer.weight.detach().numpy()
        with pytest.raises(RuntimeError, match="generator of the CPU"):
            torch.rand(2, device=DEVICE, generator=torch.Generator())
        assert layer(torch.ones(1, 3).to(DEVICE)).cpu().shape == (1, 2)


def test_what_is_drawn_by_a_seed_leaves_other_draws_alone() -> None:
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    with seeded(7):
        first = torch.rand(2)
    torch.testing.assert_close(torch.rand(2), expected)
    with seeded(7):
        torch.testing.assert_close(torch.rand(2), first)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_loss_and_its_gradient(name: str) -> None:
    task, arrays = fitted(name), batch(3)
    values, target = network_prediction(task, arrays), task.target(arrays, task.noise(arrays, None))

    def found() -> tuple[Tensor, Tensor]:
        device = accelerator()
        prediction = values.detach().to(device).requires_grad_()
        losses = task.loss(prediction, target.to(device))
        losses.sum().backward()
        assert prediction.grad is not None
        return losses.detach().cpu(), prediction.grad.cpu()

    for one, other in zip(*on_both(found), strict=True):
        assert torch.equal(one, other)


@pytest.fixture(scope="module")
def networks(rooms: RoomsViews) -> Mapping[str, TaskNetwork]:
    return {task: train_task_network(ATLAS, task, rooms, NullContext()) for task in (*TASKS, RANDOM)}


@pytest.mark.parametrize("task", [*TASKS, RANDOM])
def test_task_networks(networks: Mapping[str, TaskNetwork], rooms: RoomsViews, task: str) -> None:
    with elsewhere():
        there = train_task_network(ATLAS, task, rooms, NullContext())
    assert_same_bits(networks[task], there)


def transferred(networks: Mapping[str, TaskNetwork], rooms: RoomsViews) -> list[TransferResult]:
    return train_transfers(
        ATLAS,
        "depth",
        [("colorization",), ("depth",), ("colorization", "depth")],
        target_network=networks["depth"].weights,
        representations={name: network.representations for name, network in networks.items()},
        views=rooms,
        context=NullContext(),
    )


def test_transfers(networks: Mapping[str, TaskNetwork], rooms: RoomsViews) -> None:
    here, there = on_both(lambda: transferred(networks, rooms))
    for one, other in zip(here, there, strict=True):
        assert_same_bits(one, other)


def test_networks_from_scratch(networks: Mapping[str, TaskNetwork], rooms: RoomsViews) -> None:
    weights = networks["depth"].weights
    here, there = on_both(
        lambda: train_scratch(ATLAS, "depth", target_network=weights, views=rooms, context=NullContext())
    )
    assert_same_bits(here, there)


def test_answers(networks: Mapping[str, TaskNetwork], rooms: RoomsViews) -> None:
    images = np.asarray(rooms.load("test", ("rgb",))["rgb"])[:, None].astype(np.uint8)
    weights = {name: networks[name].weights for name in ("colorization", "depth")}
    head = transferred(networks, rooms)[2].weights
    ways: list[Callable[[], Servable]] = [
        lambda: load_network(weights["depth"]),
        lambda: load_transfer(head, list(weights.values())),
    ]
    for load in ways:
        here, there = on_both(lambda load=load: [answer.array for answer in load().predict(images)])
        np.testing.assert_array_equal(here, there)


def test_class_probabilities_for_estimates(networks: Mapping[str, TaskNetwork], rooms: RoomsViews) -> None:
    source, depth = networks["semantic_segmentation"], networks["depth"]

    def found() -> np.ndarray:
        sample, network = draw_sample(ATLAS, "depth", depth.weights, rooms), class_network(source.weights)
        assert sample is not None
        assert network is not None
        shares = class_probabilities(network, source.representations["rgb/transfer"], sample)
        assert shares is not None
        return shares

    np.testing.assert_array_equal(*on_both(found))


@pytest.mark.parametrize("method", ADAPTATIONS)
def test_adaptations(method: Method) -> None:
    here, there = on_both(lambda: adapt(FEATURES, method, 0, SOURCE, TARGET, NullContext()))
    assert here.weights == there.weights
    assert_same_bits(here.history, there.history)
    np.testing.assert_array_equal(*on_both(lambda: load_classifier(here.weights).predict(TARGET.inputs)))


def test_adaptations_of_images_with_random_views() -> None:
    config = replace(
        FEATURES, backbone="small", input_features=None, image_size=16, augmentation="crop-flip", steps=4
    )
    rng = np.random.default_rng(0)
    source, target = (
        Domain(rng.integers(256, size=(24, 16, 16, 3), dtype=np.uint8), np.arange(24) % 4) for _ in range(2)
    )
    here, there = on_both(lambda: adapt(config, "san", 0, source, target, NullContext()))
    assert here.weights == there.weights


@pytest.mark.parametrize("method", METHODS)
def test_multitask_trainings(method: str) -> None:
    preference = (0.5, 0.3, 0.2) if METHODS[method].by_preference else None
    config = replace(CONFIG, epochs=1, evaluations=1)
    here, there = on_both(lambda: train(config, method, 0, preference, TinyViews(), NullContext()))
    assert here.weights == there.weights
    assert_same_bits(here.history, there.history)


def test_answers_of_several_tasks() -> None:
    weights = train(CONFIG, "uniform", 0, None, TinyViews(), NullContext()).weights
    images = np.asarray(TinyViews().load("test", ("rgb",))["rgb"]).astype(np.uint8)
    here, there = on_both(lambda: load_model(weights).predict(images))
    for task, answers in here.items():
        for one, other in zip(answers, there[task], strict=True):
            np.testing.assert_array_equal(one.array, other.array)


@pytest.mark.parametrize("method", ["ExcessMTL", "FAMO", "PCD", "gradnorm"])
def test_a_run_may_move_to_another_device_and_back(method: str) -> None:
    unbroken = train(CONFIG, method, 0, None, TinyViews(), NullContext())
    recorder = Recorder(stop_after=3)
    with elsewhere(), pytest.raises(Stopped):
        train(CONFIG, method, 0, None, TinyViews(), recorder)
    second = Recorder(recorder.checkpoint, stop_after=2)
    with pytest.raises(Stopped):
        train(CONFIG, method, 0, None, TinyViews(), second)
    with elsewhere():
        resumed = train(CONFIG, method, 0, None, TinyViews(), Recorder(second.checkpoint))
    assert resumed.weights == unbroken.weights
