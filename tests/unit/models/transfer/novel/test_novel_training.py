from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from models.data.rooms.config import RoomsConfig
from models.data.splits import SplitSizes
from models.data.views import RoomsViews, Views
from models.taxonomy.table import RANDOM
from models.training.progress import NullContext, RunContext, Stopped
from models.transfer.novel.config import NovelConfig, novel_config
from models.transfer.novel.results import (
    Baselines,
    first_order_novel_sets,
    higher_order_novel_sets,
    score_novel,
)
from models.transfer.novel.training import train_baselines, train_novel_transfers
from models.transfer.results import TaskNetwork, TransferResult
from models.transfer.saved import load_task
from models.transfer.serving import load_network, load_transfer
from tests.unit.models.transfer.small import SMALL, Recorder, Spoilt, assert_same_bits

FEW = SplitSizes(train=6, transfer=5, validation=6, test=9)
STEPS = {"transfer_training.steps": 4, "scratch_training.steps": 3}
SETS = (("depth",), (RANDOM,), ("colorization", "depth"))


def config_of(target: str = "normals") -> NovelConfig:
    return novel_config(
        SMALL, target, sources=SMALL.sources, splits=FEW, per_target=2, seed=5, overrides=STEPS
    )


NORMALS = config_of()


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> RoomsViews:
    rooms = RoomsConfig(seed=77, size=SMALL.image_size)
    return RoomsViews(rooms, FEW, tmp_path_factory.mktemp("novel"), workers=1)


def transfers(
    networks: Mapping[str, TaskNetwork],
    views: Views,
    *,
    config: NovelConfig = NORMALS,
    sets: Sequence[Sequence[str]] = SETS,
    context: RunContext | None = None,
) -> list[TransferResult]:
    return train_novel_transfers(
        config,
        sets,
        source_networks={name: network.weights for name, network in networks.items()},
        views=views,
        context=context or NullContext(),
    )


def baselines(views: Views, *, context: RunContext | None = None) -> Baselines:
    return train_baselines(NORMALS, views=views, context=context or NullContext())


@pytest.mark.parametrize("target", ["normals", "vanishing_points", "fixated_pose", "object_class"])
def test_a_task_that_the_atlas_lacks_is_reached_from_its_networks(
    networks: Mapping[str, TaskNetwork], few: RoomsViews, target: str
) -> None:
    assert target not in networks
    found = transfers(networks, few, config=config_of(target))
    assert [result.sources for result in found] == [tuple(sorted(sources)) for sources in SETS]
    for result in found:
        assert result.target == target
        assert result.test_losses.shape == (FEW.test,)
        assert result.validation_losses.shape == (FEW.validation,)
        assert np.isfinite(result.test_losses).all()


def test_a_transfer_and_the_network_from_scratch_can_be_served(
    networks: Mapping[str, TaskNetwork], few: RoomsViews
) -> None:
    images = np.asarray(few.load("test", ["rgb"])["rgb"])[:2, None]
    for result in transfers(networks, few):
        served = load_transfer(result.weights, [networks[name].weights for name in result.sources])
        assert [each.task for each in served.predict(images)] == ["normals", "normals"]
    assert load_network(baselines(few).scratch.weights).task == "normals"


def test_labels_of_train_and_transfer_are_trained_on_together(
    networks: Mapping[str, TaskNetwork], few: RoomsViews
) -> None:
    clean = transfers(networks, few)[0]
    for split in ("train", "transfer"):
        assert transfers(networks, Spoilt(few, split))[0].weights != clean.weights
        assert baselines(Spoilt(few, split)).scratch.weights != baselines(few).scratch.weights


def test_nothing_that_is_trained_depends_on_validation_and_test(
    networks: Mapping[str, TaskNetwork], few: RoomsViews
) -> None:
    spoilt = Spoilt(few, "validation", "test")
    for one, other in zip(transfers(networks, few), transfers(networks, spoilt), strict=True):
        assert one.weights == other.weights
        assert not np.array_equal(one.test_losses, other.test_losses)
    assert baselines(few).scratch.weights == baselines(spoilt).scratch.weights


def test_statistics_are_those_of_the_few_labels(networks: Mapping[str, TaskNetwork], few: RoomsViews) -> None:
    config = config_of("depth")
    own = load_task(networks["depth"].weights).definition.statistics
    weights = train_baselines(config, views=few, context=NullContext()).scratch.weights
    fitted = load_task(weights).definition.statistics
    assert fitted.keys() == own.keys()
    assert any(not np.array_equal(fitted[name], own[name]) for name in own)


@pytest.mark.parametrize("stop_after", [2, 4, 6, 10])
def test_transfers_stopped_and_resumed_give_the_same_bits(
    networks: Mapping[str, TaskNetwork], few: RoomsViews, stop_after: int
) -> None:
    first = Recorder(stop_after=stop_after)
    with pytest.raises(Stopped):
        transfers(networks, few, context=first)
    resumed = transfers(networks, few, context=Recorder(first.checkpoint))
    for one, other in zip(resumed, transfers(networks, few), strict=True):
        assert_same_bits(one, other)


def test_baselines_stopped_and_resumed_give_the_same_bits(few: RoomsViews) -> None:
    first = Recorder(stop_after=2)
    with pytest.raises(Stopped):
        baselines(few, context=first)
    assert_same_bits(baselines(few, context=Recorder(first.checkpoint)), baselines(few))


def test_the_seed_alone_makes_the_numbers(networks: Mapping[str, TaskNetwork], few: RoomsViews) -> None:
    one, other = transfers(networks, few), transfers(networks, few, config=replace(NORMALS, seed=6))
    assert one[0].weights == transfers(networks, few)[0].weights
    assert one[0].weights != other[0].weights


def test_baselines_say_what_the_numbers_mean(few: RoomsViews) -> None:
    found = baselines(few)
    assert (found.facts.kind, found.facts.inputs) == ("map", 1)
    assert found.facts.metrics.keys() >= found.scratch.metrics.keys()
    assert all(metric.unit for metric in found.facts.metrics.values())
    assert found.constant.test_losses.shape == (FEW.test,)
    assert found.constant.validation_losses.shape == (FEW.validation,)
    assert found.constant.metrics.keys() == found.scratch.metrics.keys()


def test_every_source_is_tried_alone_and_the_best_on_validation_together() -> None:
    assert first_order_novel_sets(NORMALS) == tuple((name,) for name in SMALL.sources)
    losses = {"depth": 0.1, "denoising": 0.2, "autoencoding": 0.3, RANDOM: 0.0}
    assert higher_order_novel_sets(NORMALS, 2, losses) == (("denoising", "depth"), ("autoencoding", "depth"))


def test_the_tournament_ranks_transfers_and_holds_them_against_both_baselines() -> None:
    base = np.random.default_rng(1).random(50, dtype=np.float32)
    found = score_novel([base, base + 1, base + 2], scratch=base + 0.5, constant=base + 1.5)
    assert sum(score.affinity for score in found) == pytest.approx(1)
    assert [score.win_rate for score in found] == pytest.approx([1, 0.5, 0])
    assert [score.win_rate_vs_scratch for score in found] == [1, 0, 0]
    assert [score.win_rate_vs_constant for score in found] == [1, 1, 0]
    assert score_novel([base], base, base)[0].win_rate == 0.5
