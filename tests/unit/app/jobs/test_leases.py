"""A job is held by one worker at a time, and whatever a worker does without its lease is void."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.jobs.leases import LeaseLost
from app.jobs.states import JobState


def test_a_claim_starts_a_job(jobs):
    job_id = jobs.submit()
    with jobs.leases() as leases:
        claimed = leases.claim(job_id, "w1")
    assert (claimed.kind, claimed.config, claimed.resource_id) == ("test.one", {"seed": 1}, "atl_1")
    job = jobs.get(job_id)
    assert (job.state, job.worker, job.attempt) == (JobState.RUNNING, "w1", 1)
    assert job.lease_expires_at > job.started_at == job.attempt_started_at


def test_a_redelivered_job_is_claimed_once(jobs):
    job_id = jobs.submit()
    assert jobs.claim(job_id) is not None
    assert jobs.claim(job_id) is None, "not even by the worker that has it"
    assert jobs.claim(job_id, "w2") is None
    assert jobs.get(job_id).attempt == 1


@pytest.mark.parametrize("end", ["succeed", "stop"])
def test_a_ring_for_an_ended_job_is_no_error(jobs, end):
    job_id = jobs.submit()
    lease = jobs.claim(job_id)
    with jobs.leases() as leases:
        getattr(leases, end)(lease)
    assert jobs.claim(job_id) is None
    assert jobs.claim("job_unknown") is None


def test_of_many_who_claim_at_once_one_gets_the_job(jobs):
    ids = [jobs.submit() for _ in range(5)]
    together = threading.Barrier(4, timeout=30)

    def claim_all(worker):
        got = []
        for job_id in ids:
            together.wait()
            got.append(jobs.claim(job_id, worker) is not None)
        return got

    with ThreadPoolExecutor(4) as pool:
        results = [future.result() for future in [pool.submit(claim_all, f"w{n}") for n in range(4)]]
    assert [sum(each) for each in zip(*results, strict=True)] == [1] * len(ids)


CALLS = {
    "heartbeat": lambda leases, lease: leases.heartbeat(lease),
    "report": lambda leases, lease: leases.report(lease, 0.5, "half"),
    "checkpoint": lambda leases, lease: leases.keep_checkpoint(lease, "a"),
    "held": lambda leases, lease: leases.held(lease),
    "succeed": lambda leases, lease: leases.succeed(lease, {"x": 1}),
    "fail": lambda leases, lease: leases.fail(lease, "t", "d"),
    "stop": lambda leases, lease: leases.stop(lease),
    "give_back": lambda leases, lease: leases.give_back(lease),
    "retry": lambda leases, lease: leases.retry(lease, "why"),
}


def call(jobs, name, lease):
    with jobs.leases() as leases:
        CALLS[name](leases, lease)


@pytest.mark.parametrize("name", CALLS)
def test_nothing_can_be_done_with_a_lost_lease(jobs, name):
    job_id = jobs.submit()
    stale = jobs.claim(job_id, "w1")
    jobs.expire(job_id)
    jobs.sweep()
    with pytest.raises(LeaseLost):
        call(jobs, name, stale)
    assert jobs.state(job_id) == JobState.QUEUED
    jobs.claim(job_id, "w1")
    with pytest.raises(LeaseLost):
        call(jobs, name, stale)
    job = jobs.get(job_id)
    assert (job.state, job.attempt, job.progress, job.result) == (JobState.RUNNING, 2, 0.0, None)


def test_a_heartbeat_extends_the_lease_and_says_when_to_stop(jobs):
    job_id = jobs.submit()
    lease = jobs.claim(job_id)
    jobs.expire(job_id)
    with jobs.leases() as leases:
        assert not leases.heartbeat(lease)
    assert jobs.sweep().requeued == []
    jobs.cancel(job_id)
    with jobs.leases() as leases:
        assert leases.heartbeat(lease)
        assert leases.report(lease, 0.5, "half")


def test_a_job_whose_lease_ran_out_is_queued_and_rung_again_at_once(jobs, bell):
    lost, healthy = jobs.submit(), jobs.submit()
    jobs.claim(lost), jobs.claim(healthy, "w2")
    jobs.expire(lost)
    bell.take()
    assert jobs.sweep().requeued == [lost]
    assert bell.take() == [lost]
    assert jobs.sweep().requeued == [], "sweeps are idempotent"
    assert jobs.states([lost, healthy]) == [JobState.QUEUED, JobState.RUNNING]
    assert jobs.claim(lost, "w3").attempt == 2


def test_sweeps_at_once_requeue_a_job_once(jobs):
    ids = [jobs.submit() for _ in range(3)]
    for job_id in ids:
        jobs.claim(job_id)
        jobs.expire(job_id)
    with ThreadPoolExecutor(3) as pool:
        swept = [future.result() for future in [pool.submit(jobs.sweep) for _ in range(3)]]
    assert sorted(job_id for each in swept for job_id in each.requeued) == sorted(ids)
    assert {jobs.get(job_id).losses for job_id in ids} == {1}


def test_a_restarted_worker_frees_what_it_held_and_no_more(jobs):
    own, others = jobs.submit(), jobs.submit()
    jobs.claim(own, "w1"), jobs.claim(others, "w2")
    assert jobs.sweep(restarted_worker="w1").requeued == [own]
    assert jobs.states([own, others]) == [JobState.QUEUED, JobState.RUNNING]


def test_a_job_that_kills_its_workers_waits_longer_each_time_and_then_fails(jobs, bell):
    job_id = jobs.submit()
    waits = []
    for _ in range(2):
        jobs.change(job_id, not_before=None)
        jobs.claim(job_id)
        jobs.expire(job_id)
        bell.take()
        assert jobs.sweep().requeued == [job_id]
        job = jobs.get(job_id)
        waits.append(None if job.not_before is None else job.not_before - job.created_at)
    assert waits[0] is None
    assert waits[1] > timedelta(seconds=10)
    assert bell.take() == [], "its turn has not come"
    assert jobs.claim(job_id) is None
    jobs.change(job_id, not_before=None)
    jobs.claim(job_id)
    jobs.expire(job_id)
    assert jobs.sweep().given_up == [job_id]
    job = jobs.get(job_id)
    assert (job.state, job.error["title"]) == (JobState.FAILED, "Given up")
    assert "3 times" in job.error["detail"]


def test_a_passing_failure_waits_before_it_is_tried_again(jobs, bell):
    job_id = jobs.submit()
    lease = jobs.claim(job_id)
    bell.take()
    with jobs.leases() as leases:
        leases.retry(lease, "OSError: disk full")
    job = jobs.get(job_id)
    assert (job.state, job.losses) == (JobState.QUEUED, 1)
    assert "disk full" in job.step
    assert bell.take() == []
    assert jobs.sweep().rung == []
    jobs.change(job_id, not_before=jobs.before(seconds=1))
    assert jobs.sweep().rung == [job_id]
    assert bell.take() == [job_id]
    assert jobs.claim(job_id).attempt == 2


def test_an_orderly_shutdown_is_no_loss(jobs, bell):
    job_id = jobs.submit()
    for attempt in range(1, 6):
        lease = jobs.claim(job_id)
        assert lease.attempt == attempt
        bell.take()
        with jobs.leases() as leases:
            leases.give_back(lease)
        assert bell.take() == [job_id]
    assert jobs.get(job_id).losses == 0


def test_a_checkpoint_forgives_earlier_losses_and_keeps_the_progress(jobs):
    job_id = jobs.submit()
    for _ in range(5):
        lease = jobs.claim(job_id)
        with jobs.leases() as leases:
            leases.report(lease, 0.4, "step 40")
            leases.keep_checkpoint(lease, "a" * 64)
        jobs.expire(job_id)
        assert jobs.sweep().requeued == [job_id]
    with jobs.leases() as leases:
        assert leases.claim(job_id, "w2").checkpoint == "a" * 64
    job = jobs.get(job_id)
    assert (job.state, job.progress, job.attempt_progress) == (JobState.RUNNING, 0.4, 0.4)


def test_without_a_checkpoint_a_new_attempt_begins_at_nothing(jobs):
    job_id = jobs.submit()
    lease = jobs.claim(job_id)
    with jobs.leases() as leases:
        leases.report(lease, 0.4, "step 40")
    jobs.expire(job_id)
    jobs.sweep()
    jobs.claim(job_id)
    assert jobs.get(job_id).progress == 0.0


def test_a_checkpoint_is_removed_when_it_is_replaced_or_its_job_ends_unless_another_needs_it(jobs):
    store = jobs.platform.artifacts
    old, new, shared = store.put(b"old"), store.put(b"new"), store.put(b"shared")
    first, second = jobs.claim(jobs.submit()), jobs.claim(jobs.submit(), "w2")
    for lease, artifact in [(first, old), (first, new), (second, shared), (first, shared)]:
        with jobs.leases() as leases:
            leases.keep_checkpoint(lease, artifact)
    assert [store.exists(each) for each in (old, new, shared)] == [False, False, True]
    with jobs.leases() as leases:
        leases.succeed(first)
    assert store.exists(shared), "the second job goes on from it"
    with jobs.leases() as leases:
        leases.stop(second)
    assert not store.exists(shared)


def test_a_success_is_stored_whole_or_not_at_all(jobs):
    job_id = jobs.submit()
    lease = jobs.claim(job_id)

    def succeed_and_break():
        with jobs.leases() as leases:
            leases.succeed(lease, {"x": 1})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        succeed_and_break()
    assert jobs.state(job_id) == JobState.RUNNING
    with jobs.leases() as leases:
        leases.succeed(lease, {"x": 1})
    job = jobs.get(job_id)
    assert (job.state, job.progress, job.result, job.worker) == (JobState.SUCCEEDED, 1.0, {"x": 1}, None)
    assert job.finished_at is not None


def test_a_lost_job_that_was_cancelled_is_not_queued_again(jobs):
    by_sweep, by_retry, by_shutdown = (jobs.submit() for _ in range(3))
    leases_of = {job_id: jobs.claim(job_id) for job_id in (by_sweep, by_retry, by_shutdown)}
    for job_id in leases_of:
        assert jobs.cancel(job_id) == JobState.RUNNING, "asked to stop"
    jobs.expire(by_sweep)
    jobs.sweep()
    with jobs.leases() as leases:
        leases.retry(leases_of[by_retry], "why")
    with jobs.leases() as leases:
        leases.give_back(leases_of[by_shutdown])
    assert set(jobs.states(leases_of)) == {JobState.CANCELLED}


@pytest.mark.parametrize(("reported", "stored"), [(-0.5, 0.0), (0.25, 0.25), (7.0, 1.0)])
def test_progress_is_kept_between_nothing_and_all(jobs, reported, stored):
    job_id = jobs.submit()
    lease = jobs.claim(job_id)
    with jobs.leases() as leases:
        assert not leases.report(lease, reported, "on the way")
    job = jobs.get(job_id)
    assert (job.progress, job.step) == (stored, "on the way")


def test_the_sweep_rings_for_what_nobody_heard_of_and_only_in_silent_queues(jobs, bell):
    cpu, gpu = jobs.submit(), jobs.submit(queue="gpu")
    assert bell.take() == [cpu, gpu]
    assert jobs.sweep().rung == [], "rung just now"
    for job_id in (cpu, gpu):
        jobs.change(job_id, rung_at=jobs.before(hours=1))
    assert jobs.sweep(queues=["gpu"]).rung == [gpu]
    assert jobs.sweep(queues=[]).rung == []
    assert jobs.sweep().rung == [cpu]
    assert bell.take() == [gpu, cpu]


def test_a_restart_rings_again_for_all_that_waits(jobs):
    job_id = jobs.submit()
    assert jobs.sweep(restarted_worker="w9").rung == [job_id]
