"""How a scene looks: palettes and lights of the two styles, resolved role by role."""

import colorsys
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import TypeVar

from models.data.rooms.scene.draws import Draws
from models.data.rooms.scene.palettes import ASH, CHARCOAL, GREY, PALETTES, WHITE, Hsv, Pattern, Range, hsv

T = TypeVar("T")
Rgb = tuple[float, float, float]
Material = tuple[float, ...]


class MaterialColumn(IntEnum):
    """Columns of a material's row."""

    COLOUR = 0  # 3 columns, linear
    SECOND = 3  # 3 columns, linear
    PATTERN = 6
    SCALE = 7  # period of the pattern, metres
    GLOSS = 8
    EMISSION = 9
    OFFSET = 10


_LOYALTY = 30  # the class's own palette weighs as much as so many others

# Roles that every object draws anew; all others are shared by the whole scene.
_PER_OBJECT = frozenset(
    {"accent", "books", "art", "toy", "toy0", "toy1", "toy2", "fruit", "leaf", "pot", "rug", "screen"}
)
_PERIODS: Mapping[Pattern, Range] = MappingProxyType(
    {
        Pattern.PLAIN: (0.8, 1.6),
        Pattern.CLOTH: (0.25, 0.5),
        Pattern.GRAIN: (0.3, 0.5),
        Pattern.PLANKS: (0.14, 0.3),
        Pattern.TILES: (0.25, 0.5),
        Pattern.CHECKER: (0.5, 1.0),
        Pattern.STRIPES: (0.25, 0.6),
        Pattern.BOOKS: (0.07, 0.12),
        Pattern.ART: (0.4, 0.8),
        Pattern.FRONTS: (0.45, 0.6),
        Pattern.DRAWERS: (0.22, 0.32),
        Pattern.SKY: (1.0, 1.4),
        Pattern.PANELS: (0.7, 0.8),
        Pattern.DOTS: (0.3, 0.6),
        Pattern.MIRROR: (0.4, 0.8),
    }
)


@dataclass(frozen=True, slots=True)
class Paint:
    """What a role may look like; a material draws one option of each.

    Attributes:
        colours: ranges of the first colour.
        patterns: textures.
        seconds: ranges of the second colour, or what the first is multiplied by.
        gloss, emission: as in MaterialColumn.
    """

    colours: tuple[Hsv, ...]
    patterns: tuple[Pattern, ...] = (Pattern.PLAIN,)
    seconds: tuple[Hsv | float, ...] = (0.95,)
    gloss: float = 0.0
    emission: float = 0.0


@functools.cache
def _paints(style: str, scene_class: str) -> Mapping[str, Paint]:
    """Return the paint of every role of the furniture."""
    palette, dark = PALETTES[style][scene_class], style == "b"
    light = ASH if dark else WHITE
    accent: Hsv = (palette.accent, palette.saturation, (0.35, 0.8))
    any_hue = hsv(0.0, 1.0, 0.45, 0.9, 0.45, 0.9)
    muted = hsv(0.0, 1.0, 0.2, 0.75, 0.3, 0.9)
    clay = hsv(0.03, 0.09, 0.4, 0.7, 0.5, 0.75)
    sky = hsv(0.02, 0.12, 0.3, 0.6, 0.8, 0.95) if dark else hsv(0.54, 0.62, 0.3, 0.6, 0.8, 0.95)
    garden = hsv(0.2, 0.4, 0.1, 0.4, 0.5, 0.9)
    upholstery = Paint((accent,), (Pattern.CLOTH, Pattern.STRIPES, Pattern.CLOTH), (0.65,))
    woven = (Pattern.STRIPES, Pattern.DOTS, Pattern.CHECKER, Pattern.CLOTH)
    return MappingProxyType(
        {
            "ceiling": Paint((light,), seconds=(0.92,)),
            "wood": Paint(palette.fronts, (Pattern.GRAIN,), (0.65,), gloss=0.1),
            "fronts": Paint(palette.fronts, (Pattern.FRONTS,), (0.3,), gloss=0.1),
            "drawers": Paint(palette.fronts, (Pattern.DRAWERS,), (0.3,), gloss=0.1),
            "door": Paint(palette.fronts, (Pattern.PANELS,), (0.5,), gloss=0.1),
            "fabric": upholstery,
            "curtain": upholstery,
            "rug": Paint((accent,), woven, (0.4, 0.55, hsv(0.08, 0.14, 0.1, 0.4, 0.6, 0.9))),
            "accent": Paint((accent,), (Pattern.CLOTH,), (0.75,)),
            "linen": Paint((light,), (Pattern.CLOTH,), (0.85,)),
            "books": Paint((any_hue,), (Pattern.BOOKS,), (any_hue,)),
            "art": Paint((muted,), (Pattern.ART,), (muted,)),
            "screen": Paint((hsv(0.5, 0.75, 0.3, 0.8, 0.3, 0.8),), (Pattern.ART,), (0.3,), 0.3, 0.35),
            "pane": Paint((sky,), (Pattern.SKY,), (garden,), emission=0.75),
            "glow": Paint((hsv(0.08, 0.15, 0.1, 0.4, 0.95, 1.0),), emission=1.2),
            "mirror": Paint((hsv(0.5, 0.6, 0.05, 0.15, 0.75, 0.9),), (Pattern.MIRROR,), (0.8,), 0.6, 0.1),
            "leaf": Paint((hsv(0.25, 0.4, 0.5, 0.8, 0.3, 0.6),), (Pattern.CLOTH,), (0.5,)),
            "pot": Paint((clay,), (Pattern.CLOTH,), (0.8,)),
            "carton": Paint((clay,), (Pattern.CLOTH,), (0.8,)),
            "metal": Paint((CHARCOAL if dark else GREY,), seconds=(0.9,), gloss=0.6),
            "appliance": Paint((CHARCOAL, ASH) if dark else (WHITE, GREY), gloss=0.4),
            "ceramic": Paint((light,), seconds=(0.97,), gloss=0.5),
            "white": Paint((light,), gloss=0.1),
            "stone": Paint((*(CHARCOAL,) * 3, *(ASH,) * 2), (Pattern.CLOTH,), (0.7,), gloss=0.3),
            "dark": Paint((hsv(0.6, 0.7, 0.0, 0.2, 0.08, 0.22),), seconds=(0.9,), gloss=0.4),
            "fruit": Paint((hsv(-0.02, 0.3, 0.7, 0.95, 0.7, 0.95),), seconds=(0.8,), gloss=0.3),
            "toy": Paint((any_hue,), (Pattern.PLAIN, Pattern.STRIPES), (0.6,), gloss=0.2),
        }
    )


class SceneLook:
    """The materials of one scene, made as the stage asks for roles."""

    def __init__(self, draws: Draws, scene_class: str, style: str) -> None:
        self._draws = draws
        # rooms are not always in their usual colours, so a class shows in its furniture too
        palettes = PALETTES[style]
        names = (*palettes, *(scene_class for _ in range(_LOYALTY)))
        walls, floors, furniture = (draws.choice(names) for _ in range(3))
        self._walls, self._floors = palettes[walls], palettes[floors]
        self._paints = _paints(style, furniture)
        self._style = style
        self._shared: dict[str, int] = {}
        self._own: dict[str, int] = {}
        self.materials: list[Material] = []

    def next_object(self) -> None:
        """Let the next object draw its own accents."""
        self._own = {}

    def material(self, role: str) -> int:
        """Return the material of a role, drawing it at first use."""
        known = self._own if role in _PER_OBJECT else self._shared
        if role not in known:
            known[role] = len(self.materials)
            self.materials.append(self._draw(role))
        return known[role]

    def _colour(self, ranges: Hsv) -> Rgb:
        draws = self._draws
        r, g, b = colorsys.hsv_to_rgb(
            draws.uniform(*ranges[0]) % 1.0, draws.uniform(*ranges[1]), draws.uniform(*ranges[2])
        )
        return r**2.2, g**2.2, b**2.2

    def _make(
        self,
        ranges: Hsv,
        pattern: Pattern,
        second: Hsv | float,
        gloss: float = 0.0,
        emission: float = 0.0,
    ) -> Material:
        """Return a material; a second colour given as a number is the first one times it."""
        colour = self._colour(ranges)
        other = self._colour(second) if isinstance(second, tuple) else tuple(c * second for c in colour)
        draws = self._draws
        period = draws.uniform(*_PERIODS[pattern])
        return (*colour, *other, pattern, period, gloss, emission, draws.unit())

    def _draw(self, role: str) -> Material:
        draws = self._draws
        if role == "wall":
            ranges, pattern = draws.choice(self._walls.wall)
            return self._make(ranges, pattern, 0.8 if pattern is not Pattern.TILES else 0.55)
        if role == "floor":
            ranges, pattern = draws.choice(self._floors.floor)
            second = 0.35 if pattern is Pattern.CHECKER else 0.6
            return self._make(
                ranges, pattern, second, gloss=0.15 if pattern in {Pattern.TILES, Pattern.PLANKS} else 0.0
            )
        paint = self._paints.get(role, self._paints["toy"])
        ranges = self._one(paint.colours)
        pattern = self._one(paint.patterns)
        second = self._one(paint.seconds)
        return self._make(ranges, pattern, second, paint.gloss, paint.emission)

    def _one(self, options: Sequence[T]) -> T:
        return options[0] if len(options) == 1 else self._draws.choice(options)

    def light(self, kind: str) -> Rgb:
        """Return the linear colour times power of a light; it falls with the squared distance in metres."""
        draws, warm = self._draws, self._style == "a"
        tint: Mapping[str, Hsv] = {
            "ceiling": hsv(0.09, 0.14, 0.05, 0.25, 2.6, 4.2) if warm else hsv(0.5, 0.62, 0.1, 0.35, 2.8, 4.4),
            "window": hsv(0.55, 0.6, 0.05, 0.15, 2.5, 5.0) if warm else hsv(0.03, 0.1, 0.3, 0.55, 3.0, 5.0),
            "lamp": hsv(0.07, 0.11, 0.3, 0.5, 0.8, 1.4),
            "small": hsv(0.07, 0.11, 0.3, 0.5, 0.2, 0.4),
        }
        h, s, v = tint[kind]
        return colorsys.hsv_to_rgb(draws.uniform(*h), draws.uniform(*s), draws.uniform(*v))

    def ambient(self) -> Rgb:
        """Return the linear colour of the light that comes from everywhere."""
        draws = self._draws
        if self._style == "a":
            return colorsys.hsv_to_rgb(
                draws.uniform(0.08, 0.14), draws.uniform(0.0, 0.12), draws.uniform(0.28, 0.42)
            )
        return colorsys.hsv_to_rgb(
            draws.uniform(0.6, 0.8), draws.uniform(0.05, 0.3), draws.uniform(0.2, 0.34)
        )
