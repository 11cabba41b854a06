"""Cheap random draws for scene building: plain floats from a counter-based generator."""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")
_BLOCK = 256


class Draws:
    """A stream of random numbers that is a pure function of (seed, index, stream).

    Scenes are built in plain Python, where one NumPy call a number would dominate: uniforms come in blocks.
    """

    __slots__ = ("_generator", "_next", "_uniforms")

    def __init__(self, seed: int, index: int, stream: int) -> None:
        key = np.array([seed * 16 + stream, index], dtype=np.uint64)
        self._generator = np.random.Generator(np.random.Philox(key=key))
        self._uniforms: list[float] = []
        self._next = 0

    def unit(self) -> float:
        """Return a uniform number in [0, 1)."""
        if self._next == len(self._uniforms):
            self._uniforms = self._generator.random(_BLOCK).tolist()
            self._next = 0
        self._next += 1
        return self._uniforms[self._next - 1]

    def uniform(self, low: float, high: float) -> float:
        """Return a uniform number in [low, high)."""
        return low + (high - low) * self.unit()

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.unit() < probability

    def integer(self, low: int, high: int) -> int:
        """Return an integer in [low, high], both included."""
        return low + int(self.unit() * (high - low + 1))

    def choice(self, options: Sequence[T]) -> T:
        """Return one of the options, all equally likely."""
        return options[int(self.unit() * len(options))]

    def normal(self, mean: float, deviation: float, low: float, high: float) -> float:
        """Return a normal number, clipped to [low, high]."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self.unit()))
        value = mean + deviation * radius * math.cos(2.0 * math.pi * self.unit())
        return min(max(value, low), high)

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """Return the options in random order."""
        order = sorted((self.unit(), i) for i in range(len(options)))
        return [options[i] for _, i in order]
