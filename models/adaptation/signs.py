"""Signs, none of which needs target labels, that a method is worse than source-only, or is not.

The strongest two compare predictions: those that source-only is sure of are mostly right where it works at all, and
networks of different seeds err differently, so that they agree less where they err more. Scores by which a step is
chosen count least: entropy and mutual information are what methods minimise and maximise, so neither is one here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from models.adaptation.evaluation import class_shares
from models.adaptation.evidence import Evidence, Pairs

Verdict = Literal["worse", "not worse", "unclear"]

CONFIDENT = 0.5
"""The share of source-only's predictions that count as its confident ones."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One sign.

    Attributes:
        says: what it speaks for; `unclear` where it speaks for neither.
        text: it in plain words, with its figures.
        strong: whether it counts twice.
    """

    says: Verdict
    text: str
    strong: bool = False


def signs(pairs: Pairs) -> tuple[Reason, ...]:
    """Every sign, the strongest first; that of seeds only where there are two."""
    found = [_kept_predictions(pairs)]
    if len(pairs) > 1:
        found.append(_agreement_of_seeds(pairs))
    return (*found, _used_classes(pairs), _held_out_source(pairs), _validated_error(pairs), _density(pairs))


def same_predictions(pairs: Pairs) -> float:
    """The share of the target that is predicted as by source-only: accuracies differ by no more than the rest."""
    return _mean(_agreement(before, after) for before, after in pairs)


def source_only_classes(pairs: Pairs) -> float:
    """How many classes source-only uses on the target, effective number."""
    return _mean(_effective_classes(before.predictions, before.classes) for before, _ in pairs)


def _kept_predictions(pairs: Pairs) -> Reason:
    kept = _mean(_agreement(before, after, where=_confident(before)) for before, after in pairs)
    return Reason(
        _says(kept, worse_below=0.75, fine_above=0.88),
        f"{kept:.0%} of source-only's confident predictions on the target are kept",
        strong=kept < 0.6,
    )


def _agreement_of_seeds(pairs: Pairs) -> Reason:
    """Two seeds disagree about as often as one of them errs (Jiang et al. 2022, "Assessing generalization of SGD")."""
    before, after = (
        _mean(_agreement(a, b) for a, b in combinations([pair[side] for pair in pairs], 2)) for side in (0, 1)
    )
    return Reason(
        _says(after - before, worse_below=-0.1, fine_above=0.0),
        f"two seeds agree on {after:.0%} of the target, those of source-only on {before:.0%}",
        strong=after - before < -0.25,
    )


def _used_classes(pairs: Pairs) -> Reason:
    """Spreading over classes that are not there and collapsing are the two ways of going wrong."""
    before = _mean(_effective_classes(each.predictions[_confident(each)], each.classes) for each, _ in pairs)
    after = _mean(_effective_classes(each.predictions, each.classes) for _, each in pairs)
    change = abs(math.log(after / before))
    return Reason(
        _says(-change, worse_below=-math.log(1.6), fine_above=-math.log(1.25)),
        f"the target is predicted to be of {after:.1f} classes (effective number); "
        f"source-only is confident of {before:.1f}",
    )


def _held_out_source(pairs: Pairs) -> Reason:
    before, after = _both(pairs, lambda run: run.source_accuracy)
    return Reason(
        _says(after - before, worse_below=-0.05),
        f"accuracy on the held-out source {after:.1%}, source-only {before:.1%}",
    )


def _validated_error(pairs: Pairs) -> Reason:
    """Told but not counted.

    Where domains are apart, as source-only leaves them, the weights of deep embedded validation all but vanish and its
    risk is too low, so a method that brings domains together looks worse than it is.
    """
    before, after = _both(pairs, lambda run: -run.scores["dev"])
    text = (
        f"error on the target by deep embedded validation {after:.1%}, source-only {before:.1%} (not counted)"
    )
    return Reason("unclear", text)


def _density(pairs: Pairs) -> Reason:
    before, after = _both(pairs, lambda run: run.scores["snd"])
    return Reason(
        _says(after - before, worse_below=-0.5),
        f"soft neighbourhood density {after:.2f} nats, source-only {before:.2f}",
    )


def _says(value: float, *, worse_below: float, fine_above: float = math.inf) -> Verdict:
    """NaN, what nobody could measure, speaks for neither."""
    return "worse" if value < worse_below else "not worse" if value > fine_above else "unclear"


def _agreement(a: Evidence, b: Evidence, where: NDArray[np.bool_] | None = None) -> float:
    same = a.predictions == b.predictions
    return float((same if where is None else same[where]).mean())


def _confident(run: Evidence) -> NDArray[np.bool_]:
    return run.confidence >= np.quantile(run.confidence, 1 - CONFIDENT)


def _effective_classes(predictions: NDArray[np.int64], classes: int) -> float:
    shares = class_shares(predictions, classes)
    return float(np.exp(-xlogy(shares, shares).sum()))


def _both(pairs: Pairs, figure: Callable[[Evidence], float]) -> tuple[float, float]:
    return _mean(figure(before) for before, _ in pairs), _mean(figure(after) for _, after in pairs)


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
