"""What all of torchjd's methods share behind our interface: chance, memory, and a way out where a solver fails."""

from __future__ import annotations

import warnings
from abc import ABC
from collections.abc import Generator
from contextlib import contextmanager
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from typing_extensions import override

from models.multitask.balancing import Balancer
from models.multitask.library_memory import MEMORIES, Memory
from models.multitask.network import drawn_by

DRAWING = frozenset({"GradDrop", "GradVac", "PCGrad", "Random"})
"""Methods that draw; torchjd draws from torch's global generator."""

Library = TypeVar("Library", bound=nn.Module)


class LibraryBalancer(Balancer, ABC, Generic[Library]):
    """A method of torchjd at work.

    A step that the library cannot solve follows the mean of the gradients instead, and is counted: one bad batch shall
    not end a run.

    Args:
        name: of the method.
        library: torchjd's object, used for this run alone.

    Attributes:
        fallbacks: () int64, how many steps followed the mean of the gradients instead of the method.
    """

    fallbacks: Tensor

    def __init__(self, name: str, library: Library) -> None:
        super().__init__()
        self.register_buffer("fallbacks", torch.zeros((), dtype=torch.int64))
        # in a tuple, out of torch's sight: its buffers come and go, which no state dict can follow
        self._held = (library,)
        self._draws = name in DRAWING
        self._memory = MEMORIES.get(name, Memory())

    @property
    def library(self) -> Library:
        """Torchjd's object."""
        return self._held[0]

    @property
    def memory_holder(self) -> nn.Module:
        """The object whose attributes are remembered."""
        return self.library

    @override
    def get_extra_state(self) -> Tensor:
        """(bytes,) uint8, what the method remembers: a part of the state dict."""
        return self._memory.save(self.memory_holder)

    @override
    def set_extra_state(self, state: Tensor) -> None:
        """Go on with what `get_extra_state` gave."""
        self._memory.restore(self.memory_holder, state)

    @contextmanager
    def at_work(self, generator: torch.Generator) -> Generator[None]:
        """Around every call into the library: it draws from `generator` alone, and its solvers' warnings are muted."""
        with warnings.catch_warnings():
            _mute_solvers()
            if not self._draws:
                yield
                return
            with drawn_by(generator):
                yield

    def mean_instead(self, values: Tensor) -> Tensor:
        """Count a step without a solution; (T,) the weights of the mean of T things, alike to `values`."""
        self.fallbacks += 1
        return values.new_full((len(values),), 1 / len(values))


def _mute_solvers() -> None:
    """Say nothing of what Nash-MTL's problem is like, nor of what is dealt with by looking at the result."""
    warnings.filterwarnings("ignore", "You are solving a parameterized problem that is not DPP", UserWarning)
    warnings.filterwarnings("ignore", "Solution may be inaccurate", UserWarning)
    warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, of divisions by zero and overflows
