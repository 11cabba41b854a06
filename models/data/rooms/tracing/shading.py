"""Light: lamps with cast shadows, ambient light, gloss and exposure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.data.rooms.arrays import Floats, Integers
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
    count, pixels = len(scenes), size * size
    there = _single(there)
    x, y, depth = (values.astype(np.float32) for values in (*hits.ray, hits.depth))
    eye = cameras.positions.astype(np.float32)
    ray = depth * np.sqrt(x * x + y * y + np.float32(1.0))
    away = [(p - np.repeat(eye[:, i], pixels)) / ray for i, p in enumerate(there.point)]
    facing = np.abs(sum(a * n for a, n in zip(away, there.normal, strict=True)))
    footprint = depth * np.repeat((2.0 * cameras.tangents / size).astype(np.float32), pixels)
    footprint = footprint / np.sqrt(np.maximum(facing, np.float32(0.05)))
    index = solids.material[hits.solid]
    materials = solids.materials.astype(np.float32)
    colour = albedo(materials, index, there.u, there.v, footprint)
    gloss = materials[:, MaterialColumn.GLOSS][index]
    light = _ambient(scenes, there, pixels) + materials[:, MaterialColumn.EMISSION][index]
    shine = np.zeros_like(light)
    for slot in range(LIGHTS):
        position = np.array([_light(s, slot)[0] for s in scenes], dtype=np.float32)
        power = np.array([_light(s, slot)[1] for s in scenes], dtype=np.float32)
        to_light = [np.repeat(position[:, i], pixels) - p for i, p in enumerate(there.point)]
        square = np.maximum(sum(d * d for d in to_light), np.float32(1e-6))
        inverse = np.float32(1.0) / np.sqrt(square)
        incidence = sum(d * n for d, n in zip(to_light, there.normal, strict=True)) * inverse
        strength = np.maximum(incidence, np.float32(0.0)) / (np.float32(0.6) + square)
        if slot < _SHADOWING:
            # where the lamp adds next to nothing, its shadows need no rays
            bright = strength * np.repeat(power.max(axis=1), pixels) - _FAINT
            strength *= _visible(solids, there, position, bright, size)
        # the lamp's mirror image: l reflected about n, against the way to the eye
        mirrored = sum(
            (d * inverse - np.float32(2.0) * incidence * n) * a
            for d, n, a in zip(to_light, there.normal, away, strict=True)
        )
        highlight = strength * gloss * _sixteenth_power(np.clip(mirrored, 0.0, 1.0))
        for channel in range(3):
            each = np.repeat(power[:, channel], pixels)
            light[channel] += each * strength
            shine[channel] += each * highlight
    exposure = np.repeat(np.array([s.exposure for s in scenes], dtype=np.float32), pixels)
    image = _develop((colour * light + shine) * exposure)
    return np.stack([channel.reshape(count, size, size) for channel in image], axis=-1)


def photograph(scenes: Sequence[Scene], cameras: Cameras, size: int) -> NDArray[np.uint8]:
    """Return (N, size, size, 3) sRGB images of the scenes by the cameras of the same place in the batch."""
    solids = gather_solids(scenes)
    hits = cast(solids, cameras, size)
    return shade(scenes, solids, cameras, hits, surfaces(solids, cameras, hits), size)


def _single(there: Surfaces) -> Surfaces:
    """Return surfaces in single precision: enough for light, at half the memory traffic."""
    px, py, pz, nx, ny, nz, larger, smaller, u, v = (
        values.astype(np.float32)
        for values in (*there.point, *there.normal, *there.curvature, there.u, there.v)
    )
    return Surfaces((px, py, pz), (nx, ny, nz), (larger, smaller), u, v)


def _sixteenth_power(x: Floats) -> Floats:
    for _ in range(4):
        x = x * x
    return x


def _light(scene: Scene, slot: int) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return position and power of a scene's light, dark where it has fewer."""
    if slot < len(scene.lights):
        return scene.lights[slot].position, scene.lights[slot].colour
    return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)


def _ambient(scenes: Sequence[Scene], there: Surfaces, pixels: int) -> Floats:
    """Return (3, n) light from everywhere, less of it near edges and corners of the room and from below."""
    extent = np.array([(s.room.width, s.room.depth, s.room.height) for s in scenes], dtype=np.float32)
    nearness = np.zeros_like(there.u)
    for axis, p in enumerate(there.point):
        gap = np.maximum(np.minimum(p, np.repeat(extent[:, axis], pixels) - p), np.float32(0.0))
        nearness += (np.float32(1.0) - np.abs(there.normal[axis])) * np.exp(gap * np.float32(-4.0))
    openness = np.float32(1.0) - np.float32(0.3) * np.minimum(nearness, np.float32(2.0))
    openness *= np.float32(0.85) + np.float32(0.15) * there.normal[2]
    colours = np.array([s.ambient for s in scenes], dtype=np.float32)
    return np.stack([np.repeat(colours[:, c], pixels) * openness for c in range(3)])


def _develop(radiance: Floats) -> NDArray[np.uint8]:
    """Return sRGB values of linear radiance, highlights rolled off."""
    mapped = np.float32(1.0) - np.exp(np.float32(-1.0) * radiance)
    return np.rint(np.float32(255.0) * mapped ** np.float32(1.0 / 2.2)).astype(np.uint8)


def _tiles(values: Floats, count: int, size: int) -> Floats:
    """Return (N * tiles, pixels of a tile) of flat per-pixel values, as contiguous float32."""
    side = size // _TILE
    split = values.reshape(count, side, _TILE, side, _TILE).transpose(0, 1, 3, 2, 4)
    return split.reshape(count * side * side, _TILE * _TILE).astype(np.float32)


def _visible(solids: Solids, there: Surfaces, position: Floats, bright: Floats, size: int) -> Floats:
    """Return 1 where no solid stands between a point and its view's light, else 0, flat over pixels.

    Only tiles with some point where `bright` is positive are tried. Tiles of pixels are tried against solids:
    the segments from a tile's box to the light, in the solid's frame, against the solid's box grown by the
    tile's. Only pairs that pass are traced, pixel by pixel.
    """
    count = len(position)
    points = [_tiles(p + _LIFT * n, count, size) for p, n in zip(there.point, there.normal, strict=True)]
    tiles = len(points[0]) // count
    boxes = [(p.min(axis=1).reshape(count, tiles), p.max(axis=1).reshape(count, tiles)) for p in points]
    lit_tile = (_tiles(bright, count, size).max(axis=1) > 0.0).reshape(count, tiles)
    hidden = np.zeros((count * tiles, _TILE * _TILE), dtype=bool)
    reach = bounds(solids).astype(np.float32)
    lights = local_points(solids, position[solids.view]).astype(np.float32)
    for kind in SOLID_KINDS:
        part = np.arange(len(solids.kind))[solids.of_kind(kind)]
        part = part[solids.casts[part]]
        view = solids.view[part]
        row, column = np.nonzero(_may_block(solids, part, boxes, reach, lights) & lit_tile[view])
        tile, owner = view[row] * tiles + column, part[row]
        turn, centre = solids.rotation[owner].astype(np.float32), solids.centre[owner].astype(np.float32)
        start = [p[tile] - centre[:, i, None] for i, p in enumerate(points)]
        x, y, z = (_component(turn, i, start) for i in range(3))
        end = lights[owner][:, :, None]
        extent = solids.size[owner].astype(np.float32)[:, :, None]
        distance = intersect(
            kind,
            (x, y, z),
            (end[:, 0] - x, end[:, 1] - y, end[:, 2] - z),
            (extent[:, 0], extent[:, 1], extent[:, 2]),
            0.0,
        )
        blocking, at = np.nonzero(distance < 1.0)
        hidden[tile[blocking], at] = True
    side = size // _TILE
    whole = hidden.reshape(count, side, side, _TILE, _TILE).transpose(0, 1, 3, 2, 4)
    return (~whole.reshape(-1)).astype(np.float32)


def _component(turn: Floats, i: int, vector: Sequence[Floats]) -> Floats:
    """Return component i, in the solids' frames, of world vectors of the shape (solids, points)."""
    a, b, c = turn[:, 0, i, None], turn[:, 1, i, None], turn[:, 2, i, None]
    return a * vector[0] + b * vector[1] + c * vector[2]


def _may_block(
    solids: Solids, part: Integers, boxes: Sequence[tuple[Floats, Floats]], reach: Floats, lights: Floats
) -> NDArray[np.bool_]:
    """Return (solids, tiles) whether a solid's box may come between a tile's box and the light.

    Args:
        solids: all solids.
        part: rows of the solids to try.
        boxes: per axis, (N, tiles) lowest and highest coordinates of the tiles' points.
        reach: (S, 3) half extents of the solids' boxes.
        lights: (S, 3) the light in the solids' frames.
    """
    view, turn = solids.view[part], solids.rotation[part].astype(np.float32)
    centre, steep = solids.centre[part].astype(np.float32), np.abs(turn)
    half = np.float32(0.5)
    middle = [(half * (low + high))[view] - centre[:, i, None] for i, (low, high) in enumerate(boxes)]
    extent = [(half * (high - low) + np.float32(1e-4))[view] for low, high in boxes]
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
