"""Which digits belong to which split: images of different splits then never share a digit."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.data.splits import SPLITS, Split

_SHARES: Mapping[Split, float] = {
    "validation": 0.1,
    "transfer": 0.1,
}  # of what is not test; the rest is `train`
_TEST = 0.2  # of all digits, where none are kept apart


class TooFewDigits(ValueError):
    """A split would hold fewer than two digits."""


def digit_splits(train: int, test: int, *, seed: int) -> Mapping[Split, NDArray[np.int64]]:
    """Ids of the digits of each split, ascending.

    Args:
        train: digits that may be trained on; their ids come first.
        test: digits that are kept apart: the split `test`. Where there are none, a fifth of the others is.
        seed: deals out what is not given.

    Raises:
        TooFewDigits: there is not enough for four splits.
    """
    order = np.random.default_rng(seed).permutation(train)
    splits: dict[Split, NDArray[np.int64]] = {}
    if test:
        splits["test"] = np.arange(train, train + test)
    else:
        splits["test"], order = np.split(order, [int(_TEST * train)])
    rest = len(order)
    for split, share in _SHARES.items():
        splits[split], order = np.split(order, [int(share * rest)])
    splits["train"] = order
    for split in SPLITS:
        if len(splits[split]) < 2:
            message = f"{train + test} digits leave {len(splits[split])} for the split {split}, which needs 2"
            raise TooFewDigits(message)
    return {split: np.sort(splits[split]) for split in SPLITS}
