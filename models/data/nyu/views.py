"""Views of NYU Depth V2 as the pipeline reads them: real photographs with what was measured of them."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from models.data.cache import ArrayFolder, GrowingArrays
from models.data.labels_2d import edges_2d, keypoints_2d, segmentation_2d
from models.data.nyu.file import ARRAYS, CLASSES, UNKNOWN_CLASS, NyuFile, measured
from models.data.splits import SPLITS, Split, SplitSizes
from models.data.views import INDEX, Array, UnknownLabel
from models.tasks.labels import LabelInfo
from models.training.progress import NullContext, Part, RunContext, Stopped

_DEPTH_UNIT_M = np.float32(10 / 255)
_HALF_RANGE = np.float32(127.5)

Read = Mapping[str, NDArray[np.uint8]]


def _rgb(arrays: Read) -> Array:
    return arrays["rgb"]


def _depth(arrays: Read) -> Array:
    return arrays["depth"] * _DEPTH_UNIT_M


def _normals(arrays: Read) -> Array:
    """Unit vectors; what the 8 bits took from the length is given back."""
    raw = arrays["normal"] / _HALF_RANGE - np.float32(1)
    length = np.sqrt(np.einsum("...c,...c->...", raw, raw))[..., None]
    return raw / np.maximum(length, np.float32(1e-6))


def _semantic_segmentation(arrays: Read) -> Array:
    return arrays["seg"]


def _valid(arrays: Read) -> Array:
    """Where there is geometry: depth and normals were both measured, as far as the file has them."""
    known = [measured(name, arrays[name]) for name in ("depth", "normal") if name in arrays]
    return np.logical_and.reduce(known)


@dataclass(frozen=True, slots=True)
class _Label:
    """How a label is made from arrays of the file: with `make`, from those of `arrays` that there are."""

    make: Callable[[Read], Array]
    arrays: tuple[str, ...] = ("rgb",)


_LABELS: Mapping[str, _Label] = MappingProxyType(
    {
        "rgb": _Label(_rgb),
        "depth": _Label(_depth, (ARRAYS["depth"],)),
        "normals": _Label(_normals, (ARRAYS["normals"],)),
        "semantic_segmentation": _Label(_semantic_segmentation, (ARRAYS["semantic_segmentation"],)),
        "valid": _Label(_valid, (ARRAYS["depth"], ARRAYS["normals"])),
        "edges_2d": _Label(lambda arrays: edges_2d(arrays["rgb"])),
        "keypoints_2d": _Label(lambda arrays: keypoints_2d(arrays["rgb"])),
        "segmentation_2d": _Label(lambda arrays: segmentation_2d(arrays["rgb"])),
    }
)


class NyuViews:
    """A file's views. A label is worked out once and then mapped from the cache folder.

    A split of fewer views than the file has for it takes them evenly spread: neighbours are often one scene.

    Args:
        file: what was found in it.
        sizes: views per split, at most those of `file.splits`.
        cache: folder for the arrays; made when needed.

    Raises:
        ValueError: a split is to hold more views than the file has for it.
    """

    def __init__(self, file: NyuFile, sizes: SplitSizes, cache: Path) -> None:
        for split in SPLITS:
            if sizes.size(split) > len(file.splits[split]):
                message = f"the split {split} has {len(file.splits[split])} views, not {sizes.size(split)}"
                raise ValueError(message)
        self._file, self._sizes = file, sizes
        self._folder = cache / f"nyu-{file.content[:16]}"
        identity = json.dumps(
            {"kind": "nyu", "content": file.content, "splits": asdict(sizes)}, sort_keys=True
        )
        self._fingerprint = hashlib.sha256(identity.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the file's content and the split sizes."""
        return self._fingerprint

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return self._file.image_size

    @property
    def label_info(self) -> LabelInfo:
        """The 40 semantic classes, of which the last stands for "not known" too."""
        return LabelInfo(semantic_classes=CLASSES, semantic_ignored=(UNKNOWN_CLASS,))

    @property
    def labels(self) -> frozenset[str]:
        """The labels that the file's arrays allow."""
        has = self._file.arrays
        return frozenset(name for name, label in _LABELS.items() if not has.isdisjoint(label.arrays))

    def size(self, split: Split) -> int:
        """Views of a split."""
        return self._sizes.size(split)

    def load(self, split: Split, labels: Collection[str]) -> dict[str, Array]:
        """Arrays of a split, worked out if they are not there yet; `index` is the view's place in the file.

        Raises:
            UnknownLabel: the file allows no such label.
            NyuError: the file is damaged.
        """
        self._produce(split, labels, NullContext())
        return {**self._arrays(split).load(labels), INDEX: self._ids(split)}

    def prepare(self, labels: Collection[str], context: RunContext) -> None:
        """Work out what is missing of `labels` in all splits.

        Raises:
            UnknownLabel: the file allows no such label.
            NyuError: the file is damaged.
            Stopped: the context asked for it; finished splits stay.
        """
        for position, split in enumerate(SPLITS):
            self._produce(split, labels, Part(context, position / len(SPLITS), (position + 1) / len(SPLITS)))

    def _ids(self, split: Split) -> NDArray[np.int64]:
        ids, size = self._file.splits[split], self.size(split)
        return ids[np.arange(size) * len(ids) // size]

    def _arrays(self, split: Split) -> ArrayFolder:
        return ArrayFolder(self._folder, f"{split}-{self.size(split)}-")

    def _produce(self, split: Split, labels: Collection[str], context: RunContext) -> None:
        if unknown := sorted(set(labels) - self.labels):
            message = f"the file has no arrays for {', '.join(unknown)}"
            raise UnknownLabel(message)

        def write(missing: Collection[str], scratch: Path) -> None:
            self._write(split, missing, scratch, context)

        self._arrays(split).produce(labels, context, write)

    def _write(self, split: Split, missing: Collection[str], scratch: Path, context: RunContext) -> None:
        needed = {array for label in missing for array in _LABELS[label].arrays} & self._file.arrays
        ids = self._ids(split)
        arrays = GrowingArrays(scratch, len(ids))
        for first, block in self._file.blocks(sorted(needed)):
            if context.should_stop():
                text = "reading photographs"
                raise Stopped(text)
            last = first + len(next(iter(block.values())))
            rows = ids[(ids >= first) & (ids < last)] - first
            if not len(rows):
                continue
            chosen = {name: values[rows] for name, values in block.items()}
            arrays.add({label: _LABELS[label].make(chosen) for label in missing})
            context.progress(arrays.done, f"reading photographs of the split {split}")
        arrays.flush()
