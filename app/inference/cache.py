"""Networks in memory: the least recently used leave when the room is needed."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from app.inference.protocol import NetworkRef

N = TypeVar("N")


class Weights(Protocol):
    """Where weights come from; the artefact store is one."""

    def get(self, artifact_id: str, /) -> bytes:
        """The bytes of an artefact."""
        ...


@dataclass(frozen=True, slots=True)
class _Held(Generic[N]):
    network: N
    size: int


class NetworkCache(Generic[N]):
    """Loads networks by artefact id and keeps the recently used up to a number of bytes.

    Not thread-safe: the one thread that runs the networks owns it.
    """

    def __init__(self, weights: Weights, load: Callable[[bytes, list[bytes]], N], capacity: int) -> None:
        """Keep up to `capacity` bytes of weights, and always at least the network just asked for.

        `load(weights, source_weights)` builds a network.
        """
        self._weights = weights
        self._load = load
        self._capacity = capacity
        self._held: OrderedDict[NetworkRef, _Held[N]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    @property
    def size(self) -> int:
        """Bytes of weights held."""
        return sum(held.size for held in self._held.values())

    def get(self, ref: NetworkRef) -> N:
        """The network, loaded if need be; raises what the artefact store raises for an unknown id."""
        held = self._held.get(ref)
        if held is None:
            weights = self._weights.get(ref.weights)
            sources = [self._weights.get(source) for source in ref.sources]
            held = _Held(self._load(weights, sources), len(weights) + sum(map(len, sources)))
            self._make_room(held.size)
            self._held[ref] = held
        self._held.move_to_end(ref)
        return held.network

    def _make_room(self, size: int) -> None:
        while self._held and self.size + size > self._capacity:
            self._held.popitem(last=False)
