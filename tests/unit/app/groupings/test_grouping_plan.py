"""What is trained to check a prediction, and as which jobs."""

from app.core.queue import JOB_KINDS
from app.groupings.plan import NETWORK, SUMMARY, grouping_plan
from models.multitask.methods import SINGLE
from tests.unit.app.groupings.asked import question, runs_of


def test_every_group_of_any_candidate_is_trained_once_besides_all_together_and_each_alone():
    asked = question(candidates=20, budget=3)
    runs = runs_of(asked)
    shared = [run.tasks for run in runs if run.method != SINGLE]
    wanted = {group for groups in asked.predicted.candidates for group in groups if len(group) > 1}
    assert len(shared) == len(set(shared))
    assert set(shared) == wanted | {asked.setup.training.tasks}
    alone = [task for run in runs if run.method == SINGLE for task in run.tasks]
    assert sorted(alone) == sorted(asked.setup.training.tasks)
    assert [run.position for run in runs] == list(range(len(runs)))
    assert len({run.id for run in runs}) == len(runs)


def test_single_tasks_are_trained_by_two_and_an_odd_one_joins_the_last():
    alone = [
        run.tasks
        for run in runs_of(question(tasks=["depth", "normals", "scene_class"]))
        if run.method == SINGLE
    ]
    assert alone == [("depth", "normals", "scene_class")]
    assert [len(run.tasks) for run in runs_of(question()) if run.method == SINGLE] == [2, 2]


def test_the_summary_waits_for_every_run():
    asked = question()
    runs = runs_of(asked)
    jobs = grouping_plan(asked.setup, asked.name, runs, 640)
    assert [job.kind for job in jobs] == [*[NETWORK] * len(runs), SUMMARY]
    assert {job.kind for job in jobs} <= set(JOB_KINDS)
    assert [job.depends_on for job in jobs] == [*[()] * len(runs), tuple(range(len(runs)))]
    assert [job.parameters.get("run_id") for job in jobs] == [*(run.id for run in runs), None]
    assert all(job.cost > 0 for job in jobs)


def test_methods_that_look_at_gradients_cost_a_pass_for_each_task():
    def costs(method):
        asked = question(method=method)
        return [job.cost for job in grouping_plan(asked.setup, "", runs_of(asked), 640)]

    assert costs("mgda")[0] > costs("uniform")[0] == costs("mgda-ub")[0]
