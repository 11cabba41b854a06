"""Ways to train one network for several tasks, as data: no torch here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Literal

Reads = Literal["losses", "gradients", "representation"]
"""What a method looks at in a step: the T losses; their gradients by all shared parameters, which takes T backward
passes through the shared network; or their gradients by the shared representation, which takes one."""


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """One way to train.

    Attributes:
        name: as in every call.
        title: for people.
        reads: what it looks at in a step.
        by_preference: whether a preference vector steers it.
        library: `torchjd` where that library does the work; empty for our own.
        summary: one sentence.
    """

    name: str
    title: str
    reads: Reads
    summary: str
    by_preference: bool = False
    library: str = ""


SINGLE = "single"
GRID = "grid"

_OWN = (
    MethodSpec(
        SINGLE, "Single task", "losses", "One network per task, nothing shared: the baseline of delta-m."
    ),
    MethodSpec("uniform", "Uniform scaling", "losses", "The mean of the losses."),
    MethodSpec(
        GRID,
        "Grid of static weights",
        "losses",
        "The mean of the losses with fixed weights, one model each.",
        by_preference=True,
    ),
    MethodSpec(
        "uncertainty",
        "Uncertainty weighting",
        "losses",
        "Learned log-variances weigh the losses (Kendall et al. 2018).",
        library="torchjd",
    ),
    MethodSpec(
        "gradnorm", "GradNorm", "gradients", "Weights keep the gradients' norms in step (Chen et al. 2018)."
    ),
    MethodSpec(
        "mgda",
        "MGDA",
        "gradients",
        "The min-norm point of the gradients by all shared parameters.",
        by_preference=True,
    ),
    MethodSpec(
        "mgda-ub",
        "MGDA-UB",
        "representation",
        "The min-norm point of the gradients by the representation.",
        by_preference=True,
    ),
)

_TORCHJD: tuple[tuple[str, str, Reads, str], ...] = (
    (
        "AlignedMTL",
        "Aligned-MTL",
        "gradients",
        "Aligns the principal components of the gradients (Senushkin 2023).",
    ),
    ("CAGrad", "CAGrad", "gradients", "Improves the worst task near the mean gradient (Liu et al. 2021)."),
    ("ConFIG", "ConFIG", "gradients", "A direction with equal cosine to every gradient (Liu et al. 2024)."),
    (
        "DualProj",
        "DualProj",
        "gradients",
        "Projects the mean gradient onto the dual cone (Lopez-Paz & Ranzato 2017).",
    ),
    ("ExcessMTL", "ExcessMTL", "gradients", "Weighs tasks by their excess risk (He et al. 2024)."),
    ("FairGrad", "FairGrad", "gradients", "Alpha-fair shares of the decrease of the losses (Ban & Ji 2024)."),
    (
        "GradDrop",
        "GradDrop",
        "gradients",
        "Drops entries whose signs disagree, at random (Chen et al. 2020).",
    ),
    (
        "GradVac",
        "GradVac",
        "gradients",
        "Draws gradients to a moving target of their cosines (Wang et al. 2021).",
    ),
    (
        "IMTLG",
        "IMTL-G",
        "gradients",
        "A direction with equal projections on all gradients (Liu et al. 2021).",
    ),
    ("MGDA", "MGDA (torchjd)", "gradients", "The library's min-norm point, to compare with ours."),
    (
        "NashMTL",
        "Nash-MTL",
        "gradients",
        "The Nash bargaining solution between the tasks (Navon et al. 2022).",
    ),
    ("PCD", "PCD", "gradients", "Guarantees every task a share of its normalised progress."),
    (
        "PCGrad",
        "PCGrad",
        "gradients",
        "Projects conflicting gradients onto each other's normals (Yu et al. 2020).",
    ),
    (
        "UPGrad",
        "UPGrad",
        "gradients",
        "Projects every gradient onto the dual cone, then averages (Quinton & Rey 2024).",
    ),
    (
        "COSMOS",
        "COSMOS",
        "losses",
        "Weighted losses, and their cosine to the preference (Ruchte & Grabocka 2021).",
    ),
    ("DWA", "DWA", "losses", "Weights follow how fast each loss fell (Liu et al. 2019)."),
    ("FAMO", "FAMO", "losses", "Equal rates of decrease from the losses alone (Liu et al. 2023)."),
    (
        "GeometricMean",
        "Geometric mean",
        "losses",
        "The geometric mean of the losses (Chennupati et al. 2019).",
    ),
    ("IMTLL", "IMTL-L", "losses", "Learned scales keep the losses alike (Liu et al. 2021)."),
    ("PBI", "PBI", "losses", "Distance along and across the preference ray (Zhang & Li 2007)."),
    ("Random", "Random weighting", "losses", "Weights drawn anew in every step (Lin et al. 2022)."),
    ("STCH", "Smooth Tchebycheff", "losses", "A smooth maximum of the weighted losses (Lin et al. 2024)."),
)
_BY_PREFERENCE = frozenset({"COSMOS", "PBI", "STCH"})

METHODS: Mapping[str, MethodSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            *_OWN,
            *(
                MethodSpec(
                    name, title, reads, summary, by_preference=name in _BY_PREFERENCE, library="torchjd"
                )
                for name, title, reads, summary in _TORCHJD
            ),
        )
    }
)
"""Every method, by name. `mgda` is ours and `MGDA` the library's: names are told apart by case where both exist."""


_OPTIONAL: Mapping[str, str] = MappingProxyType({"NashMTL": "ecos"})
"""Packages that are not installed everywhere, by the method that needs one."""


class UnknownMethod(ValueError):
    """There is no such method."""


class MethodUnavailable(RuntimeError):
    """A package that a method needs is not installed."""


def method_named(name: str) -> MethodSpec:
    """The method of a name; case, hyphens and underscores do not matter where that leaves one.

    Raises:
        UnknownMethod: there is none.
    """
    if name in METHODS:
        return METHODS[name]
    found = [spec for known, spec in METHODS.items() if _plain(known) == _plain(name)]
    if not found:
        message = f"there is no method {name!r}; there are {', '.join(METHODS)}"
        raise UnknownMethod(message)
    return found[0]


def unavailable(name: str) -> str | None:
    """Why a method cannot be used on this machine, for people; None where it can.

    Raises:
        UnknownMethod: there is no such method.
    """
    spec = method_named(name)
    package = _OPTIONAL.get(spec.name)
    if package is None or find_spec(package) is not None:
        return None
    return f"{spec.title} needs the package {package!r}, which is not installed"


def lattice(tasks: int, parts: int = 4) -> list[tuple[float, ...]]:
    """Weight vectors that cover the simplex evenly, without its boundary, largest first component last.

    Args:
        tasks: T, at least 2.
        parts: what each weight is a multiple of one over, at least T.

    Returns:
        Every vector of T positive multiples of 1 / `parts` that sum to 1.
    """
    return [tuple(count / parts for count in counts) for counts in _compositions(parts, tasks)]


def _compositions(total: int, terms: int) -> Iterable[tuple[int, ...]]:
    if terms == 1:
        yield (total,)
        return
    for first in range(1, total - terms + 2):
        for rest in _compositions(total - first, terms - 1):
            yield (first, *rest)


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").casefold()
