import threading

import pytest

from app.atlases.encoded import EncodedBodies


class Counting:
    def __init__(self, body):
        self.body = body
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return self.body


def test_a_body_is_built_once():
    bodies, build = EncodedBodies(100), Counting(b"body")
    assert [bodies.get("key", build) for _ in range(3)] == [b"body"] * 3
    assert build.calls == 1


def test_the_bodies_used_last_are_kept():
    bodies = EncodedBodies(20)
    builds = {name: Counting(name.encode() * 10) for name in "abc"}
    for name in ("a", "b", "a", "c", "a", "b"):
        assert bodies.get(name, builds[name]) == name.encode() * 10
    assert {name: build.calls for name, build in builds.items()} == {"a": 1, "b": 2, "c": 1}


def test_a_body_larger_than_everything_is_not_kept_and_drives_nothing_out():
    bodies, small, large = EncodedBodies(10), Counting(b"small"), Counting(b"x" * 11)
    bodies.get("small", small)
    assert bodies.get("large", large) == bodies.get("large", large) == large.body
    bodies.get("small", small)
    assert (small.calls, large.calls) == (1, 2)


def test_a_failed_build_is_tried_again():
    bodies, calls = EncodedBodies(10), []

    def build():
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("not yet")
        return b"body"

    with pytest.raises(ValueError, match="not yet"):
        bodies.get("key", build)
    assert bodies.get("key", build) == b"body"


def test_threads_that_build_the_same_body_count_it_once():
    bodies, together = EncodedBodies(10), threading.Barrier(2)

    def build():
        together.wait(5)
        return b"12345"

    threads = [threading.Thread(target=bodies.get, args=("key", build)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other = Counting(b"67890")
    bodies.get("other", other)
    kept = Counting(b"never")
    assert bodies.get("key", kept) == b"12345"
    bodies.get("other", other)
    assert (kept.calls, other.calls) == (0, 1)
