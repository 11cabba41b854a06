import pytest
import torch
from torch import nn

from models.networks.config import NetworkConfig
from models.networks.dense_decoder import DenseDecoder
from models.networks.encoder import Encoder, fresh_encoder
from models.networks.task_network import TaskNetwork
from models.networks.transfer_head import TransferHead
from models.networks.transfer_network import TransferNetwork
from models.networks.vector_head import VectorHead
from models.networks.weights import WeightsError, build, describe, pack_network, unpack_network

CONFIG = NetworkConfig(
    image_size=16, encoder_widths=(4, 6), encoder_blocks=(1, 0), bottleneck_channels=3, decoder_widths=(5, 4)
)
SHAPE = CONFIG.representation_shape
NETWORKS: dict[str, nn.Module] = {
    "task network of a map": TaskNetwork(Encoder.of(CONFIG), DenseDecoder(SHAPE, (5, 4), 2, 16)),
    "task network of a vector": TaskNetwork(
        Encoder.of(CONFIG), VectorHead(SHAPE, 8, 4, layers=3, dropout=0.2)
    ),
    "untrained encoder": TaskNetwork(Encoder.of(CONFIG), nn.Identity()),
    "transfer": TransferNetwork(TransferHead(6, 6, 3), VectorHead(SHAPE, 8, 4)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_comes_back_from_its_bytes_alone(name: str) -> None:
    network = NETWORKS[name].eval()
    saved = unpack_network(pack_network(network, metadata={"task": "depth"}, tensors={"mean": torch.ones(2)}))
    images = torch.randn(2, *((6, 4, 4) if isinstance(network, TransferNetwork) else (1, 3, 16, 16)))
    assert not saved.module.training
    assert torch.equal(saved.module(images), network(images))
    assert dict(saved.metadata) == {"task": "depth"}
    assert torch.equal(saved.tensors["mean"], torch.ones(2))


def test_equal_networks_give_equal_bytes() -> None:
    metadata = {"task": "depth", "image_size": 16, "label_info": {}}
    network, tensors = NETWORKS["transfer"], {"mean": torch.ones(3), "deviation": torch.ones(2)}
    files = {pack_network(network, metadata=metadata, tensors=tensors) for _ in range(20)}
    assert len(files) == 1


def test_bytes_do_not_depend_on_the_memory_layout() -> None:
    encoder = fresh_encoder(CONFIG, torch.Generator().manual_seed(2))
    plain = pack_network(encoder)
    for parameter in encoder.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    assert pack_network(encoder) == plain


@pytest.mark.parametrize(
    "data", [b"", b"not a network", b"\xff" * 64, b"\x02\x00\x00\x00\x00\x00\x00\x00{}", b"\x08" + b"\0" * 7]
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(WeightsError, match="not a network file"):
        unpack_network(data)


def test_a_file_cut_short_is_refused() -> None:
    data = pack_network(NETWORKS["transfer"])
    with pytest.raises(WeightsError):
        unpack_network(data[:-5])


@pytest.mark.parametrize(
    "description",
    [
        {"kind": "os.system"},
        {"kind": "encoder", "widths": [4]},
        {"kind": "dense_decoder", "shape": [3], "widths": [4], "outputs": 1, "size": 16},
        {},
    ],
)
def test_a_description_that_builds_nothing_is_refused(description: dict[str, object]) -> None:
    with pytest.raises(WeightsError):
        build(description)


def test_a_module_of_another_package_has_no_description() -> None:
    with pytest.raises(WeightsError, match="Conv2d"):
        describe(nn.Conv2d(1, 1, 1))
