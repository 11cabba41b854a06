"""Many small networks of one shape as one network: one forward pass, one backward pass, one optimiser step.

On a CPU a transfer network is so small that most of its time goes to starting operations. K of them side by
side on the channel axis turn K convolutions into one grouped convolution. Nothing is shared, so each network
learns what it would learn alone (up to the rounding of another order of summation).

Maps at full resolution are no small work, and K of them at once leave the processor's caches: the interpolation
that ends a decoder, and losses after it, thus run network by network.
"""

import copy
from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

_PLAIN = (nn.LeakyReLU, nn.ReLU, nn.Tanh, nn.Sigmoid, nn.Identity, nn.Flatten, nn.Upsample, nn.PixelShuffle)
"""Layers without weights that treat every channel alike, or keep channels in order."""


class StackError(ValueError):
    """The networks have different shapes, or a layer that cannot be stacked."""


class StackedConv2d(nn.Module):
    """K convolutions as one of K times the groups.

    Shape:
        (N, K * inputs, H, W) -> (N, K * outputs, H', W').
    """

    def __init__(self, layers: Sequence[nn.Conv2d]) -> None:
        super().__init__()
        first = layers[0]
        self.stride, self.padding, self.dilation = first.stride, first.padding, first.dilation
        self.groups = first.groups * len(layers)
        self.weight = nn.Parameter(torch.cat([layer.weight.detach() for layer in layers]))
        self.bias = None if first.bias is None else nn.Parameter(_joined(layers, "bias"))

    @override
    def forward(self, x: Tensor) -> Tensor:
        """Convolve every network's channels with its own kernels."""
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class StackedLinear(nn.Module):
    """K linear layers as one batched matrix product.

    Shape:
        (N, K * inputs) -> (N, K * outputs).
    """

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.cat([layer.weight.detach() for layer in layers]))
        self.bias = nn.Parameter(_joined(layers, "bias")) if "bias" in layers[0].state_dict() else None
        self.networks = len(layers)

    @override
    def forward(self, x: Tensor) -> Tensor:
        """Multiply every network's features with its own matrix."""
        inputs = x.reshape(len(x), self.networks, -1).transpose(0, 1)
        weight = self.weight.view(self.networks, -1, self.weight.shape[1])
        outputs = torch.bmm(inputs, weight.transpose(1, 2)).transpose(0, 1).reshape(len(x), -1)
        return outputs if self.bias is None else outputs + self.bias


class Interpolation(nn.Module):
    """What a bilinear `nn.Upsample` to a given size computes, as two matrix products.

    On a CPU both directions are many times faster than torch's own loops over pixels.

    Args:
        size: height and width of the result.

    Shape:
        (N, C, H, W) -> (N, C, *size).
    """

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size

    @override
    def forward(self, x: Tensor) -> Tensor:
        rows, columns = (self._weights(x, axis) for axis in (0, 1))
        return rows.t() @ (x.contiguous() @ columns)

    def _weights(self, x: Tensor, axis: int) -> Tensor:
        """(before, after): what each old row or column contributes to each new one."""
        identity = torch.eye(x.shape[2 + axis], dtype=x.dtype, device=x.device)
        return F.interpolate(identity[None], size=self.size[axis], mode="linear", align_corners=False)[0]


class Stacked(nn.Module):
    """K networks of one shape that run as one.

    Containers may compose their layers in any way that keeps the networks' channels apart and in order:
    in sequence, by sums and by functions of single elements. What they name last is what they apply last.

    Args:
        networks: modules of one class and one shape; their weights are copied.

    Raises:
        StackError: they differ in shape, or hold a layer that is not stackable.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.count = len(networks)
        self.body = _stack(networks)
        self.ending = _without_ending(self.body)

    @override
    def forward(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Run all networks, each on its own inputs.

        Args:
            inputs: (N, K * C, ...), the inputs of the networks side by side on the channel axis.

        Returns:
            K times (N, ...), the outputs of each network.
        """
        outputs = self.body(inputs).unflatten(1, (self.count, -1)).unbind(1)
        return tuple(self.ending(output) for output in outputs)

    def write_back(self, networks: Sequence[nn.Module]) -> None:
        """Copy the stack's weights and statistics into networks of the shape it was made from."""
        stacked = self.body.state_dict()
        own = [network.state_dict() for network in networks]
        for name, value in stacked.items():
            parts = value.chunk(self.count) if value.ndim else [value] * self.count
            for state, part in zip(own, parts, strict=True):
                state[name] = part
        for network, state in zip(networks, own, strict=True):
            network.load_state_dict(state)


def _stack(modules: Sequence[nn.Module]) -> nn.Module:
    first = modules[0]
    if len({repr(module) for module in modules}) != 1:  # names layers, shapes, strides and all
        message = f"{type(first).__name__} networks of different layers or shapes"
        raise StackError(message)
    if isinstance(first, nn.Conv2d):
        return StackedConv2d(cast("Sequence[nn.Conv2d]", modules))
    if isinstance(first, nn.Linear):
        return StackedLinear(cast("Sequence[nn.Linear]", modules))
    if isinstance(first, nn.BatchNorm2d):
        return _batch_norm(cast("Sequence[nn.BatchNorm2d]", modules))
    if isinstance(first, _PLAIN):
        return copy.deepcopy(first)
    children = dict(first.named_children())
    own = [name for name, _ in first.named_parameters(recurse=False)]
    own += [name for name, _ in first.named_buffers(recurse=False)]
    if not children or own:
        message = f"a {type(first).__name__} cannot be stacked"
        raise StackError(message)
    joined = copy.deepcopy(first)
    for name in children:
        setattr(joined, name, _stack([module.get_submodule(name) for module in modules]))
    return joined


def _without_ending(body: nn.Module) -> nn.Module:
    """Take the interpolation to a given size off the end of a body, where it has one; what is to replace it."""
    *names, last = [name for name, _ in body.named_modules()]
    layer = body.get_submodule(last)
    if not names or not isinstance(layer, nn.Upsample) or layer.mode != "bilinear":
        return nn.Identity()
    if not isinstance(layer.size, tuple) or layer.align_corners:
        return nn.Identity()
    body.set_submodule(last, nn.Identity())
    return Interpolation((int(layer.size[0]), int(layer.size[1])))


def _batch_norm(layers: Sequence[nn.BatchNorm2d]) -> nn.BatchNorm2d:
    first = layers[0]
    joined = nn.BatchNorm2d(
        first.num_features * len(layers),
        eps=first.eps,
        momentum=first.momentum,
        affine=first.affine,
        track_running_stats=first.track_running_stats,
    )
    state = {
        name: torch.cat([layer.state_dict()[name] for layer in layers]) if value.ndim else value
        for name, value in first.state_dict().items()
    }
    joined.load_state_dict(state)
    return joined


def _joined(layers: Sequence[nn.Module], name: str) -> Tensor:
    return torch.cat([getattr(layer, name).detach() for layer in layers])
