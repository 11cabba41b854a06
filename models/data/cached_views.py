"""Views of data that a source decodes chunk by chunk: each array worked out once, then mapped from a folder."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.data.cache import ArrayFolder, GrowingArrays
from models.data.own.arrays import COMPUTED, RGB
from models.data.splits import SPLITS, Split, SplitSizes
from models.data.views import INDEX, Array, UnknownLabel
from models.tasks.labels import LabelInfo
from models.training.progress import NullContext, Part, RunContext, Stopped


class ViewSource(Protocol):
    """Data found in files, or made from them, of which any view can be decoded."""

    @property
    def content(self) -> str:
        """Names the data and their splits: equal contents, equal arrays."""
        ...

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        ...

    @property
    def label_info(self) -> LabelInfo:
        """Class names, and declared tasks."""
        ...

    @property
    def labels(self) -> frozenset[str]:
        """Arrays that it decodes, `rgb` among them."""
        ...

    @property
    def splits(self) -> Mapping[Split, NDArray[np.int64]]:
        """Ids of the views of each split, ascending."""
        ...

    def decode(self, ids: NDArray[np.int64], labels: Collection[str]) -> Iterator[Mapping[str, Array]]:
        """Some arrays of views of one split, in successive chunks, in the order of the ids."""
        ...


def all_views(source: ViewSource) -> SplitSizes:
    """As many views of each split as a source has."""
    return SplitSizes(**{split: len(source.splits[split]) for split in SPLITS})


class CachedViews:
    """A source's views (`models.data.views.Views`). An array is made once and then mapped from the cache folder.

    Labels of the dictionary that are worked out from the image are there too. A split of fewer views than the source
    has for it takes them evenly spread.

    Args:
        source: of the arrays.
        sizes: views per split, at most those of `source.splits`.
        cache: folder for the arrays; made when needed.

    Raises:
        ValueError: a split is to hold more views than the source has for it.
    """

    def __init__(self, source: ViewSource, sizes: SplitSizes, cache: Path) -> None:
        for split in SPLITS:
            if sizes.size(split) > len(source.splits[split]):
                message = f"the split {split} has {len(source.splits[split])} views, not {sizes.size(split)}"
                raise ValueError(message)
        self._source, self._sizes = source, sizes
        self._folder = cache / f"views-{source.content[:16]}"
        identity = json.dumps([source.content, asdict(sizes)], sort_keys=True)
        self._fingerprint = hashlib.sha256(identity.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the source's content and the split sizes."""
        return self._fingerprint

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return self._source.image_size

    @property
    def label_info(self) -> LabelInfo:
        """Class names, and declared tasks."""
        return self._source.label_info

    @property
    def labels(self) -> frozenset[str]:
        """Names of the arrays that there are."""
        return self._source.labels | COMPUTED.keys()

    def size(self, split: Split) -> int:
        """Views of a split."""
        return self._sizes.size(split)

    def load(self, split: Split, labels: Collection[str]) -> dict[str, Array]:
        """Arrays of a split, made if they are not there yet; `index` is the view's id.

        Raises:
            UnknownLabel: there is no such array.
        """
        self._produce(split, labels, NullContext())
        return {**self._arrays(split).load(labels), INDEX: self._ids(split)}

    def prepare(self, labels: Collection[str], context: RunContext) -> None:
        """Make what is missing of `labels` in all splits.

        Raises:
            UnknownLabel: there is no such array.
            Stopped: the context asked for it; finished splits stay.
        """
        done = 0
        for split in SPLITS:
            first, done = done / self._sizes.total, done + self.size(split)
            self._produce(split, labels, Part(context, first, done / self._sizes.total))

    def _ids(self, split: Split) -> NDArray[np.int64]:
        ids, size = self._source.splits[split], self.size(split)
        return ids[np.arange(size) * len(ids) // size]

    def _arrays(self, split: Split) -> ArrayFolder:
        return ArrayFolder(self._folder, f"{split}-{self.size(split)}-")

    def _produce(self, split: Split, labels: Collection[str], context: RunContext) -> None:
        if unknown := sorted(set(labels) - self.labels):
            message = f"the data set has no labels for {', '.join(unknown)}"
            raise UnknownLabel(message)

        def write(missing: Collection[str], scratch: Path) -> None:
            self._write(split, missing, scratch, context)

        self._arrays(split).produce(labels, context, write)

    def _write(self, split: Split, missing: Collection[str], scratch: Path, context: RunContext) -> None:
        ids = self._ids(split)
        computed = {name: make for name, make in COMPUTED.items() if name in missing}
        stored = (set(missing) - computed.keys()) | ({RGB} if computed else set[str]())
        arrays = GrowingArrays(scratch, len(ids))
        for decoded in self._source.decode(ids, stored):
            if context.should_stop():
                text = "reading images"
                raise Stopped(text)
            chunk = dict(decoded)
            if computed:
                images = np.asarray(chunk[RGB], dtype=np.uint8)
                chunk |= {name: make(images) for name, make in computed.items()}
            arrays.add({name: chunk[name] for name in missing})
            context.progress(arrays.done, f"reading images of the split {split}")
        arrays.flush()
