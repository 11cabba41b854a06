"""Jobs of a multi-task training: one method with one seed and perhaps a preference each, and the end of all.

A run that diverges is a finding, and its job ends as others do: a job that fails takes its whole group with it.
"""

from typing import Any

from app.core.runs import Divergence
from app.multitask.building import MultitaskBuildingService, RunWork, stored_outcome
from app.multitask.plan import SUMMARY, TRAIN
from app.multitask.records import Outcome
from jobs.base import JobContext, job
from jobs.views import open_views
from models.data.pooled import PooledViews
from models.multitask.results import History, MultitaskDiverged
from models.multitask.training import train


@job(TRAIN)
def train_multitask_run(context: JobContext) -> None:
    """Train one method with one seed."""
    platform, run_id = context.platform, context.config["run_id"]
    with platform.database.session(read_only=True) as session:
        work = MultitaskBuildingService(session, platform).work(run_id)
    outcome = _trained(context, work)
    with context.commit(_told(work, outcome)) as session:
        MultitaskBuildingService(session, platform).end_run(run_id, outcome)


@job(SUMMARY)
def sum_up_multitask(context: JobContext) -> None:
    """Declare a training complete: its figures follow from what the runs have stored."""
    multitask_id = context.config["multitask_id"]
    with context.commit({"multitask_id": multitask_id}) as session:
        MultitaskBuildingService(session, context.platform).finish(multitask_id)


def _trained(context: JobContext, work: RunWork) -> Outcome:
    platform, run_id, setup = context.platform, context.config["run_id"], work.setup
    cache = platform.settings.datasets.cache
    views = PooledViews(open_views(work.dataset, setup.splits, cache, setup.training.tasks))

    def watch(history: History) -> None:
        context.store(lambda session: MultitaskBuildingService(session, platform).measured(run_id, history))

    try:
        trained = train(
            setup.training,
            work.method,
            work.seed,
            work.preference,
            views,
            context,
            watch=watch,
        )
    except MultitaskDiverged as diverged:
        error = Divergence(step=diverged.step, detail=str(diverged))
        return Outcome(history=diverged.history, error=error)
    return stored_outcome(platform.artifacts, trained)


def _told(work: RunWork, outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    return {
        "method": work.method,
        "seed": work.seed,
        "preference": work.preference,
        "diverged_at": None if error is None else error.step,
    }
