from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from models.data.views import RoomsViews, Views
from models.training.progress import NullContext, RunContext, Stopped
from models.transfer.config import AtlasConfig
from models.transfer.results import TaskNetwork, TransferResult
from models.transfer.saved import load_task
from models.transfer.transfer import fresh_transfer, train_scratch, train_transfers
from tests.unit.models.transfer.small import SMALL, Recorder, Spoilt, assert_same_bits

SETS = (("depth",), ("random",), ("colorization", "depth"), ("autoencoding",), ("random", "autoencoding"))


def transfers(
    networks: Mapping[str, TaskNetwork],
    views: Views,
    *,
    target: str = "scene_class",
    sets: Sequence[Sequence[str]] = SETS,
    config: AtlasConfig = SMALL,
    context: RunContext | None = None,
) -> list[TransferResult]:
    return train_transfers(
        config,
        target,
        sets,
        target_network=networks[target].weights,
        representations={name: network.representations for name, network in networks.items()},
        views=views,
        context=context or NullContext(),
    )


def test_results_come_in_the_order_asked_with_sorted_sources(
    networks: Mapping[str, TaskNetwork], views: RoomsViews
) -> None:
    results = transfers(networks, views)
    assert [result.sources for result in results] == [tuple(sorted(sources)) for sources in SETS]
    for result in results:
        assert result.test_losses.shape == (SMALL.splits.test,)
        assert result.validation_losses.shape == (SMALL.splits.validation,)


@pytest.mark.parametrize("target", ["scene_class", "denoising", "depth"])
def test_stacked_transfers_learn_what_each_learns_alone(
    networks: Mapping[str, TaskNetwork], views: RoomsViews, target: str
) -> None:
    sets = [sources for sources in SETS if target not in sources]
    together = transfers(networks, views, target=target, sets=sets)
    alone = transfers(networks, views, target=target, sets=sets, config=replace(SMALL, stack=1))
    for one, other in zip(together, alone, strict=True):
        assert one.sources == other.sources
        np.testing.assert_allclose(one.curve.losses, other.curve.losses, rtol=1e-3)
        np.testing.assert_allclose(one.test_losses, other.test_losses, rtol=2e-2, atol=2e-3)


@pytest.mark.parametrize("stop_after", [2, 5, 8])
def test_transfers_stopped_and_resumed_give_the_same_bits(
    networks: Mapping[str, TaskNetwork], views: RoomsViews, stop_after: int
) -> None:
    first = Recorder(stop_after=stop_after)
    with pytest.raises(Stopped):
        transfers(networks, views, context=first)
    assert first.checkpoint is not None
    resumed = transfers(networks, views, context=Recorder(first.checkpoint))
    for one, other in zip(resumed, transfers(networks, views), strict=True):
        assert_same_bits(one, other)


def test_a_checkpoint_of_other_transfers_is_passed_over(
    networks: Mapping[str, TaskNetwork], views: RoomsViews
) -> None:
    context = Recorder(stop_after=3)
    with pytest.raises(Stopped):
        transfers(networks, views, context=context)
    others = [("depth",), ("autoencoding",)]
    found = transfers(networks, views, sets=others, context=Recorder(context.checkpoint))
    for one, other in zip(found, transfers(networks, views, sets=others), strict=True):
        assert_same_bits(one, other)


def test_transfers_leave_sources_and_target_as_they_are(
    networks: Mapping[str, TaskNetwork], views: RoomsViews
) -> None:
    before = {
        name: (network.weights, {key: value.copy() for key, value in network.representations.items()})
        for name, network in networks.items()
    }
    transfers(networks, views)
    for name, (weights, representations) in before.items():
        assert networks[name].weights == weights
        assert_same_bits(dict(networks[name].representations), representations)


def test_a_transfer_begins_with_the_decoder_of_its_target(networks: Mapping[str, TaskNetwork]) -> None:
    task = load_task(networks["depth"].weights)
    one, other = fresh_transfer(SMALL, task, ["normals"]), fresh_transfer(SMALL, task, ["edges_2d"])
    own = task.network.decoder.state_dict()
    for network in (one, other):
        assert all(np.array_equal(value, own[name]) for name, value in network.decoder.state_dict().items())
    assert any(
        not np.array_equal(value, other.head.state_dict()[name])
        for name, value in one.head.state_dict().items()
    )


def test_no_weight_depends_on_the_test_split(networks: Mapping[str, TaskNetwork], views: RoomsViews) -> None:
    clean, spoilt = transfers(networks, views), transfers(networks, Spoilt(views, "train", "test"))
    for one, other in zip(clean, spoilt, strict=True):
        assert one.weights == other.weights
        assert np.array_equal(one.validation_losses, other.validation_losses)
        assert not np.array_equal(one.test_losses, other.test_losses)


def scratch(networks: Mapping[str, TaskNetwork], views: Views, context: RunContext) -> TransferResult:
    return train_scratch(
        SMALL, "depth", target_network=networks["depth"].weights, views=views, context=context
    )


def test_a_scratch_network_learns_from_the_transfer_split_alone(
    networks: Mapping[str, TaskNetwork], views: RoomsViews
) -> None:
    clean = scratch(networks, views, NullContext())
    spoilt = scratch(networks, Spoilt(views, "train", "validation", "test"), NullContext())
    assert clean.sources == ()
    assert clean.weights == spoilt.weights
    assert scratch(networks, Spoilt(views, "transfer"), NullContext()).weights != clean.weights


def test_a_scratch_training_stopped_and_resumed_gives_the_same_bits(
    networks: Mapping[str, TaskNetwork], views: RoomsViews
) -> None:
    first = Recorder(stop_after=2)
    with pytest.raises(Stopped):
        scratch(networks, views, first)
    resumed = scratch(networks, views, Recorder(first.checkpoint))
    assert_same_bits(resumed, scratch(networks, views, NullContext()))


def test_scratch_and_task_specific_networks_begin_with_different_weights(
    networks: Mapping[str, TaskNetwork], views: RoomsViews
) -> None:
    own = load_task(networks["depth"].weights).network.state_dict()
    other = load_task(scratch(networks, views, NullContext()).weights).network.state_dict()
    assert own.keys() == other.keys()
    assert not all(np.array_equal(own[name], other[name]) for name in own)
