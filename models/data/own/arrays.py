"""From the files and numbers of one example to the arrays that tasks read."""

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.labels_2d import edges_2d, keypoints_2d, segmentation_2d
from models.data.own.declaration import Labels
from models.data.own.files import UnusableFile, label_map, photograph
from models.data.own.listing import View

Array = NDArray[Any]

COMPUTED: Mapping[str, Callable[[NDArray[np.uint8]], Array]] = MappingProxyType(
    {"edges_2d": edges_2d, "keypoints_2d": keypoints_2d, "segmentation_2d": segmentation_2d}
)
"""Labels of the dictionary that are worked out from (N, S, S, 3) images."""
RGB, VALID = "rgb", "valid"

_NOT_KNOWN = -1  # of a pixel's class, in tasks that a user declared


def images_of(task: Labels) -> str:
    """Name of the array with the images that a task looks at."""
    return RGB if task.inputs == 1 else f"{task.name}_images"


def array_names(tasks: Sequence[Labels]) -> frozenset[str]:
    """Every array that the labels allow."""
    geometry = {VALID} if any(map(_is_geometry, tasks)) else set[str]()
    return frozenset(
        {RGB, *COMPUTED, *geometry} | {name for task in tasks for name in (task.name, images_of(task))}
    )


def read_view(
    view: View, tasks: Sequence[Labels], size: int, names: Collection[str], read: Callable[[str], bytes]
) -> dict[str, Array]:
    """Decode what is wanted of one example; computed labels are not among it.

    Args:
        view: the example.
        tasks: of the folder.
        size: edge of the images, pixels.
        names: of `array_names`.
        read: the content of a file by its path.

    Returns:
        One array of each name, without the axis of examples.

    Raises:
        UnusableFile: a file is missing, damaged or does not fit.
    """
    photographs = [photograph(path, read(path), size) for path in view.images]
    pictures = [picture for picture, _ in photographs]
    found: dict[str, Array] = {RGB: pictures[0]}
    known: list[Array] = []
    for task in tasks:
        if images_of(task) in names and task.inputs > 1:
            found[images_of(task)] = np.stack(pictures[: task.inputs])
        geometry = _is_geometry(task) and VALID in names
        if task.name in names or geometry:
            label = _label(task, view, size, photographs[0][1], read)
            if _is_geometry(task):
                known.append(_known(label))
                label = np.nan_to_num(label, nan=0.0)
            found[task.name] = label
    if known:
        found[VALID] = np.logical_and.reduce(known)
    return {name: found[name] for name in names if name in found}


def _label(task: Labels, view: View, size: int, shape: float, read: Callable[[str], bytes]) -> Array:
    if task.kind == "class":
        return _class(task, view.numbers[task.name])
    if task.kind == "vector":
        return np.array(view.numbers[task.name], dtype=np.float32)
    path = view.files[task.name]
    if task.kind == "image":
        picture, other = photograph(path, read(path), size)
        if abs(other / shape - 1) > 0.02:
            raise UnusableFile(path, "has another shape than its image")
        return picture
    values = label_map(path, read(path), size=size, shape=shape)
    return _numbers(task, path, values) if task.kind == "map" else _classes(task, path, values)


def _class(task: Labels, numbers: tuple[float, ...]) -> Array:
    if task.columns:
        shares = np.array(numbers, dtype=np.float32)
        return shares / shares.sum()
    if task.task is None and task.name == "object_class":  # the dictionary has shares there
        return np.eye(len(task.classes), dtype=np.float32)[int(numbers[0])]
    return np.array(int(numbers[0]), dtype=np.int32)


def _numbers(task: Labels, path: str, values: Array) -> Array:
    """Physical values, (S, S) or (S, S, k) float32, NaN where not known."""
    channels = 1 if values.ndim == 2 else values.shape[2]
    if channels != task.channels:
        raise UnusableFile(path, f"has {channels} numbers per pixel, {task.channels} are declared")
    if values.ndim == 3 and channels == 1:
        values = values[..., 0]
    raw = values.astype(np.float64)
    unknown = ~np.isfinite(raw) | np.isin(raw, task.invalid)
    physical = np.where(unknown, np.nan, np.where(unknown, 0, raw) * task.scale + task.offset).astype(
        np.float32
    )
    if not np.isfinite(physical).any():
        raise UnusableFile(path, "holds no valid pixel")
    if task.task is None and task.name == "normals":
        length = np.sqrt(np.einsum("...c,...c->...", physical, physical))[..., None]
        physical = physical / np.maximum(length, np.float32(1e-6))
    return physical


def _classes(task: Labels, path: str, values: Array) -> Array:
    """Numbers of classes, (S, S) int16; those not known are -1, and of a task of the dictionary one past the last."""
    if values.ndim != 2 or (values.dtype.kind == "f" and not np.array_equal(values, np.rint(values))):
        raise UnusableFile(
            path, f"holds {values.dtype} of shape {values.shape}, not one whole number per pixel"
        )
    numbers = values.astype(np.int64)
    unknown = np.isin(numbers, task.ignored)
    outside = ~unknown & ((numbers < 0) | (numbers >= len(task.classes)))
    if outside.any():
        raise UnusableFile(
            path, f"holds class {numbers[outside][0]}; classes are 0 to {len(task.classes) - 1}"
        )
    if unknown.all():
        raise UnusableFile(path, "holds no pixel of a known class")
    return np.where(unknown, len(task.classes) if task.task is None else _NOT_KNOWN, numbers).astype(np.int16)


def _known(label: Array) -> Array:
    """Where a map holds a value, in all of its channels: (S, S) bool."""
    planes = label[..., None] if label.ndim == 2 else label
    return np.logical_and.reduce(np.isfinite(planes), axis=2)


def _is_geometry(task: Labels) -> bool:
    """Whether it is one of the dictionary's maps, which share one array of where there is geometry."""
    return task.task is None and task.kind == "map"
