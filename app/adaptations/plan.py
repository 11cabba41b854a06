"""An adaptation as a graph of jobs, and what each is expected to cost."""

from collections.abc import Sequence

from app.adaptations.records import AdaptationRun, Setup
from app.atlases.plan import PlannedJob

TRAIN = "adaptation.train"
SUMMARY = "adaptation.summary"

_SUMMARY_COST = 0.02  # of a run


def adaptation_plan(setup: Setup, name: str, runs: Sequence[AdaptationRun]) -> list[PlannedJob]:
    """The jobs of an adaptation: every run by itself, so that they spread over the workers, and then the summary.

    Args:
        setup: of the adaptation.
        name: as its user calls it.
        runs: that it shall have.
    """
    cost = float(setup.training.steps * setup.training.batch_size)
    jobs = [PlannedJob(TRAIN, f"{run.method}, seed {run.seed}", {"run_id": run.id}, cost) for run in runs]
    return [
        *jobs,
        PlannedJob(SUMMARY, f"Summary of {name}", {}, _SUMMARY_COST * cost, tuple(range(len(jobs)))),
    ]
