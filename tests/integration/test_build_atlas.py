"""A tiny atlas from images to answers, by real workers over HTTP; and the same again through kills and signals."""

import itertools
import shutil
import signal
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis
from fastapi.testclient import TestClient
from taskatlas_client._events import parse_events

from app.atlases.building import BuildingService
from app.atlases.plan import ESTIMATES, TRANSFERS
from app.atlases.repository import AtlasesRepository
from app.core.platform import Platform, build_platform
from app.core.settings import load_settings
from app.jobs.states import JobState
from app.main import create_app
from app.transfers.service import TransfersService
from models.transfer.estimators.methods import METHODS
from tests.integration.inference_atlas import engine
from tests.integration.worker_process import WorkerProcess, job_of, jobs_of, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

API = "/api/v1"
SEED = 3
ROOM = Path(__file__).parents[2] / "app/dashboard/static/sample-room.jpg"


@dataclass
class Service:
    """The service without its web server: HTTP in this process, workers in their own."""

    platform: Platform
    http: TestClient

    def build(self, name: str, **options: Any) -> dict[str, Any]:
        """Ask for a tiny atlas; the job that builds it."""
        body = {"name": name, "preset": "tiny", "seed": SEED} | options
        response = self.http.post(f"{API}/atlases", json=body)
        assert response.status_code == 202, response.text
        assert response.headers["Location"] == f"{API}/jobs/{response.json()['id']}"
        return response.json()

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a successful GET."""
        response = self.http.get(f"{API}{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def in_training(self, group_id: str, position: int):
        """A job of a group, once it trains and has kept a checkpoint."""
        job = jobs_of(self.platform, group_id)[position]
        training = job.step.startswith(("training", "reading"))
        return job if job.state == JobState.RUNNING and job.checkpoint and training else None


@pytest.fixture(scope="module")
def service(tmp_path_factory, redis_url, sqlite_template):
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    data = tmp_path_factory.mktemp("atlas") / "data"
    settings = load_settings({"TASKATLAS_DATA": str(data), "TASKATLAS_REDIS_URL": redis_url})
    data.mkdir()
    shutil.copy(sqlite_template, Path(settings.database.url.removeprefix("sqlite:///")))
    platform = build_platform(settings)
    with TestClient(create_app(settings)) as http:
        yield Service(platform, http)
    platform.close()


@dataclass
class Broken:
    """A build that lost its worker twice."""

    group: str
    atlas: str
    given_back: Any
    resumed: tuple[Any, Any]
    worker: WorkerProcess


@pytest.fixture(scope="module")
def broken(service):
    workers = [WorkerProcess(service.platform, "first")]
    try:
        job = service.build("broken")
        until(lambda: service.in_training(job["id"], 0), workers)
        assert workers[0].stop() == 0
        given_back = jobs_of(service.platform, job["id"])[0]

        workers.append(WorkerProcess(service.platform, "second"))
        kill_in_training(service, job["id"], 1, workers[1])

        workers.append(WorkerProcess(service.platform, "second"))
        until(lambda: job_of(service.platform, job["id"]).state == JobState.SUCCEEDED, workers, 240)
        first, second, *_ = jobs_of(service.platform, job["id"])
        yield Broken(job["id"], job["resource"]["id"], given_back, (first, second), workers[2])
    finally:
        for worker in workers:
            if worker.process.poll() is None:
                worker.kill()


def kill_in_training(service, group_id, position, worker):
    """`kill -9` a worker while a job is surely between a checkpoint and its end."""
    while True:
        until(lambda: service.in_training(group_id, position), [worker])
        worker.send(signal.SIGSTOP)
        if service.in_training(group_id, position):
            worker.kill()
            return
        worker.send(signal.SIGCONT)


@dataclass
class Built:
    """An atlas built without any trouble, and what was told meanwhile."""

    job: dict[str, Any]
    atlas: str
    events: list[Any]


@pytest.fixture(scope="module")
def built(service, broken):
    job = service.build("unbroken")
    told = service.http.get(f"{API}/jobs/{job['id']}/events").text
    events = [event for event in parse_events(told.splitlines()) if event is not None]
    return Built(service.get(f"/jobs/{job['id']}"), job["resource"]["id"], events)


def test_a_build_tells_how_far_it_is_until_it_has_succeeded(service, built):
    states = [event.data["state"] for event in built.events]
    progress = [event.data["progress"] for event in built.events]
    assert states[0] in {"queued", "running"}
    assert states[-1] == built.job["state"] == "succeeded"
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    assert len({round(value, 2) for value in progress}) > 10, "there is progress to see"
    steps = [event.data["step"] for event in built.events]
    assert any("training Surface normals, step" in step for step in steps)
    assert any("transfers of order 2" in step for step in steps)
    left = [event.data["eta_s"] for event in built.events if 0.3 < event.data["progress"] < 0.9]
    assert all(0 < eta < 5 * seconds(built.job) for eta in left)
    assert built.job["children"]["succeeded"] == len(jobs_of(service.platform, built.job["id"]))


def test_a_build_takes_well_under_a_minute(built):
    assert seconds(built.job) < 60


def seconds(job):
    return np.subtract(
        *(np.datetime64(job[at][:-1]) for at in ("finished_at", "started_at"))
    ) / np.timedelta64(1, "s")


def test_a_built_atlas_has_every_first_order_transfer_and_the_best_of_second_order(service, built):
    atlas = service.get(f"/atlases/{built.atlas}")
    assert (atlas["status"], atlas["origin"], atlas["orders"]) == ("ready", "built", [1, 2])
    assert atlas["sources"] == [*atlas["tasks"], "random"]
    transfers = all_transfers(service, built.atlas)
    assert len(transfers) == atlas["transfer_count"]
    for target in atlas["targets"]:
        of_target = [transfer for transfer in transfers if transfer["target"] == target]
        first = {transfer["sources"][0] for transfer in of_target if transfer["order"] == 1}
        assert first == {*atlas["sources"], "self"} - {target}
        assert sum(transfer["order"] == 2 for transfer in of_target) == 2
        assert sum(transfer["affinity"] for transfer in of_target) == pytest.approx(1.0)
        assert all(transfer["affinity"] > 0 for transfer in of_target)
        itself = next(transfer for transfer in of_target if transfer["sources"] == ["self"])
        assert itself["win_rate_vs_full"] == 0.5, "against itself every image is a tie"
        rates = [transfer["win_rate_vs_scratch"] for transfer in of_target]
        assert all(0 <= rate <= 1 for rate in rates)
    matrix = service.get(f"/atlases/{built.atlas}/affinity")
    values = np.array(matrix["values"], dtype=float)
    missing = [
        (matrix["targets"][row], matrix["sources"][column]) for row, column in np.argwhere(np.isnan(values))
    ]
    assert missing == [(target, target) for target in matrix["targets"]]


def test_networks_beat_the_best_constant_guess_and_a_random_encoder_on_average(service, built):
    networks = [
        network
        for network in service.get(f"/atlases/{built.atlas}")["networks"]
        if network["task"] != "random"
    ]
    assert len(networks) == 4
    assert np.mean([network["win_rate_vs_constant"] for network in networks]) > 0.55
    assert np.mean([network["win_rate_vs_random"] for network in networks]) > 0.55


@pytest.mark.parametrize("budget", [1, 2, 3])
def test_the_taxonomy_of_a_built_atlas_is_the_best_there_is(service, built, budget):
    answer = service.get(f"/atlases/{built.atlas}/taxonomy", budget=budget)
    assert answer["optimal"]
    assert len(answer["sources"]) <= budget
    transfers = all_transfers(service, built.atlas)
    tasks = service.get(f"/atlases/{built.atlas}")["tasks"]
    best = max(
        objective(transfers, set(sources))
        for size in range(1, budget + 1)
        for sources in itertools.combinations(tasks, size)
    )
    assert answer["objective"] == pytest.approx(best)


def objective(transfers, sources):
    best = defaultdict(float)
    for transfer in transfers:
        needed = {transfer["target"]} if transfer["sources"] == ["self"] else set(transfer["sources"])
        if needed <= sources:
            best[transfer["target"]] = max(best[transfer["target"]], transfer["affinity"])
    return sum(best.values())


def test_transfers_are_ranked_by_estimates_before_the_first_one_trains(service, built):
    jobs = jobs_of(service.platform, built.job["id"])
    (estimates,) = [job for job in jobs if job.kind == ESTIMATES]
    transfers = [job for job in jobs if job.kind == TRANSFERS]
    assert estimates.finished_at <= min(job.started_at for job in transfers), "there is one worker"
    assert (estimates.finished_at - estimates.started_at).total_seconds() < 10
    atlas = service.get(f"/atlases/{built.atlas}")
    for method in METHODS:
        answer = service.get(f"/atlases/{built.atlas}/estimates", method=method)
        assert (answer["targets"], answer["sources"]) == (atlas["targets"], atlas["sources"])
        values = np.array(answer["values"], dtype=float)
        defined = [
            [
                source != target and (method != "leep" or source == "scene_class")
                for source in answer["sources"]
            ]
            for target in answer["targets"]
        ]
        np.testing.assert_array_equal(np.isfinite(values), defined)
        compared = [each["sources"] for each in answer["correlation"]["targets"]]
        assert compared == [sum(row) for row in defined]
        assert (answer["correlation"]["spearman"] is None) == (method == "leep")


def all_transfers(service, atlas_id):
    return service.get(f"/atlases/{atlas_id}/transfers", limit=200)["items"]


def test_affinities_can_be_had_again_from_the_losses_that_are_kept(service, built):
    platform = service.platform
    with platform.database.session(read_only=True) as session:
        stored = [
            each for each in TransfersService(session, platform).all(built.atlas) if each.target == "depth"
        ]
    losses = {
        each.sources: platform.artifacts.get_arrays(each.losses)["test"].astype(np.float64) for each in stored
    }
    for transfer in stored:
        own = losses[transfer.sources]
        rates = [
            np.mean(own < other) + 0.5 * np.mean(own == other)
            for sources, other in losses.items()
            if sources != transfer.sources
        ]
        assert transfer.win_rate == pytest.approx(np.mean(rates))
        full = losses[("self",)]
        assert transfer.win_rate_vs_full == pytest.approx(np.mean(own < full) + 0.5 * np.mean(own == full))
        assert transfer.test_loss == pytest.approx(own.mean())


def test_a_worker_that_is_asked_to_end_in_training_gives_the_job_back_with_a_checkpoint(broken):
    assert (broken.given_back.state, broken.given_back.losses) == (JobState.QUEUED, 0)
    assert broken.given_back.checkpoint is not None
    assert broken.resumed[0].attempt == 2
    assert broken.resumed[0].attempt_progress > 0, "it went on from there"


def test_a_build_whose_worker_was_killed_in_training_goes_on_and_ends_with_the_same_numbers(
    service, broken, built
):
    assert broken.resumed[1].attempt == 2
    assert broken.resumed[1].attempt_progress > 0, "it went on from its checkpoint"
    assert differing(*(artifacts(service.platform, each.atlas) for each in (broken, built))) == {}
    assert differing(*(numbers(service.platform, each.atlas) for each in (broken, built))) == {}
    for method in METHODS:
        one, other = (
            service.get(f"/atlases/{each.atlas}/estimates", method=method) for each in (broken, built)
        )
        assert one == other


def differing(one, other):
    assert one.keys() == other.keys()
    return {name: (one[name], other[name]) for name in one if one[name] != other[name]}


def artifacts(platform, atlas_id):
    """By their content's hash: weights, losses and curves of everything that was trained."""
    with platform.database.session(read_only=True) as session:
        atlases = AtlasesRepository(session)
        networks = [*atlases.networks(atlas_id, "task"), *atlases.networks(atlas_id, "scratch")]
        transfers = TransfersService(session, platform).all(atlas_id)
    found = {
        (each.kind, each.task): (each.weights, each.losses, each.curves, each.representations)
        for each in networks
    }
    found |= {(each.target, each.sources): (each.weights, each.losses, each.curves) for each in transfers}
    assert len(found) == 4 + 1 + 4 + 28
    return found


def numbers(platform, atlas_id):
    with platform.database.session(read_only=True) as session:
        return {
            (each.target, each.sources): (
                each.affinity,
                each.win_rate,
                each.win_rate_vs_scratch,
                each.win_rate_vs_full,
                each.test_loss,
            )
            for each in TransfersService(session, platform).all(atlas_id)
        }


def test_a_built_atlas_predicts_the_same_after_it_went_through_a_file(service, built):
    wanted = next(
        each
        for each in all_transfers(service, built.atlas)
        if (each["target"], each["order"]) == ("depth", 2)
    )
    file = service.http.get(f"{API}/atlases/{built.atlas}/export").content
    made = service.http.post(f"{API}/atlases/import", files={"file": ("a.zip", file)}, data={"name": "copy"})
    assert made.status_code == 201, made.text
    copy = made.json()["id"]
    assert differing(*(numbers(service.platform, each) for each in (built.atlas, copy))) == {}
    same = next(
        each
        for each in all_transfers(service, copy)
        if (each["target"], each["sources"]) == (wanted["target"], wanted["sources"])
    )
    with engine(service.platform.settings):
        answers = [
            service.http.post(
                f"{API}/atlases/{atlas}/infer",
                files={"image": ("room.jpg", ROOM.read_bytes(), "image/jpeg")},
                data={"tasks": "all", "transfers": transfer["id"], "array": "true"},
            )
            for atlas, transfer in ((built.atlas, wanted), (copy, same))
        ]
    assert [answer.status_code for answer in answers] == [200, 200], answers[1].text
    before, after = (
        [each | {"transfer_id": None} for each in answer.json()["predictions"]] for answer in answers
    )
    assert before == after
    assert len(before) == 4 + 1
    assert service.http.delete(f"{API}/atlases/{copy}").status_code == 204
    assert service.http.get(f"{API}/atlases/{built.atlas}/export").content == file, "what both need was kept"


def test_no_checkpoint_is_left_of_a_build(service, built, broken):
    for group in (built.job["id"], broken.group):
        assert {job.checkpoint for job in jobs_of(service.platform, group)} == {None}


def test_a_cancelled_build_stops_within_a_few_steps_and_its_worker_goes_on(service, broken, built):
    job = service.build("endless", overrides={"task_training.steps": 1_000_000})
    until(lambda: service.in_training(job["id"], 0), [broken.worker])
    assert service.http.delete(f"{API}/jobs/{job['id']}").status_code == 200
    until(
        lambda: job_of(service.platform, job["id"]).state == JobState.CANCELLED, [broken.worker], seconds=10
    )
    assert {child.state for child in jobs_of(service.platform, job["id"])} == {JobState.CANCELLED}
    assert service.get(f"/atlases/{job['resource']['id']}")["status"] == "cancelled"
    assert service.http.delete(f"{API}/atlases/{job['resource']['id']}").status_code == 204
    assert broken.worker.process.poll() is None


def test_an_atlas_that_is_deleted_while_it_is_built_leaves_its_worker_in_peace(service, broken, built):
    job = service.build("unwanted", overrides={"task_training.steps": 1_000_000})
    until(lambda: service.in_training(job["id"], 0), [broken.worker])
    assert service.http.delete(f"{API}/atlases/{job['resource']['id']}").status_code == 204
    until(
        lambda: job_of(service.platform, job["id"]).state == JobState.CANCELLED, [broken.worker], seconds=10
    )
    assert broken.worker.process.poll() is None
    with service.platform.database.session(read_only=True) as session:
        stored = BuildingService(session, service.platform).work(built.atlas)
    assert stored.config.seed == SEED, "another atlas of the same data is untouched"
