"""Atlases that stand on the task-specific networks of another, as far as no job must run."""

import dataclasses

import numpy as np
import pytest

from app.atlases.building import BuildingService, stored_network, stored_scratch, stored_transfer
from app.atlases.plan import AFFINITY, ESTIMATES, SCRATCH, TRANSFERS
from app.atlases.repository import AtlasesRepository
from models.taxonomy.table import RANDOM
from models.training.curves import Curve
from models.transfer.results import TaskNetwork, TransferResult
from tests.asserts import assert_problem

URL = "/api/v1/atlases"
TASKS = ["autoencoding", "depth", "normals"]
IMAGES = 12


def network(task: str) -> TaskNetwork:
    losses = np.linspace(0, 1, IMAGES, dtype=np.float32)
    return TaskNetwork(
        task=task,
        weights=f"weights of {task}".encode(),
        representations={"rgb/transfer": np.zeros((IMAGES, 1, 2, 2), dtype=np.float16)},
        test_losses=losses,
        constant_losses=losses,
        random_losses=losses,
        metrics={"error": 0.5},
        curves={"network": Curve((1,), (1.0,))},
    )


def result(target: str, *sources: str) -> TransferResult:
    return TransferResult(
        sources=sources,
        target=target,
        test_losses=np.full(IMAGES, len(sources), dtype=np.float32),
        validation_losses=np.ones(IMAGES, dtype=np.float32),
        weights=f"{'+'.join(sources)} to {target}".encode(),
        curve=Curve((1,), (1.0,)),
        metrics={},
    )


def built(api, platform, *, finish=True, **fields) -> str:
    """Id of an atlas with all of its networks and one transfer, finished if wanted."""
    body = {"name": "base", "preset": "tiny", "tasks": TASKS, "orders": [1], "seed": 5} | fields
    response = api.post(URL, json=body)
    assert response.status_code == 202, response.text
    atlas = response.json()["resource"]["id"]
    with platform.database.session() as session:
        building = BuildingService(session, platform)
        for task in (*TASKS, RANDOM):
            building.add_network(stored_network(platform.artifacts, atlas, network(task)))
        building.add_network(stored_scratch(platform.artifacts, atlas, result("depth")))
        building.add_transfers(atlas, [stored_transfer(platform.artifacts, result("depth", "normals"))])
        if finish:
            AtlasesRepository(session).finish(atlas, at=platform.database.now(session), transfer_count=1)
    return atlas


def on(api, base: str, **fields):
    return api.post(URL, json={"name": "smaller", "base": base} | fields)


def rows(platform, atlas: str, kind: str):
    with platform.database.session(read_only=True) as session:
        return AtlasesRepository(session).networks(atlas, kind)


def test_an_atlas_on_a_base_takes_over_all_but_transfers_and_baselines(api, platform):
    base = built(api, platform)
    job = on(api, base, orders=[1, 2], per_target=1, overrides={"splits.transfer": 32}).json()
    atlas_id = job["resource"]["id"]
    first, second = (api.get(f"{URL}/{each}").json() for each in (base, atlas_id))
    assert (first["base"], second["base"]) == (None, base)
    assert (second["status"], second["origin"]) == ("building", "built")
    for field in ("dataset", "tasks", "sources", "targets", "networks"):
        assert second[field] == first[field]
    for field in ("preset", "seed", "network", "task_training"):
        assert second["config"][field] == first["config"][field]
    assert second["config"]["splits"] == first["config"]["splits"] | {"transfer": 32}
    assert second["config"]["transfer_training"]["steps"] < first["config"]["transfer_training"]["steps"]
    assert second["orders"] == [1, 2]
    assert second["transfer_count"] == 3 * (1 + 3 + 1)
    assert [dataclasses.replace(each, atlas_id=base) for each in rows(platform, atlas_id, "task")] == rows(
        platform, base, "task"
    )
    assert rows(platform, atlas_id, "scratch") == []
    assert api.get(f"{URL}/{atlas_id}/transfers").json()["items"] == []
    jobs = api.get("/api/v1/jobs", params={"parent": job["id"], "limit": 200}).json()["items"]
    kinds = [each["kind"] for each in jobs]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        ESTIMATES: 1,
        SCRATCH: 3,
        TRANSFERS: 6,
        AFFINITY: 1,
    }


def test_deleting_either_leaves_the_other_its_networks(api, platform):
    base = built(api, platform)
    first, second = (on(api, base).json()["resource"]["id"] for _ in range(2))
    networks, (scratch,) = rows(platform, base, "task"), rows(platform, base, "scratch")
    shared = {
        artifact
        for each in networks
        for artifact in (each.weights, each.losses, each.curves, *each.representations.values())
    }
    assert api.delete(f"{URL}/{first}").status_code == 204
    assert all(platform.artifacts.exists(artifact) for artifact in {*shared, scratch.weights})
    assert api.delete(f"{URL}/{base}").status_code == 204
    assert all(platform.artifacts.exists(artifact) for artifact in shared)
    assert not platform.artifacts.exists(scratch.weights), "the base's own is gone with it"
    assert api.get(f"{URL}/{second}").json()["base"] == base
    assert len(rows(platform, second, "task")) == len(networks)
    assert api.delete(f"{URL}/{second}").status_code == 204
    assert not any(platform.artifacts.exists(artifact) for artifact in shared)


def test_a_base_may_itself_stand_on_one(api, platform):
    base = built(api, platform)
    middle = on(api, base, overrides={"splits.transfer": 64}).json()["resource"]["id"]
    assert_problem(on(api, middle), 409, detail="building")
    with platform.database.session() as session:
        AtlasesRepository(session).finish(middle, at=platform.database.now(session), transfer_count=0)
    last = api.get(
        f"{URL}/{on(api, middle, overrides={'splits.transfer': 16}).json()['resource']['id']}"
    ).json()
    assert (last["base"], last["config"]["splits"]["transfer"]) == (middle, 16)
    assert last["config"]["transfer_pool"] == 128
    assert_problem(
        on(api, middle, overrides={"splits.transfer": 65}), 422, pointer="/overrides/splits.transfer"
    )


def test_what_agrees_with_the_base_may_be_said(api, platform):
    base = built(api, platform)
    dataset = api.get(f"{URL}/{base}").json()["dataset"]
    agreed = {"preset": "tiny", "tasks": TASKS[::-1], "seed": 5, "dataset": dataset}
    response = on(api, base, **agreed, overrides={"splits.train": 512})
    assert response.status_code == 202, response.text


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"preset": "quick"}, "/preset"),
        ({"preset": ""}, "/preset"),
        ({"tasks": TASKS[:2]}, "/tasks"),
        ({"seed": 0}, "/seed"),
        ({"dataset": "dst_other"}, "/dataset"),
        ({"overrides": {"splits.test": 64}}, "/overrides/splits.test"),
        ({"overrides": {"network.head_width": 8}}, "/overrides/network.head_width"),
        ({"overrides": {"splits.transfer": 129}}, "/overrides/splits.transfer"),
        ({"overrides": {"transfer_training.batch_size": 500}}, "/overrides/transfer_training.batch_size"),
        ({"orders": [1, 3]}, "/orders"),
    ],
)
def test_what_contradicts_the_base_is_named_and_nothing_is_stored(api, platform, fields, pointer):
    base = built(api, platform)
    assert_problem(on(api, base, **fields), 422, pointer=pointer)
    assert [atlas["id"] for atlas in api.get(URL).json()["items"]] == [base]


def test_a_base_of_no_use_is_named(api, platform):
    assert_problem(on(api, "atl_none"), 422, pointer="/base")
    table = "sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full\na,b,1,,\n"
    imported = api.post(f"{URL}/import", files={"file": ("a.csv", table)}, data={"name": "table"}).json()[
        "id"
    ]
    problem = assert_problem(on(api, imported), 422, pointer="/base")
    assert "imported and has no task-specific networks" in problem["detail"]
    unfinished = built(api, platform, finish=False)
    assert_problem(on(api, unfinished), 409, detail="building")
    other = built(api, platform, seed=6, tasks=[*TASKS, "scene_class"])
    problem = assert_problem(on(api, other), 422, pointer="/base")
    assert "no representations of the sources scene_class" in problem["detail"]


def test_a_preset_that_is_empty_is_none(api):
    assert_problem(api.post(URL, json={"name": "a", "preset": ""}), 422, pointer="/preset")
