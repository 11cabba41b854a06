"""Jobs of a grouping: one network for each group of tasks, a network for each task, and what they say together.

A run that diverges is a finding, and its job ends as others do: a job that fails takes its whole group with it.
"""

from typing import Any

from app.core.runs import Divergence
from app.groupings.building import GroupingBuildingService, RunWork, stored_outcome
from app.groupings.plan import NETWORK, SUMMARY
from app.groupings.records import Outcome
from jobs.base import JobContext, job
from jobs.views import atlas_views
from models.data.pooled import PooledViews
from models.multitask.results import MultitaskDiverged
from models.multitask.training import train


@job(NETWORK)
def train_grouping_network(context: JobContext) -> None:
    """Train the network of a group, or those of single tasks."""
    platform = context.platform
    atlas_id, run_id = context.config["atlas_id"], context.config["run_id"]
    with platform.database.session(read_only=True) as session:
        work = GroupingBuildingService(session, platform).work(atlas_id, run_id)
    outcome = _trained(context, work)
    with context.commit(_told(work, outcome)) as session:
        GroupingBuildingService(session, platform).end_run(run_id, outcome)


@job(SUMMARY)
def sum_up_grouping(context: JobContext) -> None:
    """Hold the prediction against what was trained, and complete the grouping."""
    atlas_id, grouping_id = context.config["atlas_id"], context.config["grouping_id"]
    with context.commit({"atlas_id": atlas_id, "grouping_id": grouping_id}) as session:
        GroupingBuildingService(session, context.platform).finish(atlas_id, grouping_id)


def _trained(context: JobContext, work: RunWork) -> Outcome:
    views = atlas_views(work.dataset, work.atlas, context.platform.settings.datasets.cache)
    training = work.setup.of_tasks(work.run.tasks)
    try:
        trained = train(training, work.run.method, work.setup.seed, None, PooledViews(views), context)
    except MultitaskDiverged as diverged:
        return Outcome(error=Divergence(step=diverged.step, detail=str(diverged)))
    return stored_outcome(context.platform.artifacts, trained)


def _told(work: RunWork, outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    return {
        "method": work.run.method,
        "tasks": list(work.run.tasks),
        "diverged_at": None if error is None else error.step,
    }
