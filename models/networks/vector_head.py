"""The head of every task whose output is a vector or a distribution over classes."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import override

from models.networks.blocks import SLOPE, convolution


class VectorHead(nn.Module):
    """One strided convolution over the bottleneck, then fully connected layers (FC2 and FC3 of the paper).

    Args:
        shape: Channels, height and width of the representation.
        hidden: Units of each hidden layer.
        outputs: Numbers, or class scores, per example.
        layers: Fully connected layers, the last one included.
        dropout: Probability of dropping a hidden unit.

    Shape:
        (N, *shape) -> (N, outputs).
    """

    def __init__(
        self, shape: tuple[int, int, int], hidden: int, outputs: int, *, layers: int = 2, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.arguments = {
            "shape": list(shape),
            "hidden": hidden,
            "outputs": outputs,
            "layers": layers,
            "dropout": dropout,
        }
        channels, height, width = shape
        squeezed = min(hidden, 4 * channels)
        units = squeezed * ((height + 1) // 2) * ((width + 1) // 2)
        modules: list[nn.Module] = [convolution(channels, squeezed, stride=2), nn.Flatten()]
        for _ in range(layers - 1):
            modules += [nn.Linear(units, hidden), nn.LeakyReLU(SLOPE, inplace=True)]
            if dropout:
                modules.append(nn.Dropout(dropout))
            units = hidden
        modules.append(nn.Linear(units, outputs))
        self.layers = nn.Sequential(*modules)

    @override
    def forward(self, representation: Tensor) -> Tensor:
        return self.layers(representation)
