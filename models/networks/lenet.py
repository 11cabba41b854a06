"""The networks of MultiMNIST (Sener & Koltun 2018, Sec. 5.1): MultiLeNet, and the head of each digit."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

_MEAN, _DEVIATION = 0.1307, 0.3081  # of MNIST's pixels in [0, 1]
_HIDDEN = 50


class LeNetTrunk(nn.Module):
    """Two convolutions with max pooling and one fully connected layer, which all heads read.

    Args:
        image_size: height and width of the images, pixels, at least 16.

    Shape:
        (N, 3, image_size, image_size) float in [-1, 1], of which the mean over colours is used -> (N, 50).
    """

    features = _HIDDEN

    def __init__(self, image_size: int) -> None:
        super().__init__()
        if image_size < 16:
            message = f"image_size must be at least 16, got {image_size}"
            raise ValueError(message)
        self.arguments = {"image_size": image_size}
        side = ((image_size - 4) // 2 - 4) // 2
        self.first = nn.Conv2d(1, 10, 5)
        self.second = nn.Conv2d(10, 20, 5)
        self.dropout = nn.Dropout2d()
        self.hidden = nn.Linear(20 * side * side, _HIDDEN)

    @override
    def forward(self, images: Tensor) -> Tensor:
        grey = (images.mean(1, keepdim=True) * 0.5 + (0.5 - _MEAN)) / _DEVIATION
        maps = F.relu(F.max_pool2d(self.first(grey), 2))
        maps = F.relu(F.max_pool2d(self.dropout(self.second(maps)), 2))
        return F.relu(self.hidden(maps.flatten(1)))


class FullyConnectedHead(nn.Module):
    """Class scores or numbers from a vector that all heads read, over one hidden layer.

    Args:
        features: numbers of the vector.
        hidden: units of the hidden layer; 0 leaves it out.
        outputs: class scores, or numbers.
        dropout: probability of dropping a hidden unit.

    Shape:
        (N, features) -> (N, outputs).
    """

    def __init__(self, features: int, hidden: int, outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.arguments = {"features": features, "hidden": hidden, "outputs": outputs, "dropout": dropout}
        layers = [nn.Linear(features, hidden), nn.ReLU(), nn.Dropout(dropout)] if hidden else []
        self.layers = nn.Sequential(*layers, nn.Linear(hidden or features, outputs))

    @override
    def forward(self, representation: Tensor) -> Tensor:
        return self.layers(representation)
