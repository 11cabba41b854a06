import pytest

from app.atlases.plan import AFFINITY, TASK_NETWORK, TRANSFERS, build_plan, expected_transfers, transfer_sets
from models.taxonomy.own import own_task
from models.transfer.config import PRESETS, atlas_config


@pytest.mark.parametrize("preset", PRESETS)
def test_a_plan_is_a_graph_that_ends_in_the_affinities(preset):
    config = atlas_config(preset)
    plan = build_plan(config)
    assert all(other < position for position, job in enumerate(plan) for other in job.depends_on)
    assert all(job.cost > 0 for job in plan)
    kinds = [job.kind for job in plan]
    assert kinds.count(TASK_NETWORK) == len(config.sources)
    assert kinds.count(TRANSFERS) == len(config.targets) * len(config.orders)
    assert kinds[-1] == AFFINITY
    needed, waiting = set(), [len(plan) - 1]
    while waiting:
        position = waiting.pop()
        needed.add(position)
        waiting += set(plan[position].depends_on) - needed
    assert needed == set(range(len(plan)))


def test_higher_orders_wait_for_their_targets_first_order_alone():
    config = atlas_config("quick")
    plan = build_plan(config)
    for job in plan:
        if job.kind == TRANSFERS and job.parameters["order"] == 2:
            (first,) = job.depends_on
            assert plan[first].parameters == {"target": job.parameters["target"], "order": 1}


def test_no_more_sets_are_expected_than_there_are():
    config = atlas_config("tiny", tasks=["depth", "normals", "edges_2d"], orders=[1, 2], per_target=5)
    # To each target: the two other tasks and `random`; of order 2 the two other tasks together; and `self`.
    assert transfer_sets(config, 1) == 3
    assert transfer_sets(config, 2) == 1
    assert expected_transfers(config) == 3 * (3 + 1 + 1)
    quick = atlas_config("quick")
    assert transfer_sets(quick, 2) == quick.per_target


def test_declared_tasks_have_jobs_with_their_titles():
    own = [own_task("leaf", "map", title="Leaf area")]
    plan = build_plan(atlas_config("tiny", tasks=["depth", "leaf"], orders=[1], own=own))
    titles = [job.title for job in plan]
    assert "Network: Leaf area" in titles
    assert "Transfers of order 1 to Leaf area" in titles
