"""Labelled views by split, as the pipeline reads them; and the rooms, rendered once into a folder."""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.data.rooms.config import RoomsConfig
from models.data.rooms.labels import LABELS, OBJECT_CLASSES, SCENE_CLASSES, SEMANTIC_CLASSES
from models.data.rooms.render import render
from models.data.rooms.workers import processes
from models.data.splits import SPLITS, Split, SplitSizes
from models.tasks.labels import LabelInfo
from models.training.progress import NullContext, RunContext, Stopped

Array = NDArray[np.generic]

INDEX = "index"
"""The array of global image indices that `load` adds: evaluation noise is a function of it."""

_STRIDE = (
    1 << 32
)  # a split's first view: splits stay disjoint, and a view keeps its index, whatever the sizes
_CHUNK = 256  # views rendered between two reports
_FEW = 512  # views rendered sooner here than by processes that have to start
_SCRATCH = ".rendering-"
_POLL_S = 0.1


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
        arrays: dict[str, Array] = {
            label: np.load(self._path(split, label), mmap_mode="c", allow_pickle=False) for label in labels
        }
        return {**arrays, INDEX: self._indices(split)}

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
        return SPLITS.index(split) * _STRIDE + np.arange(self.size(split), dtype=np.int64)

    def _path(self, split: Split, label: str) -> Path:
        return self._folder / f"{split}-{self.size(split)}-{label}.npy"

    def _render_missing(
        self, split: Split, labels: Collection[str], context: RunContext, start: float, end: float
    ) -> None:
        unknown = sorted(set(labels) - set(LABELS))
        if unknown:
            message = f"rooms have no label {', '.join(unknown)}"
            raise UnknownLabel(message)
        if self._missing(split, labels):
            self._folder.mkdir(parents=True, exist_ok=True)
            with _alone(self._folder, context):
                # Another process may have rendered them meanwhile.
                if missing := self._missing(split, labels):
                    self._render(split, missing, context, start, end)

    def _missing(self, split: Split, labels: Collection[str]) -> list[str]:
        return sorted(label for label in set(labels) if not self._path(split, label).exists())

    def _render(
        self, split: Split, missing: Collection[str], context: RunContext, start: float, end: float
    ) -> None:
        indices = self._indices(split).tolist()
        alone = self._workers == 1 or len(indices) <= _FEW
        with (
            tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=self._folder) as scratch,
            nullcontext() if alone else processes(self._workers) as executor,
        ):
            arrays = {label: self._empty(Path(scratch), label, len(indices)) for label in missing}
            for position in range(0, len(indices), _CHUNK):
                if context.should_stop():
                    text = "rendering"
                    raise Stopped(text)
                rendered = render(self._config, indices[position : position + _CHUNK], missing, executor)
                for label, values in rendered.items():
                    arrays[label][position : position + len(values)] = values
                fraction = min(1.0, (position + _CHUNK) / len(indices))
                context.progress(start + (end - start) * fraction, f"rendering views of the split {split}")
            for label, array in arrays.items():
                array.flush()
                os.replace(Path(scratch) / f"{label}.npy", self._path(split, label))  # noqa: PTH105 - atomic

    def _empty(self, folder: Path, label: str, count: int) -> np.memmap:
        spec = LABELS[label]
        shape = (count, *(self._config.size if side is None else side for side in spec.shape))
        return np.lib.format.open_memmap(
            folder / f"{label}.npy", mode="w+", dtype=np.dtype(spec.dtype), shape=shape
        )


@contextmanager
def _alone(folder: Path, context: RunContext) -> Generator[None]:
    """Keep other processes from rendering into the folder; the kernel lets go of it however this one ends.

    Raises:
        Stopped: the context asked for it while another process was rendering.
    """
    with (folder / ".lock").open("w", encoding="utf-8") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if context.should_stop():
                    text = "waiting for views that another process renders"
                    raise Stopped(text) from None
                time.sleep(_POLL_S)
        for left_by_a_killed_process in folder.glob(f"{_SCRATCH}*"):
            shutil.rmtree(left_by_a_killed_process)
        yield
