"""A multi-task training as runs and as a graph of jobs, and what each is expected to cost."""

from collections.abc import Iterator, Sequence

from app.atlases.plan import PlannedJob
from app.core.ids import new_id
from app.multitask.records import MultitaskRun, Preference, Setup
from models.data.splits import SplitSizes
from models.multitask.methods import GRID, METHODS, SINGLE, MethodSpec, lattice

TRAIN = "multitask.train"
SUMMARY = "multitask.summary"

MOST_HEAVY = 8
"""Weight vectors that `grid` tries by default, where there are more tasks than that."""

_SUMMARY_COST = 0.02  # of a run
_ENCODER = 2 / 3  # of a pass through the whole network


def training_images(splits: SplitSizes) -> int:
    """Images that are trained on: there is only one training, so those meant for transfers take part in it."""
    return splits.train + splits.transfer


def planned_runs(multitask_id: str, setup: Setup) -> list[MultitaskRun]:
    """Every run of a training, by method, then by preference, then by seed."""
    settings = [
        (method, seed, preference)
        for method in setup.methods
        for preference in _preferences(setup, METHODS[method])
        for seed in setup.seeds
    ]
    return [
        MultitaskRun(
            id=new_id("mdl"),
            multitask_id=multitask_id,
            position=position,
            method=method,
            seed=seed,
            preference=preference,
        )
        for position, (method, seed, preference) in enumerate(settings)
    ]


def run_count(setup: Setup) -> int:
    """How many runs a training has."""
    return len(setup.seeds) * sum(len(list(_preferences(setup, METHODS[name]))) for name in setup.methods)


def grid_preferences(tasks: int) -> list[Preference]:
    """The weight vectors that `grid` tries where none are asked for.

    Quarters for two and three tasks, none of them zero; for more tasks, one task after the other weighs half and the
    others share the other half: the first `MOST_HEAVY` tasks, as they were asked for.

    Args:
        tasks: how many there are.
    """
    if tasks <= 3:
        return lattice(tasks)
    rest = 0.5 / (tasks - 1)
    return [
        tuple(0.5 if task == heavy else rest for task in range(tasks))
        for heavy in range(min(tasks, MOST_HEAVY))
    ]


def multitask_plan(setup: Setup, name: str, runs: Sequence[MultitaskRun]) -> list[PlannedJob]:
    """The jobs of a training: every run by itself, so that they spread over the workers, and then the summary.

    Args:
        setup: of the training.
        name: as its user calls it.
        runs: that it shall have.
    """
    images = float(setup.training.epochs * training_images(setup.splits))
    jobs = [
        PlannedJob(
            TRAIN, run.title, {"run_id": run.id}, images * _passes(run.method, len(setup.training.tasks))
        )
        for run in runs
    ]
    return [
        *jobs,
        PlannedJob(SUMMARY, f"Summary of {name}", {}, _SUMMARY_COST * images, tuple(range(len(jobs)))),
    ]


def _preferences(setup: Setup, method: MethodSpec) -> Iterator[Preference | None]:
    if not method.by_preference:
        yield None
    elif setup.preferences:
        yield from setup.preferences
    elif method.name == GRID:
        yield from grid_preferences(len(setup.training.tasks))
    else:
        yield None


def _passes(method: str, tasks: int) -> float:
    """Passes of an image through a network, of which the encoder is the larger part."""
    if method == SINGLE:
        return float(tasks)
    return 1 + _ENCODER * (tasks - 1) if METHODS[method].reads == "gradients" else 1.0
