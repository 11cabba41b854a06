"""Those who follow a job are told of every change, in order, and of nothing that was not committed."""

import pytest

from app.jobs.presence import WorkerPresence
from app.jobs.repository import JobRepository
from app.jobs.states import EventKind, JobState


def test_a_job_tells_of_every_state(jobs):
    job_id = jobs.submit()
    lease = jobs.claim(job_id)
    with jobs.leases() as leases:
        leases.report(lease, 0.3, "on the way")
    assert [event.data["progress"] for event in jobs.events(job_id, EventKind.PROGRESS)] == [0.3]
    jobs.expire(job_id)
    jobs.sweep()
    jobs.run(job_id)
    assert jobs.told_states(job_id) == ["queued", "running", "queued", "running", "succeeded"]
    assert jobs.events(job_id, EventKind.PROGRESS) == [], "how it got on, nobody needs to know any more"


def test_only_the_newest_report_of_progress_is_kept_under_an_id_of_its_own(jobs):
    """A build of hours would fill the database with them, and who saw the one before must see the next."""
    group, (child,) = jobs.group(())
    lease = jobs.claim(child)
    seen = {group: [], child: []}
    for step in range(1, 6):
        with jobs.leases() as leases:
            leases.report(lease, step / 10, f"step {step}")
        for job_id, ids in seen.items():
            [event] = jobs.events(job_id, EventKind.PROGRESS)
            assert event.data["progress"] == step / 10
            ids.append(event.id)
    for ids in seen.values():
        assert ids == sorted(set(ids))


def test_ids_of_events_increase(jobs):
    group, children = jobs.group((), (0,))
    for child in children:
        jobs.run(child)
    for job_id in (group, *children):
        ids = [event.id for event in jobs.events(job_id)]
        assert ids == sorted(set(ids))
        with jobs.service() as service:
            assert service.last_event_id(job_id) == ids[-1]
            assert [row.id for row in service.events(job_id, ids[1])] == ids[2:]
            assert [row.id for row in service.events(job_id, 0, limit=1)] == ids[:1]


def test_ids_go_on_increasing_when_the_newest_events_are_gone(jobs):
    kept, removed = jobs.submit(), jobs.submit()
    with jobs.service() as service:
        last = service.last_event_id(removed)
    with jobs.platform.database.session() as session:
        session.delete(JobRepository(session).get(removed))
    jobs.cancel(kept)
    assert jobs.events(kept)[-1].id > jobs.events(kept)[0].id
    assert last > jobs.events(kept)[0].id


def test_a_group_tells_of_its_state_when_it_changes_and_of_its_progress_else(jobs):
    group, (first, second) = jobs.group((), (0,))
    lease = jobs.claim(first)
    with jobs.leases() as leases:
        leases.report(lease, 0.5, "half")
    assert jobs.events(group)[-1].kind == EventKind.PROGRESS
    assert jobs.events(group)[-1].data["progress"] == 0.25
    with jobs.leases() as leases:
        leases.succeed(lease)
    jobs.run(second)
    told = jobs.told_states(group)
    assert told[0] == "queued"
    assert told[-1] == "succeeded"
    assert jobs.events(group, EventKind.PROGRESS) == []


def test_what_was_rolled_back_was_never_told_nor_rung(jobs, bell):
    def submit_and_break():
        with jobs.platform.database.session() as session:
            from app.jobs.service import JobSpec, JobsService

            JobsService(session, jobs.platform).submit(JobSpec("k", "t", {}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        submit_and_break()
    assert bell.take() == []
    with jobs.service() as service:
        assert list(service.list(10)) == []


def test_lists_are_newest_first_and_show_the_jobs_of_groups_when_asked(jobs):
    single = jobs.submit()
    group, children = jobs.group((), ())
    with jobs.service() as service:

        def listed(**options):
            return [job.id for job in service.list(10, **options)]

        assert listed() == [group, single]
        assert sorted(listed(parent_id=group)) == sorted(children)
        assert sorted(listed(kind="test.one")) == sorted([single, *children])
        assert listed(state=JobState.RUNNING) == []
        first = service.list(1)[0]
        assert listed(after=(first.created_at, first.id)) == [single]
        assert service.count_by_state() == {
            "queued": 3,
            "running": 0,
            "succeeded": 0,
            "failed": 0,
            "cancelled": 0,
        }


def test_a_worker_is_alive_while_it_is_heard_of(jobs):
    platform = jobs.platform

    def alive():
        with platform.database.session() as session:
            return WorkerPresence(session, platform).alive()

    assert alive() == []
    for _ in range(2):
        with platform.database.session() as session:
            WorkerPresence(session, platform).hear_from("w1", ["cpu"])
    assert alive() == ["w1"]
    with platform.database.session() as session:
        row = JobRepository(session).workers_seen_since(platform.database.now(session).replace(year=2000))[0]
        row.seen_at = row.seen_at.replace(year=2020)
    assert alive() == []
    with platform.database.session() as session:
        WorkerPresence(session, platform).forget("w1")
    with platform.database.session() as session:
        assert not JobRepository(session).workers_seen_since(
            platform.database.now(session).replace(year=2000)
        )
