import pytest
import torch
from torch import Tensor, nn

from models.networks.dilated_resnet import DilatedResNet
from models.networks.encoder import initialise
from models.networks.pyramid_head import PooledHead, PyramidHead
from models.networks.resnet import ResNet, ResNetMaps
from models.networks.weights import pack_network, unpack_network

WIDTH = 4
CHANNELS = 32 * WIDTH


def fresh(network: nn.Module, seed: int = 0) -> nn.Module:
    initialise(network, torch.Generator().manual_seed(seed))
    return network


def noise(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_maps_are_an_eighth_of_the_image_s_size() -> None:
    maps = fresh(DilatedResNet(WIDTH)).eval()(noise(2, 3, 32, 48))
    assert maps.shape == (2, CHANNELS, 4, 6)
    assert DilatedResNet(WIDTH).features == CHANNELS


def test_dilated_maps_hold_those_of_the_strided_network_at_every_fourth_place() -> None:
    dilated = fresh(DilatedResNet(WIDTH)).double().eval()
    strided = ResNetMaps(50, width=WIDTH).double().eval()
    strided.load_state_dict(dilated.state_dict())
    images = noise(1, 3, 96, 128).double()
    with torch.no_grad():
        torch.testing.assert_close(dilated(images)[:, :, ::4, ::4], strided(images))


def test_the_last_stages_dilate_by_two_and_four() -> None:
    network = DilatedResNet(WIDTH)
    dilations = {
        name: module.dilation[0]
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3)
    }
    assert {dilations[f"layer3.{block}.conv2"] for block in range(1, 6)} == {2}
    assert [dilations[f"layer4.{block}.conv2"] for block in range(3)] == [2, 4, 4]
    assert {value for name, value in dilations.items() if name < "layer3"} == {1}


def test_the_paper_s_trunk_takes_the_weights_of_a_public_resnet() -> None:
    with torch.device("meta"):
        trunk, public = DilatedResNet(), ResNet(50)
    assert trunk.features == 2048
    assert {name: value.shape for name, value in trunk.state_dict().items()} == {
        name: value.shape for name, value in public.state_dict().items()
    }


@pytest.mark.parametrize("side", [2, 4, 9])
def test_a_pyramid_head_gives_maps_of_the_task_s_size(side: int) -> None:
    assert fresh(PyramidHead(5, 32, CHANNELS))(noise(2, CHANNELS, side, side)).shape == (2, 5, 32, 32)


def test_heads_read_2048_channels_unless_told_otherwise() -> None:
    maps = noise(2, 2048, 2, 2)
    assert fresh(PyramidHead(3, 16))(maps).shape == (2, 3, 16, 16)
    assert fresh(PooledHead(7))(maps).shape == (2, 7)


def test_every_place_of_a_pyramid_head_hears_of_the_whole_image() -> None:
    head = fresh(PyramidHead(1, 8, 16)).eval()
    maps = noise(1, 16, 8, 8).requires_grad_()
    head(maps)[0, 0, 0, 0].backward()
    assert maps.grad is not None
    assert (maps.grad.abs().sum(1) > 0).all()


def test_a_pooled_head_does_not_care_where_things_are() -> None:
    head = fresh(PooledHead(3, 16))
    maps = noise(2, 16, 4, 4)
    torch.testing.assert_close(head(maps), head(maps.flip(2).roll(1, 3)))


def test_gradients_reach_every_weight() -> None:
    trunk, head = fresh(DilatedResNet(WIDTH)), fresh(PyramidHead(2, 32, CHANNELS))
    head(trunk(noise(2, 3, 32, 32))).square().sum().backward()
    assert all(
        parameter.grad is not None and parameter.grad.abs().sum() > 0
        for parameter in (*trunk.parameters(), *head.parameters())
    )


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        (DilatedResNet(WIDTH), (1, 3, 16, 16)),
        (PyramidHead(2, 16, CHANNELS, dropout=0.2), (1, CHANNELS, 2, 2)),
        (PooledHead(3, CHANNELS), (1, CHANNELS, 2, 2)),
    ],
)
def test_scene_networks_come_back_from_their_bytes_alone(network: nn.Module, shape: tuple[int, ...]) -> None:
    network = fresh(network).eval()
    saved = unpack_network(pack_network(network)).module
    assert torch.equal(saved(noise(*shape)), network(noise(*shape)))


def test_blocks_of_two_convolutions_do_not_dilate() -> None:
    with pytest.raises(ValueError, match="its stride is 32, not 8"):
        ResNetMaps(18, stride=8)
