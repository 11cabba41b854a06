"""Jobs that build an atlas: task-specific networks, estimates, baselines from scratch, transfers, and the tournaments.

A run is a function of (code, configuration, data, seed); with another number of torch threads sums are rounded in
another order, so that a log of what a job ran with belongs to its numbers.
"""

import logging

import torch

from app.atlases.building import (
    BuildingService,
    Work,
    stored_network,
    stored_scratch,
    stored_transfer,
)
from app.atlases.plan import AFFINITY, ESTIMATES, SCRATCH, TASK_NETWORK, TRANSFERS
from app.estimates.service import EstimatesService
from jobs.base import JobContext, job
from jobs.views import atlas_views
from models.data.views import Views
from models.training.progress import Part, Stopped
from models.transfer.estimators.ranking import estimate_transfers
from models.transfer.selection import first_order_sets, higher_order_sets
from models.transfer.task_specific import required_labels, train_task_network
from models.transfer.transfer import train_scratch, train_transfers

log = logging.getLogger(__name__)


@job(TASK_NETWORK)
def build_task_network(context: JobContext) -> None:
    """Train one source's network; the first job of an atlas expects to draw the views for all."""
    atlas_id, task = context.config["atlas_id"], context.config["task"]
    work, views = _begin(context)
    rendering = float(context.config.get("rendering", 0.0))
    views.prepare(required_labels(work.config, views), Part(context, 0.0, rendering))
    trained = train_task_network(work.config, task, views, Part(context, rendering, 1.0))
    network = stored_network(context.platform.artifacts, atlas_id, trained)
    found = {
        "task": task,
        "test_loss": network.test_loss,
        "win_rate_vs_constant": network.win_rate_vs_constant,
        "win_rate_vs_random": network.win_rate_vs_random,
    }
    with context.commit(found) as session:
        BuildingService(session, context.platform).add_network(network)


@job(ESTIMATES)
def build_estimates(context: JobContext) -> None:
    """Rank every target's sources by what estimators say of the networks alone."""
    atlas_id = context.config["atlas_id"]
    work, views = _begin(context)
    with context.platform.database.session(read_only=True) as session:
        networks = BuildingService(session, context.platform).networks(atlas_id)
    estimates = estimate_transfers(work.config, networks, views, context)
    with context.commit({"estimates": len(estimates)}) as session:
        EstimatesService(session, context.platform).add(atlas_id, estimates)


@job(SCRATCH)
def build_scratch(context: JobContext) -> None:
    """Train the baseline of a target's gains."""
    atlas_id, target = context.config["atlas_id"], context.config["target"]
    work, views = _begin(context)
    with context.platform.database.session(read_only=True) as session:
        weights = BuildingService(session, context.platform).target_network(atlas_id, target)
    trained = train_scratch(work.config, target, target_network=weights, views=views, context=context)
    network = stored_scratch(context.platform.artifacts, atlas_id, trained)
    with context.commit({"target": target, "test_loss": network.test_loss}) as session:
        BuildingService(session, context.platform).add_network(network)


@job(TRANSFERS)
def build_transfers(context: JobContext) -> None:
    """Train the transfers of one order to one target."""
    atlas_id, target, order = (context.config[name] for name in ("atlas_id", "target", "order"))
    work, views = _begin(context)
    with context.platform.database.session(read_only=True) as session:
        sources = BuildingService(session, context.platform).sources(atlas_id, target, order)
    if order == 1:
        sets = first_order_sets(work.config, target)
    else:
        sets = higher_order_sets(work.config, order, sources.validation_losses)
    trained = train_transfers(
        work.config,
        target,
        sets,
        target_network=sources.target_network,
        representations=sources.representations,
        views=views,
        context=context,
    )
    transfers = [stored_transfer(context.platform.artifacts, result) for result in trained]
    with context.commit({"target": target, "order": order, "transfers": len(transfers)}) as session:
        BuildingService(session, context.platform).add_transfers(atlas_id, transfers)


@job(AFFINITY)
def build_affinity(context: JobContext) -> None:
    """Hold every target's tournament and complete the atlas."""
    atlas_id = context.config["atlas_id"]
    with context.platform.database.session(read_only=True) as session:
        targets = BuildingService(session, context.platform).work(atlas_id).config.targets
    evaluations = []
    for position, target in enumerate(targets):
        if context.should_stop():
            text = "between two tournaments"
            raise Stopped(text)
        context.progress(position / len(targets), f"holding the tournament of {target}")
        with context.platform.database.session(read_only=True) as session:
            evaluations.append(BuildingService(session, context.platform).evaluate(atlas_id, target))
    with context.commit({"atlas_id": atlas_id}) as session:
        BuildingService(session, context.platform).finish(atlas_id, evaluations)


def _begin(context: JobContext) -> tuple[Work, Views]:
    with context.platform.database.session(read_only=True) as session:
        work = BuildingService(session, context.platform).work(context.config["atlas_id"])
    log.info("torch runs with %d threads", torch.get_num_threads())
    return work, atlas_views(work.dataset, work.config, context.platform.settings.datasets.cache)
