"""A Cityscapes folder as a source of views: what is in it, and how a frame is decoded.

Taking stock has two steps. `plan` lists frames by the names of files alone and signs them with their sizes and times of
change; `cityscapes` leaves out what is damaged. Looking for damage, the long part, is done by `file_problems`, whose
answer holds as long as the signature does.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.data.cityscapes.labels import CLASSES, DISPARITY, IGNORED, disparities, things, train_ids
from models.data.cityscapes.layout import FILE_KINDS, CityscapesError, Frame, Layout
from models.data.cityscapes.splits import cityscapes_splits
from models.data.classes.found import Skipped
from models.data.instances import INSTANCE_OFFSETS, centre_offsets
from models.data.own.files import UnusableFile, decoded, read_bytes, stamp
from models.data.photographs import upright_stretched
from models.data.splits import SPLITS, Split
from models.data.views import Array
from models.tasks.labels import LabelInfo
from models.taxonomy.own import OwnTask

_CHUNK = 64  # frames decoded between two reports
_OWN = (INSTANCE_OFFSETS, DISPARITY)


@dataclass(frozen=True, slots=True)
class Plan:
    """Frames that were chosen by the names of their files.

    Attributes:
        layout: of the folder.
        size: height and width that images and labels are brought to, pixels.
        seed: deals cities out to splits.
        signature: SHA-256 of the options and of the files' names, sizes and times of change.
    """

    layout: Layout
    size: int
    seed: int
    signature: str


@dataclass(frozen=True, slots=True, eq=False)
class Cityscapes:
    """Street scenes (`models.data.cached_views.ViewSource`).

    Whole images are brought to squares: their aspect is not kept. Labels are those of the nearest pixel.

    Attributes:
        layout: of the folder, with frames that can be used alone.
        image_size: height and width of images and labels, pixels.
        splits: places in `layout.frames` by split, ascending.
        content: names the data.
        workers: threads that decode.
    """

    layout: Layout
    image_size: int
    splits: Mapping[Split, NDArray[np.int64]]
    content: str
    workers: int = 1

    @property
    def own(self) -> tuple[OwnTask, ...]:
        """The declared tasks that the folder has files for."""
        return tuple(task for task in _OWN if task.name in self.layout.labels)

    @property
    def label_info(self) -> LabelInfo:
        """The 19 classes that count in evaluations, and the declared tasks."""
        if "semantic_segmentation" not in self.layout.labels:
            return LabelInfo(own=self.own)
        return LabelInfo(semantic_classes=CLASSES, semantic_ignored=(IGNORED,), own=self.own)

    @property
    def labels(self) -> frozenset[str]:
        """`rgb`, (N, S, S, 3) uint8, and what the folder has of the labels.

        `semantic_segmentation`, (N, S, S) uint8; `instance_offsets`, (N, S, S, 2), and `disparity`, (N, S, S), float32
        in pixels of the resized images, NaN where there is no object or no match.
        """
        return self.layout.labels

    def decode(self, ids: NDArray[np.int64], labels: Collection[str]) -> Iterator[Mapping[str, Array]]:
        """Some arrays of frames, chunk by chunk.

        Raises:
            UnusableFile: a file was changed or lost meanwhile.
        """
        with ThreadPoolExecutor(self.workers) as executor:
            for start in range(0, len(ids), _CHUNK):
                frames = [self.layout.frames[place] for place in ids[start : start + _CHUNK].tolist()]
                read = list(executor.map(self._read, frames, repeat(labels)))
                chunk: dict[str, Array] = {
                    label: np.stack([each[label] for each in read]) for label in labels
                }
                if INSTANCE_OFFSETS.name in chunk:
                    chunk[INSTANCE_OFFSETS.name] = centre_offsets(
                        np.asarray(chunk[INSTANCE_OFFSETS.name], dtype=np.int32)
                    )
                yield chunk

    def _read(self, frame: Frame, labels: Collection[str]) -> dict[str, Array]:
        """Arrays of one frame; of instances their ids."""
        return {label: self._label(frame.files[label], label) for label in labels}

    def _label(self, path: str, label: str) -> Array:
        size = self.image_size

        def use(image: Image.Image) -> Array:
            if label == "rgb":
                return upright_stretched(image, size)
            nearest = _nearest(np.asarray(image), size)
            if label == "semantic_segmentation":
                return train_ids(nearest)
            if label == INSTANCE_OFFSETS.name:
                return things(nearest)
            return disparities(nearest, size / image.width)

        return decoded(path, read_bytes(self.layout.root, path), use)


def plan(layout: Layout, *, size: int, seed: int) -> Plan:
    """Sign the files of a folder with the options that its views depend on.

    Args:
        layout: of the folder.
        size: height and width that images and labels are brought to, pixels.
        seed: deals cities out to splits.
    """
    digest = hashlib.sha256(json.dumps(["cityscapes", size, seed]).encode())
    for frame in layout.frames:
        for label, path in sorted(frame.files.items()):
            digest.update(json.dumps([label, path, stamp(layout.root, path)]).encode())
    return Plan(layout, size, seed, digest.hexdigest())


def file_problems(found: Plan, workers: int = 1) -> dict[str, str]:
    """What is wrong with files, by path relative to the folder; every byte of them is read.

    Args:
        found: the plan.
        workers: threads that read.
    """

    def check(frame: Frame) -> dict[str, str]:
        problems: dict[str, str] = {}
        shape: tuple[int, int] | None = None
        for label in FILE_KINDS:  # the image comes first: the others must fit it
            if label not in frame.files:
                continue
            try:
                size = _checked(found.layout, frame.files[label], label)
                if label == "rgb":
                    shape = size
                elif shape is not None and size != shape:
                    reason = f"is {size[0]} x {size[1]}, the image is {shape[0]} x {shape[1]}"
                    raise UnusableFile(frame.files[label], reason)
            except UnusableFile as problem:
                problems[problem.path] = problem.reason
        return problems

    with ThreadPoolExecutor(workers) as executor:
        every = list(executor.map(check, found.layout.frames))
    return {path: reason for problems in every for path, reason in problems.items()}


def cityscapes(found: Plan, problems: Mapping[str, str], *, workers: int = 1) -> Cityscapes:
    """The views of a folder; a frame with a damaged file is left out.

    Args:
        found: the plan.
        problems: `file_problems` of it.
        workers: threads that decode.

    Raises:
        CityscapesError: a split is left with fewer than two frames.
    """
    layout = found.layout
    frames = tuple(frame for frame in layout.frames if problems.keys().isdisjoint(frame.files.values()))
    splits = cityscapes_splits(frames, found.seed)
    few: list[Split] = [split for split in SPLITS if len(splits[split]) < 2]
    if few:
        raise CityscapesError(
            [
                f"leaves {len(splits[split])} usable frames of the part {'val' if split == 'test' else 'train'} "
                f"for the split {split}; 2 are needed"
                for split in few
            ]
        )
    skipped = (*layout.skipped, *(Skipped(path, reason) for path, reason in problems.items()))
    identity = json.dumps([found.signature, sorted(problems.items())])
    return Cityscapes(
        layout=Layout(layout.root, frames, layout.labels, skipped),
        image_size=found.size,
        splits=splits,
        content=hashlib.sha256(identity.encode()).hexdigest(),
        workers=workers,
    )


def _checked(layout: Layout, path: str, label: str) -> tuple[int, int]:
    """Width and height of an image whose mode fits and whose bytes are whole; nothing is decoded.

    Raises:
        UnusableFile: saying what is wrong.
    """
    kind = FILE_KINDS[label]

    def use(image: Image.Image) -> tuple[int, int]:
        if image.mode not in kind.modes:
            raise UnusableFile(path, f"is of mode {image.mode}, must be {kind.described}")
        size = image.size
        image.verify()
        return size

    return decoded(path, read_bytes(layout.root, path), use)


def _nearest(pixels: NDArray[Any], size: int) -> NDArray[Any]:
    """The pixels nearest to the centres of a grid of `size` by `size` cells."""
    rows, columns = (
        ((np.arange(size) + 0.5) * length / size).astype(np.int64) for length in pixels.shape[:2]
    )
    return pixels[np.ix_(rows, columns)]
