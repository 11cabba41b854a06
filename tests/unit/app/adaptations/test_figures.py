"""What the course of a run says in numbers."""

import json
from dataclasses import replace

import numpy as np
import pytest

from app.adaptations.figures import Runs, accuracies, run_figures
from app.adaptations.histories import history_from_json, history_to_json
from app.adaptations.records import AdaptationRun, Outcome, Setup
from app.core.runs import Divergence
from models.adaptation.config import AdaptationConfig
from models.adaptation.results import History

CLASSES = ("a", "b", "c")
NAN = float("nan")


def course(scores, accuracies, weights=None):
    """A run of as many evaluations, ten steps apart."""
    count = len(scores)
    per_class = np.array([[accuracy, accuracy / 2, NAN] for accuracy in accuracies], dtype=np.float32)
    return History(
        steps=10 * np.arange(1, count + 1),
        losses={"classification": np.linspace(1, 0, count, dtype=np.float32)},
        scores={
            "infomax": np.array(scores, dtype=np.float32),
            "dev": np.full(count, NAN, dtype=np.float32),
        },
        source_accuracy=np.linspace(0, 1, count, dtype=np.float32),
        target_accuracy=np.array(accuracies, dtype=np.float32),
        per_class=per_class,
        class_weights=None if weights is None else np.array(weights, dtype=np.float32),
    )


def test_the_oracle_alone_sees_labels():
    found = run_figures(course([0.5, 0.75, 0.25], [0.75, 0.5, 0.25]), CLASSES, "infomax")
    assert (found.label_free.step, found.label_free.accuracy) == (20, 0.5)
    assert (found.last.step, found.last.accuracy) == (30, 0.25)
    assert (found.oracle.step, found.oracle.accuracy) == (10, 0.75)
    assert found.score == 0.75
    assert found.source_accuracy == 0.5


def test_a_run_in_a_few_numbers_is_what_its_figures_say():
    history = course([0.5, 0.75, 0.25], [0.75, 0.5, 0.25])
    few, found = accuracies(history, "infomax"), run_figures(history, CLASSES, "infomax")
    assert (few.last, few.label_free, few.oracle) == (
        found.last.accuracy,
        found.label_free.accuracy,
        found.oracle.accuracy,
    )
    assert (few.source, few.score) == (found.source_accuracy, found.score)


def test_a_score_that_is_undefined_chooses_the_last_step():
    found = run_figures(course([0.5, 0.75], [0.75, 0.5]), CLASSES, "dev")
    assert (found.label_free.step, found.score) == (20, None)
    assert {name: chosen.step for name, chosen in found.by_selector.items()} == {"infomax": 20, "dev": 20}


def test_classes_without_examples_are_left_out():
    found = run_figures(course([1], [0.5]), CLASSES, "infomax")
    assert found.per_class == {"a": 0.5, "b": 0.25}
    assert found.mean_class_accuracy == 0.375


def test_without_labels_nothing_is_said_of_the_target():
    found = run_figures(course([0.5, 0.25], [NAN, NAN], [[1, 2, 0], [1, 1, 1]]), CLASSES, "infomax")
    assert (found.oracle, found.label_free.accuracy, found.last.accuracy) == (None, None, None)
    assert (found.per_class, found.mean_class_accuracy) == ({}, None)
    assert found.class_weights["b"].tolist() == [2, 1]


@pytest.mark.parametrize("weights", [None, [[0.1234567, 2, 0], [1, 1, NAN]]])
def test_a_course_survives_as_json(weights):
    before = course([0.5, NAN], [0.75, NAN], weights)
    document = json.loads(json.dumps(history_to_json(before), allow_nan=False))
    after = history_from_json(document)
    assert history_to_json(after) == document
    assert after.steps.dtype == np.int64
    np.testing.assert_allclose(after.scores["infomax"], before.scores["infomax"], rtol=1e-6)
    np.testing.assert_allclose(after.per_class, before.per_class, rtol=1e-6)
    if weights is None:
        assert after.class_weights is None
    else:
        np.testing.assert_allclose(after.class_weights, before.class_weights, rtol=1e-5)


def runs(**outcomes):
    """The runs of `dann` and `san` with the seeds 0 and 1, of which some have ended."""
    setup = Setup(
        training=AdaptationConfig(classes=CLASSES),
        methods=("dann", "san"),
        seeds=(0, 1),
        target_classes=None,
        weights=None,
    )
    every = []
    for method in setup.methods:
        for seed in setup.seeds:
            run = AdaptationRun(id=f"{method}_{seed}", adaptation_id="ada", method=method, seed=seed)
            if (outcome := outcomes.get(run.id)) is not None:
                run = replace(run, outcome=outcome, finished_at="now")
            every.append(run)
    return Runs(setup, reversed(every))


def ended(score, accuracy, error=None):
    found = accuracies(course([score], [accuracy]), "infomax")
    return Outcome(history=None, accuracies=found, weights="w", arrays="a", error=error)


def test_runs_stand_in_the_order_they_were_asked_for():
    assert [run.id for run in runs()] == ["dann_0", "dann_1", "san_0", "san_1"]
    assert [run.id for run in runs()[2:]] == ["san_0", "san_1"]


def test_a_summary_leaves_out_what_diverged_and_what_goes_on():
    diverged = ended(0.9, 1.0, Divergence(step=3, detail="the loss is nan"))
    dann, san = runs(dann_0=ended(0.5, 0.25), dann_1=ended(0.5, 0.75), san_1=diverged).summary
    assert (dann.n, dann.diverged, dann.label_free.mean) == (2, 0, 0.5)
    assert dann.label_free.deviation == pytest.approx(0.5 / 2**0.5)
    assert (san.n, san.diverged, san.label_free.mean, san.label_free.deviation) == (0, 1, None, None)


def test_the_preferred_run_has_the_highest_score_and_the_first_of_those_that_tie():
    assert runs().preferred is None
    assert runs(dann_1=ended(0.5, 0.1), san_0=ended(0.5, 0.9)).preferred.id == "dann_1"
    assert runs(dann_1=ended(0.5, 0.9), san_0=ended(0.75, 0.1)).preferred.id == "san_0"
    assert runs(dann_0=ended(NAN, 0.9)).preferred.id == "dann_0"
    assert runs(dann_0=ended(NAN, 0.9), san_1=ended(-5.0, 0.1)).preferred.id == "san_1"


def test_a_run_without_a_model_serves_nothing():
    lost = Outcome(history=None, error=Divergence(step=0, detail="the loss is nan"))
    found = runs(dann_0=lost)
    assert (found[0].status, found[0].model_id, found[1].status) == ("diverged", None, "waiting")
    assert found.model("dann_0") is None
    assert found.preferred is None
