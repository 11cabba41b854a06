"""Views of rooms with their labels: the one entry point of the data set."""

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from models.data.rooms import labels_2d, labels_3d
from models.data.rooms.config import RoomsConfig, RoomsConfigError
from models.data.rooms.labels import LABELS
from models.data.rooms.multiview import STREAMS, multi_view, photographs
from models.data.rooms.scene.sampling import sample_scene
from models.data.rooms.tracing.camera import cameras
from models.data.rooms.tracing.raycast import cast, gather_solids, surfaces
from models.data.rooms.tracing.shading import shade

_BATCH = 16  # views traced together; larger ones leave the cache

_FROM_IMAGE = frozenset({"rgb", "edges_2d", "keypoints_2d", "segmentation_2d"})
_FROM_NORMALS = frozenset({"normals", "occlusion_edges", "keypoints_3d", "reshading", "segmentation_25d"})
_FROM_SURFACES = _FROM_IMAGE | _FROM_NORMALS | {"curvature"}
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
) -> dict[str, NDArray]:
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
    parts: Iterable[dict[str, NDArray]] = run(_render_batch, [config] * count, batches, [wanted] * count)
    done = list(parts)
    if not done:
        return {name: _empty(name, config.size) for name in wanted}
    return {name: np.concatenate([part[name] for part in done]) for name in wanted}


def _empty(name: str, size: int) -> NDArray:
    spec = LABELS[name]
    return np.empty((0, *(size if n is None else n for n in spec.shape)), dtype=spec.dtype)


def _render_batch(config: RoomsConfig, indices: Sequence[int], labels: Sequence[str]) -> dict[str, NDArray]:
    scenes = [sample_scene(config, index) for index in indices]
    views = cameras([scene.camera for scene in scenes])
    size = config.size
    asked = frozenset(labels)
    result: dict[str, NDArray] = {}
    for name in STREAMS:
        if {name, f"{name}_images"} & asked:
            tuples = multi_view(name, config, indices, scenes)
            if name in asked:
                result[name] = tuples.label
            if f"{name}_images" in asked:
                result[f"{name}_images"] = photographs(scenes, tuples, size)
    if "scene_class" in asked:
        result["scene_class"] = labels_3d.scene_class(scenes)
    if "vanishing_points" in asked:
        result["vanishing_points"] = labels_3d.vanishing_points(views)
    if "room_layout" in asked:
        result["room_layout"] = labels_3d.room_layout(scenes, views)
    if not asked & _FROM_HITS:
        return result
    solids = gather_solids(scenes)
    hits = cast(solids, views, size)
    from_hits = {
        "valid": lambda: labels_3d.valid(solids, hits, size),
        "depth": lambda: labels_3d.z_buffer(hits, size).astype(np.float32),
        "distance": lambda: labels_3d.distance(hits, size),
        "semantic_segmentation": lambda: labels_3d.semantic_segmentation(solids, hits, size),
        "instances": lambda: labels_3d.instances(solids, hits, size),
        "object_class": lambda: labels_3d.object_class(solids, hits, size),
    }
    result |= {name: compute() for name, compute in from_hits.items() if name in asked}
    if not asked & _FROM_SURFACES:
        return result
    there = surfaces(solids, views, hits)
    if "curvature" in asked:
        result["curvature"] = labels_3d.curvature(there, size)
    if asked & _FROM_NORMALS:
        relief = labels_3d.relief(views, solids, hits, there, size)
        from_normals = {
            "normals": lambda: labels_3d.normals(relief),
            "occlusion_edges": lambda: labels_3d.occlusion_edges(relief),
            "keypoints_3d": lambda: labels_3d.keypoints_3d(relief),
            "reshading": lambda: labels_3d.reshading(relief),
            "segmentation_25d": lambda: labels_3d.segmentation_25d(relief),
        }
        result |= {name: compute() for name, compute in from_normals.items() if name in asked}
    if asked & _FROM_IMAGE:
        rgb = shade(scenes, solids, views, hits, there, size)
        from_image = {
            "rgb": lambda: rgb,
            "edges_2d": lambda: labels_2d.edges_2d(rgb),
            "keypoints_2d": lambda: labels_2d.keypoints_2d(rgb),
            "segmentation_2d": lambda: labels_2d.segmentation_2d(rgb),
        }
        result |= {name: compute() for name, compute in from_image.items() if name in asked}
    return result
