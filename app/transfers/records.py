"""A measured transfer as the rest of the service sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.taxonomy.table import SELF

SEPARATOR = "+"
"""Joins source names where one string names a set."""
MAX_ORDER = 999
"""More sources than any set can join: their joined names would not fit where they are stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransfer:
    """A transfer to be stored.

    Attributes:
        sources: names; `self` or `random` alone where they stand for the reserved sources.
        target: name of the target task.
        affinity: component of the target's principal eigenvector; None while not normalised.
        win_rate: mean share of test images won against the target's other transfers.
        win_rate_vs_scratch: share of test images won against training from scratch on as much data (gain).
        win_rate_vs_full: share of test images won against full supervision (quality).
        test_loss: mean loss over the test images, in the unit of the target's loss.
        measures: means of the target's metrics; of an imported row its further columns.
        weights: artefact of the transfer's head.
        losses: artefact of the per-image losses `test` and `validation`.
        curves: artefact of the training curves.
    """

    sources: tuple[str, ...]
    target: str
    affinity: float | None = None
    win_rate: float | None = None
    win_rate_vs_scratch: float | None = None
    win_rate_vs_full: float | None = None
    test_loss: float | None = None
    measures: Mapping[str, float | str] = field(default_factory=dict[str, float | str])
    weights: str | None = None
    losses: str | None = None
    curves: str | None = None

    @property
    def order(self) -> int:
        """How many sources it joins."""
        return len(self.sources)

    @property
    def has_network(self) -> bool:
        """Whether its weights are kept; those of `self` are the target's own network, where one was trained."""
        return self.weights is not None or (self.sources == (SELF,) and self.losses is not None)

    @property
    def lost_its_network(self) -> bool:
        """Whether it was trained and its weights were left out of the archive that it came in."""
        return self.losses is not None and not self.has_network


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTransfer(NewTransfer):
    """A transfer of an atlas.

    Attributes:
        id: opaque.
        atlas_id: the atlas it was measured in.
    """

    id: str
    atlas_id: str


@dataclass(frozen=True, slots=True)
class TransferScore:
    """What a tournament says about one transfer; the fields are those of `NewTransfer`."""

    transfer_id: str
    affinity: float
    win_rate: float
    win_rate_vs_scratch: float
    win_rate_vs_full: float
