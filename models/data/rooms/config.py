"""The configuration of a `rooms` data set: all that its views depend on, with their index."""

from dataclasses import dataclass

STYLES = ("a", "b")


class RoomsConfigError(ValueError):
    """The configuration describes no `rooms` data set."""


@dataclass(frozen=True, slots=True)
class RoomsConfig:
    """Which rooms, how large the images, and in what look.

    Args:
        seed: non-negative, below 2**53; views of different seeds are independent.
        size: image height and width in pixels, a multiple of 8 of at least 16.
        style: `a` or `b`. The same (seed, index) shows the same room from the same camera in both, with
            other palettes, textures and lights.

    Raises:
        RoomsConfigError: a field is out of its range.
    """

    seed: int = 0
    size: int = 64
    style: str = "a"

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**53:
            message = f"seed must lie in [0, 2**53), got {self.seed}"
            raise RoomsConfigError(message)
        if self.size < 16 or self.size % 8:
            message = f"size must be a multiple of 8 of at least 16, got {self.size}"
            raise RoomsConfigError(message)
        if self.style not in STYLES:
            message = f"style must be one of {', '.join(STYLES)}, got {self.style!r}"
            raise RoomsConfigError(message)
