"""Tables, seats, beds and cabinets as compositions of solids: back at y = 0, front towards +y, z up."""

from collections.abc import Mapping
from types import MappingProxyType

from models.data.rooms.scene.draws import Draws
from models.data.rooms.scene.piece import Piece, Size
from models.data.rooms.scene.stage import Stage


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


def _dresser(stage: Stage, _draws: Draws, size: Size) -> None:
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


FURNITURE: Mapping[str, Piece] = MappingProxyType(
    {
        "dresser": Piece("dresser", "cabinet", (0.8, 1.5), (0.4, 0.5), (0.65, 1.0), _dresser),
        "sideboard": Piece("dresser", "cabinet", (1.2, 2.0), (0.4, 0.48), (0.45, 0.65), _dresser),
        "nightstand": Piece("nightstand", "cabinet", (0.4, 0.55), (0.35, 0.45), (0.45, 0.6), _dresser),
        "bookcase": Piece("bookcase", "shelf", (0.7, 1.4), (0.28, 0.38), (1.3, 2.2), _bookcase),
        "desk": Piece("desk", "table", (1.2, 1.8), (0.6, 0.8), (0.7, 0.78), _desk),
        "dining_table": Piece("dining_table", "table", (1.2, 2.0), (0.8, 1.1), (0.72, 0.8), _table),
        "coffee_table": Piece("coffee_table", "table", (0.7, 1.2), (0.5, 0.8), (0.35, 0.48), _table),
        "chair": Piece("chair", "chair", (0.42, 0.5), (0.42, 0.5), (0.85, 1.05), _chair),
        "office_chair": Piece("office_chair", "chair", (0.5, 0.6), (0.5, 0.58), (0.95, 1.2), _office_chair),
        "stool": Piece("stool", "chair", (0.34, 0.42), (0.34, 0.42), (0.45, 0.75), _stool),
        "sofa": Piece("sofa", "sofa", (1.6, 2.5), (0.8, 1.0), (0.75, 0.95), _sofa),
        "armchair": Piece("armchair", "sofa", (0.8, 1.0), (0.75, 0.9), (0.75, 1.0), _sofa),
        "bed": Piece("bed", "bed", (1.0, 1.9), (1.9, 2.15), (0.8, 1.2), _bed),
    }
)
