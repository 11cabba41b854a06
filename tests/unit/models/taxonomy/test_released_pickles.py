import os
import pickle  # noqa: TID251 - makes the files that must be read, or refused, without it
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.taxonomy.published import PublishedFileError, read_pickle
from models.taxonomy.released import ReleasedFileError, read_floats
from models.taxonomy.table import Transfer

NAMES = {"a_1__b": 0.5, "c__d_x__b": 0.1, "self__b": 3e-300}
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
# What Python 2 wrote with protocols 0 and 2, with NumPy's float64 as a plain string of bytes.
PYTHON2_TEXT = (
    b"(dp0\nS'a__b'\np1\ncnumpy.core.multiarray\nscalar\np2\n(cnumpy\ndtype\np3\n(S'f8'\np4\nI0\nI1\ntp5\nRp6\n"
    b"(I3\nS'<'\np7\nNNNI-1\nI-1\nI0\ntp8\nbS'\\x9a\\x99\\x99\\x99\\x99\\x99\\xb9?'\np9\ntp10\nRp11\ns."
)
PYTHON2_BINARY = (
    b"\x80\x02}q\x00U\x04a__bq\x01cnumpy.core.multiarray\nscalar\nq\x02cnumpy\ndtype\nq\x03U\x02f8q\x04K\x00K\x01"
    b"\x87q\x05Rq\x06(K\x03U\x01<q\x07NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x08bU\x08"
    + struct.pack("<d", 0.1)
    + b"q\x09\x86q\x0aRq\x0bs."
)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", [float, np.float64])
def test_names_and_floats_of_every_protocol_are_read(protocol: int, kind: type) -> None:
    content = pickle.dumps({name: kind(value) for name, value in NAMES.items()}, protocol)
    assert read_floats(content, limit=10) == NAMES


@pytest.mark.parametrize("content", [PYTHON2_TEXT, PYTHON2_BINARY])
def test_files_of_python_2_are_read(content: bytes) -> None:
    assert read_floats(content, limit=10) == {"a__b": 0.1}


def test_other_byte_order_is_read() -> None:
    number = np.array([0.1], dtype=">f8")[0]
    scalar = (np.float64(0).__reduce__()[0], (np.dtype(">f8"), struct.pack(">d", 0.1)))
    assert number == 0.1
    assert read_floats(pickle.dumps({"a__b": Reduced(scalar)}), limit=1) == {"a__b": 0.1}


def test_large_files_are_read() -> None:
    many = {f"source{number}__target": np.float64(number) for number in range(3000)}
    assert read_floats(pickle.dumps(many), limit=3000) == many
    with pytest.raises(ReleasedFileError, match="more than 2999"):
        read_floats(pickle.dumps(many), limit=2999)


def test_transfers_are_named_by_sources_and_target() -> None:
    assert read_pickle(pickle.dumps(NAMES)) == [
        Transfer(("a_1",), "b", 0.5),
        Transfer(("c", "d_x"), "b", 0.1),
        Transfer(("self",), "b", 3e-300),
    ]


@pytest.mark.parametrize(
    "content",
    [
        {"a": 0.5},
        {"a__b": -0.5},
        {"a__b": float("nan")},
        {"a__b": float("inf")},
        {"__b": 0.5},
        {"a__c__b": 0.5, "c__a__b": 0.5},
        {"a+c__b": 0.5},
        {"a__self": 0.5},
    ],
)
def test_bad_transfers_reject_the_file(content: dict[str, float]) -> None:
    with pytest.raises(PublishedFileError):
        read_pickle(pickle.dumps(content))


class Reduced:
    """Is pickled as whatever call it is given."""

    def __init__(self, call: tuple) -> None:
        self.call = call

    def __reduce__(self) -> tuple:
        return self.call


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda call: call,
        lambda call: {"a__b": call},
        lambda call: {"a__b": 0.5, "c__d": (call,)},
        lambda call: {call: 1.0},
    ],
)
def test_calls_are_refused_and_not_made(protocol: int, wrap: object, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    call = Reduced((os.system, (f"touch {mark}",)))
    with pytest.raises(PublishedFileError):
        read_pickle(pickle.dumps(wrap(call), protocol))
    assert not mark.exists()


@pytest.mark.parametrize(
    "call",
    [
        (eval, ("1.0",)),
        (np.dtype, ("O",)),
        (np.dtype, ("f4",)),
        (np.float64(0).__reduce__()[0], (np.dtype("f8"), b"short")),
        (np.float64(0).__reduce__()[0], ({}, b"12345678")),
        (np.float64(0).__reduce__()[0], (np.dtype("O"), b"12345678")),
        (np.zeros, (10**9,)),
        (bytearray, (10**9,)),
    ],
)
def test_only_float64_is_made(call: tuple) -> None:
    with pytest.raises(PublishedFileError):
        read_pickle(pickle.dumps({"a__b": Reduced(call)}))


@pytest.mark.parametrize(
    "value",
    [
        [],
        [("a__b", 0.5)],
        {"a__b": 1},
        {"a__b": "x"},
        {"a__b": None},
        {"a__b": {}},
        {1: 0.5},
        {b"a__b": 0.5},
        OrderedDict({"a__b": 0.5}),
        0.5,
        np.zeros(3),
        {"a__b": np.float32(1)},
        {"a__b": 10**400},
    ],
)
def test_anything_but_names_and_floats_is_refused(value: object) -> None:
    with pytest.raises(PublishedFileError):
        read_pickle(pickle.dumps(value))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04",
        b"no pickle at all",
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff",  # bytes of 2^64
        b"\x80\x04\x8e\xff\xff\xff\x7f\x00\x00\x00\x00",  # bytes of 2^31
        b"\x80\x02(" * 1000,
        b"\x80\x02u.",
        b"\x80\x02b.",
        b"\x80\x02R.",
        b"\x80\x02h\x07.",
        b"\x80\x02}}b.",
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x04(\x8c\x02os\x8c\x06system\x93.",
        b"P1\n.",
        b"}I" + b"9" * 5000 + b"\ns.",
        b"S'\\x'\n.",
        b"S'\n.",
    ],
)
def test_broken_and_hostile_files_are_refused(content: bytes) -> None:
    with pytest.raises(PublishedFileError):
        read_pickle(content)


def test_memo_takes_no_room_for_keys_that_are_not_used() -> None:
    assert read_floats(b"\x80\x02}r\xff\xff\xff\x7f.", limit=1) == {}


def test_tuples_that_hold_each_other_are_refused_quickly() -> None:
    value: tuple = ()
    for _ in range(60):
        value = (value, value)
    with pytest.raises(PublishedFileError):
        read_pickle(pickle.dumps({"a__b": value}))


@given(
    st.binary(max_size=60)
    | st.builds(
        lambda head, tail: pickle.dumps(NAMES)[:head] + tail, st.integers(0, 80), st.binary(max_size=20)
    )
)
@example(b"\x80\x02(\x86.")
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        read_pickle(content)
    except PublishedFileError:
        return  # any other error fails the test
