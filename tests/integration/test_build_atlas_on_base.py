"""A second transfer data size by a real worker: an atlas of orders 1 to 5, another on its networks, both compared."""

from itertools import combinations

import numpy as np
import pytest

from app.jobs.states import JobState
from app.transfers.service import TransfersService
from tests.integration.worker_process import job_of, jobs_of, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

API = "/api/v1"
SOURCES_ONLY = ["colorization", "inpainting", "jigsaw"]
TASKS = [*SOURCES_ONLY, "edges_2d", "depth", "normals"]
ORDERS = [1, 2, 3, 4, 5]
SMALL = {
    "image_size": 16,
    "splits.train": 48,
    "splits.transfer": 32,
    "splits.validation": 16,
    "splits.test": 24,
    "network.encoder_widths": [6, 8],
    "network.bottleneck_channels": 4,
    "network.decoder_widths": [8],
    "network.head_width": 8,
    "task_training.steps": 12,
    "transfer_training.steps": 8,
    "scratch_training.steps": 8,
}


def built(api, platform, worker, **body):
    """The id of an atlas, once it is ready."""
    response = api.post(f"{API}/atlases", json=body)
    assert response.status_code == 202, response.text
    job = response.json()
    until(lambda: job_of(platform, job["id"]).state in {JobState.SUCCEEDED, JobState.FAILED}, [worker], 400)
    assert job_of(platform, job["id"]).state == JobState.SUCCEEDED, worker.said()[-3000:]
    return job


def test_orders_1_to_5_and_a_second_data_size(api, platform, start_worker):
    worker = start_worker(platform)
    base = built(
        api,
        platform,
        worker,
        name="32 images",
        preset="tiny",
        tasks=TASKS,
        orders=ORDERS,
        per_target=10,
        seed=2,
        overrides=SMALL,
    )["resource"]["id"]
    job = built(
        api, platform, worker, name="8 images", base=base, orders=[1, 2], overrides={"splits.transfer": 8}
    )
    few = job["resource"]["id"]
    kinds = {each.kind for each in jobs_of(platform, job["id"])}
    assert kinds == {"atlas.estimates", "atlas.scratch", "atlas.transfers", "atlas.affinity"}, (
        "no task-specific network was trained"
    )

    atlas = api.get(f"{API}/atlases/{few}").json()
    assert (atlas["status"], atlas["base"], atlas["orders"]) == ("ready", base, [1, 2])
    assert atlas["networks"] == api.get(f"{API}/atlases/{base}").json()["networks"]
    tables = {each: table(platform, each) for each in (base, few)}
    for atlas_id, orders in ((base, ORDERS), (few, [1, 2])):
        for target in atlas["targets"]:
            to_target = [each for each in tables[atlas_id] if each.target == target]
            assert sum(each.affinity for each in to_target) == pytest.approx(1.0)
            assert_sampled_as_in_the_paper(to_target, orders)
    own = {each.target: each for each in tables[base] if each.sources == ("self",)}
    for each in tables[few]:
        if each.sources == ("self",):
            assert (each.losses, each.test_loss) == (own[each.target].losses, own[each.target].test_loss)
        else:
            assert each.weights not in {other.weights for other in tables[base]}

    compared = api.get(f"{API}/atlases/{few}/comparison", params={"with": base}).json()
    first = compared["orders"][0]
    assert first["order"] == 1
    assert first["transfers"] == len(atlas["targets"]) * (len(TASKS) - 1)
    assert -1 <= first["mean_spearman"] <= 1
    assert {each["target"] for each in compared["targets"]} == set(atlas["targets"])

    assert api.delete(f"{API}/atlases/{base}").status_code == 204
    taxonomy = api.get(f"{API}/atlases/{few}/taxonomy", params={"budget": 3}).json()
    assert taxonomy["optimal"]
    for path in ("affinity?order=2", "frontier", "tree", "significance?budget=2&samples=20"):
        assert api.get(f"{API}/atlases/{few}/{path}").status_code == 200, path


def table(platform, atlas_id):
    with platform.database.session(read_only=True) as session:
        return TransfersService(session, platform).all(atlas_id)


def assert_sampled_as_in_the_paper(transfers, orders):
    """All sets of the best five single sources up to order 4, and these five together."""
    found = {
        order: {frozenset(each.sources) for each in transfers if each.order == order} for order in orders
    }
    assert len(found.pop(1)) == len(TASKS) + 1
    best = frozenset().union(*found[2])
    assert len(best) == 5
    for order, sets in found.items():
        assert sets == {frozenset(each) for each in combinations(best, order)}
    assert len(transfers) == len(TASKS) + 1 + sum({2: 10, 3: 10, 4: 5, 5: 1}[order] for order in orders[1:])


@pytest.mark.slow
def test_a_second_size_of_a_file_of_photographs_takes_the_first_of_its_views(
    api, platform, tmp_path, start_worker
):
    from tests.nyu_file import nyu_file

    body = {"name": "nyu", "kind": "nyu_npz", "location": str(nyu_file(tmp_path / "nyu.npz"))}
    dataset = api.post(f"{API}/datasets", json=body).json()
    few_steps = {
        f"{part}_training.{name}": 6
        for part in ("task", "transfer", "scratch")
        for name in ("steps", "batch_size")
    }
    worker = start_worker(platform)
    base = built(
        api,
        platform,
        worker,
        name="all",
        preset="tiny",
        dataset=dataset["id"],
        tasks=["depth", "normals"],
        orders=[1],
        overrides=few_steps,
    )["resource"]["id"]
    size = api.get(f"{API}/atlases/{base}").json()["config"]["splits"]["transfer"]
    # the same size again, with the same steps, is the same atlas; half of it is not
    same, half = (
        built(
            api,
            platform,
            worker,
            name="again",
            base=base,
            overrides={"splits.transfer": images, "transfer_training.steps": 6},
        )["resource"]["id"]
        for images in (size, size // 2)
    )
    weights = {
        each: {(row.target, row.sources): row.weights for row in table(platform, each)}
        for each in (base, same, half)
    }
    assert weights[same] == weights[base]
    differing = [
        key for key, artifact in weights[half].items() if artifact and artifact != weights[base][key]
    ]
    assert len(differing) == np.count_nonzero([artifact is not None for artifact in weights[base].values()])
