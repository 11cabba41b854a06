"""The scene graph: solids grouped into objects, each solid a row of numbers for the ray caster."""

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from models.data.rooms.labels import OBJECT_CLASSES, SEMANTIC_CLASSES

SEMANTIC = {name: i for i, name in enumerate(SEMANTIC_CLASSES)}
OBJECT = {name: i for i, name in enumerate(OBJECT_CLASSES)}


class Kind(IntEnum):
    """Shape of a solid, with what its three sizes mean (metres)."""

    SHELL = 0  # the room's box seen from inside: half extents
    BOX = 1  # half extents
    ELLIPSOID = 2  # half axes
    FRUSTUM = 3  # radius at the lower end, radius at the upper end, half height; a cylinder if equal
    TORUS = 4  # radius of the ring, radius of the tube, unused; the ring lies in the local xy plane


class Column(IntEnum):
    """Columns of a solid's row."""

    KIND = 0
    CENTRE = 1  # 3 columns, world frame
    ROTATION = 4  # 9 columns, row-major, local to world
    SIZE = 13  # 3 columns
    MATERIAL = 16
    SEMANTIC = 17
    OBJECT = 18
    INSTANCE = 19
    CASTS = 20  # 1 if it casts a shadow


COLUMNS = Column.CASTS + 1


class Look(Protocol):
    """Chooses materials: a role of the scene graph to a material's index in the scene."""

    def material(self, role: str) -> int:
        """Return the index of the material that the role has in the current object."""
        ...

    def next_object(self) -> None:
        """Forget what only the last object was made of."""
        ...


@dataclass(frozen=True, slots=True)
class Footprint:
    """An object's rectangle on the floor, its height and its place in the scene (metres, world frame)."""

    x0: float
    y0: float
    x1: float
    y1: float
    bottom: float
    top: float

    def overlaps(self, other: "Footprint", gap: float) -> bool:
        """Return whether the two come closer than the gap, all three directions considered."""
        return (
            self.x0 < other.x1 + gap
            and other.x0 < self.x1 + gap
            and self.y0 < other.y1 + gap
            and other.y0 < self.y1 + gap
            and self.bottom < other.top
            and other.bottom < self.top
        )


@dataclass(frozen=True, slots=True)
class Lamp:
    """A point light of the scene: position (m, world frame) and kind; the look gives it colour and power."""

    position: tuple[float, float, float]
    kind: str


_AXES = {
    "z": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    "x": (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    "y": (0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0),
}
_UNSHADOWED_ROLES = frozenset({"glow", "pane", "screen"})


class Stage:
    """Builds one scene: objects are begun at a place on the floor, solids are added in the object's frame.

    An object's frame has its back at y = 0, its front towards +y, x along its width and z up from the floor.
    Roles name materials; the look resolves them, so geometry never depends on the style.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self.rows: list[tuple[float, ...]] = []
        self.lamps: list[Lamp] = []
        self.instances = 0
        self._x = self._y = self._z = 0.0
        self._cosine, self._sine = 1.0, 0.0
        self._object = self._semantic = 0

    def shell(self, width: float, depth: float, height: float) -> None:
        """Add walls, floor and ceiling of the room [0, width] x [0, depth] x [0, height]."""
        for role in ("wall", "floor", "ceiling"):
            self.rows.append(
                (
                    Kind.SHELL,
                    *(width / 2, depth / 2, height / 2),
                    *_AXES["z"],
                    *(width / 2, depth / 2, height / 2),
                    *(self._look.material(role), SEMANTIC[role], 0, 0, 0),
                )
            )

    def begin(self, name: str, semantic: str, place: tuple[float, float, float], yaw: float = 0.0) -> None:
        """Begin an object of a class of OBJECT_CLASSES at a place, turned by yaw (rad) about the vertical."""
        self.instances += 1
        self._look.next_object()
        self._object, self._semantic = OBJECT[name], SEMANTIC[semantic]
        self._x, self._y, self._z = place
        self._cosine, self._sine = math.cos(yaw), math.sin(yaw)

    def point(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Return a point of the object's frame in the world frame."""
        return (
            self._x + self._cosine * x - self._sine * y,
            self._y + self._sine * x + self._cosine * y,
            self._z + z,
        )

    def light(self, kind: str, x: float, y: float, z: float) -> None:
        """Add a light at a point of the object's frame."""
        self.lamps.append(Lamp(self.point(x, y, z), kind))

    def box(
        self,
        centre: tuple[float, float, float],
        size: tuple[float, float, float],
        role: str,
        *,
        tilt: float = 0.0,
    ) -> None:
        """Add a box by its full size; tilt (rad) turns it about its x axis, positive leans the top back."""
        half = (size[0] / 2, size[1] / 2, size[2] / 2)
        self._add(Kind.BOX, centre, half, role, "z", tilt)

    def ellipsoid(
        self, centre: tuple[float, float, float], half_axes: tuple[float, float, float], role: str
    ) -> None:
        """Add an ellipsoid by its half axes."""
        self._add(Kind.ELLIPSOID, centre, half_axes, role, "z", 0.0)

    def cylinder(
        self, centre: tuple[float, float, float], radius: float, height: float, role: str, *, axis: str = "z"
    ) -> None:
        """Add a closed cylinder along the object's x, y or z axis."""
        self._add(Kind.FRUSTUM, centre, (radius, radius, height / 2), role, axis, 0.0)

    def cone(
        self,
        centre: tuple[float, float, float],
        radii: tuple[float, float],
        height: float,
        role: str,
    ) -> None:
        """Add a closed upright cone or frustum by its lower and upper radius."""
        self._add(Kind.FRUSTUM, centre, (radii[0], radii[1], height / 2), role, "z", 0.0)

    def torus(
        self,
        centre: tuple[float, float, float],
        ring: float,
        tube: float,
        role: str,
        *,
        axis: str = "z",
    ) -> None:
        """Add a torus by the radii of ring and tube."""
        self._add(Kind.TORUS, centre, (ring, tube, 0.0), role, axis, 0.0)

    def _add(
        self,
        kind: Kind,
        centre: tuple[float, float, float],
        size: tuple[float, float, float],
        role: str,
        axis: str,
        tilt: float,
    ) -> None:
        a = _AXES[axis]
        if tilt:
            c, s = math.cos(tilt), math.sin(tilt)
            a = (1.0, 0.0, 0.0, 0.0, c, -s, 0.0, s, c)
        c, s = self._cosine, self._sine
        rotation = (
            *(c * a[0] - s * a[3], c * a[1] - s * a[4], c * a[2] - s * a[5]),
            *(s * a[0] + c * a[3], s * a[1] + c * a[4], s * a[2] + c * a[5]),
            *a[6:],
        )
        self.rows.append(
            (
                kind,
                *self.point(*centre),
                *rotation,
                *size,
                *(self._look.material(role), self._semantic, self._object, self.instances),
                0 if role in _UNSHADOWED_ROLES else 1,
            )
        )
