"""Networks as safetensors bytes that carry the description they are rebuilt from. Nothing is pickled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from models.networks.attribute_resnet import AttributeResNet
from models.networks.classifier import Classifier
from models.networks.dense_decoder import DenseDecoder
from models.networks.dilated_resnet import DilatedResNet
from models.networks.encoder import Encoder
from models.networks.lenet import FullyConnectedHead, LeNetTrunk
from models.networks.multi_head import MultiHead
from models.networks.pyramid_head import PooledHead, PyramidHead
from models.networks.resnet import ResNet
from models.networks.small_convnet import SmallConvNet
from models.networks.task_network import TaskNetwork
from models.networks.transfer_head import TransferHead
from models.networks.transfer_network import TransferNetwork
from models.networks.vector_head import VectorHead

FORMAT = "taskatlas-network/1"
KINDS: Mapping[str, type[nn.Module]] = MappingProxyType(
    {
        "encoder": Encoder,
        "dense_decoder": DenseDecoder,
        "vector_head": VectorHead,
        "transfer_head": TransferHead,
        "task_network": TaskNetwork,
        "transfer_network": TransferNetwork,
        "attribute_resnet": AttributeResNet,
        "small_convnet": SmallConvNet,
        "resnet": ResNet,
        "dilated_resnet": DilatedResNet,
        "pyramid_head": PyramidHead,
        "pooled_head": PooledHead,
        "classifier": Classifier,
        "lenet_trunk": LeNetTrunk,
        "fully_connected_head": FullyConnectedHead,
        "multi_head": MultiHead,
        "identity": nn.Identity,
    }
)
PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "task_network": ("encoder", "decoder"),
        "transfer_network": ("head", "decoder"),
        "classifier": ("backbone",),
        "multi_head": ("encoders", "heads"),
    }
)
"""What a network is composed of that is described, and rebuilt, by itself: modules, or lists of them."""
_MODULE, _EXTRA = "module.", "extra."


class WeightsError(ValueError):
    """The bytes are not a network that this version can rebuild."""


@dataclass(frozen=True, slots=True)
class SavedNetwork:
    """What a weights file holds.

    Attributes:
        module: The network, in evaluation mode.
        metadata: JSON values stored beside it (task, sizes, label names, ...).
        tensors: Tensors stored beside it, such as target statistics.
    """

    module: nn.Module
    metadata: Mapping[str, Any]
    tensors: Mapping[str, Tensor]


def pack_network(
    module: nn.Module,
    *,
    metadata: Mapping[str, Any] | None = None,
    tensors: Mapping[str, Tensor] | None = None,
) -> bytes:
    """Write a network, its description and what belongs to it as one safetensors file.

    Equal networks give equal bytes.

    Args:
        module: A network made of this package's modules.
        metadata: JSON values to keep beside it.
        tensors: Named tensors to keep beside it.

    Raises:
        WeightsError: A module of another package.
    """
    stored = {_MODULE + name: _plain(value) for name, value in module.state_dict().items()}
    stored |= {_EXTRA + name: _plain(value) for name, value in (tensors or {}).items()}
    header = {
        "format": FORMAT,
        "network": json.dumps(describe(module)),
        "metadata": json.dumps(metadata or {}),
    }
    return _canonical(save_tensors(stored, metadata=header))


def unpack_network(data: bytes) -> SavedNetwork:
    """Rebuild the network that `pack_network` wrote, from its bytes alone.

    Raises:
        WeightsError: Not such a file, a description that builds nothing, or weights of other shapes.
    """
    try:
        header = _header(data)
        tensors = load_tensors(data)
        module = build(json.loads(header["network"]))
        weights = {
            key.removeprefix(_MODULE): value for key, value in tensors.items() if key.startswith(_MODULE)
        }
        module.load_state_dict(weights)
        extra = {key.removeprefix(_EXTRA): value for key, value in tensors.items() if key.startswith(_EXTRA)}
        return SavedNetwork(
            module.eval(), MappingProxyType(json.loads(header["metadata"])), MappingProxyType(extra)
        )
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(f"not a network file of format {FORMAT}: {error}") from error


def network_kind(data: bytes) -> str:
    """What kind of network a file holds, one of `KINDS`; nothing is built.

    Raises:
        WeightsError: Not such a file.
    """
    try:
        return str(json.loads(_header(data)["network"])["kind"])
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"not a network file of format {FORMAT}: {error}") from error


def describe(module: nn.Module) -> dict[str, Any]:
    """JSON values from which `build` makes a network of the same architecture.

    Raises:
        WeightsError: A module of another package.
    """
    kind = next((kind for kind, cls in KINDS.items() if type(module) is cls), None)
    if kind is None:
        raise WeightsError(f"a {type(module).__name__} has no description")
    parts = {name: _described(module.get_submodule(name)) for name in PARTS.get(kind, ())}
    return {"kind": kind, **getattr(module, "arguments", {}), **parts}


def build(description: Mapping[str, Any]) -> nn.Module:
    """The network that `describe` described, with fresh weights.

    Raises:
        WeightsError: An unknown kind, or arguments that do not build one.
    """
    arguments = dict(description)
    kind = arguments.pop("kind", None)
    if kind not in KINDS:
        raise WeightsError(f"unknown network kind {kind!r}")
    parts = {name: _built(value) for name, value in arguments.items()}
    try:
        return KINDS[kind](**parts)
    except (TypeError, ValueError, IndexError) as error:
        raise WeightsError(f"cannot build a {kind}: {error}") from error


def _described(part: nn.Module) -> dict[str, Any] | list[dict[str, Any]]:
    return [describe(each) for each in part] if isinstance(part, nn.ModuleList) else describe(part)


def _built(value: Any) -> Any:
    if isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        return [build(each) for each in value]
    return build(value) if isinstance(value, Mapping) else value


def _plain(value: Tensor) -> Tensor:
    return value.detach().cpu().contiguous()


def _canonical(data: bytes) -> bytes:
    """The same file with a sorted header: safetensors keeps metadata in no order, so equal networks differed."""
    length = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)  # tensors begin at a multiple of 8 bytes
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


def _header(data: bytes) -> dict[str, str]:
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])["__metadata__"]
    if header.get("format") != FORMAT:
        raise WeightsError(f"its format is {header.get('format')!r}")
    return header
