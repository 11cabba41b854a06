from collections.abc import Mapping

import numpy as np
import pytest
import torch

from models.data.views import RoomsViews
from models.tasks.examples import Examples, evaluated
from models.taxonomy.table import RANDOM
from models.training.progress import NullContext, Stopped
from models.transfer.representations import random_encoder, represent
from models.transfer.results import TaskNetwork
from models.transfer.saved import load_task
from models.transfer.task_specific import train_task_network
from tests.unit.models.transfer.small import SMALL, Recorder, Spoilt, assert_same_bits

TRAINED = [name for name in SMALL.sources if name != RANDOM]


@pytest.mark.parametrize("stop_after", [1, 4, 7, 9])
def test_a_training_stopped_and_resumed_gives_the_same_bits(
    networks: Mapping[str, TaskNetwork], views: RoomsViews, stop_after: int
) -> None:
    first = Recorder(stop_after=stop_after)
    with pytest.raises(Stopped):
        train_task_network(SMALL, "denoising", views, first)
    assert first.checkpoint is not None
    resumed = train_task_network(SMALL, "denoising", views, Recorder(first.checkpoint))
    assert_same_bits(resumed, networks["denoising"])


def test_the_seed_alone_makes_the_numbers(networks: Mapping[str, TaskNetwork], views: RoomsViews) -> None:
    torch.manual_seed(99)
    assert_same_bits(train_task_network(SMALL, "depth", views, NullContext()), networks["depth"])


@pytest.mark.parametrize("name", TRAINED)
def test_packed_weights_give_the_losses_that_were_measured(
    networks: Mapping[str, TaskNetwork], views: RoomsViews, name: str
) -> None:
    saved = load_task(networks[name].weights)
    test = Examples(saved.definition, views, "test")
    scores = evaluated(lambda rows: saved.network(test.inputs(rows)), test)
    np.testing.assert_allclose(scores.losses, networks[name].test_losses, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", TRAINED)
def test_every_rival_is_measured_on_every_test_image(networks: Mapping[str, TaskNetwork], name: str) -> None:
    network = networks[name]
    for losses in (network.test_losses, network.constant_losses, network.random_losses):
        assert losses.shape == (SMALL.splits.test,)
        assert losses.dtype == np.float32
        assert np.isfinite(losses).all()
    assert set(network.curves) == {"network", "random"}


def test_representations_are_those_of_the_frozen_encoder(
    networks: Mapping[str, TaskNetwork], views: RoomsViews
) -> None:
    saved = load_task(networks["depth"].weights)
    for split in ("transfer", "validation", "test"):
        seen = represent(saved.definition, saved.network.encoder, Examples(saved.definition, views, split))
        kept = networks["depth"].representations[f"rgb/{split}"]
        np.testing.assert_allclose(seen.astype(float), kept.astype(float), rtol=1e-2, atol=1e-2)


def test_the_random_source_keeps_the_weights_that_were_drawn(networks: Mapping[str, TaskNetwork]) -> None:
    drawn = random_encoder(SMALL).state_dict()
    kept = load_task(networks[RANDOM].weights).network.encoder.state_dict()
    assert drawn.keys() == kept.keys()
    assert all(torch.equal(drawn[name], kept[name]) for name in drawn)


def test_noisy_targets_get_representations_of_their_own(networks: Mapping[str, TaskNetwork]) -> None:
    for network in networks.values():
        assert {key.split("/")[0] for key in network.representations} == {"rgb", "denoising"}
        clean, noisy = network.representations["rgb/test"], network.representations["denoising/test"]
        assert clean.shape == noisy.shape
        assert not np.array_equal(clean, noisy)


def test_only_the_train_split_shapes_a_network(
    networks: Mapping[str, TaskNetwork], views: RoomsViews
) -> None:
    spoilt = Spoilt(views, "transfer", "validation", "test")
    again = train_task_network(SMALL, "depth", spoilt, NullContext())
    assert again.weights == networks["depth"].weights
    assert again.test_losses.tolist() == networks["depth"].test_losses[::-1].tolist()
    other = train_task_network(SMALL, "depth", Spoilt(views, "train"), NullContext())
    assert other.weights != networks["depth"].weights
