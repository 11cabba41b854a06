"""The colours and textures that each scene class comes in, in both styles."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

Range = tuple[float, float]
Hsv = tuple[Range, Range, Range]


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
    MIRROR = 14


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one scene class in one style; each surface draws one of its options."""

    wall: tuple[tuple[Hsv, Pattern], ...]
    floor: tuple[tuple[Hsv, Pattern], ...]
    fronts: tuple[Hsv, ...]
    accent: Range  # hues
    saturation: Range


def hsv(h0: float, h1: float, s0: float, s1: float, v0: float, v1: float) -> Hsv:
    """Return ranges of hue (turns), saturation and value."""
    return (h0, h1), (s0, s1), (v0, v1)


OAK = hsv(0.07, 0.1, 0.4, 0.6, 0.5, 0.75)
DARK_OAK = hsv(0.04, 0.08, 0.5, 0.7, 0.3, 0.45)
WHITE = hsv(0.1, 0.15, 0.0, 0.06, 0.85, 0.95)
GREY = hsv(0.55, 0.65, 0.0, 0.12, 0.45, 0.65)

_STYLE_A: Mapping[str, Palette] = MappingProxyType(
    {
        "kitchen": Palette(
            wall=((hsv(0.1, 0.16, 0.1, 0.3, 0.8, 0.95), Pattern.PLAIN), (WHITE, Pattern.TILES)),
            floor=(
                (hsv(0.03, 0.09, 0.35, 0.6, 0.5, 0.7), Pattern.TILES),
                (GREY, Pattern.CHECKER),
                (OAK, Pattern.PLANKS),
            ),
            fronts=(WHITE, hsv(0.98, 1.02, 0.6, 0.8, 0.5, 0.7), OAK, hsv(0.25, 0.35, 0.3, 0.5, 0.5, 0.7)),
            accent=(-0.05, 0.15),
            saturation=(0.5, 0.85),
        ),
        "bathroom": Palette(
            wall=(
                (hsv(0.48, 0.6, 0.15, 0.4, 0.7, 0.92), Pattern.TILES),
                (WHITE, Pattern.TILES),
                (hsv(0.38, 0.5, 0.1, 0.3, 0.75, 0.9), Pattern.PLAIN),
            ),
            floor=((hsv(0.5, 0.65, 0.1, 0.35, 0.35, 0.65), Pattern.TILES), (GREY, Pattern.CHECKER)),
            fronts=(WHITE, hsv(0.5, 0.6, 0.2, 0.4, 0.6, 0.8)),
            accent=(0.45, 0.65),
            saturation=(0.3, 0.7),
        ),
        "bedroom": Palette(
            wall=(
                (hsv(0.6, 0.85, 0.1, 0.3, 0.7, 0.9), Pattern.PLAIN),
                (hsv(0.05, 0.1, 0.15, 0.3, 0.75, 0.9), Pattern.PLAIN),
                (hsv(0.55, 0.9, 0.1, 0.25, 0.7, 0.9), Pattern.STRIPES),
            ),
            floor=((OAK, Pattern.PLANKS), (hsv(0.05, 0.9, 0.1, 0.25, 0.5, 0.7), Pattern.CLOTH)),
            fronts=(OAK, WHITE, DARK_OAK),
            accent=(0.55, 0.95),
            saturation=(0.35, 0.7),
        ),
        "living_room": Palette(
            wall=(
                (hsv(0.08, 0.14, 0.1, 0.3, 0.75, 0.92), Pattern.PLAIN),
                (hsv(0.2, 0.45, 0.1, 0.25, 0.6, 0.8), Pattern.PLAIN),
            ),
            floor=(
                (OAK, Pattern.PLANKS),
                (DARK_OAK, Pattern.PLANKS),
                (hsv(0.06, 0.12, 0.2, 0.4, 0.5, 0.7), Pattern.CLOTH),
            ),
            fronts=(OAK, DARK_OAK),
            accent=(0.0, 0.6),
            saturation=(0.3, 0.75),
        ),
        "dining_room": Palette(
            wall=(
                (hsv(-0.03, 0.04, 0.3, 0.6, 0.5, 0.75), Pattern.PLAIN),
                (hsv(0.25, 0.42, 0.25, 0.5, 0.4, 0.65), Pattern.PLAIN),
                (hsv(0.08, 0.13, 0.3, 0.5, 0.6, 0.8), Pattern.STRIPES),
            ),
            floor=((DARK_OAK, Pattern.PLANKS), (OAK, Pattern.PLANKS)),
            fronts=(DARK_OAK, OAK),
            accent=(-0.05, 0.1),
            saturation=(0.4, 0.8),
        ),
        "office": Palette(
            wall=((hsv(0.55, 0.65, 0.02, 0.12, 0.75, 0.92), Pattern.PLAIN), (WHITE, Pattern.PLAIN)),
            floor=(
                (GREY, Pattern.CLOTH),
                (hsv(0.58, 0.66, 0.2, 0.45, 0.3, 0.5), Pattern.CLOTH),
                (GREY, Pattern.TILES),
            ),
            fronts=(GREY, OAK, WHITE),
            accent=(0.55, 0.68),
            saturation=(0.2, 0.8),
        ),
        "corridor": Palette(
            wall=(
                (hsv(0.1, 0.15, 0.1, 0.3, 0.7, 0.9), Pattern.PLAIN),
                (hsv(0.1, 0.6, 0.02, 0.12, 0.6, 0.85), Pattern.PLAIN),
            ),
            floor=(
                (GREY, Pattern.TILES),
                (hsv(0.95, 1.05, 0.3, 0.6, 0.3, 0.5), Pattern.CLOTH),
                (DARK_OAK, Pattern.PLANKS),
            ),
            fronts=(OAK, WHITE, DARK_OAK),
            accent=(0.0, 1.0),
            saturation=(0.2, 0.6),
        ),
        "playroom": Palette(
            wall=(
                (hsv(0.13, 0.18, 0.3, 0.6, 0.85, 0.98), Pattern.PLAIN),
                (hsv(0.45, 0.55, 0.25, 0.5, 0.75, 0.95), Pattern.DOTS),
                (hsv(0.88, 0.96, 0.2, 0.45, 0.8, 0.95), Pattern.STRIPES),
                (hsv(0.28, 0.35, 0.25, 0.5, 0.75, 0.95), Pattern.DOTS),
            ),
            floor=((hsv(0.0, 1.0, 0.4, 0.7, 0.6, 0.85), Pattern.CHECKER), (OAK, Pattern.PLANKS)),
            fronts=(hsv(0.0, 1.0, 0.5, 0.85, 0.6, 0.9), WHITE),
            accent=(0.0, 1.0),
            saturation=(0.6, 0.95),
        ),
    }
)

EBONY = hsv(0.9, 1.0, 0.2, 0.45, 0.18, 0.34)
ASH = hsv(0.12, 0.17, 0.15, 0.3, 0.7, 0.85)
CHARCOAL = hsv(0.6, 0.75, 0.05, 0.2, 0.28, 0.46)

_STYLE_B: Mapping[str, Palette] = MappingProxyType(
    {
        "kitchen": Palette(
            wall=((hsv(0.52, 0.62, 0.3, 0.55, 0.5, 0.75), Pattern.TILES), (ASH, Pattern.STRIPES)),
            floor=((EBONY, Pattern.CHECKER), (ASH, Pattern.PLANKS)),
            fronts=(hsv(0.55, 0.65, 0.4, 0.7, 0.3, 0.55), CHARCOAL, ASH),
            accent=(0.45, 0.6),
            saturation=(0.5, 0.9),
        ),
        "bathroom": Palette(
            wall=((hsv(0.9, 1.0, 0.2, 0.45, 0.6, 0.85), Pattern.TILES), (CHARCOAL, Pattern.TILES)),
            floor=((CHARCOAL, Pattern.TILES), (hsv(0.9, 1.0, 0.15, 0.4, 0.3, 0.5), Pattern.DOTS)),
            fronts=(EBONY, ASH),
            accent=(0.85, 1.0),
            saturation=(0.4, 0.8),
        ),
        "bedroom": Palette(
            wall=((hsv(0.3, 0.45, 0.2, 0.45, 0.4, 0.65), Pattern.STRIPES), (CHARCOAL, Pattern.DOTS)),
            floor=((EBONY, Pattern.PLANKS), (hsv(0.3, 0.5, 0.15, 0.4, 0.3, 0.5), Pattern.CLOTH)),
            fronts=(EBONY, ASH),
            accent=(0.1, 0.35),
            saturation=(0.4, 0.8),
        ),
        "living_room": Palette(
            wall=((hsv(0.55, 0.72, 0.25, 0.5, 0.35, 0.6), Pattern.PLAIN), (ASH, Pattern.DOTS)),
            floor=((ASH, Pattern.PLANKS), (EBONY, Pattern.PLANKS), (CHARCOAL, Pattern.CLOTH)),
            fronts=(EBONY, ASH),
            accent=(0.05, 0.2),
            saturation=(0.5, 0.9),
        ),
        "dining_room": Palette(
            wall=(
                (hsv(0.48, 0.58, 0.3, 0.6, 0.3, 0.55), Pattern.STRIPES),
                (hsv(0.75, 0.85, 0.3, 0.5, 0.35, 0.6), Pattern.PLAIN),
            ),
            floor=((EBONY, Pattern.PLANKS), (ASH, Pattern.CHECKER)),
            fronts=(EBONY, ASH),
            accent=(0.45, 0.6),
            saturation=(0.4, 0.8),
        ),
        "office": Palette(
            wall=((hsv(0.08, 0.14, 0.25, 0.5, 0.5, 0.75), Pattern.PLAIN), (CHARCOAL, Pattern.PLAIN)),
            floor=((hsv(0.02, 0.1, 0.3, 0.6, 0.25, 0.45), Pattern.CLOTH), (EBONY, Pattern.PLANKS)),
            fronts=(EBONY, CHARCOAL),
            accent=(0.0, 0.12),
            saturation=(0.4, 0.9),
        ),
        "corridor": Palette(
            wall=(
                (hsv(0.6, 0.75, 0.2, 0.4, 0.4, 0.6), Pattern.STRIPES),
                (hsv(0.3, 0.4, 0.15, 0.35, 0.45, 0.65), Pattern.PLAIN),
            ),
            floor=((EBONY, Pattern.CHECKER), (hsv(0.6, 0.7, 0.3, 0.6, 0.25, 0.45), Pattern.CLOTH)),
            fronts=(EBONY, ASH),
            accent=(0.0, 1.0),
            saturation=(0.3, 0.7),
        ),
        "playroom": Palette(
            wall=(
                (hsv(0.7, 0.8, 0.3, 0.6, 0.5, 0.8), Pattern.DOTS),
                (hsv(0.0, 0.06, 0.4, 0.7, 0.6, 0.85), Pattern.STRIPES),
            ),
            floor=((hsv(0.0, 1.0, 0.5, 0.8, 0.4, 0.6), Pattern.DOTS), (ASH, Pattern.CHECKER)),
            fronts=(hsv(0.0, 1.0, 0.6, 0.95, 0.4, 0.7),),
            accent=(0.0, 1.0),
            saturation=(0.7, 1.0),
        ),
    }
)

PALETTES: Mapping[str, Mapping[str, Palette]] = MappingProxyType({"a": _STYLE_A, "b": _STYLE_B})
