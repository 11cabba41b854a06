"""The check of a prediction as runs and as a graph of jobs, and what each is expected to cost."""

from collections.abc import Sequence

from app.atlases.plan import PlannedJob
from app.core.ids import new_id
from app.groupings.records import GroupingRun, Prediction, Setup
from models.multitask.grouping import Group
from models.multitask.methods import METHODS, SINGLE

NETWORK = "grouping.network"
SUMMARY = "grouping.summary"

_SUMMARY_COST = 0.02  # of a run
_ENCODER = 2 / 3  # of a pass through the whole network


def planned_runs(grouping_id: str, setup: Setup, prediction: Prediction) -> list[GroupingRun]:
    """What must be trained: each group of any grouping once, all tasks together, and each task alone.

    A task alone is the baseline of every figure, so all of them are trained, whatever the groupings are: two or three
    by a run, for the runs to spread over workers.

    Args:
        grouping_id: whose.
        setup: of the check.
        prediction: with the groupings that are checked.
    """
    tasks = setup.training.tasks
    groups = dict.fromkeys(
        group for groups in (*prediction.candidates, (tasks,)) for group in groups if len(group) > 1
    )
    planned = [(setup.method, group) for group in groups]
    planned += [(SINGLE, chunk) for chunk in _in_twos(tasks)]
    return [
        GroupingRun(id=new_id("mdl"), grouping_id=grouping_id, position=position, method=method, tasks=group)
        for position, (method, group) in enumerate(planned)
    ]


def grouping_plan(setup: Setup, name: str, runs: Sequence[GroupingRun], images: int) -> list[PlannedJob]:
    """The jobs of a check: every run by itself, so that they spread over the workers, and then the summary.

    Args:
        setup: of the check.
        name: as its user calls it.
        runs: that it shall have.
        images: that are trained on.
    """
    seen = float(setup.training.epochs * images)
    jobs = [
        PlannedJob(NETWORK, _title(run), {"run_id": run.id}, seen * _passes(run.method, len(run.tasks)))
        for run in runs
    ]
    return [
        *jobs,
        PlannedJob(SUMMARY, f"Summary of {name}", {}, _SUMMARY_COST * seen, tuple(range(len(jobs)))),
    ]


def _in_twos(tasks: Group) -> list[Group]:
    chunks = [tasks[start : start + 2] for start in range(0, len(tasks), 2)]
    if len(chunks[-1]) == 1:
        last = chunks.pop()
        chunks[-1] += last
    return chunks


def _title(run: GroupingRun) -> str:
    names = ", ".join(run.tasks)
    return f"{names}, each alone" if run.method == SINGLE else f"{names} by {run.method}"


def _passes(method: str, tasks: int) -> float:
    """Passes of an image through the network of one task."""
    head = 1 - _ENCODER
    if method == SINGLE:
        return float(tasks)
    encoder = _ENCODER * (tasks if METHODS[method].reads == "gradients" else 1)
    return encoder + head * tasks
