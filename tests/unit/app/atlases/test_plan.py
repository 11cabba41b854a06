import pytest

from app.atlases.plan import (
    AFFINITY,
    ESTIMATES,
    SCRATCH,
    TASK_NETWORK,
    TRANSFERS,
    build_plan,
    expected_transfers,
    transfer_sets,
)
from models.taxonomy.own import own_task
from models.transfer.presets import PRESETS, atlas_config


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


@pytest.mark.parametrize("preset", PRESETS)
def test_a_plan_on_networks_that_are_there_trains_everything_else(preset):
    config = atlas_config(preset)
    plan = build_plan(config, with_networks=False)
    whole = [job for job in build_plan(config) if job.kind != TASK_NETWORK]
    assert [(job.kind, job.parameters, job.cost) for job in plan] == [
        (job.kind, job.parameters, job.cost) for job in whole
    ]
    for position, job in enumerate(plan):
        assert all(other < position for other in job.depends_on)
        if job.kind == TRANSFERS and job.parameters["order"] > 1:
            (first,) = job.depends_on
            assert plan[first].parameters == {"target": job.parameters["target"], "order": 1}
        elif job.kind != AFFINITY:
            assert job.depends_on == ()
    assert plan[-1].depends_on == tuple(range(len(plan) - 1))


def test_estimates_wait_for_the_networks_alone_and_come_before_everything_that_trains_on_them():
    plan = build_plan(atlas_config("quick"))
    kinds = [job.kind for job in plan]
    estimates = kinds.index(ESTIMATES)
    networks = {position for position, kind in enumerate(kinds) if kind == TASK_NETWORK}
    assert set(plan[estimates].depends_on) == networks
    assert estimates < min(kinds.index(SCRATCH), kinds.index(TRANSFERS))
    assert kinds.count(ESTIMATES) == 1


def test_no_more_sets_are_expected_than_there_are():
    config = atlas_config("tiny", tasks=["depth", "normals", "edges_2d"], orders=[1, 2], per_target=5)
    # To each target: the two other tasks and `random`; of order 2 the two other tasks together; and `self`.
    assert transfer_sets(config, 1) == 3
    assert transfer_sets(config, 2) == 1
    assert expected_transfers(config) == 3 * (3 + 1 + 1)
    quick = atlas_config("quick")
    assert transfer_sets(quick, 2) == quick.per_target
    assert [transfer_sets(atlas_config("full"), order) for order in range(2, 7)] == [10, 10, 5, 1, 1]


def test_declared_tasks_have_jobs_with_their_titles():
    own = [own_task("leaf", "map", title="Leaf area")]
    plan = build_plan(atlas_config("tiny", tasks=["depth", "leaf"], orders=[1], own=own))
    titles = [job.title for job in plan]
    assert "Network: Leaf area" in titles
    assert "Transfers of order 1 to Leaf area" in titles
