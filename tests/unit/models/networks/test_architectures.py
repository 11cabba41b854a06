import pytest
import torch
from torch import nn

from models.networks.config import NetworkConfig, NetworkConfigError
from models.networks.dense_decoder import DenseDecoder
from models.networks.encoder import Encoder, encode_views, fresh_encoder
from models.networks.transfer_head import TransferHead
from models.networks.vector_head import VectorHead


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("config", [NetworkConfig(), NetworkConfig(image_size=32), NetworkConfig.full()])
def test_the_encoder_ends_in_the_bottleneck_that_the_config_states(config: NetworkConfig) -> None:
    encoder = Encoder.of(config).eval()
    with torch.no_grad():
        found = encoder(torch.zeros(1, 3, config.image_size, config.image_size))
    assert found.shape[1:] == config.representation_shape


def test_the_full_size_has_the_bottleneck_of_the_paper() -> None:
    assert NetworkConfig.full().representation_shape == (8, 16, 16)


def test_fresh_weights_depend_on_the_generator_alone() -> None:
    config = NetworkConfig(image_size=32)
    torch.manual_seed(1)
    first = fresh_encoder(config, seeded(7))
    torch.manual_seed(2)
    second, other = fresh_encoder(config, seeded(7)), fresh_encoder(config, seeded(8))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(next(first.parameters()), next(other.parameters()))


def test_fresh_weights_keep_the_scale_of_activations() -> None:
    encoder = fresh_encoder(NetworkConfig(), seeded(3)).eval()
    with torch.no_grad():
        found = encoder(torch.randn(8, 3, 64, 64, generator=seeded(4)))
    assert 0.2 < found.std() < 5


def test_views_are_encoded_one_by_one_and_joined_in_order() -> None:
    encoder = fresh_encoder(NetworkConfig(image_size=16), seeded(5)).eval()
    images = torch.randn(2, 3, 3, 16, 16, generator=seeded(6))
    with torch.no_grad():
        joined = encode_views(encoder, images)
        parts = [encoder(images[:, view]) for view in range(3)]
    torch.testing.assert_close(joined, torch.cat(parts, dim=1))


@pytest.mark.parametrize("size", [8, 16, 32, 48, 64])
@pytest.mark.parametrize("widths", [(6,), (6, 4), (6, 4, 4, 3)])
def test_a_dense_decoder_ends_at_the_size_asked(size: int, widths: tuple[int, ...]) -> None:
    decoder = DenseDecoder((5, 8, 8), widths, 2, size)
    assert decoder(torch.zeros(2, 5, 8, 8)).shape == (2, 2, size, size)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_vector_head_has_the_layers_asked(layers: int) -> None:
    head = VectorHead((4, 7, 7), 8, 5, layers=layers)
    assert sum(isinstance(layer, nn.Linear) for layer in head.modules()) == layers
    assert head(torch.zeros(3, 4, 7, 7)).shape == (3, 5)


def test_a_transfer_head_does_not_mind_the_scale_of_a_source() -> None:
    torch.manual_seed(0)
    head = TransferHead(6, 6, 3)
    seen = torch.randn(16, 6, 4, 4, generator=seeded(9))
    scales = torch.tensor([1e-2, 1.0, 50.0, 3.0, 0.2, 1.0]).view(1, 6, 1, 1)
    torch.testing.assert_close(head(seen * scales), head(seen), rtol=0.1, atol=0.1)


def test_the_streams_of_a_transfer_head_are_apart_until_they_are_mixed() -> None:
    head = TransferHead(4, 4, 2).eval()
    between = torch.randn(1, 8, 5, 5, generator=seeded(1)).requires_grad_()
    head.second(between)[:, :4].sum().backward()
    assert between.grad is not None
    assert between.grad[:, :4].abs().sum() > 0
    assert between.grad[:, 4:].abs().sum() == 0


@pytest.mark.parametrize(
    "sizes",
    [
        {"image_size": 60},
        {"encoder_widths": ()},
        {"encoder_blocks": (0,)},
        {"decoder_widths": ()},
        {"decoder_widths": (8, 8, 8, 8, 8)},
        {"bottleneck_channels": 0},
        {"dropout": 1.0},
    ],
)
def test_sizes_that_do_not_fit_together_are_refused(sizes: dict[str, object]) -> None:
    with pytest.raises(NetworkConfigError):
        NetworkConfig.from_json({**NetworkConfig().to_json(), **sizes})


def test_a_network_config_comes_back_from_json() -> None:
    config = NetworkConfig.full()
    assert NetworkConfig.from_json(config.to_json()) == config
    with pytest.raises(NetworkConfigError, match="depth"):
        NetworkConfig.from_json({"depth": 3})
