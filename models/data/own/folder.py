"""A folder of images with declared labels, checked whole before any of it is used."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.cache import keep_json
from models.data.own.arrays import array_names, read_view
from models.data.own.declaration import DeclarationError, Labels
from models.data.own.files import UnusableFile, read_bytes, stamp
from models.data.own.listing import Listing, Skipped, View, list_folder
from models.data.splits import SPLITS, Split, SplitError, SplitSizes
from models.tasks.labels import LabelInfo

PROPORTIONS = SplitSizes(train=60, transfer=15, validation=10, test=15)
"""How examples are dealt out where no column says it."""

_UNKNOWN = "not known"  # names the class of pixels without one, in tasks of the dictionary
_CHUNK = 256  # examples decoded between two looks at the results


@dataclass(frozen=True, slots=True, eq=False)
class OwnFolder:
    """A folder whose examples can be read.

    Attributes:
        root: the folder.
        size: edge of the images, pixels.
        tasks: with labels.
        views: the examples.
        skipped: files and lines that are not used.
        splits: positions in `views` of each split.
        content: names the data: equal contents, equal arrays.
    """

    root: Path
    size: int
    tasks: tuple[Labels, ...]
    views: tuple[View, ...]
    skipped: tuple[Skipped, ...]
    splits: Mapping[Split, NDArray[np.int64]]
    content: str

    @property
    def label_info(self) -> LabelInfo:
        """Class names, and the declared tasks."""
        named = {task.name: task for task in self.tasks if task.task is None}
        scenes, objects, pixels = (
            named.get(name) for name in ("scene_class", "object_class", "semantic_segmentation")
        )
        masked = pixels is not None and bool(pixels.ignored)
        return LabelInfo(
            scene_classes=scenes.classes if scenes else (),
            object_classes=objects.classes if objects else (),
            semantic_classes=(*pixels.classes, *([_UNKNOWN] if masked else [])) if pixels else (),
            semantic_ignored=(len(pixels.classes),) if pixels and masked else (),
            own=tuple(task.task for task in self.tasks if task.task is not None),
        )


def open_folder(
    root: Path,
    *,
    size: int,
    seed: int,
    tasks_file: str | None = None,
    workers: int = 1,
    memo: Path | None = None,
) -> OwnFolder:
    """List a folder, and decode every file once: what cannot be used is skipped.

    Args:
        root: the folder.
        size: edge of the images, pixels.
        seed: deals examples out to splits, where no column says it.
        tasks_file: name of the declaration, see `list_folder`.
        workers: threads that decode.
        memo: file that keeps what was found; while sizes and times of all files are as they were, nothing is decoded.

    Raises:
        DeclarationError: naming what is wrong.
    """
    root = root.resolve()
    listing = list_folder(root, tasks_file)
    stamps = _stamps(root, listing)
    found = _remembered(memo, stamps)
    if found is None:
        found = _checked(root, listing, size, workers)
        if memo is not None:
            _remember(memo, stamps, found)
    views = tuple(listing.views[place] for place in found.kept)
    skipped = (*listing.skipped, *(Skipped(path, reason) for path, reason in found.skipped))
    if not views:
        first = "; ".join(f"{each.path} {each.reason}" for each in skipped[:3])
        raise DeclarationError([f"images: no example can be used: {first}"])
    splits = _declared_splits(views) if listing.has_splits else _dealt_splits(len(views), seed)
    for split in SPLITS:
        if len(splits[split]) < 2:
            raise DeclarationError(
                [f"images: fewer than 2 of {len(views)} examples are left for the split {split}"]
            )
    return OwnFolder(root, size, listing.tasks, views, skipped, splits, found.content)


@dataclass(frozen=True, slots=True)
class _Found:
    """What decoding found: examples that can be used, what cannot and why, and a digest of all that was read."""

    kept: tuple[int, ...]
    skipped: tuple[tuple[str, str], ...]
    content: str


def _checked(root: Path, listing: Listing, size: int, workers: int) -> _Found:
    names = array_names(listing.tasks)
    digests: dict[str, str] = {}

    def check(view: View) -> tuple[dict[str, str], UnusableFile | None]:
        seen: dict[str, str] = {}

        def read(path: str) -> bytes:
            content = read_bytes(root, path)
            seen[path] = hashlib.sha256(content).hexdigest()
            return content

        try:
            read_view(view, listing.tasks, size, names, read)
        except UnusableFile as error:
            return seen, error
        return seen, None

    kept: list[int] = []
    skipped: list[tuple[str, str]] = []
    with ThreadPoolExecutor(workers) as executor:
        for first in range(0, len(listing.views), _CHUNK):
            answers = executor.map(check, listing.views[first : first + _CHUNK])
            for place, (seen, problem) in enumerate(answers, start=first):
                digests |= seen
                if problem is None:
                    kept.append(place)
                else:
                    skipped.append((problem.path, problem.reason))
    for path in listing.read:
        digests[path] = hashlib.sha256(read_bytes(root, path)).hexdigest()
    identity = json.dumps([sorted(digests.items()), kept, size])
    return _Found(tuple(kept), tuple(skipped), hashlib.sha256(identity.encode()).hexdigest())


def _stamps(root: Path, listing: Listing) -> dict[str, Any]:
    """Size and time of every file that a listing names, by path; null where there is none."""
    paths = {*listing.read, *(path for view in listing.views for path in view.paths)}
    return {path: stamp(root, path) for path in sorted(paths)}


def _remembered(memo: Path | None, stamps: Mapping[str, Any]) -> _Found | None:
    if memo is None or not memo.exists():
        return None
    said = json.loads(memo.read_text(encoding="utf-8"))
    if said["stamps"] != stamps:
        return None
    skipped = tuple((path, reason) for path, reason in said["skipped"])
    return _Found(tuple(said["kept"]), skipped, said["content"])


def _remember(memo: Path, stamps: Mapping[str, Any], found: _Found) -> None:
    said = {"stamps": stamps, "kept": found.kept, "skipped": found.skipped, "content": found.content}
    keep_json(memo, said)


def _declared_splits(views: Sequence[View]) -> dict[Split, NDArray[np.int64]]:
    return {
        split: np.array([place for place, view in enumerate(views) if view.split == split], dtype=np.int64)
        for split in SPLITS
    }


def _dealt_splits(count: int, seed: int) -> dict[Split, NDArray[np.int64]]:
    try:
        sizes = PROPORTIONS.scaled_to(count)
    except SplitError as error:
        raise DeclarationError([f"images: {count} examples are too few: {error}"]) from error
    order = np.random.default_rng(seed).permutation(count)
    return dict(zip(SPLITS, _cut(order, [sizes.size(split) for split in SPLITS]), strict=True))


def _cut(order: NDArray[np.int64], sizes: Sequence[int]) -> Iterator[NDArray[np.int64]]:
    start = 0
    for size in sizes:
        yield np.sort(order[start : start + size])
        start += size
