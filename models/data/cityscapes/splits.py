"""Which frames belong to which split: whole cities, as in the released parts."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from models.data.cityscapes.layout import Frame
from models.data.splits import Split

_HELD_OUT: Mapping[Split, float] = MappingProxyType({"validation": 0.1, "transfer": 0.2})
"""Shares of the released train part, at least, that are kept from the split train."""


def cityscapes_splits(frames: Sequence[Frame], seed: int) -> dict[Split, NDArray[np.int64]]:
    """Places of the frames of each split, ascending.

    The released validation part is `test`, for labels of the released test part are not public. Cities of the released
    train part are dealt out: no city is in two splits. Where there are fewer than three, frames are dealt out instead.

    Args:
        frames: of both parts.
        seed: of the order in which cities, or frames, are dealt out.
    """
    groups: dict[str, list[int]] = {}
    for place, frame in enumerate(frames):
        if frame.part == "train":
            groups.setdefault(frame.city, []).append(place)
    if len(groups) <= len(_HELD_OUT):
        groups = {str(place): [place] for places in groups.values() for place in places}
    order = np.random.default_rng([seed, 1]).permutation(len(groups)).tolist()
    waiting = [groups[name] for name in (list(groups)[place] for place in order)]
    total = sum(len(group) for group in waiting)
    chosen: dict[Split, list[int]] = {split: [] for split in _HELD_OUT}
    for behind, (split, share) in enumerate(_HELD_OUT.items(), start=1):
        # one group at least is left for every split to come
        later = len(_HELD_OUT) + 1 - behind
        while len(waiting) > later and len(chosen[split]) < share * total:
            chosen[split] += waiting.pop()
    chosen["train"] = [place for group in waiting for place in group]
    chosen["test"] = [place for place, frame in enumerate(frames) if frame.part == "val"]
    return {split: np.array(sorted(places), dtype=np.int64) for split, places in chosen.items()}
