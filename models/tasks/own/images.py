"""Declared tasks whose output is an image."""

from __future__ import annotations

from torch import Tensor
from typing_extensions import override

from models.tasks.definition import Batch, Target
from models.tasks.images import to_network
from models.tasks.kinds.reconstruction import Autoencoding
from models.tasks.own.declared import Declared


class OwnImage(Declared, Autoencoding):
    """Another image of the same size, (N, H, W, 3) uint8; L1 in the range [-1, 1]."""

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        return Target(to_network(batch[self.name]))
