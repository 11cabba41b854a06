"""Whether adaptation made it worse than source-only: negative transfer (Cao et al. 2018, Sec. 1; Wang et al. 2019).

With target labels the question is answered by accuracy, of both at the step that was chosen without labels. Without
them it can only be judged from signs, each of which can err; together they give a verdict, or none where they
contradict each other. They err less with several seeds than with one. Everything here is a function of what runs have
stored, so how often the signs are right can be measured on targets that have labels: `judge_without_labels` against
`judge_with_labels` of the same runs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import t as students_t

from models.adaptation.evidence import Evidence, Pairs
from models.adaptation.signs import Reason, Verdict, same_predictions, signs, source_only_classes
from models.training.summary import summarise

MARGIN = 0.01
"""Accuracy that does not matter: a loss within it is not called worse."""
SURE = 0.95
"""How sure a verdict by labels must be."""
CLEAR = 2
"""Signs for a verdict, less those against it, that a verdict without labels takes; strong ones count twice."""
YARDSTICK = 3.0
"""Effective classes, or half of K if fewer, below which source-only has collapsed: it is no yardstick then."""

_VOTES: Mapping[Verdict, int] = {"worse": 1, "not worse": -1, "unclear": 0}


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a method made it worse than source-only.

    Attributes:
        verdict: of all reasons together.
        judged_by: the target's labels, or signs that need none.
        reasons: what it rests on.
        difference: mean accuracy less source-only's, over seeds that both have; None without labels.
        standard_error: of the difference; None without labels.
        seeds: that both have.
    """

    verdict: Verdict
    judged_by: Literal["labels", "label-free"]
    reasons: tuple[Reason, ...]
    difference: float | None
    standard_error: float | None
    seeds: int


def judge(source_only: Sequence[Evidence], adapted: Sequence[Evidence]) -> Judgement:
    """By labels where the target has any, else without.

    Args:
        source_only: runs of source-only.
        adapted: runs of one method on the same target; seeds that only one of the two has are left out.

    Raises:
        ValueError: no seed is in both, or the runs are of different targets.
    """
    pairs = _paired(source_only, adapted)
    known = all(not math.isnan(each.target_accuracy) for pair in pairs for each in pair)
    return _with_labels(pairs) if known else _without_labels(pairs)


def judge_with_labels(source_only: Sequence[Evidence], adapted: Sequence[Evidence]) -> Judgement:
    """By the accuracy on the labelled target, paired by seed.

    A one-sided t-test of the paired differences: worse where a loss of more than nothing is `SURE` and its mean is
    above `MARGIN`, not worse where it is `SURE` that no more than `MARGIN` is lost. Of a single seed the standard
    error is that of two independent samples of examples, which knows nothing of how seeds differ.

    Raises:
        ValueError: as of `judge`, or there are no labels.
    """
    pairs = _paired(source_only, adapted)
    if any(math.isnan(each.target_accuracy) for pair in pairs for each in pair):
        message = "the target has no labels"
        raise ValueError(message)
    return _with_labels(pairs)


def judge_without_labels(source_only: Sequence[Evidence], adapted: Sequence[Evidence]) -> Judgement:
    """By signs that need no target labels.

    Raises:
        ValueError: as of `judge`.
    """
    return _without_labels(_paired(source_only, adapted))


def _paired(source_only: Sequence[Evidence], adapted: Sequence[Evidence]) -> Pairs:
    by_seed = {each.seed: each for each in source_only}
    pairs = [(by_seed[each.seed], each) for each in adapted if each.seed in by_seed]
    if not pairs:
        message = "no seed was trained both ways"
        raise ValueError(message)
    if len({len(each.predictions) for pair in pairs for each in pair}) > 1:
        message = "runs on targets of different sizes cannot be compared"
        raise ValueError(message)
    return pairs


def _with_labels(pairs: Pairs) -> Judgement:
    found = summarise(after.target_accuracy - before.target_accuracy for before, after in pairs)
    difference = found.mean or 0.0
    if found.standard_error is None:
        before, after = pairs[0]
        error = math.sqrt(
            sum(each.target_accuracy * (1 - each.target_accuracy) / each.labelled for each in (before, after))
        )
        reach = float(students_t.ppf(SURE, max(before.labelled - 1, 1))) * error
    else:
        error = found.standard_error
        reach = float(students_t.ppf(SURE, found.n - 1)) * error
    verdict: Verdict = "unclear"
    if difference + reach < 0 and difference < -MARGIN:
        verdict = "worse"
    elif difference - reach > -MARGIN:
        verdict = "not worse"
    means = [float(np.mean([pair[side].target_accuracy for pair in pairs])) for side in (0, 1)]
    text = (
        f"accuracy on the labelled target {means[1]:.1%}, source-only {means[0]:.1%}: {100 * difference:+.1f} points, "
        f"standard error {100 * error:.1f}, {_seeds(len(pairs))}"
    )
    return Judgement(verdict, "labels", (Reason(verdict, text),), difference, error, len(pairs))


def _seeds(count: int) -> str:
    return f"{count} seeds" if count > 1 else "one seed: how much seeds differ is not known"


def _without_labels(pairs: Pairs) -> Judgement:
    same = same_predictions(pairs)
    if same >= 1 - MARGIN:
        reason = Reason("not worse", f"{same:.1%} of the target is predicted as source-only predicts it")
        return _label_free("not worse", (reason,), pairs)
    reasons = signs(pairs)
    used = source_only_classes(pairs)
    if used < min(YARDSTICK, pairs[0][0].classes / 2):
        text = (
            f"source-only itself uses {used:.1f} classes (effective number), so being unlike it says little"
        )
        return _label_free("unclear", (Reason("unclear", text), *reasons), pairs)
    votes = sum((2 if reason.strong else 1) * _VOTES[reason.says] for reason in reasons)
    verdict = "worse" if votes >= CLEAR else "not worse" if votes <= -CLEAR else "unclear"
    return _label_free(verdict, reasons, pairs)


def _label_free(verdict: Verdict, reasons: tuple[Reason, ...], pairs: Pairs) -> Judgement:
    return Judgement(verdict, "label-free", reasons, None, None, len(pairs))
