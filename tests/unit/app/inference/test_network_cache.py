"""The network cache keeps what was used last, within its bytes."""

import pytest

from app.inference.cache import NetworkCache
from app.inference.protocol import NetworkRef

STORE = {"a": b"a" * 40, "b": b"b" * 40, "c": b"c" * 40, "huge": b"h" * 500}


class Store:
    """Weights in memory."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def get(self, artifact_id: str, /) -> bytes:
        self.read.append(artifact_id)
        return STORE[artifact_id]


def load(weights: bytes, sources: list[bytes]) -> str:
    return "+".join(part[:1].decode() for part in (weights, *sources))


def ref(weights: str, *sources: str) -> NetworkRef:
    return NetworkRef(weights=weights, sources=sources)


def test_a_network_in_use_is_read_once() -> None:
    store = Store()
    cache = NetworkCache(store, load, capacity=100)
    assert [cache.get(ref("a")), cache.get(ref("a"))] == ["a", "a"]
    assert store.read == ["a"]


def test_the_least_recently_used_leaves_first() -> None:
    store = Store()
    cache = NetworkCache(store, load, capacity=100)
    for name in ("a", "b", "a", "c", "a"):
        cache.get(ref(name))
    assert store.read == ["a", "b", "c"]
    cache.get(ref("b"))
    assert store.read == ["a", "b", "c", "b"]
    assert cache.size <= 100


def test_a_transfer_counts_its_sources_and_differs_from_its_head() -> None:
    cache = NetworkCache(Store(), load, capacity=200)
    assert cache.get(ref("a", "b", "c")) == "a+b+c"
    assert cache.size == 120
    assert cache.get(ref("a")) == "a"
    assert len(cache) == 2


def test_a_network_larger_than_the_cache_is_served_all_the_same() -> None:
    cache = NetworkCache(Store(), load, capacity=100)
    cache.get(ref("a"))
    assert cache.get(ref("huge")) == "h"
    assert len(cache) == 1


def test_a_missing_artefact_is_an_error_and_leaves_the_cache_as_it_was() -> None:
    cache = NetworkCache(Store(), load, capacity=100)
    cache.get(ref("a"))
    with pytest.raises(KeyError):
        cache.get(ref("nowhere"))
    assert len(cache) == 1
