"""MultiMNIST as a source of views: images with two digits, and what each of them is."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.classes.found import PARTS, ClassData, ClassesError, digest
from models.data.labelled import UNKNOWN, Part
from models.data.multimnist.pairs import DIGIT, overlapped, partners
from models.data.multimnist.splits import TooFewDigits, digit_splits
from models.data.own.arrays import RGB
from models.data.splits import Split
from models.data.views import Array
from models.tasks.labels import LabelInfo
from models.taxonomy.own import OwnTask, own_task

LEFT, RIGHT = "left", "right"

_CHUNK = 4096  # images made at a time


@dataclass(frozen=True, slots=True, eq=False)
class MultiMnist:
    """Images with two digits (`models.data.cached_views.ViewSource`): a function of the digits, seed and size.

    Attributes:
        digits: what the images are made of.
        image_size: height and width of the images, pixels.
        splits: ids of each split: positions among the digits of `train`, then those of `test`.
        partner: (digits,) the id of the digit at the lower right, by the id of the digit at the upper left.
        content: names the data.
    """

    digits: ClassData
    image_size: int
    splits: Mapping[Split, NDArray[np.int64]]
    partner: NDArray[np.int64]
    content: str

    @property
    def tasks(self) -> tuple[OwnTask, ...]:
        """The two tasks, each to tell one of the digits."""
        places = {LEFT: "upper left", RIGHT: "lower right"}
        return tuple(
            own_task(
                name,
                "class",
                title=f"Digit at the {place}",
                description=f"Which digit lies at the {place}; another overlaps it.",
                classes=self.digits.classes,
            )
            for name, place in places.items()
        )

    @property
    def label_info(self) -> LabelInfo:
        """The two declared tasks."""
        return LabelInfo(own=self.tasks)

    @property
    def labels(self) -> frozenset[str]:
        """`rgb`, (N, S, S, 3) uint8, and `left` and `right`, (N,) int64."""
        return frozenset({RGB, LEFT, RIGHT})

    def decode(self, ids: NDArray[np.int64], labels: Collection[str]) -> Iterator[Mapping[str, Array]]:
        """Images and labels of one split, chunk by chunk.

        Raises:
            ClassesError: the files of the digits are damaged.
        """
        pairs = {LEFT: ids, RIGHT: self.partner[ids]}
        known = np.concatenate([self.digits.labels[part] for part in PARTS])
        needed, places = np.unique(np.concatenate(list(pairs.values())), return_inverse=True)
        left, right = np.split(places, 2)
        images = self._images(needed) if RGB in labels else None
        for start in range(0, len(ids), _CHUNK):
            rows = slice(start, start + _CHUNK)
            found: dict[str, Array] = {name: known[pairs[name][rows]] for name in pairs if name in labels}
            if images is not None:
                found[RGB] = overlapped(images[left[rows]], images[right[rows]], self.image_size)
            yield found

    def _images(self, ids: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The digits of some ids, ascending and of one part: (N, 28, 28, 3)."""
        train = len(self.digits.labels["train"])
        part: Part = "train" if ids[0] < train else "test"
        rows, first = ids if part == "train" else ids - train, 0
        chosen: list[NDArray[np.uint8]] = []
        for block in self.digits.read(part, DIGIT):
            last = first + len(block)
            here = rows[np.searchsorted(rows, first) : np.searchsorted(rows, last)] - first
            chosen.append(np.asarray(block[here], dtype=np.uint8))
            first = last
        return np.concatenate(chosen)


def multimnist(digits: ClassData, *, seed: int, size: int = DIGIT) -> MultiMnist:
    """Choose splits and pairs.

    Args:
        digits: images with one class each, white on black.
        seed: of the pairs, and of the splits where the digits leave them open.
        size: height and width of the images, pixels; 28 in the paper.

    Raises:
        ClassesError: these examples are of no use here.
    """
    if digits.features is not None:
        raise ClassesError([("", "the examples are vectors, not images of digits")])
    if any((digits.labels[part] == UNKNOWN).any() for part in PARTS):
        raise ClassesError([("", "some digits have no class")])
    if len(digits.classes) < 2:
        raise ClassesError([("", f"the digits are of {len(digits.classes)} class; 2 are needed")])
    try:
        splits = digit_splits(len(digits.labels["train"]), len(digits.labels["test"]), seed=seed)
    except TooFewDigits as error:
        raise ClassesError([("", str(error))]) from error
    return MultiMnist(
        digits=digits,
        image_size=size,
        splits=splits,
        partner=partners(splits, seed=seed),
        content=digest("multimnist", digits.fingerprint, seed, size),
    )
