"""A user's folder of images as a data set of classes, where every image has one class."""

from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from models.data.classes.found import PARTS, ClassData, Inputs, Skipped, digest
from models.data.classes.image_files import read_images
from models.data.labelled import Part
from models.data.own.declaration import Labels
from models.data.own.folder import OwnFolder
from models.data.own.listing import KEPT_APART, View


def classes_of(folder: OwnFolder, *, workers: int = 1) -> ClassData | None:
    """The classes of a folder's images; None unless exactly one of its tasks gives each image one class.

    Kept apart are the images of the folders `test`, `val`, `valid` and `validation` of the layout
    `train/CLASS/IMAGE`, or those of the split `test` where a table names splits; all others are the part `train`.

    Args:
        folder: with the images that can be used.
        workers: threads that decode.
    """
    tasks = [task for task in folder.tasks if _is_one_class(task)]
    if len(tasks) != 1:
        return None
    (task,) = tasks
    places: dict[Part, list[int]] = {part: [] for part in PARTS}
    for place, view in enumerate(folder.views):
        places["test" if _is_kept_apart(view, task) else "train"].append(place)
    if not places["train"]:
        return None
    paths = {part: [folder.views[place].images[0] for place in places[part]] for part in PARTS}
    labels: dict[Part, NDArray[np.int64]] = {
        part: np.array([folder.views[place].numbers[task.name][0] for place in places[part]], dtype=np.int64)
        for part in PARTS
    }

    def read(part: Part, image_size: int | None) -> Iterator[Inputs]:
        yield from read_images(folder.root, paths[part], image_size or folder.size, workers)

    return ClassData(
        fingerprint=digest("own folder", folder.content, task.name, [places[part] for part in PARTS]),
        classes=task.classes,
        labels=labels,
        features=None,
        image_size=folder.size,
        read=read,
        skipped=tuple(Skipped(each.path, each.reason) for each in folder.skipped),
    )


def _is_one_class(task: Labels) -> bool:
    return task.kind == "class" and not task.columns and task.inputs == 1


def _is_kept_apart(view: View, task: Labels) -> bool:
    if view.split is not None:
        return view.split == "test"
    parts = PurePosixPath(view.images[0]).parts
    return task.folder and len(parts) == 3 and parts[0] in KEPT_APART
