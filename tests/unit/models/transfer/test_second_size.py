"""A second transfer data size in one process: on networks that are there, with fewer images."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from models.data.first_views import first_views
from models.data.views import RoomsViews
from models.training.progress import NullContext
from models.transfer.atlas import build_atlas
from models.transfer.config import ConfigError
from models.transfer.derived import derived_config
from models.transfer.representations import TooFewEncoded
from models.transfer.results import TaskNetwork
from models.transfer.transfer import train_transfers
from tests.unit.models.transfer.small import SMALL, assert_same_bits

Networks = Mapping[str, TaskNetwork]


def test_an_atlas_on_networks_that_are_there_trains_none_and_keeps_them(
    views: RoomsViews, networks: Networks
) -> None:
    config = derived_config(SMALL, orders=[1, 2], overrides={"splits.transfer": 8})
    atlas = build_atlas(config, views, NullContext(), networks=networks)
    assert atlas.networks is networks
    assert set(atlas.targets) == set(SMALL.targets)
    for target, result in atlas.targets.items():
        assert {len(each.sources) for each in result.transfers} == {1, 2}
        assert len(result.scratch.test_losses) == SMALL.splits.test
        assert sum(edge.affinity or 0.0 for edge in result.evaluation.transfers) == pytest.approx(1.0), target


def test_the_first_images_are_those_that_a_smaller_split_would_hold(
    views: RoomsViews, networks: Networks
) -> None:
    config = derived_config(SMALL, overrides={"splits.transfer": 8})

    def trained(encoded: Mapping[str, Mapping[str, np.ndarray]]) -> object:
        return train_transfers(
            config,
            "depth",
            [("autoencoding",)],
            target_network=networks["depth"].weights,
            representations=encoded,
            views=first_views(views, "transfer", 8),
            context=NullContext(),
        )[0]

    whole = {name: network.representations for name, network in networks.items()}
    cut = {
        name: {key: values[:8] if key.endswith("/transfer") else values for key, values in kept.items()}
        for name, kept in whole.items()
    }
    assert_same_bits(trained(whole), trained(cut))
    short = {
        name: {key: values[:7] if key.endswith("/transfer") else values for key, values in kept.items()}
        for name, kept in whole.items()
    }
    with pytest.raises(TooFewEncoded, match="autoencoding has encoded 7 images of rgb/transfer, not 8"):
        trained(short)


def test_other_images_give_other_transfers(views: RoomsViews, networks: Networks) -> None:
    small = derived_config(SMALL, overrides={"splits.transfer": 8, "transfer_training.steps": 5})
    kept = {name: network.representations for name, network in networks.items()}
    losses = [
        train_transfers(
            config,
            "depth",
            [("autoencoding",)],
            target_network=networks["depth"].weights,
            representations=kept,
            views=first_views(views, "transfer", config.splits.transfer),
            context=NullContext(),
        )[0].test_losses
        for config in (small, SMALL)
    ]
    assert small.transfer_training == SMALL.transfer_training
    assert not np.array_equal(*losses)


def test_networks_that_are_missing_are_named(views: RoomsViews, networks: Networks) -> None:
    few = {name: network for name, network in networks.items() if name not in {"depth", "random"}}
    with pytest.raises(ValueError, match="no network of depth, random"):
        build_atlas(SMALL, views, NullContext(), networks=few)


def test_more_images_than_there_are_cannot_be_taken(views: RoomsViews, networks: Networks) -> None:
    more = replace(SMALL, splits=replace(SMALL.splits, transfer=17))
    with pytest.raises(ValueError, match="16 views, not 17"):
        build_atlas(more, views, NullContext(), networks=networks)
    with pytest.raises(ConfigError):
        derived_config(SMALL, overrides={"splits.transfer": 17})
