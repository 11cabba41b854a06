from collections.abc import Callable

import pytest
import torch
from torch import nn

from models.networks.config import NetworkConfig
from models.networks.dense_decoder import DenseDecoder
from models.networks.encoder import initialise
from models.networks.transfer_head import TransferHead
from models.networks.transfer_network import TransferNetwork
from models.networks.vector_head import VectorHead
from models.transfer.stacked import Interpolation, Stacked, StackError

SHAPE = NetworkConfig(image_size=16, encoder_widths=(4, 4), encoder_blocks=(0, 0)).representation_shape


def dense() -> nn.Module:
    return TransferNetwork(TransferHead(6, 6, SHAPE[0]), DenseDecoder(SHAPE, (5, 4), 2, 16))


def vector() -> nn.Module:
    return TransferNetwork(TransferHead(6, 6, SHAPE[0]), VectorHead(SHAPE, 8, 3))


def drawn(make: Callable[[], nn.Module], count: int) -> list[nn.Module]:
    networks = [make() for _ in range(count)]
    for seed, network in enumerate(networks):
        initialise(network, torch.Generator().manual_seed(seed))
    return networks


def inputs(count: int) -> torch.Tensor:
    return torch.randn(5, 6 * count, *SHAPE[1:], generator=torch.Generator().manual_seed(9))


@pytest.mark.parametrize("make", [dense, vector])
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("training", [True, False])
def test_a_stack_gives_what_each_network_gives(
    make: Callable[[], nn.Module], count: int, training: bool
) -> None:
    networks, seen = drawn(make, count), inputs(count)
    stacked = Stacked(networks).train(training)
    alone = [
        network.train(training)(part)
        for network, part in zip(networks, seen.chunk(count, dim=1), strict=True)
    ]
    torch.testing.assert_close(torch.stack(stacked(seen)), torch.stack(alone), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", [dense, vector])
def test_steps_of_a_stack_written_back_are_steps_of_each_network(make: Callable[[], nn.Module]) -> None:
    networks, alone, seen = drawn(make, 2), drawn(make, 2), inputs(2)
    stacked = Stacked(networks)
    optimiser = torch.optim.SGD(stacked.parameters(), lr=0.1)
    for _ in range(3):
        optimiser.zero_grad()
        torch.stack([output.square().mean() for output in stacked(seen)]).sum().backward()
        optimiser.step()
    stacked.write_back(networks)
    for network, part in zip(alone, seen.chunk(2, dim=1), strict=True):
        own = torch.optim.SGD(network.parameters(), lr=0.1)
        for _ in range(3):
            own.zero_grad()
            network(part).square().mean().backward()
            own.step()
    for one, other in zip(networks, alone, strict=True):
        for name, value in one.state_dict().items():
            torch.testing.assert_close(value, other.state_dict()[name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("size", [(16, 16), (9, 20), (4, 3)])
def test_interpolation_is_bilinear_upsampling_in_both_directions(size: tuple[int, int]) -> None:
    seen = torch.randn(2, 3, 4, 6, generator=torch.Generator().manual_seed(4)).requires_grad_()
    layers = (Interpolation(size), nn.Upsample(size=size, mode="bilinear", align_corners=False))
    found, expected = (layer(seen) for layer in layers)
    torch.testing.assert_close(found, expected)
    weights = torch.randn(expected.shape, generator=torch.Generator().manual_seed(5))
    back = [torch.autograd.grad((output * weights).sum(), seen)[0] for output in (found, expected)]
    torch.testing.assert_close(*back)


def test_a_stack_leaves_the_networks_it_was_made_of_as_they_are() -> None:
    networks = drawn(dense, 2)
    before = [value.clone() for network in networks for value in network.state_dict().values()]
    stacked = Stacked(networks)
    torch.stack(stacked(inputs(2))).sum().backward()
    for parameter in stacked.parameters():
        parameter.data.zero_()
    after = [value for network in networks for value in network.state_dict().values()]
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))


@pytest.mark.parametrize(
    "networks",
    [
        [nn.Conv2d(3, 4, 3), nn.Conv2d(3, 5, 3)],
        [nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3, stride=2)],
        [nn.Conv2d(3, 4, 3), nn.Linear(3, 4)],
        [nn.Sequential(nn.ReLU()), nn.Sequential(nn.ReLU(), nn.ReLU())],
        [nn.LayerNorm(3), nn.LayerNorm(3)],
    ],
)
def test_networks_that_cannot_run_as_one_are_refused(networks: list[nn.Module]) -> None:
    with pytest.raises(StackError):
        Stacked(networks)
