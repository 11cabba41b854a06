"""A kind of furniture: what it is, how large, and how it is built of solids."""

from collections.abc import Callable
from dataclasses import dataclass

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
