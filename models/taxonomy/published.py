"""Measured affinities as files: the affinity CSV, and the pickles that the Taskonomy authors released."""

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence

from models.taxonomy.released import ReleasedFileError, read_floats
from models.taxonomy.table import RESERVED, SELF, Transfer

COLUMNS = ("sources", "target", "affinity", "win_rate_vs_scratch", "win_rate_vs_full")
MAX_TRANSFERS = 200_000
MAX_NAME = 100
MAX_SOURCES = 2000
"""Characters of one name, and of a transfer's sources when they are joined."""

_JOINED = "+"
_RELEASED_JOINED = "__"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class PublishedFileError(ValueError):
    """A file of affinities is rejected whole.

    Attributes:
        detail: what is wrong with it.
        line: where, counted from 1; None where the file as a whole is meant.
    """

    def __init__(self, detail: str, line: int | None = None) -> None:
        super().__init__(detail if line is None else f"line {line}: {detail}")
        self.detail = detail
        self.line = line


def read_csv(content: bytes) -> list[Transfer]:
    """Read an affinity CSV.

    Its header holds `sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full` in any order, and further columns
    that are kept as metadata. Sources are joined by `+`; an empty number was not measured.

    Raises:
        PublishedFileError: naming the line of the first bad row.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PublishedFileError("it is not UTF-8 text", line) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    transfers: list[Transfer] = []
    seen: dict[tuple[frozenset[str], str], int] = {}
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            if header is None:
                header = _header(cells)
            elif cells:
                transfer = _row(dict(zip(header, cells, strict=False)), len(header), len(cells))
                key = frozenset(transfer.sources), transfer.target
                if key in seen:
                    raise PublishedFileError(f"the same transfer as in line {seen[key]}")
                seen[key] = line
                transfers.append(transfer)
                if len(transfers) > MAX_TRANSFERS:
                    raise PublishedFileError(f"more than {MAX_TRANSFERS} transfers")
            line = reader.line_num + 1
    except PublishedFileError as error:
        raise PublishedFileError(error.detail, line) from error
    except csv.Error as error:
        raise PublishedFileError(f"it is not CSV: {error}", line) from error
    if header is None:
        raise PublishedFileError("it is empty", 1)
    return transfers


def read_pickle(content: bytes) -> list[Transfer]:
    """Read a released file of affinities: names `source__...__target` to floats. Nothing in it is executed.

    Raises:
        PublishedFileError: it holds anything else, or one of its transfers is bad.
    """
    try:
        affinities = read_floats(content, limit=MAX_TRANSFERS)
    except ReleasedFileError as error:
        raise PublishedFileError(str(error)) from error
    transfers: list[Transfer] = []
    seen: set[tuple[frozenset[str], str]] = set()
    for name, affinity in affinities.items():
        *sources, target = name.split(_RELEASED_JOINED)
        shown = repr(name[:MAX_NAME])
        try:
            _check_names(sources, target)
            number = _number("affinity", affinity)
        except PublishedFileError as error:
            raise PublishedFileError(f"{shown}: {error.detail}") from error
        key = frozenset(sources), target
        if key in seen:
            raise PublishedFileError(f"{shown}: the same transfer in another order of sources came before")
        seen.add(key)
        transfers.append(Transfer(tuple(sources), target, number))
    return transfers


def _header(cells: Sequence[str]) -> list[str]:
    missing = [name for name in COLUMNS if name not in cells]
    if missing:
        raise PublishedFileError(f"the header lacks {', '.join(missing)}")
    if len(set(cells)) < len(cells):
        raise PublishedFileError("a column is named twice")
    if not all(_is_clean(name) for name in cells):
        raise PublishedFileError("a column has no proper name")
    return list(cells)


def _row(cells: Mapping[str, str], columns: int, given: int) -> Transfer:
    if given != columns:
        raise PublishedFileError(f"{given} cells, but {columns} columns")
    sources, target = cells["sources"].split(_JOINED), cells["target"]
    _check_names(sources, target)
    metadata = {name: text for name, text in cells.items() if name not in COLUMNS}
    if any("\0" in text for text in metadata.values()):
        raise PublishedFileError("a cell holds a NUL character")
    return Transfer(
        sources=tuple(sources),
        target=target,
        affinity=_parsed("affinity", cells["affinity"]),
        gain=_share("win_rate_vs_scratch", cells["win_rate_vs_scratch"]),
        quality=_share("win_rate_vs_full", cells["win_rate_vs_full"]),
        metadata=metadata,
    )


def _check_names(sources: Sequence[str], target: str) -> None:
    if not sources:
        raise PublishedFileError("it names no source")
    for name in (*sources, target):
        if not name:
            raise PublishedFileError("a name is empty")
        if not _is_clean(name) or _JOINED in name:
            raise PublishedFileError(f"{name[:MAX_NAME]!r} is no proper name")
        if len(name) > MAX_NAME:
            raise PublishedFileError(f"a name has more than {MAX_NAME} characters")
    if len(_JOINED.join(sources)) > MAX_SOURCES:
        raise PublishedFileError(f"the sources have more than {MAX_SOURCES} characters")
    if len(set(sources)) < len(sources):
        raise PublishedFileError("a source is named twice")
    if SELF in sources and len(sources) > 1:
        raise PublishedFileError(f"the reserved source {SELF!r} joins no other")
    if target in RESERVED:
        raise PublishedFileError(f"{target!r} is reserved and no target")


def _is_clean(name: str) -> bool:
    return bool(name) and name.isprintable() and name == name.strip()


def _parsed(column: str, text: str) -> float | None:
    stripped = text.strip()
    if not stripped:
        return None
    if stripped.lstrip("+-").lower() in {"nan", "inf", "infinity"}:
        raise PublishedFileError(f"{column} is {stripped}, which is not finite")
    if not _NUMBER.fullmatch(stripped):
        raise PublishedFileError(f"{column} is {stripped[:MAX_NAME]!r}, not a number")
    return _number(column, float(stripped))


def _number(column: str, number: float) -> float:
    if not math.isfinite(number):
        raise PublishedFileError(f"{column} is not finite")
    if number < 0:
        raise PublishedFileError(f"{column} is {number:g}, which is negative")
    return abs(number)  # -0.0 is zero


def _share(column: str, text: str) -> float | None:
    number = _parsed(column, text)
    if number is not None and number > 1:
        raise PublishedFileError(f"{column} is {number:g}, and a win rate is at most 1")
    return number
