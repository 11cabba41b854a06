"""Light: lamps with cast shadows, ambient light, gloss and exposure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.data.rooms.scene.look import MaterialColumn
from models.data.rooms.scene.sampling import LIGHTS, Scene
from models.data.rooms.scene.stage import Kind
from models.data.rooms.tracing.camera import Cameras, Floats
from models.data.rooms.tracing.intersections import intersect
from models.data.rooms.tracing.raycast import (
    Hits,
    Integers,
    Solids,
    Surfaces,
    bounds,
    local_points,
)
from models.data.rooms.tracing.textures import albedo

_SHADOWING = 2  # lights per view that cast shadows, the main ones
_TILE = 8  # pixels; shadow rays are culled by tiles of this side
_LIFT = 2e-3  # metres between a surface and the start of its shadow rays


def shade(
    scenes: Sequence[Scene], solids: Solids, cameras: Cameras, hits: Hits, there: Surfaces, size: int
) -> NDArray[np.uint8]:
    """Return (N, size, size, 3) sRGB images of what the cameras see."""
    count = len(scenes)
    pixels = size * size
    x, y = hits.ray
    reach = np.sqrt(x * x + y * y + 1.0)
    eye = np.repeat(cameras.positions, pixels, axis=0)
    away = tuple((p - eye[:, i]) / (hits.depth * reach) for i, p in enumerate(there.point))
    facing = -sum(a * n for a, n in zip(away, there.normal, strict=True))
    footprint = hits.depth * np.repeat(2.0 * cameras.tangents / size, pixels)
    footprint = footprint / np.sqrt(np.maximum(np.abs(facing), 0.05))
    index = solids.material[hits.solid]
    colour = albedo(solids.materials, index, there.u, there.v, footprint)
    gloss = solids.materials[:, MaterialColumn.GLOSS][index]
    emission = solids.materials[:, MaterialColumn.EMISSION][index]
    light = _ambient(scenes, there, pixels)
    shine = np.zeros_like(light)
    for slot in range(LIGHTS):
        position = np.array([_light(s, slot)[0] for s in scenes])
        power = np.array([_light(s, slot)[1] for s in scenes])
        to_light = tuple(np.repeat(position[:, i], pixels) - there.point[i] for i in range(3))
        square = sum(d * d for d in to_light)
        inverse = 1.0 / np.sqrt(np.maximum(square, 1e-6))
        incidence = sum(d * n for d, n in zip(to_light, there.normal, strict=True)) * inverse
        lit = np.maximum(incidence, 0.0)
        if slot < _SHADOWING:
            lit *= ~_shadows(solids, there, position, incidence, count, size)
        strength = lit / (0.6 + square)
        mirrored = sum(
            (2.0 * incidence * n - d * inverse) * -a
            for d, n, a in zip(to_light, there.normal, away, strict=True)
        )
        highlight = strength * np.clip(mirrored, 0.0, 1.0) ** 16
        for channel in range(3):
            each = np.repeat(power[:, channel], pixels)
            light[channel] += each * strength
            shine[channel] += each * highlight
    radiance = colour * (light + emission) + gloss * shine
    exposure = np.repeat([s.exposure for s in scenes], pixels)
    return _develop(radiance * exposure).T.reshape(count, size, size, 3)


def _light(scene: Scene, slot: int) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return position and power of a scene's light, dark where it has fewer."""
    if slot < len(scene.lights):
        return scene.lights[slot].position, scene.lights[slot].colour
    return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)


def _ambient(scenes: Sequence[Scene], there: Surfaces, pixels: int) -> Floats:
    """Return (3, n) light from everywhere, less of it near edges and corners of the room and from below."""
    x, y, z = there.point
    nearness = np.zeros_like(x)
    for axis, p in enumerate((x, y, z)):
        extent = np.repeat([(s.room.width, s.room.depth, s.room.height)[axis] for s in scenes], pixels)
        gap = np.minimum(p, extent - p)
        nearness += np.abs(1.0 - np.abs(there.normal[axis])) * np.exp(-np.maximum(gap, 0.0) / 0.25)
    openness = (1.0 - 0.3 * np.minimum(nearness, 2.0)) * (0.85 + 0.15 * there.normal[2])
    return np.stack([np.repeat([s.ambient[c] for s in scenes], pixels) * openness for c in range(3)])


def _develop(radiance: Floats) -> NDArray[np.uint8]:
    """Return sRGB values of linear radiance, highlights rolled off."""
    mapped = 1.0 - np.exp(-1.35 * radiance)
    return np.rint(255.0 * np.clip(mapped, 0.0, 1.0) ** (1.0 / 2.2)).astype(np.uint8)


def _tiles(values: Floats, count: int, size: int) -> Floats:
    """Return (N, tiles, pixels of a tile) of flat per-pixel values."""
    side = size // _TILE
    return (
        values.reshape(count, side, _TILE, side, _TILE)
        .transpose(0, 1, 3, 2, 4)
        .reshape(count, side * side, -1)
    )


def _shadows(
    solids: Solids,
    there: Surfaces,
    position: Floats,
    incidence: Floats,
    count: int,
    size: int,
) -> NDArray[np.bool_]:
    """Return which points a solid hides from their view's light.

    A tile of pixels is tried against a solid only if the segment from the tile's middle to the light passes
    the solid's bounding sphere closer than the tile's radius.
    """
    low = np.stack([_tiles(p, count, size).min(axis=2) for p in there.point])
    high = np.stack([_tiles(p, count, size).max(axis=2) for p in there.point])
    middle, radius = 0.5 * (low + high), 0.5 * np.sqrt(((high - low) ** 2).sum(axis=0))
    span = position.T[:, :, None] - middle
    length = np.maximum((span**2).sum(axis=0), 1e-9)
    lit_tile = (_tiles(incidence, count, size) > 0.0).any(axis=2)
    solid_radius = np.sqrt((bounds(solids) ** 2).sum(axis=1))
    lights = local_points(solids, position[solids.view])
    pixel_order = _tiles(np.arange(count * size * size).reshape(-1), count, size).astype(np.int64)
    hidden = np.zeros(count * size * size, dtype=bool)
    for kind in (Kind.BOX, Kind.ELLIPSOID, Kind.FRUSTUM, Kind.TORUS):
        part = np.arange(*solids.of_kind(kind).indices(len(solids.kind)))
        part = part[solids.casts[part]]
        view = solids.view[part]
        offset = [solids.centre[part, i][:, None] - middle[i][view] for i in range(3)]
        along = sum(o * span[i][view] for i, o in enumerate(offset)) / length[view]
        along = np.clip(along, 0.0, 1.0)
        miss = sum((o - along * span[i][view]) ** 2 for i, o in enumerate(offset))
        near = miss < (solid_radius[part][:, None] + radius[view]) ** 2
        row, tile = np.nonzero(near & lit_tile[view])
        pixel = pixel_order[view[row], tile].ravel()
        owner = np.repeat(part[row], _TILE * _TILE)
        lit = np.flatnonzero(incidence[pixel] > 0.0)
        hidden[_blocked(solids, kind, there, lights, pixel[lit], owner[lit])] = True
    return hidden


def _blocked(
    solids: Solids, kind: Kind, there: Surfaces, lights: Floats, pixel: Integers, owner: Integers
) -> Integers:
    """Return the pixels, out of pixel-solid pairs, whose way to the light the solid blocks."""
    turn = solids.rotation.reshape(-1, 9)[owner]
    centre = solids.centre[owner]
    start = [there.point[i][pixel] + _LIFT * there.normal[i][pixel] - centre[:, i] for i in range(3)]
    origin = tuple(
        turn[:, i] * start[0] + turn[:, 3 + i] * start[1] + turn[:, 6 + i] * start[2] for i in range(3)
    )
    target = lights[owner]
    direction = tuple(target[:, i] - origin[i] for i in range(3))
    extent = solids.size[owner]
    distance = intersect(
        kind,
        (origin[0], origin[1], origin[2]),
        (direction[0], direction[1], direction[2]),
        (extent[:, 0], extent[:, 1], extent[:, 2]),
        0.0,
    )
    return pixel[distance < 1.0]
