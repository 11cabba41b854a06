import numpy as np
import pytest
import torch
from torch import Tensor

from models.networks.backbone_shapes import RESNETS, resnet_shapes
from models.networks.encoder import initialise
from models.networks.resnet import ResNet
from models.networks.weights import pack_network, unpack_network


def deterministic(network: ResNet) -> ResNet:
    """Weights and statistics that any implementation can be given: NumPy draws in the order of the names."""
    generator = np.random.default_rng(4)
    for name, value in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        drawn = generator.standard_normal(value.shape)
        if value.ndim == 4:
            drawn *= (2 / value[0].numel()) ** 0.5
        elif name.endswith(("running_var", "weight")):
            drawn = 0.5 + 0.25 * np.abs(drawn)
        else:
            drawn *= 0.1
        value.copy_(torch.from_numpy(drawn))
    return network


def image() -> Tensor:
    return torch.from_numpy(np.random.default_rng(5).uniform(-1, 1, (2, 3, 64, 96)))


@pytest.mark.parametrize(("depth", "parameters"), [(18, 11_176_512), (50, 23_508_032)])
def test_a_resnet_has_the_parameters_of_the_public_networks_without_their_classifier(
    depth: int, parameters: int
) -> None:
    assert sum(parameter.numel() for parameter in ResNet(depth).parameters()) == parameters


@pytest.mark.parametrize("depth", RESNETS)
def test_tensors_are_those_that_a_file_is_held_against(depth: int) -> None:
    assert {name: tuple(value.shape) for name, value in ResNet(depth).state_dict().items()} == resnet_shapes(
        depth
    )


def test_names_are_those_of_the_public_checkpoints() -> None:
    names = set(ResNet(50).state_dict())
    assert {"conv1.weight", "bn1.running_var", "layer1.0.downsample.1.bias", "layer4.2.conv3.weight"} <= names
    assert "layer1.0.downsample.0.weight" not in ResNet(18).state_dict()


@pytest.mark.parametrize(
    ("depth", "first", "mean"),
    [
        (18, [0.0, 8.179705788712795, 7.931646886578274], 4.805080753351351),
        (50, [55.699463231927986, 10.106755777343675, 63.136955068729854], 21.688604071490595),
    ],
)
def test_features_are_those_of_an_independent_implementation(
    depth: int, first: list[float], mean: float
) -> None:
    # of pytorchcv 0.0.74, `resnet18` and `resnet50b`, given these weights and ImageNet's normalisation
    network = deterministic(ResNet(depth).double()).eval()
    with torch.no_grad():
        found = network(image())
    assert found.shape == (2, network.features)
    torch.testing.assert_close(found[0, :3], torch.tensor(first, dtype=torch.float64), rtol=1e-6, atol=1e-8)
    assert found.mean().item() == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("depth", RESNETS)
def test_a_resnet_comes_back_from_its_bytes_alone(depth: int) -> None:
    network = deterministic(ResNet(depth)).eval()
    images = image().float()[:1, :, :32, :32]
    saved = unpack_network(pack_network(network)).module
    with torch.no_grad():
        assert torch.equal(saved(images), network(images))


def test_fresh_features_keep_a_usable_scale_and_reach_every_weight() -> None:
    network = ResNet(50)
    initialise(network, torch.Generator().manual_seed(1))
    features = network(torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(2)))
    assert 0.01 < features.std() < 100
    features.square().sum().backward()
    assert all(
        parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in network.parameters()
    )


def test_a_depth_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="18, 50, got 34"):
        ResNet(34)
