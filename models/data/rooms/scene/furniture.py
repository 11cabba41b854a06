"""Furniture as compositions of solids, each in its own frame: back at y = 0, front towards +y, z up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.data.rooms.scene.draws import Draws
from models.data.rooms.scene.stage import Stage

Size = tuple[float, float, float]
Build = Callable[[Stage, Draws, Size], None]
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Piece:
    """One kind of furniture.

    Attributes:
        object: name in OBJECT_CLASSES.
        semantic: name in SEMANTIC_CLASSES.
        width, depth, height: ranges of the full size, metres.
        build: adds the solids to a stage on which the object has begun.
    """

    object: str
    semantic: str
    width: Range
    depth: Range
    height: Range
    build: Build

    def size(self, draws: Draws) -> Size:
        """Draw a size."""
        return draws.uniform(*self.width), draws.uniform(*self.depth), draws.uniform(*self.height)


def _legs(stage: Stage, width: float, depth: float, height: float, thickness: float, role: str) -> None:
    x = width / 2 - thickness
    for sign_x in (-x, x):
        for y in (thickness, depth - thickness):
            stage.cylinder((sign_x, y, height / 2), thickness / 2, height, role)


def _table(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    style = draws.unit()
    if style < 0.3 and abs(w - d) < 0.5:
        radius = min(w, d) / 2
        stage.cylinder((0, d / 2, h - 0.03), radius, 0.06, "wood")
        stage.cylinder((0, d / 2, h / 2), 0.06, h - 0.06, "metal")
        stage.cone((0, d / 2, 0.03), (radius * 0.6, 0.08), 0.06, "metal")
        return
    stage.box((0, d / 2, h - 0.03), (w, d, 0.06), "wood")
    _legs(stage, w, d, h - 0.06, 0.08, "wood" if style < 0.7 else "metal")


def _desk(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    side = draws.choice((-1, 1))
    stage.box((0, d / 2, h - 0.02), (w, d, 0.04), "wood")
    stage.box((side * (w / 2 - 0.22), d / 2, (h - 0.04) / 2), (0.4, d * 0.9, h - 0.04), "drawers")
    stage.box((-side * (w / 2 - 0.03), d / 2, (h - 0.04) / 2), (0.05, d * 0.9, h - 0.04), "wood")


def _chair(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    seat = 0.46
    role = draws.choice(("wood", "accent", "accent"))
    stage.box((0, d / 2, seat - 0.03), (w, d, 0.06), role)
    stage.box((0, 0.03, (seat + h) / 2 + 0.08), (w, 0.05, h - seat - 0.16), role, tilt=0.08)
    _legs(stage, w, d, seat - 0.06, 0.05, "wood" if role == "wood" else "metal")


def _office_chair(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.ellipsoid((0, d / 2, 0.5), (w / 2, d / 2, 0.08), "accent")
    stage.ellipsoid((0, 0.08, 0.5 + (h - 0.5) / 2), (w / 2 * 0.9, 0.07, (h - 0.45) / 2), "accent")
    stage.cylinder((0, d / 2, 0.26), 0.035, 0.4, "metal")
    stage.cone((0, d / 2, 0.06), (0.28, 0.05), 0.08, "dark")
    if draws.chance(0.5):
        for x in (-w / 2, w / 2):
            stage.box((x, d / 2, 0.68), (0.05, d * 0.6, 0.04), "dark")


def _stool(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.cylinder((0, d / 2, h - 0.04), w / 2, 0.08, draws.choice(("accent", "wood")))
    stage.cylinder((0, d / 2, h / 2), 0.03, h - 0.08, "metal")
    stage.torus((0, d / 2, h * 0.35), w * 0.36, 0.018, "metal")
    stage.cone((0, d / 2, 0.02), (w * 0.45, 0.05), 0.04, "metal")


def _sofa(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    arm = draws.uniform(0.14, 0.24)
    seat = draws.uniform(0.38, 0.46)
    stage.box((0, d / 2, seat / 2), (w - 2 * arm, d, seat), "fabric")
    stage.box((0, 0.12, h / 2), (w, 0.24, h), "fabric", tilt=0.05)
    round_arms = draws.chance(0.5)
    for x in (-(w - arm) / 2, (w - arm) / 2):
        stage.box((x, d / 2, seat * 0.7), (arm, d, seat * 1.4), "fabric")
        if round_arms:
            stage.cylinder((x, d / 2, seat * 1.4), arm / 2, d, "fabric", axis="y")
    for _ in range(draws.integer(1, 2) if w > 1.2 else draws.integer(0, 1)):
        x = draws.uniform(-w / 2 + arm + 0.15, w / 2 - arm - 0.15) if w > 1.2 else 0.0
        stage.ellipsoid((x, 0.34, seat + 0.18), (0.22, 0.11, 0.2), "accent")


def _bed(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    mattress = 0.5
    stage.box((0, d / 2, 0.14), (w, d, 0.28), "wood")
    stage.box((0, d / 2 + 0.03, 0.39), (w - 0.06, d - 0.1, 0.22), "linen")
    stage.box((0, 0.03, h / 2), (w + 0.06, 0.06, h), draws.choice(("wood", "fabric")))
    cover = draws.uniform(0.5, 0.72) * d
    stage.box((0, d - cover / 2, mattress - 0.1), (w + 0.03, cover, 0.27), "accent")
    places = (-w / 4, w / 4) if w > 1.25 else (0.0,)
    for x in places:
        stage.ellipsoid((x, 0.32, mattress + 0.07), (0.3, 0.2, 0.1), "linen")


def _cupboard(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), "fronts")
    if draws.chance(0.5):
        stage.cylinder((0, d + 0.02, h * 0.5), 0.015, min(0.4, h * 0.5), "metal")


def _dresser(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), "drawers")
    rows = 2 if h < 0.7 else 3
    for row in range(rows):
        stage.ellipsoid((0, d + 0.01, h * (row + 0.5) / rows), (0.04, 0.03, 0.03), "metal")


def _bookcase(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, 0.01, h / 2), (w, 0.02, h), "wood")
    for x in (-w / 2 + 0.02, w / 2 - 0.02):
        stage.box((x, d / 2, h / 2), (0.04, d, h), "wood")
    shelves = max(2, round(h / 0.4))
    gap = (h - 0.04) / shelves
    for i in range(shelves + 1):
        stage.box((0, d / 2, 0.02 + i * gap), (w, d, 0.04), "wood")
    for i in range(shelves):
        if draws.chance(0.8):
            filled = draws.uniform(0.5, 1.0) * (w - 0.1)
            tall = draws.uniform(0.6, 0.85) * gap
            left = draws.choice((-1, 1)) * (w - 0.1 - filled) / 2
            stage.box((left, d * 0.45, 0.04 + i * gap + tall / 2), (filled, d * 0.75, tall), "books")


def _wall_shelf(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, 0.02), (w, d, 0.04), "wood")
    for slot in range(3):
        x = (slot - 1) * w / 3
        kind = draws.unit()
        if kind < 0.4:
            stage.box((x, d / 2, 0.04 + h * 0.4), (w * 0.26, d * 0.7, h * 0.8), "books")
        elif kind < 0.7:
            stage.ellipsoid((x, d / 2, 0.04 + h * 0.35), (d * 0.4, d * 0.4, h * 0.35), "toy")
        elif kind < 0.85:
            stage.cone((x, d / 2, 0.04 + h * 0.3), (d * 0.2, d * 0.4), h * 0.6, "toy")


def _counter(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, (h - 0.05) / 2), (w, d - 0.04, h - 0.05), "fronts")
    stage.box((0, d / 2, h - 0.025), (w + 0.02, d, 0.05), "stone")


def _refrigerator(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    split = h * draws.uniform(0.35, 0.65)
    stage.box((0, d / 2, (split - 0.01) / 2), (w, d, split - 0.01), "appliance")
    stage.box((0, d / 2, (split + h) / 2), (w, d, h - split), "appliance")
    for z in (split - 0.25, split + 0.25):
        stage.cylinder((w * 0.38, d + 0.03, z), 0.018, 0.36, "metal")


def _oven(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), "appliance")
    stage.box((0, d, h * 0.42), (w * 0.8, 0.02, h * 0.5), "dark")
    stage.cylinder((0, d + 0.03, h * 0.74), 0.018, w * 0.8, "metal", axis="x")
    for x in (-w / 4, w / 4):
        for y in (d * 0.3, d * 0.7):
            stage.torus((x, y, h + 0.005), 0.09, 0.014, "dark")
    for i in range(4):
        stage.cylinder((-w * 0.3 + i * w * 0.2, d + 0.01, h * 0.88), 0.025, 0.04, "dark", axis="y")
    if draws.chance(0.5):
        stage.cylinder((w / 4, d * 0.3, h + 0.09), 0.12, 0.16, "metal")


def _washing_machine(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), "appliance")
    stage.torus((0, d + 0.005, h * 0.45), w * 0.3, 0.035, "metal", axis="y")
    stage.ellipsoid((0, d, h * 0.45), (w * 0.27, 0.05, w * 0.27), "dark")


def _sink(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    if draws.chance(0.5):
        stage.cone((0, d * 0.4, (h - 0.18) / 2), (0.1, 0.14), h - 0.18, "ceramic")
    else:
        stage.box((0, d * 0.45, (h - 0.18) / 2), (w * 0.9, d * 0.85, h - 0.18), "fronts")
    stage.ellipsoid((0, d / 2, h - 0.12), (w / 2, d / 2, 0.14), "ceramic")
    stage.torus((0, d / 2, h - 0.06), d * 0.42, 0.04, "ceramic")
    stage.cylinder((0, 0.06, h + 0.06), 0.02, 0.2, "metal")
    stage.cylinder((0, 0.12, h + 0.15), 0.018, 0.14, "metal", axis="y")


def _toilet(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, 0.1, h * 0.72), (w, 0.18, h * 0.5), "ceramic")
    stage.cone((0, d * 0.58, 0.18), (0.13, 0.19), 0.36, "ceramic")
    stage.torus((0, d * 0.6, 0.4), 0.165, 0.045, "ceramic")
    if draws.chance(0.5):
        stage.ellipsoid((0, d * 0.6, 0.43), (0.2, 0.22, 0.03), "ceramic")
    else:
        stage.ellipsoid((0, 0.22, 0.62), (0.19, 0.03, 0.22), "ceramic")


def _bathtub(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    rim = 0.08
    stage.box((0, d / 2, 0.1), (w, d, 0.2), "ceramic")
    for x in (-(w - rim) / 2, (w - rim) / 2):
        stage.box((x, d / 2, h / 2), (rim, d, h), "ceramic")
    for y in (rim / 2, d - rim / 2):
        stage.box((0, y, h / 2), (w, rim, h), "ceramic")
        stage.cylinder((0, y, h), rim / 2, w, "ceramic", axis="x")
    stage.cylinder((-w * 0.4, 0.1, h + 0.1), 0.025, 0.25, "metal")


def _floor_lamp(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.cone((0, d / 2, 0.02), (0.16, 0.1), 0.04, "metal")
    stage.cylinder((0, d / 2, (h - 0.25) / 2), 0.018, h - 0.25, "metal")
    stage.cone((0, d / 2, h - 0.15), (w / 2, w / 2 * draws.uniform(0.5, 0.9)), 0.3, "glow")
    stage.light("lamp", 0, d / 2, h - 0.15)


def _table_lamp(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.ellipsoid((0, d / 2, h * 0.25), (w * 0.28, w * 0.28, h * 0.25), "accent")
    stage.cylinder((0, d / 2, h * 0.55), 0.012, h * 0.25, "metal")
    stage.cone((0, d / 2, h * 0.8), (w / 2, w * 0.3), h * 0.4, "glow")
    stage.light("small", 0, d / 2, h * 0.8)


def _ceiling_lamp(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    style = draws.unit()
    if style < 0.3:
        stage.cylinder((0, d / 2, h * 0.75), 0.012, h * 0.5, "dark")
        stage.ellipsoid((0, d / 2, h * 0.3), (w / 2, w / 2, h * 0.3), "glow")
    elif style < 0.55:
        stage.cylinder((0, d / 2, h * 0.75), 0.012, h * 0.5, "dark")
        stage.cone((0, d / 2, h * 0.25), (w / 2, w * 0.15), h * 0.5, "glow")
    elif style < 0.8:
        stage.cylinder((0, d / 2, h - 0.05), w / 2, 0.1, "glow")
    else:
        stage.cylinder((0, d / 2, h * 0.7), 0.012, h * 0.6, "dark")
        stage.torus((0, d / 2, h * 0.35), w * 0.42, 0.04, "glow")
    stage.light("ceiling", 0, d / 2, -0.05)


def _curtain(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    folds = 3
    for i in range(folds):
        x = -w / 2 + (i + 0.5) * w / folds
        stage.cylinder((x, d / 2, h / 2), w / folds * 0.55, h, "curtain")


def _rug(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    if draws.chance(0.3):
        stage.cylinder((0, d / 2, h / 2), min(w, d) / 2, h, "rug")
    else:
        stage.box((0, d / 2, h / 2), (w, d, h), "rug")


def _plant(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    pot = h * draws.uniform(0.25, 0.35)
    stage.cone((0, d / 2, pot / 2), (w * 0.22, w * 0.32), pot, "pot")
    if draws.chance(0.5):
        for _ in range(4):
            x, y = draws.uniform(-0.22, 0.22) * w, draws.uniform(-0.22, 0.22) * w
            radius = min(w * draws.uniform(0.24, 0.36), (h - pot) * 0.5)
            z = draws.uniform(pot + 0.8 * radius, max(pot + 0.9 * radius, h - radius))
            stage.ellipsoid((x, d / 2 + y, z), (radius, radius, radius * 1.1), "leaf")
    else:
        foot = pot + 0.08 * h
        stage.cylinder((0, d / 2, (pot + foot) / 2), 0.03, foot - pot + 0.02, "wood")
        stage.cone((0, d / 2, (foot + h) / 2), (w * 0.48, 0.02), h - foot, "leaf")


def _picture(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), draws.choice(("dark", "wood", "white")))
    stage.box((0, d, h / 2), (w * 0.86, 0.015, h * 0.86), "art")


def _mirror(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), "metal")
    stage.box((0, d, h / 2), (w * 0.9, 0.015, h * 0.92), "mirror")


def _television(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), "dark")
    stage.box((0, d, h / 2), (w * 0.94, 0.01, h * 0.9), "screen")


def _monitor(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h * 0.6), (w, 0.04, h * 0.8), "dark")
    stage.box((0, d / 2 + 0.02, h * 0.6), (w * 0.92, 0.01, h * 0.7), "screen")
    stage.cylinder((0, d / 2, h * 0.12), 0.03, h * 0.24, "dark")
    stage.box((0, d / 2, 0.01), (w * 0.4, d, 0.02), "dark")


def _window(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    bar = 0.06
    stage.box((0, 0.01, h / 2), (w - bar, 0.02, h - bar), "pane")
    for x in (-w / 2, w / 2) if draws.chance(0.4) else (-w / 2, 0.0, w / 2):
        stage.box((x, d / 2, h / 2), (bar, d, h), "white")
    for z in (0.0, h):
        stage.box((0, d / 2, z), (w + bar, d, bar), "white")
    stage.light("window", 0, 0.35, h * 0.55)


def _door(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), "door")
    for x in (-w / 2 - 0.03, w / 2 + 0.03):
        stage.box((x, d * 0.6, h / 2 + 0.02), (0.08, d * 1.2, h + 0.04), "white")
    stage.box((0, d * 0.6, h + 0.05), (w + 0.14, d * 1.2, 0.08), "white")
    stage.ellipsoid((w * 0.4, d + 0.04, h * 0.48), (0.045, 0.045, 0.045), "metal")


def _vase(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.ellipsoid((0, d / 2, h * 0.35), (w / 2, w / 2, h * 0.35), "toy")
    stage.cone((0, d / 2, h * 0.75), (w * 0.22, w * 0.34), h * 0.3, "toy")
    if draws.chance(0.5):
        stage.ellipsoid((0, d / 2, h * 1.1), (w * 0.5, w * 0.5, h * 0.3), "leaf")


def _bowl(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.cone((0, d / 2, h * 0.4), (w * 0.25, w * 0.5), h * 0.8, "ceramic")
    for _ in range(3):
        x, y = draws.uniform(-0.2, 0.2) * w, draws.uniform(-0.2, 0.2) * w
        stage.ellipsoid((x, d / 2 + y, h * 0.85), (w * 0.18, w * 0.18, w * 0.18), "fruit")


def _carton(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), draws.choice(("carton", "toy", "toy")))


def _ball(stage: Stage, draws: Draws, size: Size) -> None:
    radius = size[2] / 2
    stage.ellipsoid((0, size[1] / 2, radius), (radius, radius, radius), "toy")


def _ring_stack(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    count = 4
    for i in range(count):
        ring = w * (0.36 - 0.06 * i)
        stage.torus((0, d / 2, (i + 0.5) * h / (count + 1)), ring, h / (count + 1) * 0.55, f"toy{i % 3}")
    stage.ellipsoid((0, d / 2, h * 0.88), (w * 0.14, w * 0.14, h * 0.12), "toy")


def _blocks(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    side = h / 3
    z = 0.0
    for i in range(3):
        shift = draws.uniform(-0.2, 0.2) * side
        stage.box((shift, d / 2, z + side / 2), (side, side, side), f"toy{i}")
        z += side
    stage.cone((w * 0.4, d / 2, side * 0.6), (side * 0.6, 0.01), side * 1.2, "toy")


def _pouf(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    if draws.chance(0.5):
        stage.ellipsoid((0, d / 2, h / 2), (w / 2, d / 2, h / 2), "accent")
        return
    tube = h / 2
    stage.torus((0, d / 2, tube), w / 2 - tube, tube, "accent")
    stage.cylinder((0, d / 2, h * 0.48), w / 2 - tube, h * 0.96, "accent")


def _basket(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.cone((0, d / 2, h / 2), (w * 0.38, w / 2), h, "pot")
    stage.torus((0, d / 2, h), w / 2 - 0.02, 0.025, "pot")
    if draws.chance(0.6):
        stage.ellipsoid((0, d / 2, h), (w * 0.4, w * 0.4, h * 0.25), "linen")


def _bin(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.cylinder((0, d / 2, h * 0.43), w / 2, h * 0.86, "metal")
    stage.ellipsoid((0, d / 2, h * 0.86), (w / 2, w / 2, h * 0.14), "dark")


PIECES: Mapping[str, Piece] = MappingProxyType(
    {
        "window": Piece("window", "window", (0.9, 1.9), (0.06, 0.1), (0.9, 1.4), _window),
        "door": Piece("door", "door", (0.8, 0.95), (0.05, 0.07), (1.95, 2.1), _door),
        "picture": Piece("picture", "picture", (0.4, 1.2), (0.03, 0.05), (0.4, 0.9), _picture),
        "mirror": Piece("mirror", "picture", (0.5, 1.0), (0.03, 0.05), (0.6, 1.0), _mirror),
        "television": Piece("television", "appliance", (0.9, 1.5), (0.06, 0.1), (0.55, 0.85), _television),
        "monitor": Piece("monitor", "appliance", (0.5, 0.7), (0.2, 0.24), (0.42, 0.55), _monitor),
        "wall_cupboard": Piece("cupboard", "cabinet", (0.6, 1.2), (0.3, 0.38), (0.55, 0.8), _cupboard),
        "counter": Piece("counter", "cabinet", (0.8, 1.8), (0.58, 0.66), (0.86, 0.94), _counter),
        "wardrobe": Piece("wardrobe", "cabinet", (1.0, 2.0), (0.5, 0.65), (1.8, 2.3), _cupboard),
        "dresser": Piece("dresser", "cabinet", (0.8, 1.5), (0.4, 0.5), (0.65, 1.0), _dresser),
        "sideboard": Piece("dresser", "cabinet", (1.2, 2.0), (0.4, 0.48), (0.45, 0.65), _dresser),
        "nightstand": Piece("nightstand", "cabinet", (0.4, 0.55), (0.35, 0.45), (0.45, 0.6), _dresser),
        "bookcase": Piece("bookcase", "shelf", (0.7, 1.4), (0.28, 0.38), (1.3, 2.2), _bookcase),
        "wall_shelf": Piece("wall_shelf", "shelf", (0.7, 1.3), (0.2, 0.28), (0.25, 0.35), _wall_shelf),
        "desk": Piece("desk", "table", (1.2, 1.8), (0.6, 0.8), (0.7, 0.78), _desk),
        "dining_table": Piece("dining_table", "table", (1.2, 2.0), (0.8, 1.1), (0.72, 0.8), _table),
        "coffee_table": Piece("coffee_table", "table", (0.7, 1.2), (0.5, 0.8), (0.35, 0.48), _table),
        "chair": Piece("chair", "chair", (0.42, 0.5), (0.42, 0.5), (0.85, 1.05), _chair),
        "office_chair": Piece("office_chair", "chair", (0.5, 0.6), (0.5, 0.58), (0.95, 1.2), _office_chair),
        "stool": Piece("stool", "chair", (0.34, 0.42), (0.34, 0.42), (0.45, 0.75), _stool),
        "sofa": Piece("sofa", "sofa", (1.6, 2.5), (0.8, 1.0), (0.75, 0.95), _sofa),
        "armchair": Piece("armchair", "sofa", (0.8, 1.0), (0.75, 0.9), (0.75, 1.0), _sofa),
        "bed": Piece("bed", "bed", (1.0, 1.9), (1.9, 2.15), (0.8, 1.2), _bed),
        "refrigerator": Piece("refrigerator", "appliance", (0.6, 0.9), (0.6, 0.7), (1.5, 2.0), _refrigerator),
        "oven": Piece("oven", "appliance", (0.58, 0.75), (0.6, 0.66), (0.86, 0.92), _oven),
        "washing_machine": Piece(
            "washing_machine", "appliance", (0.58, 0.64), (0.55, 0.62), (0.82, 0.9), _washing_machine
        ),
        "sink": Piece("sink", "sanitary", (0.55, 0.8), (0.42, 0.52), (0.8, 0.92), _sink),
        "toilet": Piece("toilet", "sanitary", (0.38, 0.46), (0.62, 0.72), (0.75, 0.9), _toilet),
        "bathtub": Piece("bathtub", "sanitary", (1.5, 1.8), (0.7, 0.85), (0.5, 0.62), _bathtub),
        "floor_lamp": Piece("floor_lamp", "lamp", (0.4, 0.55), (0.4, 0.55), (1.4, 1.8), _floor_lamp),
        "table_lamp": Piece("table_lamp", "lamp", (0.25, 0.36), (0.25, 0.36), (0.4, 0.6), _table_lamp),
        "ceiling_lamp": Piece("ceiling_lamp", "lamp", (0.4, 0.7), (0.4, 0.7), (0.3, 0.6), _ceiling_lamp),
        "curtain": Piece("curtain", "textile", (0.35, 0.6), (0.12, 0.16), (2.0, 2.3), _curtain),
        "rug": Piece("rug", "textile", (1.4, 2.6), (1.0, 2.0), (0.015, 0.025), _rug),
        "plant": Piece("plant", "plant", (0.55, 0.95), (0.55, 0.95), (0.9, 1.9), _plant),
        "small_plant": Piece("plant", "plant", (0.2, 0.3), (0.2, 0.3), (0.3, 0.45), _plant),
        "pouf": Piece("stool", "chair", (0.5, 0.75), (0.5, 0.75), (0.3, 0.42), _pouf),
        "basket": Piece("box", "item", (0.4, 0.55), (0.4, 0.55), (0.4, 0.6), _basket),
        "bin": Piece("box", "item", (0.3, 0.42), (0.3, 0.42), (0.4, 0.75), _bin),
        "floor_vase": Piece("vase", "item", (0.32, 0.48), (0.32, 0.48), (0.6, 1.0), _vase),
        "vase": Piece("vase", "item", (0.15, 0.24), (0.15, 0.24), (0.22, 0.36), _vase),
        "bowl": Piece("bowl", "item", (0.22, 0.34), (0.22, 0.34), (0.12, 0.18), _bowl),
        "box": Piece("box", "item", (0.25, 0.55), (0.25, 0.45), (0.2, 0.45), _carton),
        "ball": Piece("ball", "item", (0.3, 0.5), (0.3, 0.5), (0.3, 0.5), _ball),
        "ring_stack": Piece("toy", "item", (0.4, 0.55), (0.4, 0.55), (0.4, 0.6), _ring_stack),
        "blocks": Piece("toy", "item", (0.4, 0.6), (0.3, 0.4), (0.45, 0.8), _blocks),
    }
)
