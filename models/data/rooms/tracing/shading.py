"""Light: lamps with cast shadows, ambient light, gloss and exposure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.rooms.arrays import Array, Floats, Integers
from models.data.rooms.scene.look import MaterialColumn
from models.data.rooms.scene.sampling import LIGHTS, Scene
from models.data.rooms.tracing.camera import Cameras
from models.data.rooms.tracing.intersections import intersect
from models.data.rooms.tracing.raycast import (
    SOLID_KINDS,
    Hits,
    Solids,
    Surfaces,
    bounds,
    cast,
    gather_solids,
    local_points,
    surfaces,
)
from models.data.rooms.tracing.textures import albedo

_SHADOWING = 2  # lights per view that cast shadows, the main ones
_TILE = 8  # pixels; shadow rays are culled by tiles of this side
_FAINT = np.float32(0.02)  # light that no eye misses
_LIFT = 2e-3  # metres between a surface and the start of its shadow rays


def shade(
    scenes: Sequence[Scene], solids: Solids, cameras: Cameras, hits: Hits, there: Surfaces, size: int
) -> NDArray[np.uint8]:
    """Return (N, size, size, 3) sRGB images of what the cameras see."""
    views = len(scenes)
    there = _single(there, views)
    x, y, depth = (values.astype(np.float32).reshape(views, -1) for values in (*hits.ray, hits.depth))
    eye = cameras.positions.astype(np.float32)
    distance = depth * np.sqrt(x * x + y * y + np.float32(1.0))
    away = [(p - eye[:, i, None]) / distance for i, p in enumerate(there.point)]
    facing = _product(away, there.normal)
    footprint = depth * (2.0 * cameras.tangents / size).astype(np.float32)[:, None]
    footprint /= np.sqrt(np.maximum(np.abs(facing), np.float32(0.05)))
    index = solids.material[hits.solid]
    materials = solids.materials.astype(np.float32)
    colour = albedo(materials, index, there.u.ravel(), there.v.ravel(), footprint.ravel())
    gloss = materials[:, MaterialColumn.GLOSS][index].reshape(views, -1)
    light = _ambient(scenes, there)
    light += materials[:, MaterialColumn.EMISSION][index].reshape(views, -1)
    shine = np.zeros_like(light)
    tiles = _tile_surfaces(there, size)
    for slot in range(LIGHTS):
        position = np.array([_light(s, slot)[0] for s in scenes], dtype=np.float32)
        power = np.array([_light(s, slot)[1] for s in scenes], dtype=np.float32)
        to_light = [position[:, i, None] - p for i, p in enumerate(there.point)]
        square = np.maximum(_product(to_light, to_light), np.float32(1e-6))
        inverse = np.float32(1.0) / np.sqrt(square)
        incidence = _product(to_light, there.normal) * inverse
        strength = np.maximum(incidence, np.float32(0.0)) / (np.float32(0.6) + square)
        if slot < _SHADOWING:
            # where the lamp adds next to nothing, its shadows need no rays
            bright = strength * power.max(axis=1)[:, None] > _FAINT
            strength *= _visible(solids, tiles, position, bright, size)
        # the lamp's mirror image: l reflected about n, against the way to the eye
        mirrored = _product(to_light, away) * inverse - np.float32(2.0) * incidence * facing
        highlight = strength * gloss * _sixteenth_power(np.clip(mirrored, 0.0, 1.0))
        for channel in range(3):
            each = power[:, channel, None]
            light[channel] += each * strength
            shine[channel] += each * highlight
    exposure = np.array([s.exposure for s in scenes], dtype=np.float32)[:, None]
    image = _develop((colour.reshape(light.shape) * light + shine) * exposure)
    return np.stack([channel.reshape(views, size, size) for channel in image], axis=-1)


def photograph(scenes: Sequence[Scene], cameras: Cameras, size: int) -> NDArray[np.uint8]:
    """Return (N, size, size, 3) sRGB images of the scenes by the cameras of the same place in the batch."""
    solids = gather_solids(scenes)
    hits = cast(solids, cameras, size)
    return shade(scenes, solids, cameras, hits, surfaces(solids, cameras, hits), size)


def _single(there: Surfaces, views: int) -> Surfaces:
    """Return surfaces by view in single precision: enough for light, at half the memory traffic."""
    px, py, pz, nx, ny, nz, larger, smaller, u, v = (
        values.astype(np.float32).reshape(views, -1)
        for values in (*there.point, *there.normal, *there.curvature, there.u, there.v)
    )
    return Surfaces((px, py, pz), (nx, ny, nz), (larger, smaller), u, v)


def _product(first: Sequence[Floats], second: Sequence[Floats]) -> Floats:
    """Return the scalar products of vectors."""
    return first[0] * second[0] + first[1] * second[1] + first[2] * second[2]


def _sixteenth_power(x: Floats) -> Floats:
    for _ in range(4):
        x = x * x
    return x


def _light(scene: Scene, slot: int) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return position and power of a scene's light, dark where it has fewer."""
    if slot < len(scene.lights):
        return scene.lights[slot].position, scene.lights[slot].colour
    return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)


def _ambient(scenes: Sequence[Scene], there: Surfaces) -> Floats:
    """Return (3, N, P) light from everywhere, less of it near edges and corners of the room and from below."""
    extent = np.array([(s.room.width, s.room.depth, s.room.height) for s in scenes], dtype=np.float32)
    nearness = np.zeros_like(there.u)
    for axis, p in enumerate(there.point):
        gap = np.maximum(np.minimum(p, extent[:, axis, None] - p), np.float32(0.0))
        nearness += (np.float32(1.0) - np.abs(there.normal[axis])) * np.exp(gap * np.float32(-4.0))
    openness = np.float32(1.0) - np.float32(0.3) * np.minimum(nearness, np.float32(2.0))
    openness *= np.float32(0.85) + np.float32(0.15) * there.normal[2]
    colours = np.array([s.ambient for s in scenes], dtype=np.float32)
    return colours.T[:, :, None] * openness


def _develop(radiance: Floats) -> NDArray[np.uint8]:
    """Return sRGB values of linear radiance, highlights rolled off."""
    mapped = np.float32(1.0) - np.exp(np.float32(-1.0) * radiance)
    return np.rint(np.float32(255.0) * mapped ** np.float32(1.0 / 2.2)).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class _Tiles:
    """Where shadow rays start, in tiles of pixels, T of them in a view.

    Attributes:
        points: (N * T, 3, pixels of a tile) world frame, metres.
        middle, extent: (N, T, 3) centres and half extents of the boxes around the tiles' points.
    """

    points: Floats
    middle: Floats
    extent: Floats


def _tiled(values: Array, size: int) -> Array:
    """Return (N * T, pixels of a tile) of (N, P) values."""
    side = size // _TILE
    split = values.reshape(-1, side, _TILE, side, _TILE).transpose(0, 1, 3, 2, 4)
    return split.reshape(-1, _TILE * _TILE)


def _tile_surfaces(there: Surfaces, size: int) -> _Tiles:
    lifted = (p + np.float32(_LIFT) * n for p, n in zip(there.point, there.normal, strict=True))
    points = np.stack([_tiled(p, size) for p in lifted], axis=1)
    low, high = (ends.reshape(len(there.u), -1, 3) for ends in (points.min(axis=2), points.max(axis=2)))
    half = np.float32(0.5)
    return _Tiles(points, half * (low + high), half * (high - low) + np.float32(1e-4))


def _visible(
    solids: Solids, tiles: _Tiles, position: Floats, bright: NDArray[np.bool_], size: int
) -> NDArray[np.bool_]:
    """Return (N, P) whether no solid stands between a point and its view's light.

    Only tiles with some `bright` point are tried. Tiles of pixels are tried against solids: the segments from
    a tile's box to the light, in the solid's frame, against the solid's box grown by the tile's. Only pairs
    that pass are traced, pixel by pixel.
    """
    views = len(position)
    lit_tile = _tiled(bright, size).any(axis=1).reshape(views, -1)
    hidden = np.zeros((lit_tile.size, _TILE * _TILE), dtype=bool)
    reach = bounds(solids).astype(np.float32)
    lights = local_points(solids, position[solids.view]).astype(np.float32)
    to_local = np.ascontiguousarray(solids.rotation.transpose(0, 2, 1), dtype=np.float32)
    centres, sizes = solids.centre.astype(np.float32)[:, :, None], solids.size.astype(np.float32)[:, :, None]
    for kind in SOLID_KINDS:
        part = np.arange(len(solids.kind))[solids.of_kind(kind)]
        part = part[solids.casts[part]]
        view = solids.view[part]
        row, column = np.nonzero(_may_block(solids, part, tiles, reach, lights) & lit_tile[view])
        tile, owner = view[row] * lit_tile.shape[1] + column, part[row]
        # one small product a pair, so its bits do not depend on the batch
        start = to_local[owner] @ (tiles.points[tile] - centres[owner])
        along = lights[owner][:, :, None] - start
        extent = sizes[owner]
        distance = intersect(
            kind,
            (start[:, 0], start[:, 1], start[:, 2]),
            (along[:, 0], along[:, 1], along[:, 2]),
            (extent[:, 0], extent[:, 1], extent[:, 2]),
            0.0,
        )
        blocking, at = np.nonzero(distance < 1.0)
        hidden[tile[blocking], at] = True
    side = size // _TILE
    whole = hidden.reshape(views, side, side, _TILE, _TILE).transpose(0, 1, 3, 2, 4)
    return ~whole.reshape(views, -1)


def _component(turn: Floats, i: int, vector: Sequence[Floats]) -> Floats:
    """Return component i, in the solids' frames, of world vectors of the shape (solids, points)."""
    a, b, c = turn[:, 0, i, None], turn[:, 1, i, None], turn[:, 2, i, None]
    return a * vector[0] + b * vector[1] + c * vector[2]


def _may_block(
    solids: Solids, part: Integers, tiles: _Tiles, reach: Floats, lights: Floats
) -> NDArray[np.bool_]:
    """Return (solids, tiles) whether a solid's box may come between a tile's box and the light.

    Args:
        solids: all solids.
        part: rows of the solids to try.
        tiles: the tiles of all views.
        reach: (S, 3) half extents of the solids' boxes.
        lights: (S, 3) the light in the solids' frames.
    """
    view, turn = solids.view[part], solids.rotation[part].astype(np.float32)
    centre, steep = solids.centre[part].astype(np.float32), np.abs(turn)
    middle = [tiles.middle[view, :, i] - centre[:, i, None] for i in range(3)]
    extent = [tiles.extent[view, :, i] for i in range(3)]
    near = np.zeros(middle[0].shape, dtype=np.float32)
    far = np.ones_like(near)
    for i in range(3):
        start = _component(turn, i, middle)
        grown = reach[part, i, None] + _component(steep, i, extent)
        # a tile level with the light divides by zero: fmax and fmin pass over what is not a number
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = np.float32(1.0) / (lights[part, i, None] - start)
            crossing, width = -start * inverse, grown * np.abs(inverse)
            near, far = np.fmax(near, crossing - width), np.fmin(far, crossing + width)
    return near <= far
