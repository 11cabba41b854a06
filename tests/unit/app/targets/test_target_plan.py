"""The jobs of a novel target."""

from app.core.queue import JOB_KINDS
from app.targets.plan import BASELINES, RANKING, TRANSFERS, target_plan
from models.data.splits import SplitSizes
from models.taxonomy.table import RANDOM
from models.transfer.novel.config import novel_config
from models.transfer.presets import PRESETS

SPLITS = SplitSizes(train=40, transfer=40, validation=20, test=40)
SOURCES = ("depth", "edges_2d", "normals", RANDOM)


def plan(*orders):
    config = novel_config(PRESETS["tiny"], "scene_class", sources=SOURCES, splits=SPLITS, orders=orders)
    return target_plan(config, "kinds of rooms")


def test_higher_orders_wait_for_order_one_and_the_ranking_for_everything():
    jobs = plan(1, 2, 3)
    assert [job.kind for job in jobs] == [TRANSFERS, BASELINES, TRANSFERS, TRANSFERS, RANKING]
    assert [job.depends_on for job in jobs] == [(), (), (0,), (0,), (0, 1, 2, 3)]
    assert [job.parameters.get("order") for job in jobs] == [1, None, 2, 3, None]
    assert all("kinds of rooms" in job.title for job in jobs)


def test_every_job_is_of_a_known_kind_and_costs_something():
    for job in plan(1, 2):
        assert job.kind in JOB_KINDS
        assert job.cost > 0
