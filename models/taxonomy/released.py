"""Reads the one kind of pickle that the Taskonomy authors released: a dictionary of names to floats.

A pickle is a program for a stack machine. This machine knows the few instructions that such a dictionary needs, and
of everything importable only how NumPy writes a float64; nothing is ever imported or called, and whatever else a
file asks for rejects it.
"""

import codecs
import io
import pickletools
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

MAX_INSTRUCTIONS = 10_000_000

_OPCODES = {opcode.code.encode("latin-1"): opcode for opcode in pickletools.opcodes}


class ReleasedFileError(ValueError):
    """The file is no pickle, or holds something other than a dictionary of names to floats."""


class _Known(Enum):
    """What a file may name; each stands for itself and is never looked up."""

    SCALAR = auto()
    DTYPE = auto()
    ENCODE = auto()


@dataclass(slots=True, eq=False)
class _Float64:
    """The type of 8-byte floats; its byte order, `<` or `>`, is told after the type was named."""

    order: str


_GLOBALS = {
    ("numpy.core.multiarray", "scalar"): _Known.SCALAR,
    ("numpy._core.multiarray", "scalar"): _Known.SCALAR,
    ("numpy", "dtype"): _Known.DTYPE,
    ("_codecs", "encode"): _Known.ENCODE,  # how old protocols write bytes
}
_FLOAT64_NAMES = {"f8": "<", "<f8": "<", ">f8": ">"}


def read_floats(content: bytes, *, limit: int) -> dict[str, float]:
    """Read a pickle of `{name: float64}`, of any protocol and of Python 2 or 3.

    Args:
        content: the file.
        limit: at most so many names.

    Raises:
        ReleasedFileError: it is anything else.
    """
    machine = _Machine(limit)
    for count, (name, argument) in enumerate(_instructions(content)):
        if count >= MAX_INSTRUCTIONS:
            raise ReleasedFileError("it is too long")
        if name == "STOP":
            return machine.result()
        machine.step(name, argument)
    raise ReleasedFileError("it ends too early")


def _instructions(content: bytes) -> Iterator[tuple[str, Any]]:
    stream = io.BytesIO(content)
    while code := stream.read(1):
        opcode = _OPCODES.get(code)
        if opcode is None:
            raise ReleasedFileError("it is no pickle")
        try:
            if opcode.name == "STRING":  # the library reads ASCII only, Python 2 wrote bytes so
                argument: Any = _python2_string(stream.readline())
            else:
                argument = None if opcode.arg is None else opcode.arg.reader(stream)
        except (ValueError, OverflowError, MemoryError, struct.error) as error:
            raise ReleasedFileError("it is no whole pickle") from error
        yield opcode.name, argument


def _python2_string(line: bytes) -> str:
    quoted = line.rstrip(b"\n")
    if len(quoted) < 2 or quoted[:1] not in {b"'", b'"'} or quoted[-1:] != quoted[:1]:
        raise ReleasedFileError("it is no whole pickle")
    return codecs.escape_decode(quoted[1:-1])[0].decode("latin-1")


class _Machine:
    """The stack machine of pickles, with nothing but data.

    Args:
        limit: of names.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._steps: dict[str, Callable[[Any], None]] = {
            **dict.fromkeys(_LITERALS, self._push),
            **dict.fromkeys(("PROTO", "FRAME"), lambda _: None),
            "NONE": lambda _: self._push(None),
            "NEWTRUE": lambda _: self._push(True),  # noqa: FBT003 - a value of the file
            "NEWFALSE": lambda _: self._push(False),  # noqa: FBT003
            "MARK": lambda _: self._marks.append(len(self._stack)),
            "EMPTY_DICT": lambda _: self._push({}),
            "DICT": lambda _: self._dict(),
            "SETITEM": lambda _: self._set_items(self._pop(2)),
            "SETITEMS": lambda _: self._set_items(self._pop_to_mark()),
            "EMPTY_TUPLE": lambda _: self._push(()),
            "TUPLE": lambda _: self._push(tuple(self._pop_to_mark())),
            "TUPLE1": lambda _: self._push(tuple(self._pop(1))),
            "TUPLE2": lambda _: self._push(tuple(self._pop(2))),
            "TUPLE3": lambda _: self._push(tuple(self._pop(3))),
            "MEMOIZE": lambda _: self._put(len(self._memo)),
            **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), self._put),
            **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), self._get),
            "GLOBAL": lambda argument: self._global(tuple(argument.split(" ", 1))),
            "STACK_GLOBAL": lambda _: self._global(tuple(self._pop(2))),
            "REDUCE": lambda _: self._reduce(),
            "BUILD": lambda _: self._build(),
        }

    def step(self, name: str, argument: Any) -> None:
        """Carry out one instruction."""
        handler = self._steps.get(name)
        if handler is None:
            raise ReleasedFileError(f"it holds more than names and floats ({name})")
        handler(argument)

    def result(self) -> dict[str, float]:
        """What is left at the end."""
        if len(self._stack) != 1 or not isinstance(self._stack[0], dict):
            raise ReleasedFileError("it holds something other than one dictionary")
        return self._stack[0]

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _pop(self, count: int) -> list[Any]:
        floor = self._marks[-1] if self._marks else 0
        if len(self._stack) - floor < count:
            raise ReleasedFileError("it is no whole pickle")
        values = self._stack[-count:]
        del self._stack[-count:]
        return values

    def _pop_to_mark(self) -> list[Any]:
        if not self._marks:
            raise ReleasedFileError("it is no whole pickle")
        start = self._marks.pop()
        values = self._stack[start:]
        del self._stack[start:]
        return values

    def _put(self, key: int) -> None:
        if not self._stack:
            raise ReleasedFileError("it is no whole pickle")
        self._memo[key] = self._stack[-1]

    def _get(self, key: int) -> None:
        if key not in self._memo:
            raise ReleasedFileError("it is no whole pickle")
        self._push(self._memo[key])

    def _dict(self) -> None:
        items = self._pop_to_mark()
        self._push({})
        self._set_items(items)

    def _set_items(self, items: list[Any]) -> None:
        target = self._stack[-1] if self._stack else None
        if not isinstance(target, dict) or len(items) % 2:
            raise ReleasedFileError("it is no whole pickle")
        for name, number in zip(items[::2], items[1::2], strict=True):
            if type(name) is not str or type(number) is not float:
                raise ReleasedFileError("it holds something other than names and floats")
            if name in target:
                raise ReleasedFileError("a name comes twice")
            target[name] = number
        if len(target) > self._limit:
            raise ReleasedFileError(f"more than {self._limit} transfers")

    def _global(self, name: tuple[Any, ...]) -> None:
        if not all(type(part) is str for part in name) or name not in _GLOBALS:
            raise ReleasedFileError("it asks for code to be loaded")
        self._push(_GLOBALS[name])  # pyright: ignore[reportArgumentType] - a pair of strings, as the line above saw

    def _reduce(self) -> None:
        function, arguments = self._pop(2)
        if function is _Known.DTYPE:
            self._push(_dtype(arguments))
        elif function is _Known.SCALAR:
            self._push(_scalar(arguments))
        elif function is _Known.ENCODE:
            self._push(_encoded(arguments))
        else:
            raise ReleasedFileError("it asks for code to be run")

    def _build(self) -> None:
        (state,) = self._pop(1)
        dtype = self._stack[-1] if self._stack else None
        if not isinstance(dtype, _Float64):
            raise ReleasedFileError("it asks for code to be run")
        order = state[1] if type(state) is tuple and len(state) > 1 else None
        if type(order) is not str or order not in {"<", ">"}:
            raise ReleasedFileError("it holds a number of an unknown type")
        dtype.order = order


_LITERALS = (
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE8",
    "UNICODE",
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
    "BINBYTES",
    "SHORT_BINBYTES",
    "BINBYTES8",
    "BINFLOAT",
    "FLOAT",
    "INT",
    "BININT",
    "BININT1",
    "BININT2",
)


def _dtype(arguments: Any) -> _Float64:
    name = arguments[0] if type(arguments) is tuple and arguments else None
    order = _FLOAT64_NAMES.get(name) if type(name) is str else None
    if order is None:
        raise ReleasedFileError("it holds numbers other than float64")
    return _Float64(order)


def _scalar(arguments: Any) -> float:
    if type(arguments) is tuple and len(arguments) == 2:
        dtype, data = arguments
        if type(data) is str:  # how Python 2 wrote bytes
            data = _encoded((data, "latin1"))
        if isinstance(dtype, _Float64) and type(data) is bytes and len(data) == 8:
            number: float = struct.unpack(f"{dtype.order}d", data)[0]
            return number
    raise ReleasedFileError("it holds a number that is no float64")


def _encoded(arguments: Any) -> bytes:
    if (
        type(arguments) is tuple
        and len(arguments) == 2
        and type(arguments[0]) is str
        and arguments[1] == "latin1"
    ):
        try:
            return arguments[0].encode("latin-1")
        except UnicodeEncodeError as error:
            raise ReleasedFileError("it holds a number that is no float64") from error
    raise ReleasedFileError("it asks for code to be run")
