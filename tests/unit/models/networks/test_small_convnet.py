import pytest
import torch

from models.networks.classifier import Classifier
from models.networks.small_convnet import SmallConvNet
from models.networks.weights import pack_network, unpack_network


@pytest.mark.parametrize("size", [16, 28, 32, 37, 64])
def test_an_image_becomes_as_many_features_as_it_says(size: int) -> None:
    network = SmallConvNet(size)
    assert network(torch.zeros(2, 3, size, size)).shape == (2, network.features)


def test_one_image_does_not_see_the_others_of_its_batch() -> None:
    network = SmallConvNet(28).train()
    images = torch.randn(4, 3, 28, 28)
    torch.testing.assert_close(network(images)[:1], network(images[:1]))


def test_images_that_are_too_small_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 8"):
        SmallConvNet(7)


def test_a_saved_classifier_is_rebuilt_from_its_bytes_alone() -> None:
    backbone = SmallConvNet(28)
    network = Classifier(backbone, backbone.features, 16, 5).eval()
    images = torch.randn(3, 3, 28, 28)
    rebuilt = unpack_network(pack_network(network)).module
    assert torch.equal(rebuilt(images), network(images))
