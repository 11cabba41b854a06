import pytest
import torch
import torch.nn.functional as F

from models.networks.attribute_resnet import AttributeResNet
from models.networks.weights import pack_network, unpack_network


def images(count, size):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, 3, size, size, generator=generator) * 2 - 1


@torch.no_grad()
def test_at_64_pixels_it_pools_4_by_4_as_the_paper_s_network():
    network = AttributeResNet(64).eval()
    seen = []
    network.layer4.register_forward_hook(lambda _module, _inputs, maps: seen.append(maps))
    found = network(images(2, 64))
    assert seen[0].shape == (2, 512, 8, 8)
    assert torch.equal(found, F.avg_pool2d(seen[0], 4).flatten(1))
    assert found.shape == (2, network.features) == (2, 2048)


@pytest.mark.parametrize("size", [16, 28, 36, 40, 50])
@torch.no_grad()
def test_every_size_gives_as_many_features(size):
    network = AttributeResNet(size).eval()
    assert network(images(1, size)).shape == (1, network.features) == (1, 2048)


def test_its_parameters_are_those_of_a_resnet_18_with_a_small_stem():
    count = sum(parameter.numel() for parameter in AttributeResNet(64).parameters())
    # torchvision's resnet18 has 11,689,512: without its classifier of 513,000, and a stem of 3x3 instead of 7x7
    assert count == 11_689_512 - 513_000 - 3 * 64 * (7 * 7 - 3 * 3)


@torch.no_grad()
def test_it_is_rebuilt_from_its_file():
    network, seen = AttributeResNet(16).eval(), images(2, 16)
    assert torch.equal(unpack_network(pack_network(network)).module(seen), network(seen))


def test_images_that_are_too_small_are_refused():
    with pytest.raises(ValueError, match="at least 16, got 8"):
        AttributeResNet(8)
