"""Real worker processes on a real broker: what is claimed, kept, given back, taken over and lost."""

import contextlib
import signal
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.core.embedded import redis_command
from app.core.platform import Platform, build_platform
from app.core.settings import load_settings
from app.jobs.service import JobSpec, JobsService, Resource
from app.jobs.states import FINAL, JobState
from tests.integration.worker_process import WorkerProcess, job_of, jobs_of, until
from tests.services import new_database

pytestmark = pytest.mark.slow


def submit(platform, kind, **config):
    with platform.database.session() as session:
        return JobsService(session, platform).submit(JobSpec(kind, kind, config)).id


def submit_group(platform, *specs):
    with platform.database.session() as session:
        jobs = JobsService(session, platform)
        return jobs.submit_group("test.group", "a group", Resource("test", "t1"), specs).id


def ended(platform, job_id):
    return job_of(platform, job_id).state in FINAL


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


@pytest.fixture(scope="module")
def crew(postgres_server, tmp_path_factory):
    """A platform as in production, on PostgreSQL and a broker of its own, with two workers."""
    folder = tmp_path_factory.mktemp("r")
    broker = start_broker(folder)
    with new_database(postgres_server) as url:
        environ = {"TASKATLAS_DATA": str(folder / "data"), "TASKATLAS_DATABASE_URL": url}
        platform = build_platform(
            load_settings(environ | {"TASKATLAS_REDIS_URL": f"unix://{folder}/redis.sock"})
        )
        platform.database.migrate()
        workers = [WorkerProcess(platform, name) for name in ("one", "two")]
        try:
            yield Crew(platform, workers)
        finally:
            for worker in workers:
                worker.kill()
            platform.close()
            broker.kill()
            broker.wait()


@dataclass
class Crew:
    platform: Platform
    workers: list[WorkerProcess]

    def until_ended(self, job_id):
        return until(lambda: ended(self.platform, job_id) and job_of(self.platform, job_id), self.workers)


def test_a_job_that_is_rung_again_and_again_runs_once(crew, tmp_path):
    file = tmp_path / "runs"
    first = submit(crew.platform, "test.steps", steps=20, file=str(file))
    for _ in range(5):
        assert crew.platform.queue.ring("test.steps", first, "cpu")
    job = crew.until_ended(first)
    crew.until_ended(submit(crew.platform, "test.steps", steps=1, file=str(tmp_path / "last")))
    assert (job.state, job.attempt) == (JobState.SUCCEEDED, 1)
    assert [line.split(" ", 1)[1] for line in lines(file)] == ["begins at 0", "commits"]


def test_of_two_workers_that_ran_a_job_only_the_one_that_holds_it_commits(platform, start_worker, tmp_path):
    file = tmp_path / "runs"
    job_id = submit(platform, "test.steps", steps=60, file=str(file))
    frozen = start_worker(platform, "frozen", TASKATLAS_LEASE_S="2", TASKATLAS_CHECKPOINT_S="600")
    until(lambda: lines(file), [frozen])
    freeze(frozen, platform)
    other = start_worker(platform, "other")
    until(lambda: ended(platform, job_id), [frozen, other])
    frozen.send(signal.SIGCONT)
    until(lambda: "is no longer ours" in frozen.said(), [frozen])
    until(lambda: "its result is void" in frozen.said() or "was taken over" in frozen.said(), [frozen])
    job = job_of(platform, job_id)
    assert (job.state, job.attempt, job.result["worker"]) == (JobState.SUCCEEDED, 2, "other")
    assert [line.split(" ", 1)[1] for line in lines(file)] == ["begins at 0", "begins at 0", "commits"]


def freeze(worker, platform):
    """Stop a worker in the middle of its work, but not in the middle of a transaction."""
    path = platform.database.url.removeprefix("sqlite:///")
    for _ in range(20):
        worker.send(signal.SIGSTOP)
        with contextlib.closing(sqlite3.connect(path, timeout=0.1)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                worker.send(signal.SIGCONT)
            else:
                return
    raise AssertionError("the worker writes all the time")


def test_a_worker_that_is_asked_to_end_gives_its_job_back_with_a_checkpoint(platform, start_worker, tmp_path):
    file = tmp_path / "runs"
    job_id = submit(platform, "test.steps", steps=100, file=str(file))
    first = start_worker(platform, "first", TASKATLAS_CHECKPOINT_S="600")
    until(lambda: job_of(platform, job_id).progress > 0.1, [first])
    assert first.stop() == 0
    given_back = job_of(platform, job_id)
    assert given_back.state == JobState.QUEUED
    assert given_back.checkpoint is not None
    assert given_back.losses == 0, "an orderly end is no failure"
    second = start_worker(platform, "second")
    until(lambda: ended(platform, job_id), [second])
    job = job_of(platform, job_id)
    assert (job.state, job.attempt) == (JobState.SUCCEEDED, 2)
    assert job.result["first"] > 10
    assert 0.1 < job.attempt_progress == given_back.progress <= job.result["first"] / 100


@pytest.mark.parametrize(
    ("kind", "title", "told"),
    [
        ("test.diverges", "Training diverged", "network"),
        ("test.misses", "Something the job needs is missing", "FileNotFoundError"),
    ],
)
def test_a_job_that_fails_fails_its_group_and_the_others_are_cancelled(crew, tmp_path, kind, title, told):
    endless = {"steps": 10**6, "file": str(tmp_path / "runs")}
    group = submit_group(
        crew.platform,
        JobSpec("test.steps", "endless", endless),
        JobSpec(kind, "the culprit", {}),
        JobSpec("test.steps", "never begun", endless, depends_on=(0, 1)),
    )
    job = crew.until_ended(group)
    assert job.state == JobState.FAILED
    assert job.error["title"] == title
    assert job.error["detail"].startswith("the culprit: ")
    assert told in job.error["detail"]
    assert [child.state for child in jobs_of(crew.platform, group)] == ["cancelled", "failed", "cancelled"]


def test_a_failure_that_may_pass_is_tried_again(crew):
    job = crew.until_ended(submit(crew.platform, "test.trips"))
    assert (job.state, job.attempt, job.error) == (JobState.SUCCEEDED, 2, None)


def test_a_lost_broker_loses_no_job(settings, sqlite_template, start_worker, tmp_path, tmp_path_factory):
    folder = tmp_path_factory.mktemp("r")
    own = load_settings(
        {"TASKATLAS_DATA": str(settings.data), "TASKATLAS_REDIS_URL": f"unix://{folder}/redis.sock"}
    )
    own.data.mkdir()
    Path(own.database.url.removeprefix("sqlite:///")).write_bytes(sqlite_template.read_bytes())
    broker = start_broker(folder)
    platform = build_platform(own)
    try:
        running = submit(platform, "test.steps", steps=60, file=str(tmp_path / "running"))
        queued = submit(platform, "test.steps", steps=1, file=str(tmp_path / "queued"))
        worker = start_worker(platform)
        until(lambda: job_of(platform, running).state == JobState.RUNNING, [worker])
        broker.kill()
        broker.wait()
        unheard = submit(platform, "test.steps", steps=1, file=str(tmp_path / "unheard"))
        until(lambda: ended(platform, running), [worker])
        assert job_of(platform, running).state == JobState.SUCCEEDED, "a job needs no broker to go on"
        assert job_of(platform, unheard).state == JobState.QUEUED
        broker = start_broker(folder)
        until(lambda: ended(platform, queued) and ended(platform, unheard), [worker])
        assert {job_of(platform, job).state for job in (queued, unheard)} == {JobState.SUCCEEDED}
        assert worker.process.poll() is None, "the worker outlived its broker"
    finally:
        platform.close()
        broker.kill()
        broker.wait()


def start_broker(folder):
    socket = folder / "redis.sock"
    socket.unlink(missing_ok=True)
    broker = subprocess.Popen(redis_command(socket, folder), stdout=subprocess.DEVNULL)
    until(socket.exists)
    return broker
