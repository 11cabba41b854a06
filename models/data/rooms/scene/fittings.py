"""What a room is fitted with, as compositions of solids: windows, doors, lamps, kitchen, bath, screens."""

from collections.abc import Mapping
from types import MappingProxyType

from models.data.rooms.scene.draws import Draws
from models.data.rooms.scene.piece import Piece, Size
from models.data.rooms.scene.stage import Stage


def _cupboard(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), "fronts")
    if draws.chance(0.5):
        stage.cylinder((0, d + 0.02, h * 0.5), 0.015, min(0.4, h * 0.5), "metal")


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


def _counter(stage: Stage, _draws: Draws, size: Size) -> None:
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


def _washing_machine(stage: Stage, _draws: Draws, size: Size) -> None:
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


def _bathtub(stage: Stage, _draws: Draws, size: Size) -> None:
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


def _table_lamp(stage: Stage, _draws: Draws, size: Size) -> None:
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


def _curtain(stage: Stage, _draws: Draws, size: Size) -> None:
    w, d, h = size
    folds = 3
    for i in range(folds):
        x = -w / 2 + (i + 0.5) * w / folds
        stage.cylinder((x, d / 2, h / 2), w / folds * 0.55, h, "curtain")


def _picture(stage: Stage, draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), draws.choice(("dark", "wood", "white")))
    stage.box((0, d, h / 2), (w * 0.86, 0.015, h * 0.86), "art")


def _mirror(stage: Stage, _draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), "metal")
    stage.box((0, d, h / 2), (w * 0.9, 0.015, h * 0.92), "mirror")


def _television(stage: Stage, _draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), "dark")
    stage.box((0, d, h / 2), (w * 0.94, 0.01, h * 0.9), "screen")


def _monitor(stage: Stage, _draws: Draws, size: Size) -> None:
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


def _door(stage: Stage, _draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.box((0, d / 2, h / 2), (w, d, h), "door")
    for x in (-w / 2 - 0.03, w / 2 + 0.03):
        stage.box((x, d * 0.6, h / 2 + 0.02), (0.08, d * 1.2, h + 0.04), "white")
    stage.box((0, d * 0.6, h + 0.05), (w + 0.14, d * 1.2, 0.08), "white")
    stage.ellipsoid((w * 0.4, d + 0.04, h * 0.48), (0.045, 0.045, 0.045), "metal")


FITTINGS: Mapping[str, Piece] = MappingProxyType(
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
        "wall_shelf": Piece("wall_shelf", "shelf", (0.7, 1.3), (0.2, 0.28), (0.25, 0.35), _wall_shelf),
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
    }
)
