"""A view's room and camera from (config, index) alone."""

import math
from dataclasses import dataclass

from models.data.rooms.config import RoomsConfig
from models.data.rooms.labels import SCENE_CLASSES
from models.data.rooms.scene.draws import Draws
from models.data.rooms.scene.layout import Room, furnish
from models.data.rooms.scene.look import Material, Rgb, SceneLook
from models.data.rooms.scene.stage import Stage

LIGHTS = 3
_LAYOUT, _LOOK, _CAMERA = 0, 1, 3  # streams; style b draws its look from stream 2
_LIGHT_ORDER = {"ceiling": 0, "window": 1, "lamp": 2, "small": 3}
_CANDIDATES = 10
_TRIES = 40
_MARGIN = 0.3
_QUARTER = math.pi / 2
_OBLIQUENESS = 0.65  # headings end up to 29 degrees from an axis
Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Light:
    """A point light: position (m, world frame), linear colour times power at 1 m."""

    position: Vector
    colour: Rgb


@dataclass(frozen=True, slots=True)
class Pose:
    """A camera: position (m, world frame), yaw, pitch (up positive), roll and field of view (rad)."""

    position: Vector
    yaw: float
    pitch: float
    roll: float
    field_of_view: float


@dataclass(frozen=True, slots=True)
class Scene:
    """One room: solids and materials as rows (stage.Column, look.MaterialColumn), lights, its main camera."""

    scene_class: int
    room: Room
    solids: list[tuple[float, ...]]
    materials: list[Material]
    lights: tuple[Light, ...]
    ambient: Rgb
    exposure: float
    camera: Pose


def sample_scene(config: RoomsConfig, index: int) -> Scene:
    """Return the room and camera of a view.

    Geometry, camera and scene class do not depend on the style.

    Args:
        config: the data set.
        index: non-negative index of the view.
    """
    layout = Draws(config.seed, index, _LAYOUT)
    look_draws = Draws(config.seed, index, _LOOK + (config.style == "b"))
    scene_class = layout.integer(0, len(SCENE_CLASSES) - 1)
    look = SceneLook(look_draws, SCENE_CLASSES[scene_class], config.style)
    stage = Stage(look)
    room = furnish(stage, layout, SCENE_CLASSES[scene_class])
    lamps = sorted(stage.lamps, key=lambda lamp: _LIGHT_ORDER[lamp.kind])[:LIGHTS]
    dimming = 1.0 / math.sqrt(sum(lamp.kind == "ceiling" for lamp in lamps))
    lights = tuple(
        Light(
            lamp.position, _scaled(look.light(lamp.kind), dimming * math.sqrt(room.width * room.depth / 12.0))
        )
        for lamp in lamps
    )
    return Scene(
        scene_class=scene_class,
        room=room,
        solids=stage.rows,
        materials=look.materials,
        lights=lights,
        ambient=look.ambient(),
        exposure=look_draws.uniform(0.85, 1.2),
        camera=_main_camera(room, Draws(config.seed, index, _CAMERA)),
    )


def _scaled(colour: Rgb, factor: float) -> Rgb:
    return (colour[0] * factor, colour[1] * factor, colour[2] * factor)


def field_of_view(draws: Draws) -> float:
    """Draw a field of view in rad: a clipped normal about 75 degrees, wide as Taskonomy's."""
    return math.radians(draws.normal(75.0, 11.0, 50.0, 100.0))


def free_position(room: Room, draws: Draws) -> Vector | None:
    """Draw a camera position clear of walls and furniture, or None where this try met some."""
    x = draws.uniform(_MARGIN, room.width - _MARGIN)
    y = draws.uniform(_MARGIN, room.depth - _MARGIN)
    position = (x, y, draws.uniform(*room.camera_height))
    return position if is_free(room, position) else None


def is_free(room: Room, position: Vector) -> bool:
    """Return whether a camera fits at a position, clear of walls and furniture."""
    x, y, z = position
    inside = (
        _MARGIN <= x <= room.width - _MARGIN
        and _MARGIN <= y <= room.depth - _MARGIN
        and _MARGIN <= z <= room.height - _MARGIN
    )
    return inside and all(
        x < f.x0 - _MARGIN
        or x > f.x1 + _MARGIN
        or y < f.y0 - _MARGIN
        or y > f.y1 + _MARGIN
        or z < f.bottom - _MARGIN
        or z > f.top + _MARGIN
        for f in room.footprints
    )


def off_diagonal(yaw: float) -> float:
    """Turn a heading towards the nearest axis of the room, by a share of what lies between.

    Near 45 degrees the nearest axis, and with it layout and vanishing points, would be a matter of chance.
    """
    axis = round(yaw / _QUARTER) * _QUARTER
    return axis + _OBLIQUENESS * (yaw - axis)


def _main_camera(room: Room, draws: Draws) -> Pose:
    """Return the best of some candidates: the one that sees the most furniture at a middling distance."""
    view = field_of_view(draws)
    best, best_score = None, -1.0
    fallback = (room.width / 2, room.depth * 0.2, room.height - 0.7)
    found = 0
    for _ in range(_TRIES):
        position = free_position(room, draws)
        if position is None:
            continue
        found += 1
        focus = draws.choice(room.footprints) if room.footprints else None
        target = (room.width / 2, room.depth / 2)
        if focus is not None:
            target = (
                0.5 * target[0] + 0.25 * (focus.x0 + focus.x1),
                0.5 * target[1] + 0.25 * (focus.y0 + focus.y1),
            )
        yaw = math.atan2(target[1] - position[1], target[0] - position[0])
        yaw = off_diagonal(yaw + draws.normal(0.0, 0.25, -0.6, 0.6))
        score = _score(room, position, yaw, view) + draws.uniform(0.0, 1.5)
        if score > best_score:
            best, best_score = (position, yaw), score
        if found == _CANDIDATES:
            break
    position, yaw = best or (fallback, math.pi / 2)
    pitch = draws.normal(math.radians(-11.0), math.radians(8.0), math.radians(-32.0), math.radians(14.0))
    roll = draws.normal(0.0, math.radians(1.5), math.radians(-5.0), math.radians(5.0))
    return Pose(position, yaw, pitch, roll, view)


def _score(room: Room, position: Vector, yaw: float, view: float) -> float:
    """Return how much furniture stands in view between 0.8 and 5 m, and how far the view is open."""
    c, s = math.cos(yaw), math.sin(yaw)
    reach = math.tan(view / 2)
    score = 0.0
    for f in room.footprints:
        dx, dy = (f.x0 + f.x1) / 2 - position[0], (f.y0 + f.y1) / 2 - position[1]
        along, across = c * dx + s * dy, abs(c * dy - s * dx)
        if 0.8 < along < 5.0 and across < reach * along:
            score += 1.0
    to_x = ((room.width if c > 0 else 0.0) - position[0]) / (c if abs(c) > 1e-6 else 1e-6)
    to_y = ((room.depth if s > 0 else 0.0) - position[1]) / (s if abs(s) > 1e-6 else 1e-6)
    return score + 0.6 * min(to_x, to_y, 4.0)
