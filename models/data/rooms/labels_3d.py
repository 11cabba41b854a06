"""Labels that are exact functions of geometry and scene graph, for many views at once.

All flat inputs are (N * P) over pixels; outputs are (N, H, W, ...).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from models.data.rooms.labels import OBJECT_CLASSES
from models.data.rooms.scene.look import MaterialColumn, Pattern
from models.data.rooms.scene.sampling import Scene
from models.data.rooms.tracing.camera import Cameras, Floats, euler_sxyz, room_axes
from models.data.rooms.tracing.raycast import Hits, Solids, Surfaces

Maps = NDArray[np.float32]

_EDGE_SLOPE = 0.04  # gap between surfaces, as a share of depth, that is a full occlusion edge
_EDGE_BLUR = 0.6  # pixels at 64
_KEYPOINT_SCALE = 1.2  # pixels at 64
_CREASE = np.cos(np.radians(30.0))


def z_buffer(hits: Hits, size: int) -> Floats:
    """Return (N, H, W) depth along the optical axis, metres."""
    return hits.depth.reshape(-1, size, size)


def distance(hits: Hits, size: int) -> Maps:
    """Return (N, H, W) distance from the camera centre, metres."""
    x, y = hits.ray
    return (hits.depth * np.sqrt(x * x + y * y + 1.0)).reshape(-1, size, size).astype(np.float32)


def camera_normals(cameras: Cameras, there: Surfaces, size: int) -> Floats:
    """Return (N, H, W, 3) unit normals in the camera frame."""
    rotation = cameras.rotations
    world = np.stack(there.normal, axis=-1).reshape(len(rotation), size, size, 3)
    parts = [sum(rotation[:, None, None, j, i] * world[..., j] for j in range(3)) for i in range(3)]
    return np.stack(parts, axis=-1)


def curvature(there: Surfaces, size: int) -> Maps:
    """Return (N, H, W, 2) principal curvatures, larger first, 1/m."""
    return np.stack(there.curvature, axis=-1).reshape(-1, size, size, 2).astype(np.float32)


def reshading(hits: Hits, normals: Floats, size: int) -> Maps:
    """Return (N, H, W) cosines between normals and the way to the camera."""
    x, y = (r.reshape(-1, size, size) for r in hits.ray)
    toward = -(normals[..., 0] * x + normals[..., 1] * y + normals[..., 2]) / np.sqrt(x * x + y * y + 1.0)
    return np.clip(toward, 0.0, 1.0).astype(np.float32)


def valid(solids: Solids, hits: Hits, size: int) -> NDArray[np.bool_]:
    """Return (N, H, W), False on window panes and mirrors, where scanners measure nothing."""
    pattern = solids.materials[:, MaterialColumn.PATTERN]
    glass = (pattern == Pattern.SKY) | (
        (pattern == Pattern.ART) & (solids.materials[:, MaterialColumn.GLOSS] > 0.5)
    )
    return ~glass[solids.material][hits.solid].reshape(-1, size, size)


def _points(hits: Hits, size: int) -> Floats:
    """Return (N, H, W, 3) points in the camera frame, metres."""
    x, y = hits.ray
    return np.stack((x * hits.depth, y * hits.depth, hits.depth), axis=-1).reshape(-1, size, size, 3)


def _gap(points: Floats, normals: Floats, axis: int) -> Floats:
    """Return how far neighbours along an image axis lie off each other's tangent plane, over their depth.

    The smaller of the two distances: at a crease or on a curved surface one neighbour is near the other's
    plane; across an occlusion neither is.
    """
    near = [slice(None)] * 3
    far = [slice(None)] * 3
    near[axis], far[axis] = slice(None, -1), slice(1, None)
    first, second = tuple(near), tuple(far)
    step = points[second] - points[first]
    here = np.abs((normals[first] * step).sum(axis=-1))
    there = np.abs((normals[second] * step).sum(axis=-1))
    return np.minimum(here, there) / np.minimum(points[first][..., 2], points[second][..., 2])


def occlusion_edges(hits: Hits, normals: Floats, size: int) -> Maps:
    """Return (N, H, W) strength of depth discontinuities, 0 to 1, slightly blurred as Taskonomy's."""
    points = _points(hits, size)
    edges = np.zeros(points.shape[:3])
    across = np.minimum(_gap(points, normals, 2) / _EDGE_SLOPE, 1.0)
    down = np.minimum(_gap(points, normals, 1) / _EDGE_SLOPE, 1.0)
    for near, strength in ((np.s_[:, :, :-1], across), (np.s_[:, :, 1:], across)):
        edges[near] = np.maximum(edges[near], strength)
    for near, strength in ((np.s_[:, :-1], down), (np.s_[:, 1:], down)):
        edges[near] = np.maximum(edges[near], strength)
    sigma = _EDGE_BLUR * size / 64
    return ndimage.gaussian_filter(edges, (0, sigma, sigma), truncate=3.0).astype(np.float32)


def keypoints_3d(hits: Hits, normals: Floats, size: int) -> Maps:
    """Return (N, H, W) interest, 0 to 1: where the surface changes in two directions.

    As NARF, it looks for stable surroundings with changing surface directions and borders: the smaller
    eigenvalue of the structure tensor of normals and log depth, square-rooted.

    Reference: Steder et al. 2011, "Point feature extraction on 3D range scans".
    """
    sigma = _KEYPOINT_SCALE * size / 64
    # float32 throughout: smooth responses need no more
    fields = [*(normals[..., i] for i in range(3)), 0.5 * np.log(z_buffer(hits, size))]
    xx = xy = yy = np.float32(0.0)
    for values in fields:
        field = values.astype(np.float32)
        gx = ndimage.correlate1d(field, [-0.5, 0.0, 0.5], axis=2)
        gy = ndimage.correlate1d(field, [-0.5, 0.0, 0.5], axis=1)
        xx, xy, yy = xx + gx * gx, xy + gx * gy, yy + gy * gy
    xx, xy, yy = (ndimage.gaussian_filter(m, (0, sigma, sigma), truncate=3.0) for m in (xx, xy, yy))
    smaller = 0.5 * (xx + yy - np.sqrt((xx - yy) ** 2 + 4.0 * xy * xy))
    return np.clip(2.5 * np.sqrt(np.maximum(smaller, 0.0)), 0.0, 1.0).astype(np.float32)


def semantic_segmentation(solids: Solids, hits: Hits, size: int) -> NDArray[np.uint8]:
    """Return (N, H, W) indices into SEMANTIC_CLASSES."""
    return solids.semantic.astype(np.uint8)[hits.solid].reshape(-1, size, size)


def instances(solids: Solids, hits: Hits, size: int) -> NDArray[np.int16]:
    """Return (N, H, W) ids of the room's objects, 0 for the bare room."""
    return solids.instance.astype(np.int16)[hits.solid].reshape(-1, size, size)


def object_class(solids: Solids, hits: Hits, size: int) -> Maps:
    """Return (N, K) share of the object pixels per class; all on `none` where no object is seen."""
    classes = len(OBJECT_CLASSES)
    pixels = size * size
    views = len(hits.solid) // pixels
    keys = solids.object[hits.solid] + np.repeat(np.arange(views) * classes, pixels)
    counts = np.bincount(keys, minlength=views * classes).reshape(views, classes).astype(np.float64)
    counts[:, 0] = counts[:, 1:].sum(axis=1) == 0
    return (counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)


def scene_class(scenes: Sequence[Scene]) -> NDArray[np.int64]:
    """Return (N,) indices into SCENE_CLASSES."""
    return np.array([scene.scene_class for scene in scenes], dtype=np.int64)


def vanishing_points(cameras: Cameras) -> Maps:
    """Return (N, 9) the room's axes in the camera frame: up, ahead (z > 0), aside (x > 0)."""
    return room_axes(cameras.rotations).reshape(-1, 9).astype(np.float32)


def room_layout(scenes: Sequence[Scene], cameras: Cameras) -> Maps:
    """Return (N, 9) the room's box: centre (m, camera frame), Euler angles (rad), extents (m).

    The box's own axes are right, down, forward, chosen as for the vanishing points; its rotation takes them
    to the camera frame.
    """
    up, ahead, aside = np.moveaxis(room_axes(cameras.rotations), 1, 0)
    box = np.stack((aside, -up, ahead), axis=-1)
    extent = np.array([(s.room.width, s.room.depth, s.room.height) for s in scenes])
    centre = ((extent / 2 - cameras.positions)[:, :, None] * cameras.rotations).sum(axis=1)
    # the camera's horizontal axes are the room's; the one ahead is x or y
    x_ahead = np.abs(cameras.rotations[:, 0, 2]) >= np.abs(cameras.rotations[:, 1, 2])
    forward = np.where(x_ahead, extent[:, 0], extent[:, 1])
    right = np.where(x_ahead, extent[:, 1], extent[:, 0])
    lengths = np.stack((right, extent[:, 2], forward), axis=1)
    return np.concatenate((centre, euler_sxyz(box), lengths), axis=1).astype(np.float32)


def segmentation_25d(hits: Hits, normals: Floats, size: int) -> NDArray[np.int32]:
    """Return (N, H, W) ids of smooth connected surfaces, counted from 0 in each view.

    Neighbouring pixels belong together where neither an occlusion nor a crease of 30 degrees parts them.
    """
    points = _points(hits, size)
    views = len(points)
    ids = np.arange(views * size * size).reshape(views, size, size)
    links = []
    for axis, near, far in ((2, np.s_[:, :, :-1], np.s_[:, :, 1:]), (1, np.s_[:, :-1], np.s_[:, 1:])):
        smooth = (normals[near] * normals[far]).sum(axis=-1) > _CREASE
        joined = smooth & (_gap(points, normals, axis) < 0.5 * _EDGE_SLOPE)
        links.append((ids[near][joined], ids[far][joined]))
    rows, columns = (np.concatenate(part) for part in zip(*links, strict=True))
    graph = sparse.coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(ids.size, ids.size))
    _, labels = sparse.csgraph.connected_components(graph, directed=False)
    labels = labels.reshape(views, -1)
    # components are numbered in order of their first pixel, so each view's numbers are consecutive
    return (labels - labels.min(axis=1, keepdims=True)).reshape(ids.shape).astype(np.int32)
