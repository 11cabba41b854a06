"""Examples of a user's folder as the pipeline reads them."""

import hashlib
import json
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.cache import ArrayFolder, GrowingArrays
from models.data.own.arrays import COMPUTED, RGB, array_names, read_view
from models.data.own.files import read_bytes
from models.data.own.folder import OwnFolder
from models.data.own.listing import View
from models.data.splits import SPLITS, Split, SplitSizes
from models.data.views import INDEX, Array, UnknownLabel
from models.tasks.labels import LabelInfo
from models.training.progress import NullContext, Part, RunContext, Stopped

_CHUNK = 128  # examples decoded between two reports


class OwnViews:
    """A folder's examples. An array is made once and then mapped from the cache folder.

    A split of fewer examples than the folder has for it takes them evenly spread.

    Args:
        folder: what was found in it.
        sizes: examples per split, at most those of `folder.splits`.
        cache: folder for the arrays; made when needed.
        workers: threads that decode.

    Raises:
        ValueError: a split is to hold more examples than the folder has for it.
    """

    def __init__(self, folder: OwnFolder, sizes: SplitSizes, cache: Path, *, workers: int = 1) -> None:
        for split in SPLITS:
            if sizes.size(split) > len(folder.splits[split]):
                message = (
                    f"the split {split} has {len(folder.splits[split])} examples, not {sizes.size(split)}"
                )
                raise ValueError(message)
        self._folder, self._sizes, self._workers = folder, sizes, workers
        splits = [[split, folder.splits[split].tolist()] for split in SPLITS]
        parts = json.dumps(["own", folder.content, splits])
        self._cache = cache / f"own-{hashlib.sha256(parts.encode()).hexdigest()[:16]}"
        identity = json.dumps([parts, asdict(sizes)], sort_keys=True)
        self._fingerprint = hashlib.sha256(identity.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the folder's content, its splits and their sizes."""
        return self._fingerprint

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return self._folder.size

    @property
    def label_info(self) -> LabelInfo:
        """Class names, and the declared tasks."""
        return self._folder.label_info

    @property
    def labels(self) -> frozenset[str]:
        """The arrays that the folder's labels allow."""
        return array_names(self._folder.tasks)

    def size(self, split: Split) -> int:
        """Examples of a split."""
        return self._sizes.size(split)

    def load(self, split: Split, labels: Collection[str]) -> dict[str, Array]:
        """Arrays of a split, made if they are not there yet; `index` is the example's place in the folder.

        Raises:
            UnknownLabel: the folder has no such label.
            UnusableFile: a file was changed or lost meanwhile.
        """
        self._produce(split, labels, NullContext())
        return {**self._arrays(split).load(labels), INDEX: self._places(split)}

    def prepare(self, labels: Collection[str], context: RunContext) -> None:
        """Make what is missing of `labels` in all splits.

        Raises:
            UnknownLabel: the folder has no such label.
            UnusableFile: a file was changed or lost meanwhile.
            Stopped: the context asked for it; finished splits stay.
        """
        done = 0
        for split in SPLITS:
            first, done = done / self._sizes.total, done + self.size(split)
            self._produce(split, labels, Part(context, first, done / self._sizes.total))

    def _places(self, split: Split) -> NDArray[np.int64]:
        places, size = self._folder.splits[split], self.size(split)
        return places[np.arange(size) * len(places) // size]

    def _arrays(self, split: Split) -> ArrayFolder:
        return ArrayFolder(self._cache, f"{split}-{self.size(split)}-")

    def _produce(self, split: Split, labels: Collection[str], context: RunContext) -> None:
        if unknown := sorted(set(labels) - self.labels):
            message = f"the folder has no labels for {', '.join(unknown)}"
            raise UnknownLabel(message)

        def write(missing: Collection[str], scratch: Path) -> None:
            self._write(split, missing, scratch, context)

        self._arrays(split).produce(labels, context, write)

    def _write(self, split: Split, missing: Collection[str], scratch: Path, context: RunContext) -> None:
        places = self._places(split)
        arrays = GrowingArrays(scratch, len(places))
        for chunk in self._decoded(places, missing):
            if context.should_stop():
                text = "reading images"
                raise Stopped(text)
            arrays.add(chunk)
            context.progress(arrays.done, f"reading images of the split {split}")
        arrays.flush()

    def _decoded(self, places: NDArray[np.int64], wanted: Collection[str]) -> Iterator[dict[str, Array]]:
        """Arrays of successive examples."""
        folder = self._folder
        computed = {name: make for name, make in COMPUTED.items() if name in wanted}
        stored = (set(wanted) - computed.keys()) | ({RGB} if computed else set[str]())

        def decode(view: View) -> dict[str, Array]:
            return read_view(
                view, folder.tasks, folder.size, stored, lambda path: read_bytes(folder.root, path)
            )

        with ThreadPoolExecutor(self._workers) as executor:
            for start in range(0, len(places), _CHUNK):
                views = [folder.views[place] for place in places[start : start + _CHUNK].tolist()]
                read = list(executor.map(decode, views))
                chunk: dict[str, Array] = {name: np.stack([each[name] for each in read]) for name in stored}
                if computed:
                    images = np.asarray(chunk[RGB], dtype=np.uint8)
                    chunk |= {name: make(images) for name, make in computed.items()}
                yield {name: chunk[name] for name in wanted}
