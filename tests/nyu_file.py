"""Small files in the format of the kind `nyu_npz`."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

STRETCH = 6  # views in a row on one side of the official split


def nyu_arrays(views: int = 96, side: int = 32) -> dict[str, NDArray[Any]]:
    """Photographs of a wall above a floor, whose height in the picture every label tells."""
    rng = np.random.default_rng(0)
    horizon = rng.integers(side // 4, 3 * side // 4, views)
    floor = np.arange(side)[None, :, None] >= horizon[:, None, None]
    floor = np.broadcast_to(floor, (views, side, side))
    colours = rng.integers(40, 215, (views, 2, 3))
    rgb = np.where(floor[..., None], colours[:, None, None, 0], colours[:, None, None, 1])
    return {
        "rgb": (rgb + rng.integers(-20, 20, rgb.shape)).astype(np.uint8),
        "depth": np.where(floor, 50, 200).astype(np.uint8),
        "normal": np.where(floor[..., None], (127, 0, 127), (127, 127, 0)).astype(np.uint8),
        "seg": np.where(floor, 1, 0).astype(np.uint8),
        "is_test": np.arange(views) // STRETCH % 3 == 2,
    }


def nyu_file(path: Path, *, without: tuple[str, ...] = (), **changed: NDArray[Any]) -> Path:
    """Write such a file, some arrays left out or others put in their place."""
    arrays = {name: values for name, values in (nyu_arrays() | changed).items() if name not in without}
    np.savez_compressed(path, **arrays)
    return path
