"""A small labelled set: whatever may be trained on is one split, because there is only one training."""

import hashlib
from collections.abc import Collection, Mapping

import numpy as np

from models.data.resplit import Resplit
from models.data.splits import Split
from models.data.views import INDEX, Array, Views

_POOLED: tuple[Split, ...] = ("train", "transfer")


class PooledViews(Resplit):
    """The views of a data set with `train` and `transfer` as one split, which answers to both names.

    Its arrays are in memory, each once however many tasks ask for it.

    Args:
        views: the data set.
    """

    def __init__(self, views: Views) -> None:
        super().__init__(views)
        self._pooled: dict[str, Array] = {}

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the data set's, since the splits differ."""
        return hashlib.sha256(f"pooled {self._views.fingerprint}".encode()).hexdigest()

    def size(self, split: Split) -> int:
        """Views of a split."""
        return sum(self._views.size(part) for part in _parts(split))

    def load(self, split: Split, labels: Collection[str]) -> Mapping[str, Array]:
        """Arrays of a split, views first, `index` among them; pooled ones are not to be written to."""
        if split not in _POOLED:
            return self._views.load(split, labels)
        wanted = {*labels, INDEX}
        if missing := wanted - self._pooled.keys():
            parts = [self._views.load(part, missing - {INDEX}) for part in _POOLED]
            self._pooled |= {name: np.concatenate([part[name] for part in parts]) for name in missing}
        return {name: self._pooled[name] for name in wanted}


def _parts(split: Split) -> tuple[Split, ...]:
    return _POOLED if split in _POOLED else (split,)
