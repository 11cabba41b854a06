"""Furnishing a room: objects are placed by recipe, none through another, in plain Python."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.data.rooms.scene.draws import Draws
from models.data.rooms.scene.fittings import FITTINGS
from models.data.rooms.scene.furniture import FURNITURE
from models.data.rooms.scene.piece import Piece, Size
from models.data.rooms.scene.recipes import GROUPS, HANGING, RECIPES, TOPS, Group, Recipe
from models.data.rooms.scene.stage import Footprint, Stage
from models.data.rooms.scene.things import THINGS

PIECES: Mapping[str, Piece] = MappingProxyType({**FURNITURE, **FITTINGS, **THINGS})
_TRIES = 8
_DOOR_CLEARANCE = 0.5


@dataclass(frozen=True, slots=True)
class Room:
    """The room's extent in metres and what stands in it, besides the solids that are on the stage."""

    width: float
    depth: float
    height: float
    camera_height: tuple[float, float]
    footprints: tuple[Footprint, ...]


class _Furnisher:
    """Places pieces on a stage and keeps the footprints that later ones must respect."""

    def __init__(self, stage: Stage, draws: Draws, recipe: Recipe) -> None:
        self._stage = stage
        self._draws = draws
        self.width = draws.uniform(*recipe.width)
        self.depth = draws.uniform(*recipe.depth)
        self.height = draws.uniform(*recipe.height)
        self.footprints: list[Footprint] = []
        self._clearances: list[Footprint] = []
        self._recipe = recipe

    def _free(self, footprint: Footprint, gap: float) -> bool:
        inside = (
            footprint.x0 > -0.01
            and footprint.y0 > -0.01
            and footprint.x1 < self.width + 0.01
            and footprint.y1 < self.depth + 0.01
            and footprint.top < self.height
        )
        return inside and not any(
            footprint.overlaps(other, gap) for other in (*self.footprints, *self._clearances)
        )

    def _build(self, name: str, size: Size, place: tuple[float, float, float], yaw: float) -> None:
        piece = PIECES[name]
        self._stage.begin(piece.object, piece.semantic, place, yaw)
        piece.build(self._stage, self._draws, size)

    def against_wall(self, name: str, bottom: float = 0.0) -> None:
        """Place a piece with its back to some wall; leave it out where no try finds room."""
        draws = self._draws
        size = PIECES[name].size(draws)
        w, d, h = size
        hung = bottom > 0.0 or name == "door"
        for _ in range(_TRIES):
            wall = draws.integer(0, 3)
            length = self.width if wall in {0, 2} else self.depth
            if length < w + 0.1:
                continue
            s = draws.uniform(w / 2 + 0.05, length - w / 2 - 0.05)
            x0, x1 = s - w / 2, s + w / 2
            gap = 0.0 if hung else 0.02
            near, far = (gap, gap + d), (-d - gap, -gap)
            span = (
                (x0, near[0], x1, near[1]),
                (self.width + far[0], x0, self.width + far[1], x1),
                (x0, self.depth + far[0], x1, self.depth + far[1]),
                (near[0], x0, near[1], x1),
            )[wall]
            footprint = Footprint(*span, bottom, bottom + h)
            if not self._free(footprint, 0.03):
                continue
            self.footprints.append(footprint)
            if name == "door":
                grown = (span[0] - 0.1, span[1] - 0.1, span[2] + 0.1, span[3] + 0.1)
                reach = _DOOR_CLEARANCE
                self._clearances.append(
                    Footprint(
                        grown[0] - reach, grown[1] - reach, grown[2] + reach, grown[3] + reach, 0.0, 2.0
                    )
                    if self.width > 2.5
                    else footprint
                )
            place = ((s, gap), (self.width - gap, s), (s, self.depth - gap), (gap, s))[wall]
            self._build(name, size, (*place, bottom), wall * math.pi / 2)
            self._top_up(name, size, (*place, bottom), wall * math.pi / 2)
            return

    def _top_up(self, name: str, size: Size, place: tuple[float, float, float], yaw: float) -> None:
        """Put small things on a table top."""
        draws = self._draws
        if name not in TOPS or not self._recipe.on_top:
            return
        w, d, h = size
        slots = max(1, min(3, int(w / 0.6)))
        for slot in range(slots):
            if not draws.chance(0.65):
                continue
            item = draws.choice(self._recipe.on_top)
            item_size = PIECES[item].size(draws)
            x = (slot + 0.5) * w / slots - w / 2 + draws.uniform(-0.08, 0.08)
            y = draws.uniform(0.1, max(0.11, d - item_size[1] - 0.1))
            if item_size[0] > w / slots or item_size[1] > d - 0.05:
                continue
            c, s = math.cos(yaw), math.sin(yaw)
            spot = (place[0] + c * x - s * y, place[1] + s * x + c * y, place[2] + h)
            self._build(item, item_size, spot, yaw)
            r = max(item_size[0], item_size[1]) / 2
            px, py = place[0] + c * x - s * (y + r), place[1] + s * x + c * (y + r)
            self.footprints.append(Footprint(px - r, py - r, px + r, py + r, spot[2], spot[2] + item_size[2]))

    def _on_floor(self, name: str, x: float, y: float, yaw: float, gap: float) -> Size | None:
        """Place a piece centred on (x, y); return its size, or None where it does not fit."""
        size = PIECES[name].size(self._draws)
        w, d, h = size
        c, s = abs(math.cos(yaw)), abs(math.sin(yaw))
        rx, ry = (c * w + s * d) / 2, (s * w + c * d) / 2
        footprint = Footprint(x - rx, y - ry, x + rx, y + ry, 0.0, h)
        if not self._free(footprint, gap):
            return None
        if name != "rug":
            self.footprints.append(footprint)
        place = (x + math.sin(yaw) * d / 2, y - math.cos(yaw) * d / 2, 0.0)
        self._build(name, size, place, yaw)
        self._top_up(name, size, place, yaw)
        return size

    def group(self, group: Group) -> None:
        """Place a group around a spot near the middle of the open floor."""
        draws = self._draws
        for _ in range(_TRIES):
            x = self.width * draws.uniform(0.35, 0.65)
            y = self.depth * draws.uniform(0.35, 0.65)
            yaw = draws.integer(0, 3) * math.pi / 2 + draws.normal(0.0, 0.06, -0.2, 0.2)
            size = self._on_floor(group.centre, x, y, yaw, 0.3)
            if size is None:
                continue
            if group.seat is not None:
                self._seats(group, size, x, y, yaw)
            if draws.chance(group.rug):
                self._on_floor_rug(x, y, yaw)
            return

    def _on_floor_rug(self, x: float, y: float, yaw: float) -> None:
        size = PIECES["rug"].size(self._draws)
        place = (x + math.sin(yaw) * size[1] / 2, y - math.cos(yaw) * size[1] / 2, 0.0)
        radius = max(size[0], size[1]) / 2
        if radius < min(x, y, self.width - x, self.depth - y):
            self._build("rug", size, place, yaw)

    def _seats(self, group: Group, size: Size, x: float, y: float, yaw: float) -> None:
        draws = self._draws
        w, d, _ = size
        name = group.seat or ""
        count = draws.integer(*group.seats)
        deep = PIECES[name].depth[1] / 2
        spots = draws.shuffled(
            (
                *((-w / 4, d / 2 + deep, math.pi), (w / 4, d / 2 + deep, math.pi)),
                *((-w / 4, -d / 2 - deep, 0.0), (w / 4, -d / 2 - deep, 0.0)),
                *((w / 2 + deep, 0.0, math.pi / 2), (-w / 2 - deep, 0.0, -math.pi / 2)),
            )
        )
        c, s = math.cos(yaw), math.sin(yaw)
        for local_x, local_y, turn in spots[:count]:
            away = draws.uniform(1.02, 1.2)
            px, py = local_x * away, local_y * away
            turned = yaw + turn + draws.normal(0.0, 0.15, -0.5, 0.5)
            self._on_floor(name, x + c * px - s * py, y + s * px + c * py, turned, 0.0)

    def scatter(self, name: str) -> None:
        """Put a piece somewhere on the open floor."""
        draws = self._draws
        for _ in range(_TRIES // 2):
            x, y = draws.uniform(0.3, self.width - 0.3), draws.uniform(0.3, self.depth - 0.3)
            if self._on_floor(name, x, y, draws.uniform(0.0, 2 * math.pi), 0.05) is not None:
                return

    def ceiling_lamps(self) -> None:
        """Hang lamps in a row along the longer side."""
        draws = self._draws
        count = draws.integer(1, self._recipe.lamps)
        size = PIECES["ceiling_lamp"].size(draws)
        for i in range(count):
            part = (i + 0.5) / count
            x = self.width * (part if self.width > self.depth else 0.5)
            y = self.depth * (part if self.width <= self.depth else 0.5)
            bottom, r = self.height - size[2], size[0] / 2
            self._build("ceiling_lamp", size, (x, y - size[1] / 2, bottom), 0.0)
            self.footprints.append(Footprint(x - r, y - r, x + r, y + r, bottom, self.height))

    def curtains(self) -> None:
        """Hang curtains beside a window that has room for them."""
        draws = self._draws
        size = PIECES["curtain"].size(draws)
        x = draws.choice((size[0] / 2 + 0.05, self.width - size[0] / 2 - 0.05))
        footprint = Footprint(x - size[0] / 2, 0.0, x + size[0] / 2, size[1] + 0.1, 0.0, size[2])
        if size[2] < self.height and self._free(footprint, 0.02):
            self.footprints.append(footprint)
            self._build("curtain", size, (x, 0.02, 0.0), 0.0)


_CURTAINED = frozenset({"bedroom", "living_room", "dining_room"})


def furnish(stage: Stage, draws: Draws, scene_class: str) -> Room:
    """Build the room of a scene class on the stage.

    Args:
        stage: empty stage.
        draws: where every choice of the layout comes from.
        scene_class: name in SCENE_CLASSES.
    """
    recipe = RECIPES[scene_class]
    furnisher = _Furnisher(stage, draws, recipe)
    stage.shell(furnisher.width, furnisher.depth, furnisher.height)
    for name, chance in recipe.hanging[:1]:
        if draws.chance(chance):
            furnisher.against_wall(name, draws.uniform(*HANGING[name]))
    for name, chance in recipe.standing:
        if draws.chance(chance):
            furnisher.against_wall(name)
    for name, chance in recipe.hanging[1:]:
        if draws.chance(chance):
            furnisher.against_wall(name, draws.uniform(*HANGING[name]))
    for name, chance in recipe.middle:
        if draws.chance(chance):
            furnisher.group(GROUPS[name])
    for name, chance in recipe.scattered:
        if draws.chance(chance):
            furnisher.scatter(name)
    if scene_class in _CURTAINED and draws.chance(0.8):
        furnisher.curtains()
    furnisher.ceiling_lamps()
    return Room(
        furnisher.width, furnisher.depth, furnisher.height, recipe.camera_height, tuple(furnisher.footprints)
    )
