"""Which examples are kept apart, where a data set does not say it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.classes.found import PARTS, ClassesError
from models.data.labelled import Part

Labels = Mapping[Part, NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class Parted:
    """Where the examples of each part lie.

    Attributes:
        source: the list or array that a part is taken from, by the part that it was given for.
        rows: positions in it, ascending.
        labels: of the examples at these positions.
    """

    source: Mapping[Part, Part]
    rows: Labels
    labels: Labels


def parted(given: Labels, *, seed: int, test_fraction: float) -> Parted:
    """Take the test part as it was given; where none was, deal it out of the other.

    Args:
        given: (N,) labels of `train`, and of `test` where that was given.
        seed: of the deal.
        test_fraction: share of each class that is kept apart, where no test part was given.

    Raises:
        ClassesError: nothing is left to train on, or both a test part and a share are given.
    """
    if "test" in given:
        if test_fraction:
            raise ClassesError([("test_fraction", "a test part is given: leave one of the two out")])
        rows: Labels = {part: np.arange(len(given[part])) for part in PARTS}
        found = Parted({"train": "train", "test": "test"}, rows, given)
    else:
        rows = dealt(given["train"], seed=seed, test_fraction=test_fraction)
        labels: Labels = {part: given["train"][rows[part]] for part in PARTS}
        found = Parted({"train": "train", "test": "train"}, rows, labels)
    if not len(found.labels["train"]):
        raise ClassesError([("", "no example is left to train on")])
    return found


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
