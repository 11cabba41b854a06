"""Arrays of an `npz` file, read without pickle and some rows at a time, so that a file may be larger than memory."""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

_READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_UNREADABLE = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class NpzError(ValueError):
    """The file, or one of its arrays, cannot be read."""


@dataclass(frozen=True, slots=True)
class Header:
    """What an array says of itself."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __str__(self) -> str:
        return f"{self.dtype} of shape {self.shape}"


def headers(path: Path) -> dict[str, Header]:
    """The arrays of a file by name; nothing but their headers is read.

    Raises:
        NpzError: the file is no npz, or an array in it is none that can be read without pickle.
        OSError: the file cannot be opened.
    """
    found: dict[str, Header] = {}
    try:
        with ZipFile(path) as archive:
            for member in archive.namelist():
                if member.endswith(".npy"):
                    name = member.removesuffix(".npy")
                    with archive.open(member) as file:
                        found[name] = _header(file, name)
    except NpzError:
        raise
    except _UNREADABLE as error:
        message = f"the file is no readable npz: {error}"
        raise NpzError(message) from error
    return found


def blocks(path: Path, name: str, rows: int) -> Iterator[NDArray[Any]]:
    """An array in pieces of `rows` along its first axis, the last one perhaps shorter; read-only.

    Raises:
        NpzError: the array is damaged or shorter than its header says.
        OSError: the file cannot be opened.
    """
    try:
        with ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
            header = _header(file, name)
            count, *rest = header.shape
            bytes_of_row = math.prod(rest) * header.dtype.itemsize
            for start in range(0, count, rows):
                size = min(rows, count - start)
                data = file.read(size * bytes_of_row)
                if len(data) < size * bytes_of_row:
                    message = f"array {name} is cut short: its header says {header}"
                    raise NpzError(message)
                yield np.frombuffer(data, dtype=header.dtype).reshape(size, *rest)
    except NpzError:
        raise
    except (*_UNREADABLE, KeyError) as error:
        message = f"array {name} is damaged: {error}"
        raise NpzError(message) from error


def _header(file: IO[bytes], name: str) -> Header:
    version = np.lib.format.read_magic(file)
    if version not in _READERS:
        message = f"array {name} is of version {version} of the npy format, which is not read here"
        raise NpzError(message)
    shape, by_columns, dtype = _READERS[version](file)
    if dtype.hasobject:
        message = f"array {name} holds Python objects, which are not read here"
        raise NpzError(message)
    if not shape or by_columns:
        message = f"array {name} must have its rows one after the other: save np.ascontiguousarray of it"
        raise NpzError(message)
    return Header(tuple(shape), dtype)
