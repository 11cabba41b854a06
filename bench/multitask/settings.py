"""What was compared, and how every method was tuned: all with the same budget."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.multitask.config import Normalization
from models.multitask.methods import METHODS, lattice


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to train, as the tables name it.

    Attributes:
        method: of `models.multitask.methods`.
        normalization: of MGDA's gradients.
        preference: weights of the tasks, of a grid.
    """

    method: str
    normalization: Normalization = "none"
    preference: tuple[float, ...] | None = None

    @property
    def name(self) -> str:
        """For tables and files."""
        weights = "" if self.preference is None else " " + " ".join(f"{each:g}" for each in self.preference)
        kind = "" if self.normalization == "none" else f" {self.normalization}"
        return f"{self.method}{kind}{weights}"


_PAPER = (
    Variant("single"),
    Variant("uniform"),
    Variant("uncertainty"),
    Variant("gradnorm"),
    Variant("mgda"),
    Variant("mgda-ub"),
)
_NORMALIZED = tuple(Variant("mgda-ub", kind) for kind in ("l2", "loss+"))
_NEWER = tuple(Variant(name) for name in ("PCGrad", "CAGrad", "IMTLG", "NashMTL", "AlignedMTL", "UPGrad"))
_EVERY = tuple(
    Variant(name)
    for name, spec in METHODS.items()
    if spec.library and name != "uncertainty" and Variant(name) not in _NEWER
)


def _grid(tasks: int, parts: int) -> tuple[Variant, ...]:
    """Without its middle, which is uniform scaling."""
    return tuple(Variant("grid", preference=each) for each in lattice(tasks, parts) if len(set(each)) > 1)


VARIANTS: Mapping[str, tuple[Variant, ...]] = {
    "multimnist": (*_PAPER, *_NORMALIZED, Variant("mgda-ub", "loss"), *_grid(2, 4), *_NEWER, *_EVERY),
    "attributes": (*_PAPER, *_NORMALIZED),
    "rooms": (*_PAPER, *_NORMALIZED, Variant("PCGrad")),
    "nyu": (*_PAPER, *_NORMALIZED, Variant("PCGrad")),
}
"""By study: all methods on the digits; on maps the paper's and the best known of the newer ones; on the attributes the
paper's, since the newer ones need a backward pass for each of 40 tasks."""

RATES = (1e-3, 3e-3)
"""Learning rates that every variant is tuned over, on validation images."""

TUNING_SEED = 100
