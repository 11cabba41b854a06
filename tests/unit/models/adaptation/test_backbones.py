import numpy as np
import pytest
import torch
from safetensors.torch import save

from models.adaptation.config import AdaptationConfig, Backbone
from models.adaptation.domains import Domain
from models.adaptation.network import fresh_network, outputs
from models.adaptation.training import adapt
from models.networks.classifier import Classifier
from models.networks.encoder import initialise
from models.networks.pretrained_file import PretrainedError
from models.networks.resnet import ResNet
from models.networks.weights import pack_network, unpack_network
from models.training.progress import NullContext
from models.training.seeds import generator_of


def config(backbone: Backbone, size: int | None = 32) -> AdaptationConfig:
    features = 5 if backbone == "features" else None
    return AdaptationConfig(
        classes=("a", "b", "c"), backbone=backbone, image_size=size, input_features=features, bottleneck=8
    )


def fresh(backbone: Backbone, pretrained: bytes | None = None, seed: int = 1) -> Classifier:
    size = None if backbone == "features" else 32
    return fresh_network(config(backbone, size), torch.Generator().manual_seed(seed), pretrained)


@pytest.mark.parametrize("backbone", ["small", "resnet18", "resnet50", "features"])
def test_every_backbone_is_served_as_it_was_trained(backbone: Backbone) -> None:
    generator = np.random.default_rng(0)
    inputs = (
        generator.normal(size=(4, 5)).astype(np.float32)
        if backbone == "features"
        else generator.integers(0, 256, (4, 32, 32, 3), np.uint8)
    )
    network = fresh(backbone)
    features, probabilities = outputs(network, inputs)
    assert (features.shape, probabilities.shape) == ((4, 8), (4, 3))
    again = unpack_network(pack_network(network)).module
    assert isinstance(again, Classifier)
    np.testing.assert_array_equal(outputs(again, inputs)[1], probabilities)


def test_pretrained_weights_replace_the_backbones_and_leave_the_rest_to_the_seed() -> None:
    trained = ResNet(18)
    initialise(trained, torch.Generator().manual_seed(9))
    network, plain = fresh("resnet18", save(trained.state_dict())), fresh("resnet18")
    assert torch.equal(network.backbone.get_parameter("conv1.weight"), trained.conv1.weight)
    assert not torch.equal(plain.backbone.get_parameter("conv1.weight"), trained.conv1.weight)
    assert torch.equal(network.scores.weight, plain.scores.weight)


def test_an_adapted_model_starts_another_with_other_classes() -> None:
    data = pack_network(fresh("small", seed=2))
    other = AdaptationConfig(classes=("x", "y"), backbone="small", image_size=32, bottleneck=4)
    network = fresh_network(other, torch.Generator().manual_seed(3), data)
    source = unpack_network(data).module
    assert torch.equal(
        network.backbone.get_parameter("stages.0.weight"), source.get_parameter("backbone.stages.0.weight")
    )


def test_weights_of_another_backbone_are_refused() -> None:
    with pytest.raises(PretrainedError, match="none of the backbone's tensors"):
        fresh("resnet18", pack_network(fresh("small")))
    with pytest.raises(PretrainedError):
        fresh("features", pack_network(fresh("small")))


def test_outputs_do_not_depend_on_how_many_images_pass_at_once() -> None:
    images = np.random.default_rng(0).integers(
        0, 256, (9, 512, 512, 3), np.uint8
    )  # of this size eight pass at once
    network = fresh_network(config("small", 512), torch.Generator().manual_seed(1))
    features, _ = outputs(network, images)
    alone = [outputs(network, image[None])[0] for image in images]
    np.testing.assert_allclose(features, np.concatenate(alone), rtol=1e-4, atol=1e-5)


def test_a_pretrained_backbone_learns_at_a_tenth_of_the_rate() -> None:
    settings = AdaptationConfig(
        classes=("a", "b"), image_size=16, bottleneck=4, steps=1, evaluations=1, batch_size=4
    )
    images = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), np.uint8)
    domain = Domain(images, np.arange(8) % 2)
    start = fresh_network(settings, generator_of(3, "network"))
    moved = []
    for pretrained in (None, pack_network(start)):
        adapted = adapt(settings, "san", 3, domain, domain, NullContext(), pretrained)
        network = unpack_network(adapted.weights).module
        moved.append({name: value - start.state_dict()[name] for name, value in network.state_dict().items()})
    for name, distance in moved[0].items():
        scale = 0.1 if name.startswith("backbone.") else 1.0
        assert distance.abs().max() > 0
        torch.testing.assert_close(moved[1][name], scale * distance, rtol=1e-2, atol=1e-6)
