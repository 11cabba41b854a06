"""A small labelled set: whatever may be trained on is one split, because there is only one training."""

import hashlib
from collections.abc import Collection, Mapping

import numpy as np

from models.data.splits import Split
from models.data.views import Array, Views
from models.tasks.labels import LabelInfo
from models.training.progress import RunContext

_POOLED: tuple[Split, ...] = ("train", "transfer")


class PooledViews:
    """The views of a data set with `train` and `transfer` as one split, which answers to both names.

    Args:
        views: the data set.
    """

    def __init__(self, views: Views) -> None:
        self._views = views

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the data set's, since the splits differ."""
        return hashlib.sha256(f"pooled {self._views.fingerprint}".encode()).hexdigest()

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return self._views.image_size

    @property
    def label_info(self) -> LabelInfo:
        """As the data set has it."""
        return self._views.label_info

    @property
    def labels(self) -> frozenset[str]:
        """As the data set has them."""
        return self._views.labels

    def size(self, split: Split) -> int:
        """Views of a split."""
        return sum(self._views.size(part) for part in _parts(split))

    def load(self, split: Split, labels: Collection[str]) -> Mapping[str, Array]:
        """Arrays of a split, views first, `index` among them; pooled ones are in memory."""
        if split not in _POOLED:
            return self._views.load(split, labels)
        parts = [self._views.load(part, labels) for part in _POOLED]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def prepare(self, labels: Collection[str], context: RunContext) -> None:
        """As the data set does."""
        self._views.prepare(labels, context)


def _parts(split: Split) -> tuple[Split, ...]:
    return _POOLED if split in _POOLED else (split,)
