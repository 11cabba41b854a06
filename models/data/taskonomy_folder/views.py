"""Views of a Taskonomy or Omnidata folder as the pipeline reads them."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.cache import ArrayFolder, GrowingArrays
from models.data.labels_2d import edges_2d, keypoints_2d, segmentation_2d
from models.data.splits import SPLITS, Split, SplitSizes
from models.data.taskonomy_folder.decode import FROM_FILES, Decoder
from models.data.taskonomy_folder.domains import RGB, SEMANTIC_CLASSES, TUPLES
from models.data.taskonomy_folder.layout import FolderError
from models.data.taskonomy_folder.points import FileProblem, room_layout, vanishing_points
from models.data.taskonomy_folder.survey import SourceView, Survey
from models.data.taskonomy_folder.tuples import tuple_labels
from models.data.views import INDEX, Array, UnknownLabel
from models.tasks.labels import LabelInfo
from models.training.progress import NullContext, Part, RunContext, Stopped

_CHUNK = 64  # views decoded between two reports
_COMPUTED: Mapping[str, Callable[[NDArray[Any]], Array]] = MappingProxyType(
    {"edges_2d": edges_2d, "keypoints_2d": keypoints_2d, "segmentation_2d": segmentation_2d}
)


class TaskonomyViews:
    """A folder's views. A label is decoded once and then mapped from the cache folder.

    An atlas sees the views that have all labels of its tasks: a view whose normals are damaged serves an atlas
    without normals. A split of fewer views than there are takes them evenly spread over the buildings.

    Args:
        survey: what was found in the folder.
        sizes: views per split.
        cache: folder for the arrays; made when needed.
        tasks: names of the dictionary; views that lack a label of one of them are left out.
        workers: threads that decode.

    Raises:
        ValueError: a split is to hold more views than have the labels of the tasks.
    """

    def __init__(
        self, survey: Survey, sizes: SplitSizes, cache: Path, tasks: Iterable[str] = (), *, workers: int = 1
    ) -> None:
        self._survey, self._sizes, self._cache, self._workers = survey, sizes, cache, workers
        self._rows = {split: _spread(survey.complete(split, tasks), split, sizes) for split in SPLITS}
        self._folder = cache / f"taskonomy-{survey.fingerprint[:16]}"
        rows = {split: self._rows[split].tolist() for split in SPLITS}
        identity = json.dumps([survey.fingerprint, asdict(sizes), rows], sort_keys=True)
        self._fingerprint = hashlib.sha256(identity.encode()).hexdigest()

    def of_tasks(self, tasks: Iterable[str]) -> "TaskonomyViews":
        """The views that have all labels of some tasks.

        Raises:
            ValueError: a split is to hold more views than there are.
        """
        return TaskonomyViews(self._survey, self._sizes, self._cache, tasks, workers=self._workers)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the folder's files, the split sizes and the views chosen."""
        return self._fingerprint

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return self._survey.options.size

    @property
    def label_info(self) -> LabelInfo:
        """Class names; the soft labels' classes are numbered as ImageNet's and Places' are."""
        counts = self._survey.class_counts
        return LabelInfo(
            scene_classes=tuple(f"places_{number}" for number in range(counts["class_scene"])),
            object_classes=tuple(f"imagenet_{number}" for number in range(counts["class_object"])),
            semantic_classes=SEMANTIC_CLASSES,
            semantic_ignored=(0,),
        )

    @property
    def labels(self) -> frozenset[str]:
        """The labels that the folder's files allow."""
        return self._survey.labels

    def size(self, split: Split) -> int:
        """Views of a split."""
        return self._sizes.size(split)

    def load(self, split: Split, labels: Collection[str]) -> dict[str, Array]:
        """Arrays of a split, decoded if they are not there yet; `index` is the view's place in the folder's split.

        Raises:
            UnknownLabel: the folder has no such label, or not for every view.
            FolderError: a file was changed since the folder was registered.
        """
        self._produce(split, labels, NullContext())
        return {**self._arrays(split).load(labels), INDEX: self._indices(split)}

    def prepare(self, labels: Collection[str], context: RunContext) -> None:
        """Decode what is missing of `labels` in all splits.

        Raises:
            UnknownLabel: the folder has no such label, or not for every view.
            FolderError: a file was changed since the folder was registered.
            Stopped: the context asked for it; finished splits stay.
        """
        done = 0
        for split in SPLITS:
            first, done = done / self._sizes.total, done + self.size(split)
            self._produce(split, labels, Part(context, first, done / self._sizes.total))

    def _indices(self, split: Split) -> NDArray[np.int64]:
        before = sum(len(self._survey.views[earlier]) for earlier in SPLITS[: SPLITS.index(split)])
        return before + self._rows[split]

    def _arrays(self, split: Split) -> ArrayFolder:
        rows = hashlib.sha256(self._rows[split].tobytes()).hexdigest()[:12]
        return ArrayFolder(self._folder, f"{split}-{rows}-")

    def _produce(self, split: Split, labels: Collection[str], context: RunContext) -> None:
        if unknown := sorted(set(labels) - self.labels):
            reasons = (f"{name} ({self._survey.lacking.get(name, 'no such label')})" for name in unknown)
            raise UnknownLabel(f"the folder has no {', '.join(reasons)}")
        views = self._survey.views[split]
        for row in self._rows[split]:
            if lost := sorted(
                views[row].missing.intersection(name.removesuffix("_images") for name in labels)
            ):
                raise UnknownLabel(f"view {views[row].id} has no {', '.join(lost)}")

        def write(missing: Collection[str], scratch: Path) -> None:
            self._write(split, missing, scratch, context)

        self._arrays(split).produce(labels, context, write)

    def _write(self, split: Split, missing: Collection[str], scratch: Path, context: RunContext) -> None:
        rows = self._rows[split]
        arrays = GrowingArrays(scratch, len(rows))
        with ThreadPoolExecutor(self._workers) as executor:
            for start in range(0, len(rows), _CHUNK):
                if context.should_stop():
                    text = "decoding views"
                    raise Stopped(text)
                chosen = rows[start : start + _CHUNK]
                arrays.add(self._decoded(split, chosen, missing, executor))
                context.progress(arrays.done, f"decoding views of the split {split}")
        arrays.flush()

    def _decoded(
        self, split: Split, rows: NDArray[np.int64], labels: Collection[str], executor: ThreadPoolExecutor
    ) -> dict[str, Array]:
        """Some labels of some views of a split."""
        computed = self._survey.computed & set(labels)
        read = {label for label in labels if label in FROM_FILES} - computed
        views = [self._survey.views[split][row] for row in rows]
        found = self._read(views, read | {RGB} if computed else read, executor)
        result: dict[str, Array] = {label: found[label] for label in read}
        result |= {label: _COMPUTED[label](found[RGB]) for label in computed}
        for label in labels:
            if label not in result:
                result[label] = self._of_cameras(split, rows, label, executor)
        return result

    def _of_cameras(
        self, split: Split, rows: NDArray[np.int64], label: str, executor: ThreadPoolExecutor
    ) -> Array:
        """A label that the cameras' files give, or the images of tuples."""
        views = self._survey.views[split]
        if (name := label.removesuffix("_images")) in TUPLES:
            tuples = self._survey.tuples[split][name]
            if label == name:
                return tuple_labels(name, tuples, [view.info for view in views], rows)
            members = tuples.members[rows]
            images = self._read([views[at] for at in members.flat], {RGB}, executor)[RGB]
            return images.reshape(*members.shape, *images.shape[1:])
        infos = [info for row in rows if (info := views[row].info) is not None]
        if label == "room_layout":
            return np.stack([room_layout(info, info.box) for info in infos if info.box is not None])
        return np.stack([vanishing_points(info.axes) for info in infos if info.axes is not None])

    def _read(
        self, views: Sequence[SourceView], labels: Collection[str], executor: ThreadPoolExecutor
    ) -> dict[str, NDArray[Any]]:
        """Labels that files hold, of some views."""
        size = self.image_size

        def one(view: SourceView) -> dict[str, Array]:
            decoder = Decoder(view.files, size)
            try:
                return {label: decoder.label(label) for label in labels}
            except FileProblem as problem:
                name = f"point {view.id.point} view {view.id.view} of {view.id.building}"
                text = (
                    f"a file of {name} {problem}; it was whole when the folder was registered: do that again"
                )
                raise FolderError([("", text)]) from problem

        rows = list(executor.map(one, views))
        return {label: np.stack([row[label] for row in rows]) for label in labels}


def _spread(positions: Sequence[int], split: Split, sizes: SplitSizes) -> NDArray[np.int64]:
    """As many of the positions as the split is to hold, evenly spread."""
    size = sizes.size(split)
    if size > len(positions):
        raise ValueError(f"the split {split} has {len(positions)} views with all labels, not {size}")
    return np.asarray(positions, dtype=np.int64)[np.arange(size) * len(positions) // size]
