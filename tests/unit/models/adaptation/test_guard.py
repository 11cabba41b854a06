from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.adaptation.config import SELECTORS
from models.adaptation.evidence import Evidence, evidence
from models.adaptation.guard import judge, judge_with_labels, judge_without_labels
from models.adaptation.results import Adapted, History
from models.data.labelled import UNKNOWN
from tests.unit.models.adaptation.embeddings import clusters

CLASSES, TARGET = 10, 400
TRUTH = np.arange(TARGET) % 5  # half of the classes are there
CONFIDENCE = np.linspace(0.3, 1, TARGET, dtype=np.float32)
SCORES = dict.fromkeys(SELECTORS, 0.0)


def run(seed: int, predictions: np.ndarray, *, accuracy: float = np.nan, source: float = 0.9) -> Evidence:
    return Evidence(seed, source, {**SCORES}, accuracy, TARGET, predictions, CONFIDENCE, CLASSES)


def wrong_where(seed: int, doubtful: int, to: Callable[[np.random.Generator], np.ndarray]) -> np.ndarray:
    """Right but for so many of the least confident examples."""
    predictions = TRUTH.copy()
    predictions[:doubtful] = to(np.random.default_rng(seed))[:doubtful]
    return predictions


def anything(random: np.random.Generator) -> np.ndarray:
    return random.integers(0, CLASSES, TARGET)


def source_only(seeds: int = 3) -> list[Evidence]:
    """Wrong, each seed in its own way, on the 120 examples that it is least sure of."""
    return [run(seed, wrong_where(seed, 120, anything)) for seed in range(seeds)]


def accuracies(values: list[float]) -> list[Evidence]:
    return [run(seed, TRUTH, accuracy=value) for seed, value in enumerate(values)]


def test_labels_tell_a_clear_loss_from_none() -> None:
    before = accuracies([0.70, 0.72, 0.69])
    worse = judge(before, accuracies([0.50, 0.55, 0.48]))
    assert (worse.verdict, worse.judged_by, worse.seeds) == ("worse", "labels", 3)
    assert worse.difference == pytest.approx(-0.58 / 3)
    differences = np.array([-0.20, -0.17, -0.21])
    assert worse.standard_error == pytest.approx(differences.std(ddof=1) / 3**0.5)
    assert "-19.3 points" in worse.reasons[0].text
    assert judge(before, accuracies([0.80, 0.83, 0.78])).verdict == "not worse"
    assert judge(before, accuracies([0.70, 0.72, 0.69])).verdict == "not worse"


def test_a_loss_that_seeds_disagree_on_is_unclear() -> None:
    assert judge(accuracies([0.7, 0.7, 0.7]), accuracies([0.4, 0.8, 0.68])).verdict == "unclear"


def test_a_loss_within_the_margin_is_not_called_worse() -> None:
    before = accuracies([0.700, 0.710, 0.720])
    assert judge(before, accuracies([0.695, 0.705, 0.715])).verdict == "not worse"


def test_runs_are_paired_by_seed_whatever_their_order() -> None:
    before = accuracies([0.7, 0.8, 0.6])
    after = accuracies([0.6, 0.7, 0.5])
    paired = judge(before, list(reversed(after)))
    assert paired.difference == pytest.approx(-0.1)
    assert paired.standard_error == pytest.approx(0, abs=1e-9)
    assert judge(before, after[:2]).seeds == 2


def test_a_single_seed_has_the_standard_error_of_its_examples() -> None:
    found = judge(accuracies([0.8]), accuracies([0.5]))
    assert found.standard_error == pytest.approx(((0.8 * 0.2 + 0.5 * 0.5) / TARGET) ** 0.5)
    assert found.verdict == "worse"
    assert "one seed" in found.reasons[0].text
    assert judge(accuracies([0.80]), accuracies([0.78])).verdict == "unclear"


differences = st.lists(st.floats(-0.3, 0.3), min_size=1, max_size=6)


@settings(deadline=None)
@given(differences)
def test_both_ways_round_never_both_are_worse(changes: list[float]) -> None:
    before = accuracies([0.5] * len(changes))
    after = accuracies([0.5 + change for change in changes])
    there, back = judge(before, after), judge(after, before)
    assert not (there.verdict == "worse" == back.verdict)
    if there.verdict == "worse":
        assert back.verdict == "not worse"


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="no seed"):
        judge(accuracies([0.5]), [run(7, TRUTH)])
    with pytest.raises(ValueError, match="different sizes"):
        judge(source_only(1), [replace(run(0, TRUTH), predictions=TRUTH[:9])])
    with pytest.raises(ValueError, match="no labels"):
        judge_with_labels(source_only(), source_only())


def test_without_labels_it_is_judged_by_signs() -> None:
    found = judge(source_only(), [run(seed, TRUTH) for seed in range(3)])
    assert found.judged_by == "label-free"
    assert (found.difference, found.standard_error) == (None, None)
    assert len(found.reasons) == 6


def test_a_part_of_runs_with_labels_is_judged_by_signs() -> None:
    before = source_only()
    before[0] = replace(before[0], target_accuracy=0.7)
    assert judge(before, [run(seed, TRUTH, accuracy=1.0) for seed in range(3)]).judged_by == "label-free"


def test_labels_never_change_a_judgement_without_them() -> None:
    before, after = source_only(), [run(seed, TRUTH) for seed in range(3)]
    labelled = [replace(each, target_accuracy=0.1) for each in after]
    assert judge_without_labels(before, after) == judge_without_labels(before, labelled)


def test_the_same_predictions_are_not_worse() -> None:
    found = judge(source_only(), source_only())
    assert found.verdict == "not worse"
    assert "100.0%" in found.reasons[0].text


def test_the_doubtful_examples_put_right_are_not_worse() -> None:
    assert judge(source_only(), [run(seed, TRUTH) for seed in range(3)]).verdict == "not worse"


def test_a_target_spread_over_classes_that_are_not_there_is_worse() -> None:
    """Negative transfer as of a domain adversarial network: aligned with every source class, by each seed otherwise."""
    spread = [run(seed, wrong_where(seed, 300, anything)) for seed in range(3)]
    found = judge(source_only(), spread)
    assert found.verdict == "worse"
    assert [reason.says for reason in found.reasons[:2]] == ["worse", "worse"]


def test_a_strong_sign_suffices_alone() -> None:
    """Seeds that no longer agree, though confident predictions are kept and the classes are nearly the same."""
    before = [run(seed, wrong_where(seed, 40, anything)) for seed in range(3)]
    after = [
        run(seed, wrong_where(seed, 240, lambda random: random.integers(0, 7, TARGET))) for seed in range(3)
    ]
    found = judge(before, after)
    assert [(reason.says, reason.strong) for reason in found.reasons if reason.says != "unclear"] == [
        ("worse", True)
    ]
    assert found.verdict == "worse"


def test_signs_against_each_other_leave_it_unclear() -> None:
    after = [run(seed, wrong_where(seed + 9, 190, anything)) for seed in range(3)]
    found = judge(source_only(), after)
    assert {reason.says for reason in found.reasons} == {"worse", "not worse", "unclear"}
    assert found.verdict == "unclear"


def test_a_collapse_that_seeds_do_not_share_is_worse() -> None:
    collapsed = [run(seed, np.full(TARGET, seed)) for seed in range(3)]
    assert judge(source_only(), collapsed).verdict == "worse"


def test_a_single_seed_is_judged_without_the_agreement_of_seeds() -> None:
    found = judge(source_only(1), [run(0, np.full(TARGET, 3))])
    assert len(found.reasons) == 5
    assert found.verdict == "worse"


def test_a_collapsed_source_only_is_no_yardstick() -> None:
    """Being unlike it may be the better; equal to it is still not worse."""
    collapsed = [run(seed, np.full(TARGET, 0)) for seed in range(3)]
    found = judge(collapsed, [run(seed, TRUTH) for seed in range(3)])
    assert found.verdict == "unclear"
    assert "1.0 classes" in found.reasons[0].text
    assert judge(collapsed, collapsed).verdict == "not worse"


def test_the_source_that_is_forgotten_is_a_sign() -> None:
    before = source_only()
    after = [run(seed, wrong_where(seed, 130, anything), source=0.8) for seed in range(3)]
    reason = next(each for each in judge(before, after).reasons if "held-out" in each.text)
    assert reason.says == "worse"
    assert "80.0%, source-only 90.0%" in reason.text


def test_scores_that_are_undefined_speak_for_neither() -> None:
    undefined = dict.fromkeys(SELECTORS, np.nan)
    after = [replace(run(seed, TRUTH), scores=undefined) for seed in range(3)]
    assert [reason.says for reason in judge(source_only(), after).reasons[-2:]] == ["unclear", "unclear"]


def test_evidence_is_of_the_step_that_was_chosen_without_target_labels() -> None:
    none = np.zeros(3, np.float32)
    history = History(
        steps=np.array([1, 2, 3]),
        losses={},
        scores={**dict.fromkeys(SELECTORS, none), "infomax": np.array([0.1, 0.9, 0.2], np.float32)},
        source_accuracy=np.array([0.5, 0.75, 0.625], np.float32),
        target_accuracy=np.array([0.875, 0.25, 0.5], np.float32),
        per_class=np.zeros((3, 2), np.float32),
        class_weights=None,
    )
    adapted = Adapted(
        method="dann",
        seed=4,
        history=history,
        selector="infomax",
        weights=b"",
        embedding=clusters(2, 1),
        confusion=np.array([[1, 2], [0, 1]]),
        predictions=np.array([0, 1, 1, 1, 0]),
        confidence=np.ones(5, np.float32),
    )
    found = evidence(adapted)
    assert (found.seed, found.source_accuracy, found.target_accuracy) == (4, 0.75, 0.25)
    assert (found.labelled, found.classes, found.scores["infomax"]) == (4, 2, pytest.approx(0.9))
    assert found.predictions.tolist() == [0, 1, 1, 1, 0]
    assert UNKNOWN not in found.predictions
