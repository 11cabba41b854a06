"""Which views of NYU Depth V2 belong to which part of an atlas, without a scene in two of them."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from models.data.splits import Split

_SHARES: Mapping[Split, float] = MappingProxyType({"train": 0.7, "transfer": 0.2, "validation": 0.1})
_LONGEST = 1 / 16  # of the views: a longer stretch is cut, or one split could swallow all


def nyu_splits(is_test: NDArray[np.bool_]) -> Mapping[Split, NDArray[np.int64]]:
    """Ids of the views of each split, ascending.

    `test` is the official one. The other views are dealt out in stretches between test views: neighbours are
    often one scene, and the official split keeps every scene on one side, so that a test view between two
    stretches tells them apart. Files without such gaps are cut into stretches of at most a sixteenth of the views,
    and a scene may then lie on both sides of a cut.

    Args:
        is_test: (N,) the official test views.
    """
    ids = np.flatnonzero(~is_test)
    gaps = np.flatnonzero(np.diff(ids) > 1) + 1
    longest = max(1, int(_LONGEST * len(ids)))
    stretches = [
        piece
        for stretch in np.split(ids, gaps)
        for piece in np.array_split(stretch, max(1, -(-len(stretch) // longest)))
    ]
    dealt: dict[Split, list[NDArray[np.int64]]] = {split: [] for split in _SHARES}
    counts: dict[Split, int] = dict.fromkeys(_SHARES, 0)
    seen = 0
    for stretch in stretches:
        seen += len(stretch)
        behind = max(_SHARES, key=lambda split: _SHARES[split] * seen - counts[split])
        dealt[behind].append(stretch)
        counts[behind] += len(stretch)
    nothing = np.empty(0, dtype=np.int64)
    return {
        **{split: np.concatenate([nothing, *pieces]) for split, pieces in dealt.items()},
        "test": np.flatnonzero(is_test),
    }
