"""Which examples are kept apart, where a data set does not say it."""

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import Part


def dealt(labels: NDArray[np.int64], *, seed: int, test_fraction: float) -> dict[Part, NDArray[np.int64]]:
    """Deal examples out by chance, each class by itself, so that both parts have the same shares of classes.

    Args:
        labels: (N,) classes.
        seed: of the draw.
        test_fraction: share of each class that is kept apart, rounded down; 0 keeps nothing.

    Returns:
        Positions of each part, ascending.
    """
    generator = np.random.default_rng(seed)
    apart = np.zeros(len(labels), dtype=np.bool_)
    for label in np.unique(labels):
        places = generator.permutation(np.flatnonzero(labels == label))
        apart[places[: int(len(places) * test_fraction)]] = True
    return {"train": np.flatnonzero(~apart), "test": np.flatnonzero(apart)}
