"""What a user may ask of a taxonomy, and how it can be at odds with itself or with the atlas."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


class OptionError(ValueError):
    """An option cannot be followed.

    Attributes:
        pointer: JSON pointer to it, such as `/costs/denoise`.
        detail: what is wrong with it.
    """

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer}: {detail}")
        self.pointer = pointer
        self.detail = detail


class UnknownName(OptionError):
    """The atlas has no such source or target."""


class InvalidNumber(OptionError):
    """A number is out of its range."""


class ContradictoryOptions(OptionError):
    """Two options exclude each other."""


class InfeasibleBudget(OptionError):
    """The required sources alone cost more than the budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to optimise over.

    Attributes:
        budget: the costs of the chosen sources may not exceed it, >= 0.
        max_order: at most so many sources may join in a transfer, >= 1; None = every order measured.
        targets: whom to serve; None = every target measured.
        sources: whom to choose from; None = every source measured.
        costs: of sources, >= 0; 1 by default. `random` costs nothing.
        importance: of targets, >= 0; 1 by default.
        require_sources: chosen in any case.
        exclude_sources: never chosen.
        include_self: whether a target whose own task is chosen may be served by its full supervision.
        include_random: whether the random encoder may be chosen, whatever `sources` says.
        min_quality: of targets: what a transfer's quality must reach, 0 to 1; one that was not measured does not.
        alternatives: how many of the best distinct sets of sources to find, >= 1.
        time_limit_s: wall-clock seconds after which the best found so far is answered, >= 0.

    Raises:
        InvalidNumber: a number is out of its range.
    """

    budget: float
    max_order: int | None = None
    targets: tuple[str, ...] | None = None
    sources: tuple[str, ...] | None = None
    costs: Mapping[str, float] = field(default_factory=dict[str, float])
    importance: Mapping[str, float] = field(default_factory=dict[str, float])
    require_sources: tuple[str, ...] = ()
    exclude_sources: tuple[str, ...] = ()
    include_self: bool = True
    include_random: bool = False
    min_quality: Mapping[str, float] = field(default_factory=dict[str, float])
    alternatives: int = 1
    time_limit_s: float = 10.0

    def __post_init__(self) -> None:
        for name in ("budget", "time_limit_s"):
            _at_least_zero(f"/{name}", getattr(self, name))
        for name in ("costs", "importance", "min_quality"):
            for key, number in getattr(self, name).items():
                _at_least_zero(f"/{name}/{key}", number)
        for name in ("max_order", "alternatives"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise InvalidNumber(f"/{name}", f"must be 1 or more, not {number}")


def _at_least_zero(pointer: str, number: float) -> None:
    if not (math.isfinite(number) and number >= 0):
        raise InvalidNumber(pointer, f"must be a finite number of 0 or more, not {number}")
