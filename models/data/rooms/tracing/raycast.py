"""Casting the rays of many cameras at once: pairs of ray and solid, culled by screen rectangles."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.rooms.arrays import Floats, Integers, Triple
from models.data.rooms.scene.sampling import Scene
from models.data.rooms.scene.stage import COLUMNS, Column, Kind
from models.data.rooms.tracing.camera import Cameras, camera_rays
from models.data.rooms.tracing.intersections import intersect, surface

_NEAR = 0.02  # metres; nothing closer is seen
_SHORT = 1.0 - 1e-4  # share of a segment that must be free
SOLID_KINDS = (Kind.BOX, Kind.ELLIPSOID, Kind.FRUSTUM, Kind.TORUS)
_MISS = np.iinfo(np.int64).max
_CORNERS = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
_EDGES = np.array(
    [(a, b) for a in range(8) for b in range(a + 1, 8) if np.abs(_CORNERS[a] - _CORNERS[b]).sum() == 2]
)


@dataclass(frozen=True, slots=True)
class Solids:
    """The solids of a batch of views, sorted by kind, then by view.

    Attributes:
        view: (S,) the view that each belongs to.
        kind: (S,) stage.Kind.
        centre, size: (S, 3) metres.
        rotation: (S, 3, 3) solid to world.
        material: (S,) row in the batch's materials.
        semantic, object, instance: (S,) ids.
        casts: (S,) whether it casts shadows.
        materials: (M, K) rows of look.MaterialColumn.
    """

    view: Integers
    kind: Integers
    centre: Floats
    size: Floats
    rotation: Floats
    material: Integers
    semantic: Integers
    object: Integers
    instance: Integers
    casts: NDArray[np.bool_]
    materials: Floats

    def of_kind(self, kind: Kind) -> slice:
        """Return where the solids of a kind lie."""
        return slice(
            int(np.searchsorted(self.kind, kind)), int(np.searchsorted(self.kind, kind, side="right"))
        )


def gather_solids(scenes: Sequence[Scene]) -> Solids:
    """Return the solids of some scenes as one table, scene i being view i."""
    counts = [len(scene.solids) for scene in scenes]
    rows = np.array([row for scene in scenes for row in scene.solids], dtype=np.float64).reshape(-1, COLUMNS)
    view = np.repeat(np.arange(len(scenes)), counts)
    bases = np.cumsum([0, *(len(scene.materials) for scene in scenes)])[:-1]
    order = np.argsort(rows[:, Column.KIND], kind="stable")
    rows, view = rows[order], view[order]
    whole = rows[:, Column.MATERIAL :].astype(np.int64)
    start = Column.MATERIAL
    return Solids(
        view=view,
        kind=rows[:, Column.KIND].astype(np.int64),
        centre=rows[:, Column.CENTRE : Column.CENTRE + 3],
        size=rows[:, Column.SIZE : Column.SIZE + 3],
        rotation=rows[:, Column.ROTATION : Column.ROTATION + 9].reshape(-1, 3, 3),
        material=whole[:, 0] + bases[view],
        semantic=whole[:, Column.SEMANTIC - start],
        object=whole[:, Column.OBJECT - start],
        instance=whole[:, Column.INSTANCE - start],
        casts=whole[:, Column.CASTS - start] > 0,
        materials=np.array([m for scene in scenes for m in scene.materials], dtype=np.float64),
    )


def bounds(solids: Solids) -> Floats:
    """Return (S, 3) half extents of the boxes around the solids in their own frames."""
    half = solids.size.copy()
    frustum, torus = solids.of_kind(Kind.FRUSTUM), solids.of_kind(Kind.TORUS)
    half[frustum, 0] = half[frustum, 1] = solids.size[frustum, :2].max(axis=1)
    half[torus, 0] = half[torus, 1] = solids.size[torus, 0] + solids.size[torus, 1]
    half[torus, 2] = solids.size[torus, 1]
    return half


@dataclass(frozen=True, slots=True)
class Hits:
    """What the rays of N views of P pixels meet, flat over (N * P).

    Attributes:
        depth: z-buffer, metres.
        solid: row of the solid met.
        ray: x and y of the rays (x, y, 1), camera frame.
    """

    depth: Floats
    solid: Integers
    ray: tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Surfaces:
    """The surface at each hit, flat over (N * P).

    Attributes:
        point, normal: world frame, metres and unit vectors facing the camera.
        curvature: larger and smaller principal curvature, 1/m.
        u, v: texture coordinates, metres.
    """

    point: Triple
    normal: Triple
    curvature: tuple[Floats, Floats]
    u: Floats
    v: Floats


def local_axes(solids: Solids, rotations: Floats) -> Floats:
    """Return (S, 3, 3) camera-to-solid rotations, given the (S, 3, 3) camera-to-world ones."""
    return (solids.rotation[:, :, :, None] * rotations[:, :, None, :]).sum(axis=1)


def local_points(solids: Solids, points: Floats) -> Floats:
    """Return (S, 3) points, one per solid in the world frame, in the solids' frames."""
    return (solids.rotation * (points - solids.centre)[:, :, None]).sum(axis=1)


def expand(starts: Integers, counts: Integers) -> Integers:
    """Return the concatenated ranges start, start + 1, ... of the given lengths."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - ends + counts, counts)


def _screen_rectangles(solids: Solids, axes: Floats, cameras: Cameras, size: int) -> tuple[Integers, ...]:
    """Return first column, first row, width and height (S,) of the pixels that can see each solid."""
    corners = solids.centre[:, None, :] - cameras.positions[solids.view][:, None, :]
    rotations = cameras.rotations[solids.view]
    middle = (corners * rotations.transpose(0, 2, 1)).sum(axis=2)  # (S, 3) camera frame
    offsets = _CORNERS[None] * bounds(solids)[:, None, :]  # (S, 8, 3) solid frame
    # einsum without BLAS: the same sums whatever the batch
    points = middle[:, None, :] + (offsets[:, :, :, None] * axes[:, None, :, :]).sum(axis=2)
    first, second = points[:, _EDGES[:, 0]], points[:, _EDGES[:, 1]]
    z0, z1 = first[..., 2], second[..., 2]
    crosses = (z0 < _NEAR) != (z1 < _NEAR)
    part = np.where(crosses, (_NEAR - z0) / np.where(crosses, z1 - z0, 1.0), 0.0)
    cut = first + part[..., None] * (second - first)
    everything = np.concatenate((points, cut), axis=1)
    ahead = np.concatenate((points[..., 2] >= _NEAR, crosses), axis=1)
    tangents = cameras.tangents[solids.view][:, None]
    scale = size / (2.0 * tangents * np.where(ahead, np.maximum(everything[..., 2], _NEAR), 1.0))
    seen = ahead.any(axis=1)
    ranges = []
    for axis in (0, 1):
        pixel = everything[..., axis] * scale + 0.5 * size - 0.5
        low = np.where(ahead, pixel, np.inf).min(axis=1)
        high = np.where(ahead, pixel, -np.inf).max(axis=1)
        low = np.ceil(np.clip(np.where(seen, low, size), -1.0, size) - 1e-6).astype(np.int64)
        high = np.floor(np.clip(np.where(seen, high, -1.0), -1.0, size) + 1e-6).astype(np.int64)
        low, high = np.maximum(low, 0), np.minimum(high, size - 1)
        ranges.append((low, np.maximum(high - low + 1, 0)))
    (column, width), (row, height) = ranges
    return column, row, width, height


def cast(solids: Solids, cameras: Cameras, size: int) -> Hits:
    """Return the nearest surface along every pixel's ray.

    Args:
        solids: solids of N views; every view has a shell.
        cameras: N cameras, each inside its view's shell.
        size: image side in pixels.
    """
    count, pixels = len(cameras.tangents), size * size
    ray_x, ray_y = (r.ravel() for r in camera_rays(cameras.tangents, size))
    axes = local_axes(solids, cameras.rotations[solids.view])
    origins = local_points(solids, cameras.positions[solids.view])
    depth, solid = _cast_shell(solids, axes, origins, (ray_x, ray_y), count, pixels)
    column, row, width, height = _screen_rectangles(solids, axes, cameras, size)
    areas = width * height
    distances, pixel_lists, owners = [], [], []
    for kind in SOLID_KINDS:
        part = solids.of_kind(kind)
        counts = areas[part]
        owner = np.repeat(np.arange(part.start, part.stop), counts)
        within = expand(np.zeros_like(counts), counts)
        wide = np.repeat(width[part], counts)
        down = within // np.maximum(wide, 1)
        across = within - down * wide
        pixel = np.repeat(solids.view[part] * pixels + row[part] * size + column[part], counts)
        pixel += down * size + across
        x, y = ray_x[pixel], ray_y[pixel]
        direction = tuple(
            np.repeat(axes[part, i, 0], counts) * x
            + np.repeat(axes[part, i, 1], counts) * y
            + np.repeat(axes[part, i, 2], counts)
            for i in range(3)
        )
        origin = tuple(np.repeat(origins[part, i], counts) for i in range(3))
        extent = tuple(np.repeat(solids.size[part, i], counts) for i in range(3))
        distance = intersect(kind, _triple(origin), _triple(direction), _triple(extent), _NEAR)
        met = np.flatnonzero(distance < depth[pixel])
        distances.append(distance[met])
        pixel_lists.append(pixel[met])
        owners.append(owner[met])
    distance, pixel, owner = (np.concatenate(x) for x in (distances, pixel_lists, owners))
    # Positive float32 bits order as integers, so one minimum finds the nearest pair; ties go to the first.
    keys = distance.astype(np.float32).view(np.int32).astype(np.int64) << 32
    keys += np.arange(len(keys))
    best = np.full(count * pixels, _MISS)
    np.minimum.at(best, pixel, keys)
    met = np.flatnonzero(best != _MISS)
    pair = best[met] & 0xFFFFFFFF
    depth[met] = distance[pair]
    solid[met] = owner[pair]
    return Hits(depth, solid, (ray_x, ray_y))


def _triple(values: tuple[Floats, ...]) -> Triple:
    x, y, z = values
    return x, y, z


def _cast_shell(
    solids: Solids,
    axes: Floats,
    origins: Floats,
    ray: tuple[Floats, Floats],
    count: int,
    pixels: int,
) -> tuple[Floats, Integers]:
    """Return depth and solid of the bare room; the first three rows of a view are walls, floor, ceiling."""
    first = _shells(solids, count)
    x, y = (r.reshape(count, pixels) for r in ray)
    direction = tuple(
        axes[first, i, 0, None] * x + axes[first, i, 1, None] * y + axes[first, i, 2, None] for i in range(3)
    )
    origin = tuple(origins[first, i, None] for i in range(3))
    extent = tuple(solids.size[first, i, None] for i in range(3))
    depth = intersect(Kind.SHELL, _triple(origin), _triple(direction), _triple(extent), _NEAR)
    reach = [np.abs(o + depth * d) - s for o, d, s in zip(origin, direction, extent, strict=True)]
    level = (reach[2] >= reach[0]) & (reach[2] >= reach[1])
    face = np.where(level, np.where(direction[2] < 0, 1, 2), 0)
    return depth.ravel(), (first[:, None] + face).ravel()


def _shells(solids: Solids, views: int) -> Integers:
    """Return (N,) the row of each view's walls; its floor and ceiling follow, with the same box."""
    return solids.of_kind(Kind.SHELL).start + 3 * np.arange(views)


def surfaces(solids: Solids, cameras: Cameras, hits: Hits) -> Surfaces:
    """Return points, normals, curvatures and texture coordinates at the hits."""
    views = len(cameras.tangents)
    turn = cameras.rotations[:, :, :, None]
    x, y, depth = (values.reshape(views, -1) for values in (*hits.ray, hits.depth))
    grid = [
        cameras.positions[:, i, None] + depth * (turn[:, i, 0] * x + turn[:, i, 1] * y + turn[:, i, 2])
        for i in range(3)
    ]
    point = _triple(tuple(p.ravel() for p in grid))
    # most pixels show the bare room, so all get its surface before the solids get theirs
    shell = _shells(solids, views)
    offsets = tuple(p - solids.centre[shell, i, None] for i, p in enumerate(grid))
    bare = surface(Kind.SHELL, _triple(offsets), _triple(tuple(solids.size[shell, :, None].swapaxes(0, 1))))
    columns = [values.flatten() for values in (*bare.normal, *bare.curvature, bare.u, bare.v)]
    kinds = solids.kind.astype(np.int8)[hits.solid]
    for kind in SOLID_KINDS:
        at = np.flatnonzero(kinds == kind)
        owner = hits.solid[at]
        size = _triple(tuple(solids.size[owner].T))
        offset = [p[at] - c for p, c in zip(point, solids.centre[owner].T, strict=True)]
        rotation = solids.rotation.reshape(-1, 9)[owner]
        local = tuple(_dot(rotation, (i, 3 + i, 6 + i), offset) for i in range(3))
        here = surface(kind, _triple(local), size)
        for i in range(3):
            columns[i][at] = _dot(rotation, range(3 * i, 3 * i + 3), here.normal)
        for column, values in zip(columns[3:], (*here.curvature, here.u, here.v), strict=True):
            column[at] = values
    return Surfaces(
        point,
        (columns[0], columns[1], columns[2]),
        (columns[3], columns[4]),
        columns[5],
        columns[6],
    )


def _dot(matrix: Floats, columns: Sequence[int], vector: Sequence[Floats]) -> Floats:
    """Return the sum of three columns of (n, 9) matrices times a vector's components."""
    a, b, c = columns
    return matrix[:, a] * vector[0] + matrix[:, b] * vector[1] + matrix[:, c] * vector[2]


def blocked(solids: Solids, starts: Floats, ends: Floats) -> NDArray[np.bool_]:
    """Return (N, C) whether any solid of the view stands between two points.

    Args:
        solids: solids of N views.
        starts: (N, C, 3) points inside the room, metres.
        ends: (N, C, 3) where the segments lead; they stop a little short.
    """
    hidden = np.zeros(starts.shape[:2], dtype=bool)
    for kind in SOLID_KINDS:
        part = solids.of_kind(kind)
        view, turn = solids.view[part], solids.rotation[part]
        start = starts[view] - solids.centre[part][:, None]
        along = (ends - starts)[view]
        origin = [_turned(turn, i, start) for i in range(3)]
        direction = [_turned(turn, i, along) for i in range(3)]
        size = solids.size[part][:, :, None]
        distance = intersect(
            kind,
            (origin[0], origin[1], origin[2]),
            (direction[0], direction[1], direction[2]),
            (size[:, 0], size[:, 1], size[:, 2]),
            0.0,
        )
        np.logical_or.at(hidden, view, distance < _SHORT)
    return hidden


def _turned(turn: Floats, i: int, vectors: Floats) -> Floats:
    """Return component i, (S, C), of (S, C, 3) world vectors in the solids' frames."""
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return turn[:, 0, i, None] * x + turn[:, 1, i, None] * y + turn[:, 2, i, None] * z
