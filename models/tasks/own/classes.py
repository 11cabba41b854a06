"""Declared tasks with classes: one per example, or one per pixel."""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import override

from models.tasks.definition import Batch, Target
from models.tasks.kinds.classes import Classification
from models.tasks.kinds.segmentation import SemanticSegmentation
from models.tasks.metrics import one_hot
from models.tasks.own.declared import Declared


class OwnClass(Declared, Classification):
    """One of the named classes, (N,) integers, or their shares, (N, K), which are scaled to a sum of 1."""

    @property
    @override
    def classes(self) -> tuple[str, ...]:
        return self.declaration.classes

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        label = batch[self.name]
        if label.ndim == 1:
            return Target(one_hot(label, len(self.classes)))
        shares = label.float()
        return Target(shares / shares.sum(1, keepdim=True))


class OwnSegmentation(Declared, SemanticSegmentation):
    """The class of every second pixel, (N, H, W) integers: negative and `ignored` ones are not known."""

    @property
    @override
    def classes(self) -> tuple[str, ...]:
        return self.declaration.classes

    @property
    @override
    def ignored(self) -> tuple[int, ...]:
        return self.declaration.ignored

    @override
    def _classes(self, batch: Batch) -> tuple[Tensor, Tensor]:
        ids, known = super()._classes(batch)
        mask = ids >= 0 if known is None else known & (ids >= 0)
        return torch.where(mask, ids, 0), mask  # an ignored number may lie beyond the classes
