"""Small and movable things as compositions of solids: rugs, plants, vessels, toys."""

from collections.abc import Mapping
from types import MappingProxyType

from models.data.rooms.scene.draws import Draws
from models.data.rooms.scene.piece import Piece, Size
from models.data.rooms.scene.stage import Stage


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


def _ball(stage: Stage, _draws: Draws, size: Size) -> None:
    radius = size[2] / 2
    stage.ellipsoid((0, size[1] / 2, radius), (radius, radius, radius), "toy")


def _ring_stack(stage: Stage, _draws: Draws, size: Size) -> None:
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


def _bin(stage: Stage, _draws: Draws, size: Size) -> None:
    w, d, h = size
    stage.cylinder((0, d / 2, h * 0.43), w / 2, h * 0.86, "metal")
    stage.ellipsoid((0, d / 2, h * 0.86), (w / 2, w / 2, h * 0.14), "dark")


THINGS: Mapping[str, Piece] = MappingProxyType(
    {
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
