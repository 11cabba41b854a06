"""Views of rooms with their labels: the one entry point of the data set."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from types import MappingProxyType

import numpy as np

from models.data import labels_2d
from models.data.rooms import labels_3d
from models.data.rooms.arrays import Array, Images
from models.data.rooms.config import RoomsConfig, RoomsConfigError
from models.data.rooms.labels import LABELS
from models.data.rooms.multiview import STREAMS, multi_view, photographs
from models.data.rooms.scene.sampling import Scene, sample_scene
from models.data.rooms.tracing.camera import Cameras, cameras
from models.data.rooms.tracing.raycast import cast, gather_solids, surfaces
from models.data.rooms.tracing.shading import shade

_BATCH = 16  # views traced together; larger ones leave the cache

_FROM_IMAGE: Mapping[str, Callable[[Images], Array]] = MappingProxyType(
    {
        "rgb": lambda rgb: rgb,
        "edges_2d": labels_2d.edges_2d,
        "keypoints_2d": labels_2d.keypoints_2d,
        "segmentation_2d": labels_2d.segmentation_2d,
    }
)
_FROM_RELIEF: Mapping[str, Callable[[labels_3d.Relief], Array]] = MappingProxyType(
    {
        "normals": labels_3d.normals,
        "occlusion_edges": labels_3d.occlusion_edges,
        "keypoints_3d": labels_3d.keypoints_3d,
        "reshading": labels_3d.reshading,
        "segmentation_25d": labels_3d.segmentation_25d,
    }
)
_FROM_SURFACES = frozenset({*_FROM_IMAGE, *_FROM_RELIEF, "curvature"})
_FROM_HITS = _FROM_SURFACES | {
    "valid",
    "depth",
    "distance",
    "semantic_segmentation",
    "instances",
    "object_class",
}


def render(
    config: RoomsConfig, indices: Sequence[int], labels: Collection[str], executor: Executor | None = None
) -> dict[str, Array]:
    """Return labels of some views.

    A view is a pure function of (config, index): the same bits in any batch, order or process.

    Args:
        config: the data set.
        indices: non-negative view indices, in any order.
        labels: names in LABELS; only these are computed.
        executor: spreads batches over threads or processes; the caller owns it.

    Returns:
        One array per label, views first; shapes and dtypes as LABELS says.

    Raises:
        RoomsConfigError: a label is unknown or an index negative.
    """
    wanted = tuple(sorted(set(labels)))
    unknown = [name for name in wanted if name not in LABELS]
    if unknown:
        message = f"unknown labels: {', '.join(unknown)}"
        raise RoomsConfigError(message)
    if any(index < 0 for index in indices):
        message = "view indices must not be negative"
        raise RoomsConfigError(message)
    chosen = [int(index) for index in indices]
    batches = [chosen[i : i + _BATCH] for i in range(0, len(chosen), _BATCH)]
    count = len(batches)
    run = map if executor is None else executor.map
    result = {name: _empty(name, config.size, len(chosen)) for name in wanted}
    # filled as batches arrive, while the executor works on the next ones
    parts: Iterable[dict[str, Array]] = run(_render_batch, [config] * count, batches, [wanted] * count)
    for i, part in enumerate(parts):
        for name, values in part.items():
            result[name][i * _BATCH : i * _BATCH + len(values)] = values
    return result


def _empty(name: str, size: int, views: int) -> Array:
    spec = LABELS[name]
    return np.empty((views, *(size if n is None else n for n in spec.shape)), dtype=spec.dtype)


def _render_batch(config: RoomsConfig, indices: Sequence[int], labels: Sequence[str]) -> dict[str, Array]:
    scenes = [sample_scene(config, index) for index in indices]
    views = cameras([scene.camera for scene in scenes])
    asked = frozenset(labels)
    result = _of_tuples(config, indices, scenes, asked)
    of_room = {
        "scene_class": lambda: labels_3d.scene_class(scenes),
        "vanishing_points": lambda: labels_3d.vanishing_points(views),
        "room_layout": lambda: labels_3d.room_layout(scenes, views),
    }
    result |= {name: compute() for name, compute in of_room.items() if name in asked}
    if asked & _FROM_HITS:
        result |= _of_pixels(config.size, scenes, views, asked)
    return result


def _of_tuples(
    config: RoomsConfig, indices: Sequence[int], scenes: Sequence[Scene], asked: frozenset[str]
) -> dict[str, Array]:
    """Return the multi-view labels asked for."""
    result: dict[str, Array] = {}
    for name in STREAMS:
        images = f"{name}_images"
        if not asked & {name, images}:
            continue
        tuples = multi_view(name, config, indices, scenes)
        if name in asked:
            result[name] = tuples.label
        if images in asked:
            result[images] = photographs(scenes, tuples, config.size)
    return result


def _of_pixels(size: int, scenes: Sequence[Scene], views: Cameras, asked: frozenset[str]) -> dict[str, Array]:
    """Return the labels asked for that need rays to be cast."""
    solids = gather_solids(scenes)
    hits = cast(solids, views, size)
    of_hits = {
        "valid": lambda: labels_3d.valid(solids, hits, size),
        "depth": lambda: labels_3d.z_buffer(hits, size),
        "distance": lambda: labels_3d.distance(hits, size),
        "semantic_segmentation": lambda: labels_3d.semantic_segmentation(solids, hits, size),
        "instances": lambda: labels_3d.instances(solids, hits, size),
        "object_class": lambda: labels_3d.object_class(solids, hits, size),
    }
    result = {name: compute() for name, compute in of_hits.items() if name in asked}
    if not asked & _FROM_SURFACES:
        return result
    there = surfaces(solids, views, hits)
    if "curvature" in asked:
        result["curvature"] = labels_3d.curvature(there, size)
    if asked & _FROM_RELIEF.keys():
        relief = labels_3d.relief(views, solids, hits, there, size)
        result |= {name: compute(relief) for name, compute in _FROM_RELIEF.items() if name in asked}
    if asked & _FROM_IMAGE.keys():
        rgb = shade(scenes, solids, views, hits, there, size)
        result |= {name: compute(rgb) for name, compute in _FROM_IMAGE.items() if name in asked}
    return result
