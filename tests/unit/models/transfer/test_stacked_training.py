"""Whole trainings of transfers: many networks as one against one by one, for every kind of decoder and order."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.data.views import RoomsViews
from models.networks.weights import pack_network, unpack_network
from models.tasks.examples import Examples
from models.tasks.registry import definition
from models.training.progress import NullContext
from models.transfer.results import TaskNetwork, TransferResult
from models.transfer.saved import network_metadata
from models.transfer.task_specific import fresh_network
from models.transfer.transfer import train_transfers
from tests.unit.models.transfer.small import SMALL

SETS = (
    ("colorization",),
    ("random",),
    ("autoencoding",),
    ("autoencoding", "colorization"),
    ("denoising", "random"),
    ("autoencoding", "colorization", "denoising"),
    ("autoencoding", "colorization", "random"),
)
TARGETS = ("depth", "normals", "semantic_segmentation", "segmentation_2d", "scene_class", "vanishing_points")


def target_network(target: str, views: RoomsViews) -> bytes:
    """An untrained network of the target with the statistics of its labels."""
    plain = definition(target, image_size=SMALL.image_size, label_info=views.label_info)
    fitted = plain.fitted(Examples(plain, views, "train").arrays(slice(None)))
    network = fresh_network(SMALL, fitted, SMALL.network.representation_shape, "network")
    return pack_network(network, metadata=network_metadata(fitted), tensors=fitted.statistics)


def trained(
    networks: Mapping[str, TaskNetwork], views: RoomsViews, target: str, stack: int
) -> list[TransferResult]:
    return train_transfers(
        replace(SMALL, stack=stack),
        target,
        SETS,
        target_network=target_network(target, views),
        representations={name: network.representations for name, network in networks.items()},
        views=views,
        context=NullContext(),
    )


@pytest.mark.parametrize("target", TARGETS)
def test_a_stack_learns_and_scores_what_each_network_does_alone(
    networks: Mapping[str, TaskNetwork], views: RoomsViews, target: str
) -> None:
    together, alone = (trained(networks, views, target, stack) for stack in (len(SETS), 1))
    for one, other in zip(together, alone, strict=True):
        assert one.sources == other.sources
        np.testing.assert_allclose(one.curve.losses, other.curve.losses, rtol=1e-4)
        np.testing.assert_allclose(one.test_losses, other.test_losses, rtol=2e-3, atol=1e-4)
        np.testing.assert_allclose(one.validation_losses, other.validation_losses, rtol=2e-3, atol=1e-4)
        assert one.metrics == pytest.approx(other.metrics, rel=2e-2, abs=1e-3)
        own = unpack_network(one.weights).module.state_dict()
        for name, value in unpack_network(other.weights).module.state_dict().items():
            torch.testing.assert_close(own[name], value, rtol=1e-3, atol=1e-3)
