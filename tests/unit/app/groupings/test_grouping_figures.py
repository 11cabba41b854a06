"""A prediction beside what training showed."""

import math

import pytest

from app.groupings.figures import figures
from models.multitask.methods import SINGLE
from models.multitask.summary import main_metric
from models.taxonomy.dictionary import TASKS
from tests.unit.app.groupings.asked import diverged, measured, question, runs_of

PAIRS = (("autoencoding", "scene_class"), ("depth", "normals"))


def judged(asked):
    return {name: main_metric(TASKS[name]) for name in asked.setup.training.tasks}


def ended(asked, *, shared=0.5, pair=0.25, single=0.5):
    """All runs, the networks of the predicted pairs better than the others."""
    return [
        measured(run, single if run.method == SINGLE else pair if run.tasks in PAIRS else shared)
        for run in runs_of(asked)
    ]


def test_groupings_are_shown_as_predicted_and_the_two_ends_for_comparison():
    asked = question()
    found = figures(asked, runs_of(asked), judged(asked))
    groups = [each.grouping.groups for each in found.checked]
    assert groups[:3] == list(asked.predicted.candidates)
    assert len(set(groups)) == len(groups)
    assert {len(each) for each in groups} >= {1, 4}
    assert [rank for rank in found.rank if rank is not None] == [1, 2, 3]
    assert all(math.isnan(value) for value in found.single.values())
    assert all(each.test.percent is None for each in found.checked)
    assert found.recommended is None


def test_a_grouping_is_held_against_single_tasks_by_the_networks_of_its_groups():
    asked = question()
    found = figures(asked, ended(asked), judged(asked))
    by_groups = {each.grouping.groups: each.test.percent for each in found.checked}
    assert by_groups[PAIRS] == pytest.approx(-50)  # errors halve, and the accuracy rises from 0.5 to 0.75
    assert by_groups[tuple((name,) for name in judged(asked))] == 0
    assert found.recommended.grouping.groups == PAIRS
    assert found.assessment.regret == 0
    assert found.single == dict.fromkeys(judged(asked), 0.5)


def test_a_task_alone_in_a_grouping_has_its_own_network():
    asked = question(tasks=["depth", "normals", "scene_class"])
    found = figures(asked, ended(asked), judged(asked))
    pair = next(
        each for each in found.checked if each.grouping.groups == (("depth", "normals"), ("scene_class",))
    )
    assert pair.test.per_task == pytest.approx({"depth": -50, "normals": -50, "scene_class": 0})


def test_a_run_that_diverged_leaves_its_groupings_without_a_figure():
    asked = question()
    runs = [diverged(run) if run.tasks == PAIRS[1] else run for run in ended(asked)]
    found = figures(asked, runs, judged(asked))
    by_groups = {each.grouping.groups: each for each in found.checked}
    assert by_groups[PAIRS].test.percent is None
    assert "depth was not measured" in by_groups[PAIRS].test.reason
    assert by_groups[PAIRS].test.per_task["scene_class"] == pytest.approx(-50)
    assert found.recommended.grouping.groups != PAIRS
    assert found.assessment.regret is None


def test_without_single_tasks_nothing_can_be_said():
    asked = question()
    runs = [diverged(run) if run.method == SINGLE else run for run in ended(asked)]
    found = figures(asked, runs, judged(asked))
    assert found.recommended is None
    assert "single-task" in found.checked[0].test.reason
