"""Putting shuffled tiles of an image in order (Noroozi and Favaro 2016)."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import override

from models.tasks.definition import Batch, Target
from models.tasks.images import image_index, to_network
from models.tasks.kinds.classes import Classification
from models.tasks.metrics import one_hot
from models.tasks.noise import uniform
from models.tasks.pictures import side_by_side

_TILES = 9
_CROP = 0.9  # share of a cell that a tile shows, so that cut edges do not give the order away


@functools.cache
def permutations(count: int) -> tuple[tuple[int, ...], ...]:
    """Permutations of nine tiles that are as far apart as can be.

    The least Hamming distance of two of them is 9 for up to 9 permutations, 8 for up to 72 and 7 for up to
    504, and no larger sets exist: the first come from the affine maps of the field of nine elements, which
    are sharply 2-transitive, the others from the projective maps of the line over the field of eight, sharply
    3-transitive (Blake, Cohen and Deza 1979).

    Args:
        count: How many, 1 to 504.

    Returns:
        `count` permutations of 0..8, the identity first; entry p is the tile that is shown at place p.

    Raises:
        ValueError: `count` out of range.
    """
    if not 1 <= count <= 504:
        raise ValueError("there are 1 to 504 permutations of nine tiles")
    return tuple((_affine_maps() if count <= 72 else _projective_maps())[:count])


def _affine_maps() -> list[tuple[int, ...]]:
    """X -> ax + b over GF(9) = F3[i], with u + vi written 3u + v; the nine translations first."""

    def add(x: int, y: int) -> int:
        return 3 * ((x // 3 + y // 3) % 3) + (x + y - 3 * (x // 3 + y // 3)) % 3

    def multiply(x: int, y: int) -> int:
        (u, v), (s, t) = divmod(x, 3), divmod(y, 3)
        return 3 * ((u * s - v * t) % 3) + (u * t + v * s) % 3

    one = 3
    factors = [one] + [a for a in range(1, 9) if a != one]
    return [tuple(add(multiply(a, x), b) for x in range(9)) for a in factors for b in range(9)]


def _projective_maps() -> list[tuple[int, ...]]:
    """X -> (ax + b) / (cx + d) on GF(8) = F2[x]/(x^3 + x + 1) and infinity, which is written 8."""

    def multiply(x: int, y: int) -> int:
        product = 0
        for bit in range(3):
            product ^= (x << bit) * (y >> bit & 1)
        for bit in (4, 3):
            product ^= (0b1011 << (bit - 3)) * (product >> bit & 1)
        return product

    inverse = {x: next(y for y in range(1, 8) if multiply(x, y) == 1) for x in range(1, 8)}

    def image(a: int, b: int, c: int, d: int, x: int) -> int:
        upper, lower = (a, c) if x == 8 else (multiply(a, x) ^ b, multiply(c, x) ^ d)
        return multiply(upper, inverse[lower]) if lower else 8

    affine = [(a, b, 0, 1) for a in range(1, 8) for b in range(8)]
    others = [(a, b, 1, d) for a in range(8) for b in range(8) for d in range(8) if multiply(a, d) != b]
    return [tuple(image(*coefficients, x) for x in range(9)) for coefficients in affine + others]


class Jigsaw(Classification):
    """Which permutation shuffled the nine tiles of the image.

    100 permutations at 256 pixels as in the paper, fewer for smaller images. Every tile is a crop of 0.9 of
    its cell at a random place, scaled to 3/8 of the image's side.
    """

    stochastic = True
    labels = ("rgb",)
    metric_units: Mapping[str, str] = {"top_1": "share", "top_3": "share"}
    lower_is_better = frozenset()
    head_layers = 3

    @property
    def permutations(self) -> tuple[tuple[int, ...], ...]:
        """The permutations that are told apart."""
        return permutations(max(4, min(100, round(100 * self.image_size / 256))))

    @property
    @override
    def classes(self) -> tuple[str, ...]:
        return tuple("-".join(str(tile + 1) for tile in order) for order in self.permutations)

    @override
    def noise(self, batch: Batch, generator: torch.Generator | None) -> Tensor:
        return uniform(image_index(batch), 1 + 2 * _TILES, generator, stream=31)

    @override
    def inputs(self, batch: Batch, noise: Tensor | None = None) -> Tensor:
        drawn = self.noise(batch, None) if noise is None else noise
        return self._tiles(to_network(batch["rgb"]), drawn)

    @override
    def serve(self, images: Tensor) -> Tensor:
        batch = {"rgb": images[:, 0]}
        return self.inputs(batch)

    def _chosen(self, noise: Tensor) -> Tensor:
        """(N,) which permutation the noise picks."""
        return (noise[:, 0] * len(self.permutations)).long().clamp_max(len(self.permutations) - 1)

    def _tiles(self, images: Tensor, noise: Tensor) -> Tensor:
        """(N, 3, H, W), (N, 19) -> (N, 9, 3, 3H/8, 3H/8), tiles in shuffled order."""
        count, side = len(images), 3 * self.image_size // 8
        order = torch.tensor(self.permutations, device=images.device)[self._chosen(noise)]
        shift = (noise[:, 1:].view(count, _TILES, 2) - 0.5) * (1 - _CROP) * 2 / 3  # of a cell's free margin
        cells = torch.stack([order % 3, order // 3], dim=2) * 2 / 3 - 2 / 3  # centres in [-1, 1], x then y
        axis = (torch.arange(side, device=images.device) + 0.5) / side * 2 - 1
        offsets = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=2) * _CROP / 3
        grid = (cells + shift)[:, :, None, None] + offsets
        tiles = F.grid_sample(
            images,
            grid.view(count, _TILES * side, side, 2),
            mode="bilinear",
            padding_mode="border",
            align_corners=False,
        )
        return tiles.view(count, 3, _TILES, side, side).transpose(1, 2)

    @override
    def target(self, batch: Batch, noise: Tensor | None = None) -> Target:
        drawn = self.noise(batch, None) if noise is None else noise
        return Target(one_hot(self._chosen(drawn), len(self.permutations)))

    @override
    def metrics(self, prediction: Tensor, target: Target) -> dict[str, Tensor]:
        found = super().metrics(prediction, target)
        return {name: found[name] for name in self.metric_units}

    def picture(
        self, array: NDArray[np.generic], image: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """The puzzle as `serve` makes it beside the tiles put where the likeliest permutation has them.

        A right answer shows the image itself on the right. Without an image, numbered classes as bars.
        """
        if image is None:
            return super().picture(array)
        drawn = uniform(torch.zeros(1, dtype=torch.int64), 1 + 2 * _TILES, None, stream=31)
        shuffle = self.permutations[int(self._chosen(drawn))]
        guess = self.permutations[int(np.asarray(array).argmax())]
        side = image.shape[0] // 3
        cells = [
            image[r * side : (r + 1) * side, c * side : (c + 1) * side] for r in range(3) for c in range(3)
        ]
        puzzle = [cells[tile] for tile in shuffle]
        solved = [puzzle[guess.index(place)] for place in range(_TILES)]
        return side_by_side([_assembled(puzzle), _assembled(solved)])


def _assembled(tiles: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    framed = [np.pad(tile, ((1, 1), (1, 1), (0, 0)), constant_values=250) for tile in tiles]
    return np.concatenate([np.concatenate(framed[row : row + 3], axis=1) for row in (0, 3, 6)], axis=0)
