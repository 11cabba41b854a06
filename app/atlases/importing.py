"""Measured affinities from a file: the CSV of the API, or a released pickle."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from app.core.errors import FieldError, InvalidInput
from app.transfers.records import NewTransfer
from models.taxonomy.published import PublishedFileError, read_csv, read_pickle

MAX_BYTES = 16 * 2**20
"""A larger file is refused: all transfers of 26 tasks up to order 4 fit."""

_PICKLE_MARK = b"\x80"
_PICKLE_SUFFIXES = frozenset({".pkl", ".pickle"})


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What a file of affinities holds.

    Attributes:
        filename: as it was uploaded, without folders.
        sha256: of its bytes.
        format: how it was read.
        transfers: in the file's order, at least one.
    """

    filename: str
    sha256: str
    format: Literal["csv", "pickle"]
    transfers: Sequence[NewTransfer]


def read_affinities(filename: str, content: bytes) -> ImportedFile:
    """Read a file of affinities; its content says which format it is in, in doubt its name.

    Raises:
        InvalidInput: the file is rejected whole; the problem names the line where there is one.
    """
    filename = PurePath(filename).name
    pickled = content.startswith(_PICKLE_MARK) or PurePath(filename).suffix.lower() in _PICKLE_SUFFIXES
    try:
        transfers = read_pickle(content) if pickled else read_csv(content)
    except PublishedFileError as error:
        detail = error.detail if error.line is None else f"line {error.line}: {error.detail}"
        raise InvalidInput(f"the file is rejected: {detail}", errors=[FieldError("/file", detail)]) from error
    if not transfers:
        detail = "there is no transfer in it"
        raise InvalidInput(f"the file is rejected: {detail}", errors=[FieldError("/file", detail)])
    return ImportedFile(
        filename=filename,
        sha256=hashlib.sha256(content).hexdigest(),
        format="pickle" if pickled else "csv",
        transfers=[
            NewTransfer(
                sources=transfer.sources,
                target=transfer.target,
                affinity=transfer.affinity,
                win_rate_vs_scratch=transfer.gain,
                win_rate_vs_full=transfer.quality,
                measures=dict(transfer.metadata),
            )
            for transfer in transfers
        ],
    )
