"""Groups follow from their jobs, whichever way those end, and jobs start in the order of their dependencies."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.errors import Conflict, NotFound
from app.core.queue import Queue
from app.core.settings import QueueSettings
from app.jobs.service import JobSpec
from app.jobs.states import FINAL, JobState

DIAMOND = ((), (0,), (0,), (1, 2))


def test_a_job_starts_after_those_it_depends_on(jobs, bell):
    group, (top, left, right, bottom) = jobs.group(*DIAMOND)
    assert bell.take() == [top], "only what can start is rung for"
    assert jobs.claim(left) is None
    jobs.run(top)
    assert bell.take() == [left, right]
    jobs.run(left)
    assert bell.take() == []
    assert jobs.claim(bottom) is None
    assert jobs.state(group) == JobState.RUNNING
    jobs.run(right)
    assert bell.take() == [bottom]
    jobs.run(bottom)
    job = jobs.get(group)
    assert (job.state, job.progress, job.step) == (JobState.SUCCEEDED, 1.0, "done")
    assert job.children == {"queued": 0, "running": 0, "succeeded": 4, "failed": 0, "cancelled": 0}
    assert job.finished_at is not None


def test_a_group_is_never_claimed(jobs):
    group, _ = jobs.group(())
    assert jobs.claim(group) is None


def test_progress_of_a_group_is_the_weighted_mean_of_its_jobs(jobs):
    group, (small, large) = jobs.group((), (), weights=[1.0, 3.0])
    lease = jobs.claim(large)
    with jobs.leases() as leases:
        leases.report(lease, 0.5, "half")
    job = jobs.get(group)
    assert job.state == JobState.RUNNING
    assert job.progress == pytest.approx(3 * 0.5 / 4)
    assert job.step == "0 of 2 done; half"
    jobs.run(small)
    assert jobs.get(group).progress == pytest.approx((1 + 3 * 0.5) / 4)


def test_a_failure_fails_the_group_and_cancels_the_rest(jobs):
    group, (failing, running, waiting) = jobs.group((), (), (0,))
    lease = jobs.claim(running)
    jobs.fail(failing, "out of cheese")
    assert jobs.states([failing, running, waiting]) == [
        JobState.FAILED,
        JobState.RUNNING,
        JobState.CANCELLED,
    ]
    assert jobs.state(group) == JobState.RUNNING, "until the last of its jobs has stopped"
    with jobs.leases() as leases:
        assert leases.heartbeat(lease), "asked to stop"
    with jobs.leases() as leases:
        leases.stop(lease)
    job = jobs.get(group)
    assert job.state == JobState.FAILED
    assert job.error == {"title": "The job failed", "detail": "job 0: out of cheese"}


def test_a_cancelled_group_takes_all_of_its_jobs_with_it(jobs):
    group, (done, running, waiting) = jobs.group((), (0,), (1,))
    jobs.run(done)
    lease = jobs.claim(running)
    assert jobs.cancel(group) == JobState.RUNNING
    assert jobs.state(waiting) == JobState.CANCELLED
    with jobs.leases() as leases:
        leases.give_back(lease)
    assert jobs.states([group, done, running]) == [
        JobState.CANCELLED,
        JobState.SUCCEEDED,
        JobState.CANCELLED,
    ]


def test_a_waiting_group_is_cancelled_at_once(jobs):
    group, children = jobs.group(*DIAMOND)
    assert jobs.cancel(group) == JobState.CANCELLED
    assert set(jobs.states(children)) == {JobState.CANCELLED}
    assert jobs.get(group).finished_at is not None


def test_cancelling_one_job_cancels_its_group(jobs):
    group, children = jobs.group((), (), (0, 1))
    assert jobs.cancel(children[1]) == JobState.CANCELLED
    assert set(jobs.states([group, *children])) == {JobState.CANCELLED}


def test_a_job_that_succeeds_although_it_was_asked_to_stop_does_not_start_others(jobs):
    group, (first, second) = jobs.group((), (0,))
    lease = jobs.claim(first)
    jobs.cancel(group)
    with jobs.leases() as leases:
        leases.succeed(lease)
    assert jobs.states([first, second, group]) == [
        JobState.SUCCEEDED,
        JobState.CANCELLED,
        JobState.CANCELLED,
    ]


def test_an_ended_job_cannot_be_cancelled(jobs):
    job_id = jobs.submit()
    jobs.run(job_id)
    with pytest.raises(Conflict, match="has already succeeded"):
        jobs.cancel(job_id)
    with pytest.raises(NotFound):
        jobs.cancel("job_unknown")


def test_whatever_works_on_a_resource_can_be_cancelled(jobs):
    group, children = jobs.group((), (0,))
    single, running, done = jobs.submit(), jobs.submit(), jobs.submit()
    jobs.run(done)
    jobs.claim(running)
    with jobs.service() as service:
        service.cancel_all_of("atl_1")
        service.cancel_all_of("atl_other")
    assert set(jobs.states([group, *children, single])) == {JobState.CANCELLED}
    assert jobs.state(done) == JobState.SUCCEEDED
    assert jobs.get(running).cancel_requested


@pytest.mark.parametrize("depends_on", [(0,), (1,), (-1,)])
def test_a_job_depends_on_earlier_ones_only(jobs, depends_on):
    with jobs.service() as service, pytest.raises(ValueError, match="earlier ones only"):
        service.submit_group("g", "g", None, [JobSpec("k", "t", {}, depends_on=depends_on)])


def test_an_empty_group_is_refused(jobs):
    with jobs.service() as service, pytest.raises(ValueError, match="needs a job"):
        service.submit_group("g", "g", None, [])


def test_the_last_two_jobs_may_end_at_once(jobs):
    """Each must see the other's end, or the group never ends."""
    for _ in range(5):
        group, children = jobs.group((), (), ())
        leases_of = [jobs.claim(child, f"w{number}") for number, child in enumerate(children)]
        together = threading.Barrier(3, timeout=30)

        def end(lease, together=together):
            together.wait()
            with jobs.leases() as leases:
                leases.succeed(lease)

        with ThreadPoolExecutor(3) as pool:
            for future in [pool.submit(end, lease) for lease in leases_of]:
                future.result()
        assert jobs.get(group).state == JobState.SUCCEEDED


def test_cancelling_and_ending_at_once_leaves_a_group_that_has_ended(jobs):
    for _ in range(5):
        group, children = jobs.group((), (), (0, 1))
        leases_of = [jobs.claim(child, f"w{number}") for number, child in enumerate(children[:2])]
        together = threading.Barrier(3, timeout=30)

        def end(lease, together=together):
            together.wait()
            with jobs.leases() as leases:
                leases.give_back(lease)

        def cancel(group=group, together=together):
            together.wait()
            jobs.cancel(group)

        with ThreadPoolExecutor(3) as pool:
            for future in [pool.submit(cancel), *(pool.submit(end, lease) for lease in leases_of)]:
                future.result()
        assert set(jobs.states([group, *children])) == {JobState.CANCELLED}


@pytest.mark.parametrize("seed", range(4))
def test_a_group_ends_however_its_jobs_fare(jobs, seed):
    """A random graph under random fates: what has ended stays so, and the group's state follows from its jobs'."""
    draw = random.Random(seed)
    graph = [tuple(draw.sample(range(n), min(n, draw.randrange(3)))) for n in range(6)]
    group, children = jobs.group(*graph)
    fates = ["succeed", "succeed", "succeed", "give_back", "lose", "fail", "cancel"]
    for _ in range(60):
        if jobs.state(group) in FINAL:
            break
        job_id = draw.choice(children)
        lease = jobs.claim(job_id)
        if lease is None:
            continue
        started = dict(zip(children, jobs.states(children), strict=True))
        needed = graph[children.index(job_id)]
        assert {started[children[other]] for other in needed} <= {JobState.SUCCEEDED}
        fate = draw.choice(fates)
        if fate == "lose":
            jobs.expire(job_id)
            jobs.sweep()
            jobs.change(job_id, not_before=None)
        elif fate == "cancel":
            jobs.cancel(group)
            with jobs.leases() as leases:
                leases.stop(lease)
        else:
            with jobs.leases() as leases:
                getattr(leases, fate)(lease, *(("t", "d") if fate == "fail" else ()))
    states = set(jobs.states(children))
    assert states <= FINAL
    expected = (
        JobState.FAILED
        if JobState.FAILED in states
        else JobState.CANCELLED
        if JobState.CANCELLED in states
        else JobState.SUCCEEDED
    )
    job = jobs.get(group)
    assert job.state == expected
    assert sum(job.children.values()) == len(children)


def test_a_broker_out_of_reach_loses_no_job(jobs, tmp_path):
    """The ring is lost, the row is not: the sweep rings again once the broker is back."""
    bell = jobs.platform.queue
    healthy, bell._queue = bell._queue, Queue(QueueSettings(f"unix://{tmp_path / 'nobody.sock'}"))
    job_id = jobs.submit()
    bell._queue.close()
    bell._queue = healthy
    assert jobs.state(job_id) == JobState.QUEUED
    assert jobs.sweep(restarted_worker="w1").rung == [job_id]
    assert healthy.silent() == {"gpu"}
