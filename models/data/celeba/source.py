"""CelebA as a source of views: images and one declared task for each attribute."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.celeba.lists import CelebaError, read_attributes, read_partitions
from models.data.classes.found import Skipped, digest
from models.data.classes.image_files import examine, read_images
from models.data.own.arrays import RGB
from models.data.own.files import UnusableFile, inside, read_bytes
from models.data.splits import SPLITS, Split
from models.data.views import Array
from models.tasks.labels import LabelInfo
from models.taxonomy.own import OwnTask

IMAGES = ("img_align_celeba", "Img/img_align_celeba")
ATTRIBUTES = ("list_attr_celeba.txt", "Anno/list_attr_celeba.txt")
PARTITION = ("list_eval_partition.txt", "Eval/list_eval_partition.txt")

_TRANSFER = 0.1  # share of the images to train on, and two at least
_MOST_BYTES = 1 << 28  # of a list


@dataclass(frozen=True, slots=True, eq=False)
class Celeba:
    """Images with attributes (`models.data.cached_views.ViewSource`).

    Attributes:
        root: the folder.
        paths: of the images below it, in the order of the list; a position is an id.
        tasks: one for each attribute.
        values: (N, tasks) int8, 1 where the image has the attribute, else 0.
        image_size: height and width that images are brought to, pixels.
        splits: ids of each split.
        skipped: what is not used, and why.
        content: names the data.
        workers: threads that decode.
    """

    root: Path
    paths: tuple[str, ...]
    tasks: tuple[OwnTask, ...]
    values: NDArray[np.int8]
    image_size: int
    splits: Mapping[Split, NDArray[np.int64]]
    skipped: tuple[Skipped, ...]
    content: str
    workers: int

    @property
    def label_info(self) -> LabelInfo:
        """The declared tasks."""
        return LabelInfo(own=self.tasks)

    @property
    def labels(self) -> frozenset[str]:
        """`rgb`, (N, S, S, 3) uint8, and by its task's name each attribute, (N,) int64."""
        return frozenset({RGB, *(task.name for task in self.tasks)})

    def decode(self, ids: NDArray[np.int64], labels: Collection[str]) -> Iterator[Mapping[str, Array]]:
        """Images and attributes, chunk by chunk.

        Raises:
            UnusableFile: an image was changed or lost meanwhile.
        """
        columns = {task.name: place for place, task in enumerate(self.tasks) if task.name in labels}

        def attributes(rows: NDArray[np.int64]) -> dict[str, Array]:
            return {name: self.values[rows, column].astype(np.int64) for name, column in columns.items()}

        if RGB not in labels:
            yield attributes(ids)
            return
        first = 0
        paths = [self.paths[each] for each in ids.tolist()]
        for images in read_images(self.root, paths, self.image_size, self.workers):
            last = first + len(images)
            yield {RGB: images, **attributes(ids[first:last])}
            first = last


def open_celeba(
    root: Path, *, size: int = 64, seed: int = 0, workers: int = 1, memo: Path | None = None
) -> Celeba:
    """Read the lists of a folder, and decode every image once: what cannot be used is skipped.

    Images are resized whole, their aspect is not kept, as in the paper's experiment.

    Args:
        root: the folder, with images and lists where the official archive or torchvision puts them.
        size: height and width of the images, pixels.
        seed: deals images to train on out to `train` and `transfer`.
        workers: threads that decode.
        memo: file that keeps what was found, see `models.data.classes.image_files.examine`.

    Raises:
        CelebaError: naming the file, and the line where one is at fault.

    Reference: Sener & Koltun 2018, Sec. 5.2; Liu et al. 2015.
    """
    root = root.resolve()
    folder = _first(root, IMAGES, Path.is_dir)
    lists = [_first(root, each, Path.is_file) for each in (ATTRIBUTES, PARTITION)]
    attributes = read_attributes(lists[0], _text(root, lists[0]))
    partitions = read_partitions(lists[1], _text(root, lists[1]))
    skipped = [
        Skipped(f"{folder}/{file}", f"is in {lists[here]} and not in {lists[1 - here]}")
        for here, (listed, other) in enumerate(((attributes.rows, partitions), (partitions, attributes.rows)))
        for file in listed
        if file not in other
    ]
    files = [file for file in attributes.rows if file in partitions]
    found = examine(root, [f"{folder}/{file}" for file in files], workers=workers, memo=memo)
    kept = [files[place] for place in found.kept]
    splits = _splits([partitions[file] for file in kept], seed)
    skipped += found.skipped
    for split in SPLITS:
        if len(splits[split]) < 2:
            first = "".join(f"; {each.path} {each.reason}" for each in skipped[:3])
            message = f"{len(splits[split])} images can be used for the split {split}, which needs 2{first}"
            raise CelebaError(message)
    values = attributes.values[[attributes.rows[file] for file in kept]]
    names = [task.title for task in attributes.tasks]
    labels = hashlib.sha256(values.tobytes()).hexdigest()
    dealt = [[split, splits[split].tolist()] for split in SPLITS]
    return Celeba(
        root=root,
        paths=tuple(f"{folder}/{file}" for file in kept),
        tasks=attributes.tasks,
        values=values,
        image_size=size,
        splits=splits,
        skipped=tuple(skipped),
        content=digest("celeba", found.contents, names, labels, dealt, size),
        workers=workers,
    )


def _first(root: Path, candidates: Sequence[str], is_there: Callable[[Path], bool]) -> str:
    for candidate in candidates:
        if is_there(root / candidate):
            return candidate
    message = f"has neither {' nor '.join(candidates)}"
    raise CelebaError(message)


def _text(root: Path, name: str) -> str:
    try:
        if inside(root, name).stat().st_size > _MOST_BYTES:
            message = f"{name} is larger than {_MOST_BYTES >> 20} MB"
            raise CelebaError(message)
        return read_bytes(root, name).decode("utf-8-sig")
    except UnusableFile as error:
        raise CelebaError(str(error)) from error
    except UnicodeDecodeError as error:
        message = f"{name} is no UTF-8: {error}"
        raise CelebaError(message) from error


def _splits(parts: Sequence[Split], seed: int) -> dict[Split, NDArray[np.int64]]:
    """Ids of each split, ascending: a share of those to train on is dealt to `transfer`."""
    ids: dict[Split, NDArray[np.int64]] = {
        split: np.array([place for place, part in enumerate(parts) if part == split], dtype=np.int64)
        for split in SPLITS
    }
    order = np.random.default_rng(seed).permutation(ids["train"])
    transfer, train = np.split(order, [max(2, int(_TRANSFER * len(order)))])
    return {**ids, "train": np.sort(train), "transfer": np.sort(transfer)}
