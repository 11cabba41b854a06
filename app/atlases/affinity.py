"""The affinity table of an atlas as a matrix, and its three encodings."""

import csv
import io
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.transfers.records import StoredTransfer
from models.taxonomy.dictionary import TASKS
from models.taxonomy.table import RANDOM, SELF

Format = Literal["json", "csv", "npy"]
MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "npy": "application/octet-stream",
}
_LAST = (RANDOM, SELF)  # stand for no task of their own

_POSITIONS = {
    name: position for position, task in enumerate(TASKS.values()) for name in (task.name, task.paper_name)
}


@dataclass(frozen=True, slots=True, eq=False)
class AffinityMatrix:
    """What every transfer of one order is worth.

    Attributes:
        targets: names of the rows.
        sources: names of the columns; of a higher order the sources of a set, joined by `+`.
        values: (targets, sources) float64, higher is better; NaN = not trained.
        order: how many sources a column joins.
        normalized: True for affinities, False for mean win rates.
    """

    targets: tuple[str, ...]
    sources: tuple[str, ...]
    values: NDArray[np.float64]
    order: int
    normalized: bool


def in_dictionary_order(names: Iterable[str]) -> list[str]:
    """Sort task names as the dictionary has them; strangers follow by name, then `random` and `self`."""

    def key(name: str) -> tuple[int, int, str]:
        if name in _LAST:
            return 2, _LAST.index(name), name
        position = _POSITIONS.get(name)
        return (1, 0, name) if position is None else (0, position, name)

    return sorted(set(names), key=key)


def affinity_matrix(
    transfers: Collection[StoredTransfer], targets: Sequence[str], *, order: int, normalized: bool
) -> AffinityMatrix:
    """Arrange the transfers of one order as a matrix.

    Args:
        transfers: of one atlas; other orders are left out.
        targets: the rows, all of the atlas's targets.
        order: 1 or more.
        normalized: affinities, or else mean win rates.
    """
    chosen = [transfer for transfer in transfers if transfer.order == order]
    if order == 1:
        columns = in_dictionary_order(transfer.sources[0] for transfer in chosen)
    else:
        columns = sorted({"+".join(transfer.sources) for transfer in chosen})
    row = {name: position for position, name in enumerate(targets)}
    column = {name: position for position, name in enumerate(columns)}
    values = np.full((len(targets), len(columns)), np.nan)
    for transfer in chosen:
        value = transfer.affinity if normalized else transfer.win_rate
        if value is not None:
            values[row[transfer.target], column["+".join(transfer.sources)]] = value
    return AffinityMatrix(tuple(targets), tuple(columns), values, order, normalized)


def encode_json(matrix: AffinityMatrix) -> bytes:
    """The matrix as the JSON answer of the API, null where not trained."""
    return json.dumps(
        {
            "targets": matrix.targets,
            "sources": matrix.sources,
            "values": [
                [None if np.isnan(value) else value for value in values] for values in matrix.values.tolist()
            ],
            "lower_is_better": False,
            "order": matrix.order,
            "normalized": matrix.normalized,
        },
        separators=(",", ":"),
    ).encode()


def encode_npy(matrix: AffinityMatrix) -> bytes:
    """The values as an npy file, (targets, sources) float64, NaN where not trained."""
    buffer = io.BytesIO()
    np.save(buffer, matrix.values, allow_pickle=False)
    return buffer.getvalue()


def encode_csv(transfers: Collection[StoredTransfer], *, order: int, normalized: bool) -> bytes:
    """The transfers of one order in the affinity CSV of the API, which imports read back unchanged.

    Without normalisation a column `win_rate` follows, which an import keeps as metadata.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = ["sources", "target", "affinity", "win_rate_vs_scratch", "win_rate_vs_full"]
    writer.writerow(header if normalized else [*header, "win_rate"])
    for transfer in transfers:
        if transfer.order == order:
            numbers = [transfer.affinity, transfer.win_rate_vs_scratch, transfer.win_rate_vs_full]
            writer.writerow(
                [
                    "+".join(transfer.sources),
                    transfer.target,
                    *numbers,
                    *([] if normalized else [transfer.win_rate]),
                ]
            )
    return text.getvalue().encode()
