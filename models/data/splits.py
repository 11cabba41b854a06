"""How many scenes each part of an atlas sees. The parts never share a scene."""

from dataclasses import dataclass
from typing import Literal, get_args

Split = Literal["train", "transfer", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


class SplitError(ValueError):
    """The sizes describe no usable split."""


@dataclass(frozen=True, slots=True)
class SplitSizes:
    """Images per part (Zamir et al. 2018, Sec. 4: 120k for tasks, 16k for transfers, 17k for tests).

    Attributes:
        train: trains the task-specific networks.
        transfer: the small set that transfers and scratch baselines train on.
        validation: ranks sources for higher orders.
        test: the tournaments; its labels serve evaluation only.
    """

    train: int
    transfer: int
    validation: int
    test: int

    def __post_init__(self) -> None:
        for name in SPLITS:
            if self.size(name) < 2:
                message = f"the split {name} must hold at least 2 images, got {self.size(name)}"
                raise SplitError(message)

    def size(self, split: Split) -> int:
        """Images of one split."""
        return int(getattr(self, split))

    @property
    def total(self) -> int:
        """Images of all splits."""
        return sum(self.size(split) for split in SPLITS)

    def scaled_to(self, total: int) -> "SplitSizes":
        """Sizes in the same proportions that sum to `total` (for a data set that holds fewer or more).

        Raises:
            SplitError: `total` is too small for these proportions.
        """
        rest = {name: max(2, total * self.size(name) // self.total) for name in SPLITS if name != "train"}
        return SplitSizes(train=total - sum(rest.values()), **rest)
