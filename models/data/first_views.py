"""The first views of a split: a smaller training set out of one that is there already."""

import hashlib
import json
from collections.abc import Collection, Mapping

from models.data.resplit import Resplit
from models.data.splits import Split
from models.data.views import Array, Views


class FirstViews(Resplit):
    """A data set of which one split ends early; every view keeps its index, its labels and its noise.

    Args:
        views: the whole.
        split: the one to shorten.
        count: how many of its views are kept, the first ones.

    Raises:
        ValueError: the split has fewer views.
    """

    def __init__(self, views: Views, split: Split, count: int) -> None:
        if not 0 < count <= views.size(split):
            message = f"the split {split} has {views.size(split)} views, not {count}"
            raise ValueError(message)
        super().__init__(views)
        self._split, self._count = split, count

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the whole's and what is kept of it."""
        identity = json.dumps({"first": self._views.fingerprint, self._split: self._count}, sort_keys=True)
        return hashlib.sha256(identity.encode()).hexdigest()

    def size(self, split: Split) -> int:
        """Views of a split."""
        return self._count if split == self._split else self._views.size(split)

    def load(self, split: Split, labels: Collection[str]) -> Mapping[str, Array]:
        """Arrays of a split, views first."""
        arrays = self._views.load(split, labels)
        if split != self._split:
            return arrays
        return {name: array[: self._count] for name, array in arrays.items()}


def first_views(views: Views, split: Split, count: int) -> Views:
    """The data set with the first `count` views of one split; itself where that is all of them.

    Raises:
        ValueError: the split has fewer views.
    """
    return views if count == views.size(split) else FirstViews(views, split, count)
