"""The lists of CelebA: attributes and partitions of images by the names of their files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from models.data.splits import Split
from models.taxonomy.own import OwnTask, OwnTaskError, own_task

PARTITIONS: Mapping[str, Split] = MappingProxyType({"0": "train", "1": "validation", "2": "test"})
"""What a number in the list of partitions means; some of `train` become `transfer`."""

ABSENT, PRESENT = "-1", "1"
CLASSES = ("no", "yes")
"""Of every attribute, by its label."""

_PREFIX = "has_"  # of a name that cannot be a task's as it is


class CelebaError(ValueError):
    """The files are no usable data set; the sentence names the file, and the line where one is at fault."""


@dataclass(frozen=True, slots=True, eq=False)
class Attributes:
    """The list of attributes.

    Attributes:
        tasks: one for each attribute, in the order of the list.
        rows: of `values`, by name of the image's file, in the order of the list.
        values: (N, attributes) int8, 1 where the image has the attribute, else 0.
    """

    tasks: tuple[OwnTask, ...]
    rows: dict[str, int]
    values: NDArray[np.int8]


def read_attributes(name: str, text: str) -> Attributes:
    """Read a list: the number of images, the names of the attributes, then a file and -1 or 1 for each of them.

    Args:
        name: of the list's file, for messages.
        text: its content.

    Raises:
        CelebaError: naming the line at fault.
    """
    lines = text.rstrip().split("\n")
    if len(lines) < 3:
        message = f"{name} has {len(lines)} lines: it needs the number of images, names and images"
        raise CelebaError(message)
    tasks = _tasks(name, lines[1].split())
    rows: dict[str, int] = {}
    values = bytearray()
    for number, cells in _rows(lines, first=3):
        if len(cells) != 1 + len(tasks):
            count = max(0, len(cells) - 1)
            message = f"{name} line {number} has {count} values, {len(tasks)} attributes are named"
            raise CelebaError(message)
        file, *marks = cells
        if other := set(marks) - {ABSENT, PRESENT}:
            message = f"{name} line {number} holds {min(other)!r}; values are {ABSENT} and {PRESENT}"
            raise CelebaError(message)
        if file in rows:
            message = f"{name} line {number} lists {file} a second time"
            raise CelebaError(message)
        rows[file] = len(rows)
        values += bytes(mark == PRESENT for mark in marks)
    if lines[0].strip() != str(len(rows)):
        message = f"{name} line 1 says {lines[0].strip()!r}, where {len(rows)} images follow"
        raise CelebaError(message)
    return Attributes(tasks, rows, np.frombuffer(bytes(values), dtype=np.int8).reshape(len(rows), -1))


def read_partitions(name: str, text: str) -> dict[str, Split]:
    """Read a list of files with 0, 1 or 2: the value of `PARTITIONS` for each file.

    Raises:
        CelebaError: naming the line at fault.
    """
    found: dict[str, Split] = {}
    for number, cells in _rows(text.rstrip().split("\n"), first=1):
        if len(cells) != 2 or cells[1] not in PARTITIONS:
            message = f"{name} line {number} must be a file and 0, 1 or 2, is {' '.join(cells)[:100]!r}"
            raise CelebaError(message)
        if cells[0] in found:
            message = f"{name} line {number} lists {cells[0]} a second time"
            raise CelebaError(message)
        found[cells[0]] = PARTITIONS[cells[1]]
    return found


def _rows(lines: Sequence[str], *, first: int) -> Iterator[tuple[int, list[str]]]:
    """Lines from a number on, 1 for the first, as cells."""
    for number, line in enumerate(lines[first - 1 :], start=first):
        yield number, line.split()


def _tasks(name: str, attributes: Sequence[str]) -> tuple[OwnTask, ...]:
    tasks: list[OwnTask] = []
    for attribute in attributes:
        task = _task(name, attribute)
        if any(task.name == other.name for other in tasks):
            message = f"{name} line 2 names {attribute} twice"
            raise CelebaError(message)
        tasks.append(task)
    return tuple(tasks)


def _task(name: str, attribute: str) -> OwnTask:
    plain = "".join(letter if letter.isalnum() else "_" for letter in attribute.lower())
    problem = ""
    for candidate in (plain, _PREFIX + plain):
        try:
            return own_task(
                candidate,
                "class",
                title=attribute,
                description=f"Whether the image has the attribute {attribute}.",
                classes=CLASSES,
            )
        except OwnTaskError as error:
            problem = error.detail
    message = f"{name} line 2 names the attribute {attribute[:100]!r}: {problem}"
    raise CelebaError(message)
