"""Labels that are exact functions of geometry and scene graph, for many views at once.

All flat inputs are (N * P) over pixels; outputs are (N, H, W, ...).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.data.filters import gaussian
from models.data.rooms.arrays import Floats, Integers, Maps, Triple
from models.data.rooms.labels import OBJECT_CLASSES
from models.data.rooms.scene.look import MaterialColumn
from models.data.rooms.scene.palettes import Pattern
from models.data.rooms.scene.sampling import Scene
from models.data.rooms.scene.stage import Kind
from models.data.rooms.tracing.camera import Cameras, euler_sxyz, room_axes
from models.data.rooms.tracing.raycast import Hits, Solids, Surfaces

_EDGE_SLOPE = 0.04  # gap between surfaces, as a share of depth, that is a full occlusion edge
_EDGE_BLUR = 0.6  # pixels at 64
_KEYPOINT_SCALE = 1.2  # pixels at 64
_CREASE = np.cos(np.radians(30.0))


def z_buffer(hits: Hits, size: int) -> Maps:
    """Return (N, H, W) depth along the optical axis, metres."""
    return hits.depth.reshape(-1, size, size).astype(np.float32)


def distance(hits: Hits, size: int) -> Maps:
    """Return (N, H, W) distance from the camera centre, metres."""
    x, y = hits.ray
    return (hits.depth * np.sqrt(x * x + y * y + 1.0)).reshape(-1, size, size).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Relief:
    """The visible surface in the camera frame.

    Attributes:
        point, normal: x, y and z, each (N, H, W): metres, and unit vectors facing the camera.
        gap_across, gap_down: (N, H, W - 1) and (N, H - 1, W): how far horizontal and vertical neighbours lie
            off each other's tangent plane, as a share of their depth; 0 where one surface leads to the other.
    """

    point: Triple
    normal: Triple
    gap_across: Floats
    gap_down: Floats


_ACROSS = (np.s_[:, :, :-1], np.s_[:, :, 1:])
_DOWN = (np.s_[:, :-1], np.s_[:, 1:])


def relief(cameras: Cameras, solids: Solids, hits: Hits, there: Surfaces, size: int) -> Relief:
    """Return the visible surface in the camera frame."""
    # single precision: half the memory traffic, and the labels are stored so
    turn = cameras.rotations.astype(np.float32)[:, :, :, None, None]
    world = [n.astype(np.float32).reshape(-1, size, size) for n in there.normal]
    nx, ny, nz = (
        turn[:, 0, i] * world[0] + turn[:, 1, i] * world[1] + turn[:, 2, i] * world[2] for i in range(3)
    )
    x, y, depth = (v.astype(np.float32).reshape(-1, size, size) for v in (*hits.ray, hits.depth))
    point, normal = (x * depth, y * depth, depth), (nx, ny, nz)
    solid = hits.solid.reshape(-1, size, size)
    flat = (solids.kind <= Kind.BOX)[solid]
    flat |= (there.curvature[0] == 0.0).reshape(-1, size, size)
    ring = (solids.kind == Kind.TORUS)[solid]
    across, down = (_gap(point, normal, solid, flat, ring, sides) for sides in (_ACROSS, _DOWN))
    return Relief(point, normal, across, down)


def _gap(
    point: Triple,
    normal: Triple,
    solid: Integers,
    flat: NDArray[np.bool_],
    ring: NDArray[np.bool_],
    neighbours: tuple[tuple[slice, ...], tuple[slice, ...]],
) -> Floats:
    """Return how far neighbours lie off each other's tangent plane, over their depth.

    A solid never hides itself, a torus apart. Between flat surfaces the smaller distance counts, and none
    where each plane passes between the other's points: that is a crease. A curved surface turns away at its
    outline, so the larger distance counts there.
    """
    near, far = neighbours
    step = [p[far] - p[near] for p in point]
    here = sum(n[near] * d for n, d in zip(normal, step, strict=True))
    there = sum(n[far] * d for n, d in zip(normal, step, strict=True))
    same = solid[near] == solid[far]
    planar = (flat[near] & flat[far]) | same
    joined = (same & ~ring[near]) | (planar & (here * there <= 0.0))
    here, there = np.abs(here), np.abs(there)
    gap = np.where(planar, np.minimum(here, there), np.maximum(here, there))
    return np.where(joined, np.float32(0.0), gap / np.minimum(point[2][near], point[2][far]))


def normals(surface: Relief) -> Maps:
    """Return (N, H, W, 3) unit normals in the camera frame."""
    return np.stack(surface.normal, axis=-1).astype(np.float32, copy=False)


def curvature(there: Surfaces, size: int) -> Maps:
    """Return (N, H, W, 2) principal curvatures, larger first, 1/m."""
    return np.stack(there.curvature, axis=-1).reshape(-1, size, size, 2).astype(np.float32)


def reshading(surface: Relief) -> Maps:
    """Return (N, H, W) cosines between normals and the way to the camera."""
    (px, py, pz), (nx, ny, nz) = surface.point, surface.normal
    toward = -(nx * px + ny * py + nz * pz) / np.sqrt(px * px + py * py + pz * pz)
    return np.clip(toward, 0.0, 1.0).astype(np.float32)


def valid(solids: Solids, hits: Hits, size: int) -> NDArray[np.bool_]:
    """Return (N, H, W), False on window panes and mirrors, where scanners measure nothing."""
    pattern = solids.materials[:, MaterialColumn.PATTERN]
    glass = (pattern == Pattern.SKY) | (pattern == Pattern.MIRROR)
    return ~glass[solids.material][hits.solid].reshape(-1, size, size)


def occlusion_edges(surface: Relief) -> Maps:
    """Return (N, H, W) strength of depth discontinuities, 0 to 1, slightly blurred as Taskonomy's."""
    edges: Maps = np.zeros(surface.point[2].shape, dtype=np.float32)
    for gap, sides in ((surface.gap_across, _ACROSS), (surface.gap_down, _DOWN)):
        strength = np.minimum(gap * np.float32(1.0 / _EDGE_SLOPE), np.float32(1.0))
        for side in sides:
            edges[side] = np.maximum(edges[side], strength)
    sigma = _EDGE_BLUR * edges.shape[-1] / 64
    return np.minimum(gaussian(edges, sigma), np.float32(1.0))


def keypoints_3d(surface: Relief) -> Maps:
    """Return (N, H, W) interest, 0 to 1: where the surface changes in two directions.

    As NARF, it looks for stable surroundings with changing surface directions and borders: the smaller
    eigenvalue of the structure tensor of normals and log depth, square-rooted.

    Reference: Steder et al. 2011, "Point feature extraction on 3D range scans".
    """
    sigma = _KEYPOINT_SCALE * surface.point[2].shape[-1] / 64
    xx = np.zeros(surface.point[2].shape, dtype=np.float32)
    xy, yy = np.zeros_like(xx), np.zeros_like(xx)
    for values in (*surface.normal, 0.5 * np.log(surface.point[2])):
        field = values.astype(np.float32)
        gx, gy = np.zeros_like(field), np.zeros_like(field)
        gx[:, :, 1:-1] = 0.5 * (field[:, :, 2:] - field[:, :, :-2])
        gy[:, 1:-1] = 0.5 * (field[:, 2:] - field[:, :-2])
        xx += gx * gx
        xy += gx * gy
        yy += gy * gy
    xx, xy, yy = (gaussian(m, sigma) for m in (xx, xy, yy))
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


def segmentation_25d(surface: Relief) -> NDArray[np.int32]:
    """Return (N, H, W) ids of smooth connected surfaces, counted from 0 in each view.

    Neighbouring pixels belong together where neither an occlusion nor a crease of 30 degrees parts them.
    """
    ids = np.arange(surface.point[2].size, dtype=np.int32).reshape(surface.point[2].shape)
    links = []
    for gap, (near, far) in ((surface.gap_across, _ACROSS), (surface.gap_down, _DOWN)):
        turn = sum(n[near] * n[far] for n in surface.normal)
        joined = (turn > _CREASE) & (gap < 0.5 * _EDGE_SLOPE)
        links.append((ids[near][joined], ids[far][joined]))
    rows, columns = (np.concatenate(part) for part in zip(*links, strict=True))
    graph = sparse.coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(ids.size, ids.size))
    _, labels = sparse.csgraph.connected_components(graph, directed=False)
    # components are numbered in order of their first pixel, so each view's numbers are consecutive
    labels = labels.reshape(len(ids), -1)
    return (labels - labels.min(axis=1, keepdims=True)).reshape(ids.shape).astype(np.int32)
