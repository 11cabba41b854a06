"""Labelled views by split, as the pipeline reads them; and the rooms, rendered once into a folder."""

import hashlib
import json
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.data.cache import ArrayFolder
from models.data.rooms.config import RoomsConfig
from models.data.rooms.labels import LABELS, OBJECT_CLASSES, SCENE_CLASSES, SEMANTIC_CLASSES
from models.data.rooms.render import render
from models.data.rooms.workers import processes
from models.data.splits import SPLITS, Split, SplitSizes
from models.tasks.labels import LabelInfo
from models.training.progress import NullContext, Part, RunContext, Stopped

Array = NDArray[np.generic]

INDEX = "index"
"""The array of global image indices that `load` adds: evaluation noise is a function of it."""

_STRIDE = (
    1 << 32
)  # a split's first view: splits stay disjoint, and a view keeps its index, whatever the sizes
_CHUNK = 256  # views rendered between two reports
_FEW = 512  # views rendered sooner here than by processes that have to start


class Views(Protocol):
    """A data set of labelled views in disjoint splits."""

    @property
    def fingerprint(self) -> str:
        """Names the data: equal fingerprints, equal arrays."""
        ...

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        ...

    @property
    def label_info(self) -> LabelInfo:
        """Class names."""
        ...

    @property
    def labels(self) -> frozenset[str]:
        """Names of the arrays that there are."""
        ...

    def size(self, split: Split) -> int:
        """Views of a split."""
        ...

    def load(self, split: Split, labels: Collection[str]) -> Mapping[str, Array]:
        """Arrays of a split, views first, perhaps mapped from disk; `index` is added."""
        ...

    def prepare(self, labels: Collection[str], context: RunContext) -> None:
        """Make `labels` ready in all splits, where that takes long; the context may stop it."""
        ...


def rooms_indices(split: Split, size: int) -> NDArray[np.int64]:
    """The views of rooms that belong to a split."""
    return SPLITS.index(split) * _STRIDE + np.arange(size, dtype=np.int64)


class UnknownLabel(ValueError):
    """The data set has no such array."""


class RoomsViews:
    """Rendered rooms. A label is rendered once and then mapped from the cache folder.

    Files appear whole, under names that state what they hold: any number of processes may share the folder, and
    what several of them need one renders while the others wait.

    Args:
        config: which rooms.
        sizes: views per split.
        cache: folder for the arrays; made when needed.
        workers: processes that render, where there is much to render.
    """

    def __init__(self, config: RoomsConfig, sizes: SplitSizes, cache: Path, *, workers: int = 2) -> None:
        self._config, self._sizes, self._workers = config, sizes, workers
        identity = json.dumps(asdict(config), sort_keys=True)
        self._folder = cache / f"rooms-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
        everything = json.dumps({"kind": "rooms", **asdict(config), "splits": asdict(sizes)}, sort_keys=True)
        self._fingerprint = hashlib.sha256(everything.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the rooms' configuration and the split sizes."""
        return self._fingerprint

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return self._config.size

    @property
    def label_info(self) -> LabelInfo:
        """Class names of the rooms; a pixel's class is always known."""
        return LabelInfo(
            scene_classes=SCENE_CLASSES, object_classes=OBJECT_CLASSES, semantic_classes=SEMANTIC_CLASSES
        )

    @property
    def labels(self) -> frozenset[str]:
        """Every label that the renderer knows."""
        return frozenset(LABELS)

    def size(self, split: Split) -> int:
        """Views of a split."""
        return self._sizes.size(split)

    def load(self, split: Split, labels: Collection[str]) -> dict[str, Array]:
        """Arrays of a split, rendered if they are not there yet; mapped from disk, copied on write.

        Raises:
            UnknownLabel: the renderer has no such label.
        """
        self._render_missing(split, labels, NullContext(), 0.0, 1.0)
        return {**self._arrays(split).load(labels), INDEX: self._indices(split)}

    def prepare(self, labels: Collection[str], context: RunContext) -> None:
        """Render what is missing of `labels` in all splits: together they cost little more than one.

        Args:
            labels: all that an atlas will read.
            context: hears of progress and may stop between chunks.

        Raises:
            UnknownLabel: the renderer has no such label.
            Stopped: the context asked for it; finished splits stay.
        """
        done = 0
        for split in SPLITS:
            first, done = done / self._sizes.total, done + self.size(split)
            self._render_missing(split, labels, context, first, done / self._sizes.total)

    def _indices(self, split: Split) -> NDArray[np.int64]:
        return rooms_indices(split, self.size(split))

    def _arrays(self, split: Split) -> ArrayFolder:
        return ArrayFolder(self._folder, f"{split}-{self.size(split)}-")

    def _render_missing(
        self, split: Split, labels: Collection[str], context: RunContext, start: float, end: float
    ) -> None:
        unknown = sorted(set(labels) - set(LABELS))
        if unknown:
            message = f"rooms have no label {', '.join(unknown)}"
            raise UnknownLabel(message)

        def write(missing: Collection[str], scratch: Path) -> None:
            self._render(split, missing, scratch, Part(context, start, end))

        self._arrays(split).produce(labels, context, write)

    def _render(self, split: Split, missing: Collection[str], scratch: Path, context: RunContext) -> None:
        indices = self._indices(split).tolist()
        alone = self._workers == 1 or len(indices) <= _FEW
        with nullcontext() if alone else processes(self._workers) as executor:
            arrays = {label: self._empty(scratch, label, len(indices)) for label in missing}
            for position in range(0, len(indices), _CHUNK):
                if context.should_stop():
                    text = "rendering"
                    raise Stopped(text)
                rendered = render(self._config, indices[position : position + _CHUNK], missing, executor)
                for label, values in rendered.items():
                    arrays[label][position : position + len(values)] = values
                fraction = min(1.0, (position + _CHUNK) / len(indices))
                context.progress(fraction, f"rendering views of the split {split}")
            for array in arrays.values():
                array.flush()

    def _empty(self, folder: Path, label: str, count: int) -> np.memmap:
        spec = LABELS[label]
        shape = (count, *(self._config.size if side is None else side for side in spec.shape))
        return np.lib.format.open_memmap(
            folder / f"{label}.npy", mode="w+", dtype=np.dtype(spec.dtype), shape=shape
        )
