"""The training for a novel target as a graph of jobs, and what each is expected to cost."""

from math import comb

from app.atlases.plan import PlannedJob
from models.transfer.novel.config import NovelConfig
from models.transfer.selection import beam_width

TRANSFERS = "target.transfers"
BASELINES = "target.baselines"
RANKING = "target.ranking"

# Cost is counted in passes of one image through the whole network. Beside it:
_TRANSFER = 0.25  # one of many stacked heads with its decoder, per joined source
_FORWARD = 0.33  # a pass that learns nothing


def target_plan(config: NovelConfig, name: str) -> list[PlannedJob]:
    """The jobs that train for a novel target, each after those it depends on.

    Higher orders are chosen from order 1, and the baselines need no source: they run side by side.

    Args:
        config: of the target.
        name: as its user calls it.
    """
    jobs = [_transfers_job(config, name, 1)]
    training = config.scratch_training.steps * config.scratch_training.batch_size
    jobs.append(PlannedJob(BASELINES, f"{name} from scratch", {}, training))
    jobs += [_transfers_job(config, name, order) for order in config.orders[1:]]
    cost = 0.1 * config.splits.test
    return [*jobs, PlannedJob(RANKING, f"Ranking for {name}", {}, cost, tuple(range(len(jobs))))]


def _transfers_job(config: NovelConfig, name: str, order: int) -> PlannedJob:
    plan = config.transfer_training
    candidates = len(config.sources) if order == 1 else min(beam_width(order), len(config.joinable))
    sets = candidates if order == 1 else min(config.per_target, comb(candidates, order))
    training = sets * order * _TRANSFER * (plan.steps * plan.batch_size + config.splits.test)
    return PlannedJob(
        TRANSFERS,
        f"Transfers of order {order} to {name}",
        {"order": order},
        training + candidates * config.splits.total * _FORWARD,
        () if order == 1 else (0,),
    )
