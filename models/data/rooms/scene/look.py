"""How a scene looks: palettes and lights of the two styles, resolved role by role."""

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from models.data.rooms.scene.draws import Draws

Range = tuple[float, float]
Hsv = tuple[Range, Range, Range]
Rgb = tuple[float, float, float]
Material = tuple[float, ...]


class Pattern(IntEnum):
    """Procedural textures."""

    PLAIN = 0
    CLOTH = 1
    GRAIN = 2
    PLANKS = 3
    TILES = 4
    CHECKER = 5
    STRIPES = 6
    BOOKS = 7
    ART = 8
    FRONTS = 9
    DRAWERS = 10
    SKY = 11
    PANELS = 12
    DOTS = 13


class MaterialColumn(IntEnum):
    """Columns of a material's row."""

    COLOUR = 0  # 3 columns, linear
    SECOND = 3  # 3 columns, linear
    PATTERN = 6
    SCALE = 7  # period of the pattern, metres
    GLOSS = 8
    EMISSION = 9
    OFFSET = 10


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one scene class in one style; each surface draws one of its options."""

    wall: tuple[tuple[Hsv, Pattern], ...]
    floor: tuple[tuple[Hsv, Pattern], ...]
    fronts: tuple[Hsv, ...]
    accent: Range  # hues
    saturation: Range


def _hsv(h0: float, h1: float, s0: float, s1: float, v0: float, v1: float) -> Hsv:
    return (h0, h1), (s0, s1), (v0, v1)


_OAK = _hsv(0.07, 0.1, 0.4, 0.6, 0.5, 0.75)
_DARK_OAK = _hsv(0.04, 0.08, 0.5, 0.7, 0.3, 0.45)
_WHITE = _hsv(0.1, 0.15, 0.0, 0.06, 0.85, 0.95)
_GREY = _hsv(0.55, 0.65, 0.0, 0.12, 0.45, 0.65)
_PLAIN, _TILES, _PLANKS, _CLOTH = Pattern.PLAIN, Pattern.TILES, Pattern.PLANKS, Pattern.CLOTH

_STYLE_A: Mapping[str, Palette] = MappingProxyType(
    {
        "kitchen": Palette(
            wall=((_hsv(0.1, 0.16, 0.1, 0.3, 0.8, 0.95), _PLAIN), (_WHITE, _TILES)),
            floor=(
                (_hsv(0.03, 0.09, 0.35, 0.6, 0.5, 0.7), _TILES),
                (_GREY, Pattern.CHECKER),
                (_OAK, _PLANKS),
            ),
            fronts=(_WHITE, _hsv(0.98, 1.02, 0.6, 0.8, 0.5, 0.7), _OAK, _hsv(0.25, 0.35, 0.3, 0.5, 0.5, 0.7)),
            accent=(-0.05, 0.15),
            saturation=(0.5, 0.85),
        ),
        "bathroom": Palette(
            wall=(
                (_hsv(0.48, 0.6, 0.15, 0.4, 0.7, 0.92), _TILES),
                (_WHITE, _TILES),
                (_hsv(0.38, 0.5, 0.1, 0.3, 0.75, 0.9), _PLAIN),
            ),
            floor=((_hsv(0.5, 0.65, 0.1, 0.35, 0.35, 0.65), _TILES), (_GREY, Pattern.CHECKER)),
            fronts=(_WHITE, _hsv(0.5, 0.6, 0.2, 0.4, 0.6, 0.8)),
            accent=(0.45, 0.65),
            saturation=(0.3, 0.7),
        ),
        "bedroom": Palette(
            wall=(
                (_hsv(0.6, 0.85, 0.1, 0.3, 0.7, 0.9), _PLAIN),
                (_hsv(0.05, 0.1, 0.15, 0.3, 0.75, 0.9), _PLAIN),
                (_hsv(0.55, 0.9, 0.1, 0.25, 0.7, 0.9), Pattern.STRIPES),
            ),
            floor=((_OAK, _PLANKS), (_hsv(0.05, 0.9, 0.1, 0.25, 0.5, 0.7), _CLOTH)),
            fronts=(_OAK, _WHITE, _DARK_OAK),
            accent=(0.55, 0.95),
            saturation=(0.35, 0.7),
        ),
        "living_room": Palette(
            wall=(
                (_hsv(0.08, 0.14, 0.1, 0.3, 0.75, 0.92), _PLAIN),
                (_hsv(0.2, 0.45, 0.1, 0.25, 0.6, 0.8), _PLAIN),
            ),
            floor=((_OAK, _PLANKS), (_DARK_OAK, _PLANKS), (_hsv(0.06, 0.12, 0.2, 0.4, 0.5, 0.7), _CLOTH)),
            fronts=(_OAK, _DARK_OAK),
            accent=(0.0, 0.6),
            saturation=(0.3, 0.75),
        ),
        "dining_room": Palette(
            wall=(
                (_hsv(-0.03, 0.04, 0.3, 0.6, 0.5, 0.75), _PLAIN),
                (_hsv(0.25, 0.42, 0.25, 0.5, 0.4, 0.65), _PLAIN),
                (_hsv(0.08, 0.13, 0.3, 0.5, 0.6, 0.8), Pattern.STRIPES),
            ),
            floor=((_DARK_OAK, _PLANKS), (_OAK, _PLANKS)),
            fronts=(_DARK_OAK, _OAK),
            accent=(-0.05, 0.1),
            saturation=(0.4, 0.8),
        ),
        "office": Palette(
            wall=((_hsv(0.55, 0.65, 0.02, 0.12, 0.75, 0.92), _PLAIN), (_WHITE, _PLAIN)),
            floor=((_GREY, _CLOTH), (_hsv(0.58, 0.66, 0.2, 0.45, 0.3, 0.5), _CLOTH), (_GREY, _TILES)),
            fronts=(_GREY, _OAK, _WHITE),
            accent=(0.55, 0.68),
            saturation=(0.2, 0.8),
        ),
        "corridor": Palette(
            wall=(
                (_hsv(0.1, 0.15, 0.1, 0.3, 0.7, 0.9), _PLAIN),
                (_hsv(0.1, 0.6, 0.02, 0.12, 0.6, 0.85), _PLAIN),
            ),
            floor=((_GREY, _TILES), (_hsv(0.95, 1.05, 0.3, 0.6, 0.3, 0.5), _CLOTH), (_DARK_OAK, _PLANKS)),
            fronts=(_OAK, _WHITE, _DARK_OAK),
            accent=(0.0, 1.0),
            saturation=(0.2, 0.6),
        ),
        "playroom": Palette(
            wall=(
                (_hsv(0.13, 0.18, 0.3, 0.6, 0.85, 0.98), _PLAIN),
                (_hsv(0.45, 0.55, 0.25, 0.5, 0.75, 0.95), Pattern.DOTS),
                (_hsv(0.88, 0.96, 0.2, 0.45, 0.8, 0.95), Pattern.STRIPES),
                (_hsv(0.28, 0.35, 0.25, 0.5, 0.75, 0.95), Pattern.DOTS),
            ),
            floor=((_hsv(0.0, 1.0, 0.4, 0.7, 0.6, 0.85), Pattern.CHECKER), (_OAK, _PLANKS)),
            fronts=(_hsv(0.0, 1.0, 0.5, 0.85, 0.6, 0.9), _WHITE),
            accent=(0.0, 1.0),
            saturation=(0.6, 0.95),
        ),
    }
)

_EBONY = _hsv(0.9, 1.0, 0.2, 0.45, 0.18, 0.34)
_ASH = _hsv(0.12, 0.17, 0.15, 0.3, 0.7, 0.85)
_CHARCOAL = _hsv(0.6, 0.75, 0.05, 0.2, 0.28, 0.46)

_STYLE_B: Mapping[str, Palette] = MappingProxyType(
    {
        "kitchen": Palette(
            wall=((_hsv(0.52, 0.62, 0.3, 0.55, 0.5, 0.75), _TILES), (_ASH, Pattern.STRIPES)),
            floor=((_EBONY, Pattern.CHECKER), (_ASH, _PLANKS)),
            fronts=(_hsv(0.55, 0.65, 0.4, 0.7, 0.3, 0.55), _CHARCOAL, _ASH),
            accent=(0.45, 0.6),
            saturation=(0.5, 0.9),
        ),
        "bathroom": Palette(
            wall=((_hsv(0.9, 1.0, 0.2, 0.45, 0.6, 0.85), _TILES), (_CHARCOAL, _TILES)),
            floor=((_CHARCOAL, _TILES), (_hsv(0.9, 1.0, 0.15, 0.4, 0.3, 0.5), Pattern.DOTS)),
            fronts=(_EBONY, _ASH),
            accent=(0.85, 1.0),
            saturation=(0.4, 0.8),
        ),
        "bedroom": Palette(
            wall=((_hsv(0.3, 0.45, 0.2, 0.45, 0.4, 0.65), Pattern.STRIPES), (_CHARCOAL, Pattern.DOTS)),
            floor=((_EBONY, _PLANKS), (_hsv(0.3, 0.5, 0.15, 0.4, 0.3, 0.5), _CLOTH)),
            fronts=(_EBONY, _ASH),
            accent=(0.1, 0.35),
            saturation=(0.4, 0.8),
        ),
        "living_room": Palette(
            wall=((_hsv(0.55, 0.72, 0.25, 0.5, 0.35, 0.6), _PLAIN), (_ASH, Pattern.DOTS)),
            floor=((_ASH, _PLANKS), (_EBONY, _PLANKS), (_CHARCOAL, _CLOTH)),
            fronts=(_EBONY, _ASH),
            accent=(0.05, 0.2),
            saturation=(0.5, 0.9),
        ),
        "dining_room": Palette(
            wall=(
                (_hsv(0.48, 0.58, 0.3, 0.6, 0.3, 0.55), Pattern.STRIPES),
                (_hsv(0.75, 0.85, 0.3, 0.5, 0.35, 0.6), _PLAIN),
            ),
            floor=((_EBONY, _PLANKS), (_ASH, Pattern.CHECKER)),
            fronts=(_EBONY, _ASH),
            accent=(0.45, 0.6),
            saturation=(0.4, 0.8),
        ),
        "office": Palette(
            wall=((_hsv(0.08, 0.14, 0.25, 0.5, 0.5, 0.75), _PLAIN), (_CHARCOAL, _PLAIN)),
            floor=((_hsv(0.02, 0.1, 0.3, 0.6, 0.25, 0.45), _CLOTH), (_EBONY, _PLANKS)),
            fronts=(_EBONY, _CHARCOAL),
            accent=(0.0, 0.12),
            saturation=(0.4, 0.9),
        ),
        "corridor": Palette(
            wall=(
                (_hsv(0.6, 0.75, 0.2, 0.4, 0.4, 0.6), Pattern.STRIPES),
                (_hsv(0.3, 0.4, 0.15, 0.35, 0.45, 0.65), _PLAIN),
            ),
            floor=((_EBONY, Pattern.CHECKER), (_hsv(0.6, 0.7, 0.3, 0.6, 0.25, 0.45), _CLOTH)),
            fronts=(_EBONY, _ASH),
            accent=(0.0, 1.0),
            saturation=(0.3, 0.7),
        ),
        "playroom": Palette(
            wall=(
                (_hsv(0.7, 0.8, 0.3, 0.6, 0.5, 0.8), Pattern.DOTS),
                (_hsv(0.0, 0.06, 0.4, 0.7, 0.6, 0.85), Pattern.STRIPES),
            ),
            floor=((_hsv(0.0, 1.0, 0.5, 0.8, 0.4, 0.6), Pattern.DOTS), (_ASH, Pattern.CHECKER)),
            fronts=(_hsv(0.0, 1.0, 0.6, 0.95, 0.4, 0.7),),
            accent=(0.0, 1.0),
            saturation=(0.7, 1.0),
        ),
    }
)

PALETTES: Mapping[str, Mapping[str, Palette]] = MappingProxyType({"a": _STYLE_A, "b": _STYLE_B})

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
    }
)


class SceneLook:
    """The materials of one scene, made as the stage asks for roles."""

    def __init__(self, draws: Draws, scene_class: str, style: str) -> None:
        self._draws = draws
        # rooms are not always in their usual colours, so a class shows in its furniture too
        palettes = PALETTES[style]
        names = (*palettes, *(scene_class for _ in range(_LOYALTY)))
        self._walls, self._floors, self._palette = (palettes[draws.choice(names)] for _ in range(3))
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
        palette, draws, dark = self._palette, self._draws, self._style == "b"
        accent: Hsv = (palette.accent, palette.saturation, (0.35, 0.8))
        any_hue: Hsv = ((0.0, 1.0), (0.45, 0.9), (0.45, 0.9))
        match role:
            case "wall":
                ranges, pattern = draws.choice(self._walls.wall)
                return self._make(ranges, pattern, 0.8 if pattern is not Pattern.TILES else 0.55)
            case "floor":
                ranges, pattern = draws.choice(self._floors.floor)
                second = 0.35 if pattern is Pattern.CHECKER else 0.6
                return self._make(
                    ranges, pattern, second, gloss=0.15 if pattern in {_TILES, _PLANKS} else 0.0
                )
            case "ceiling":
                return self._make(_ASH if dark else _WHITE, Pattern.PLAIN, 0.92)
            case "wood":
                return self._make(draws.choice(palette.fronts), Pattern.GRAIN, 0.65, gloss=0.1)
            case "fronts":
                return self._make(draws.choice(palette.fronts), Pattern.FRONTS, 0.3, gloss=0.1)
            case "drawers":
                return self._make(draws.choice(palette.fronts), Pattern.DRAWERS, 0.3, gloss=0.1)
            case "door":
                return self._make(draws.choice(palette.fronts), Pattern.PANELS, 0.5, gloss=0.1)
            case "fabric" | "curtain":
                return self._make(accent, draws.choice((_CLOTH, Pattern.STRIPES, _CLOTH)), 0.65)
            case "rug":
                pattern = draws.choice((Pattern.STRIPES, Pattern.DOTS, Pattern.CHECKER, _CLOTH))
                return self._make(
                    accent, pattern, draws.choice((0.4, 0.55, ((0.08, 0.14), (0.1, 0.4), (0.6, 0.9))))
                )
            case "accent":
                return self._make(accent, _CLOTH, 0.75)
            case "linen":
                return self._make(_ASH if dark else _WHITE, _CLOTH, 0.85)
            case "books":
                return self._make(any_hue, Pattern.BOOKS, any_hue)
            case "art":
                muted: Hsv = ((0.0, 1.0), (0.2, 0.75), (0.3, 0.9))
                return self._make(muted, Pattern.ART, muted)
            case "screen":
                return self._make(((0.5, 0.75), (0.3, 0.8), (0.3, 0.8)), Pattern.ART, 0.3, 0.3, 0.35)
            case "pane":
                hues = (0.02, 0.12) if dark else (0.54, 0.62)
                leaves = ((0.2, 0.4), (0.1, 0.4), (0.5, 0.9))
                return self._make((hues, (0.3, 0.6), (0.8, 0.95)), Pattern.SKY, leaves, 0.0, 0.75)
            case "glow":
                return self._make(((0.08, 0.15), (0.1, 0.4), (0.95, 1.0)), Pattern.PLAIN, 0.95, 0.0, 1.2)
            case "mirror":
                return self._make(((0.5, 0.6), (0.05, 0.15), (0.75, 0.9)), Pattern.ART, 0.8, 0.6, 0.1)
            case "leaf":
                return self._make(((0.25, 0.4), (0.5, 0.8), (0.3, 0.6)), _CLOTH, 0.5)
            case "pot" | "carton":
                return self._make(((0.03, 0.09), (0.4, 0.7), (0.5, 0.75)), _CLOTH, 0.8)
            case "metal":
                return self._make(_CHARCOAL if dark else _GREY, Pattern.PLAIN, 0.9, gloss=0.6)
            case "appliance":
                ranges = draws.choice((_WHITE, _GREY) if not dark else (_CHARCOAL, _ASH))
                return self._make(ranges, Pattern.PLAIN, 0.95, gloss=0.4)
            case "ceramic":
                return self._make(_ASH if dark else _WHITE, Pattern.PLAIN, 0.97, gloss=0.5)
            case "white":
                return self._make(_ASH if dark else _WHITE, Pattern.PLAIN, 0.95, gloss=0.1)
            case "stone":
                return self._make(_CHARCOAL if draws.chance(0.6) else _ASH, _CLOTH, 0.7, gloss=0.3)
            case "dark":
                return self._make(_hsv(0.6, 0.7, 0.0, 0.2, 0.08, 0.22), Pattern.PLAIN, 0.9, gloss=0.4)
            case "fruit":
                return self._make(((-0.02, 0.3), (0.7, 0.95), (0.7, 0.95)), Pattern.PLAIN, 0.8, gloss=0.3)
            case _:
                return self._make(any_hue, draws.choice((Pattern.PLAIN, Pattern.STRIPES)), 0.6, gloss=0.2)

    def light(self, kind: str) -> Rgb:
        """Return the linear colour times power of a light; it falls with the squared distance in metres."""
        draws, warm = self._draws, self._style == "a"
        tint: Mapping[str, Hsv] = {
            "ceiling": _hsv(0.09, 0.14, 0.05, 0.25, 2.6, 4.2)
            if warm
            else _hsv(0.5, 0.62, 0.1, 0.35, 2.8, 4.4),
            "window": _hsv(0.55, 0.6, 0.05, 0.15, 2.5, 5.0) if warm else _hsv(0.03, 0.1, 0.3, 0.55, 3.0, 5.0),
            "lamp": _hsv(0.07, 0.11, 0.3, 0.5, 0.8, 1.4),
            "small": _hsv(0.07, 0.11, 0.3, 0.5, 0.2, 0.4),
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
