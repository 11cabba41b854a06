"""Jobs of a novel target: transfers from an atlas's networks, baselines on the same labels, and the ranking.

Every job makes the target's statistics and fresh decoder anew: they are a function of the configuration and the data.
"""

from app.targets.building import TargetBuildingService, Work, stored_baselines, stored_model
from app.targets.plan import BASELINES, RANKING, TRANSFERS
from jobs.base import JobContext, job
from jobs.views import open_views
from models.data.views import Views
from models.transfer.novel.results import first_order_novel_sets, higher_order_novel_sets
from models.transfer.novel.training import train_baselines, train_novel_transfers


@job(TRANSFERS)
def train_target_transfers(context: JobContext) -> None:
    """Train the transfers of one order to the target."""
    atlas_id, target_id, order = (context.config[name] for name in ("atlas_id", "target_id", "order"))
    work, views = _begin(context)
    with context.platform.database.session(read_only=True) as session:
        building = TargetBuildingService(session, context.platform)
        if order == 1:
            sets = first_order_novel_sets(work.config)
        else:
            losses = building.validation_losses(target_id)
            sets = higher_order_novel_sets(work.config, order, losses)
        networks = building.source_networks(atlas_id, {name for sources in sets for name in sources})
    trained = train_novel_transfers(work.config, sets, source_networks=networks, views=views, context=context)
    models = [stored_model(context.platform.artifacts, result) for result in trained]
    with context.commit({"order": order, "transfers": len(models)}) as session:
        TargetBuildingService(session, context.platform).add_models(target_id, models)


@job(BASELINES)
def train_target_baselines(context: JobContext) -> None:
    """Find out what the labels give without an atlas."""
    target_id = context.config["target_id"]
    work, views = _begin(context)
    trained = train_baselines(work.config, views=views, context=context)
    models = stored_baselines(context.platform.artifacts, trained)
    with context.commit({model.kind: model.test_loss for model in models}) as session:
        building = TargetBuildingService(session, context.platform)
        building.set_facts(target_id, trained.facts)
        building.add_models(target_id, models)


@job(RANKING)
def rank_target_models(context: JobContext) -> None:
    """Hold the tournament of the transfers and complete the target."""
    atlas_id, target_id = context.config["atlas_id"], context.config["target_id"]
    with context.platform.database.session(read_only=True) as session:
        scores = TargetBuildingService(session, context.platform).scores(target_id)
    with context.commit({"atlas_id": atlas_id, "target_id": target_id}) as session:
        TargetBuildingService(session, context.platform).finish(target_id, scores)


def _begin(context: JobContext) -> tuple[Work, Views]:
    with context.platform.database.session(read_only=True) as session:
        building = TargetBuildingService(session, context.platform)
        work = building.work(context.config["atlas_id"], context.config["target_id"])
    return work, open_views(work.dataset, work.config.splits, context.platform.settings.datasets.cache)
