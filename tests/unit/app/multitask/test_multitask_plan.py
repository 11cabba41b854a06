"""The runs and the jobs of a multi-task training."""

import json
import math
from dataclasses import replace

import pytest

from app.core.queue import JOB_KINDS
from app.multitask.plan import (
    MOST_HEAVY,
    SUMMARY,
    TRAIN,
    grid_preferences,
    multitask_plan,
    planned_runs,
    run_count,
)
from app.multitask.records import Setup
from models.data.splits import SplitSizes
from models.multitask.config import MultitaskConfig

SETUP = Setup(
    training=MultitaskConfig(tasks=("depth", "normals"), epochs=3),
    methods=("single", "grid", "mgda"),
    seeds=(4, 2),
    preferences=(),
    splits=SplitSizes(train=40, transfer=10, validation=4, test=10),
)


def test_without_preferences_the_grid_alone_has_some():
    runs = planned_runs("mtk", SETUP)
    assert [(run.method, run.preference, run.seed) for run in runs] == [
        ("single", None, 4),
        ("single", None, 2),
        *(("grid", weights, seed) for weights in grid_preferences(2) for seed in (4, 2)),
        ("mgda", None, 4),
        ("mgda", None, 2),
    ]
    assert [run.position for run in runs] == list(range(10))
    assert len({run.id for run in runs}) == 10


def test_every_method_that_preferences_steer_has_a_run_for_each():
    steered = replace(SETUP, preferences=((0.5, 0.5), (1.0, 0.0)), seeds=(0,))
    assert [(run.method, run.preference) for run in planned_runs("mtk", steered)] == [
        ("single", None),
        ("grid", (0.5, 0.5)),
        ("grid", (1.0, 0.0)),
        ("mgda", (0.5, 0.5)),
        ("mgda", (1.0, 0.0)),
    ]


def test_runs_are_counted_before_they_are_made():
    for setup in (SETUP, replace(SETUP, preferences=((0.5, 0.5),), seeds=(0,))):
        assert run_count(setup) == len(planned_runs("mtk", setup))


@pytest.mark.parametrize("tasks", [2, 3, 4, MOST_HEAVY, 40])
def test_the_grid_weighs_every_task_and_never_two_alike(tasks):
    found = grid_preferences(tasks)
    assert len(set(found)) == len(found) <= MOST_HEAVY
    for weights in found:
        assert len(weights) == tasks
        assert min(weights) > 0
        assert math.fsum(weights) == pytest.approx(1)


def test_of_more_than_three_tasks_one_after_the_other_weighs_half():
    found = grid_preferences(5)
    assert [weights.index(0.5) for weights in found] == [0, 1, 2, 3, 4]
    assert [weights.index(0.5) for weights in grid_preferences(40)] == list(range(MOST_HEAVY))


def test_runs_wait_for_nothing_and_the_summary_for_all_of_them():
    runs = planned_runs("mtk", replace(SETUP, methods=("single", "mgda"), seeds=(4,)))
    jobs = multitask_plan(SETUP, "rooms", runs)
    assert [job.kind for job in jobs] == [TRAIN, TRAIN, SUMMARY]
    assert [job.depends_on for job in jobs] == [(), (), (0, 1)]
    assert [job.parameters for job in jobs[:2]] == [{"run_id": run.id} for run in runs]
    assert [job.title for job in jobs] == ["single, seed 4", "mgda, seed 4", "Summary of rooms"]
    assert {job.kind for job in jobs} <= set(JOB_KINDS)
    assert all(job.cost > 0 for job in jobs)


def test_what_takes_more_passes_is_expected_to_cost_more():
    runs = planned_runs("mtk", replace(SETUP, methods=("uniform", "mgda", "single"), seeds=(0,)))
    uniform, mgda, single, _ = (job.cost for job in multitask_plan(SETUP, "rooms", runs))
    assert uniform < mgda < single == 2 * uniform


def test_a_preference_is_in_the_title():
    run = planned_runs("mtk", replace(SETUP, preferences=((0.25, 0.75),)))[2]
    assert run.title == "grid (0.25, 0.75), seed 4"


def test_a_setup_survives_as_json():
    for setup in (SETUP, replace(SETUP, preferences=((0.25, 0.75),))):
        assert Setup.from_json(json.loads(json.dumps(setup.to_json()))) == setup
