"""Jobs over HTTP: list, look, cancel, and follow as server-sent events that can be resumed."""

import json
import threading
import time

import pytest

from app.jobs.leases import LeasesService
from app.jobs.service import JobSpec, JobsService, Resource
from tests.asserts import assert_problem

JOBS = "/api/v1/jobs"
FIELDS = {
    "id", "kind", "title", "state", "progress", "step", "eta_s", "attempt", "parent_id", "resource", "result",
    "error", "children", "cancel_requested", "created_at", "started_at", "finished_at",
}  # fmt: skip


@pytest.fixture
def submit(platform):
    def submit_one(title="one"):
        with platform.database.session() as session:
            return (
                JobsService(session, platform).submit(JobSpec("k", title, {}), Resource("atlas", "atl_1")).id
            )

    return submit_one


@pytest.fixture
def work(platform):
    """Claim a job and return a function that does one thing as its worker."""

    def start(job_id):
        with platform.database.session() as session:
            lease = LeasesService(session, platform).claim(job_id, "w1").lease

        def do(name, *arguments):
            with platform.database.session() as session:
                return getattr(LeasesService(session, platform), name)(lease, *arguments)

        return do

    return start


def follow(api, job_id, last=None):
    """Return the events of a stream that ends, as (id, kind, data)."""
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    response = api.get(f"{JOBS}/{job_id}/events", headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    events = []
    for block in response.text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return events


def test_a_job_shows_what_the_contract_says(api, submit, work):
    job_id = submit()
    job = api.get(f"{JOBS}/{job_id}").json()
    assert set(job) == FIELDS
    assert (job["id"], job["state"], job["progress"], job["eta_s"]) == (job_id, "queued", 0.0, None)
    assert job["resource"] == {"kind": "atlas", "id": "atl_1", "href": "/api/v1/atlases/atl_1"}
    assert job["created_at"].endswith("Z")
    do = work(job_id)
    do("report", 0.5, "half")
    job = api.get(f"{JOBS}/{job_id}").json()
    assert (job["state"], job["progress"], job["step"], job["attempt"]) == ("running", 0.5, "half", 1)
    do("fail", "Training diverged", "the loss is NaN")
    assert api.get(f"{JOBS}/{job_id}").json()["error"] == {
        "title": "Training diverged",
        "detail": "the loss is NaN",
    }


def test_pages_lead_from_the_newest_to_the_oldest(api, submit):
    ids = [submit(str(number)) for number in range(5)]
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = api.get(JOBS, params=query).json()
        assert len(page["items"]) <= 2
        seen += [job["id"] for job in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(ids)
    assert [job["id"] for job in api.get(JOBS, params={"state": "running"}).json()["items"]] == []


def test_a_cancelled_job_is_shown_and_cancelled_once(api, submit):
    job_id = submit()
    assert api.delete(f"{JOBS}/{job_id}").json()["state"] == "cancelled"
    assert_problem(api.delete(f"{JOBS}/{job_id}"), 409, detail="already been cancelled")
    assert_problem(api.delete(f"{JOBS}/job_unknown"), 404)


def test_a_stream_begins_with_the_job_as_it_is_and_ends_with_it(api, submit, work):
    job_id = submit()
    do = work(job_id)
    do("succeed", {"x": 1})
    events = follow(api, job_id)
    assert [(kind, data["state"]) for _, kind, data in events] == [("state", "succeeded")]
    assert set(events[0][2]) == FIELDS


def test_a_stream_goes_on_after_the_last_event_that_was_seen(api, submit, work):
    job_id = submit()
    do = work(job_id)
    do("succeed")
    every = follow(api, job_id, last=0)
    assert [data["state"] for _, _, data in every] == ["queued", "running", "succeeded"]
    ids = [each for each, _, _ in every]
    assert ids == sorted(set(ids))
    for position, last in enumerate(ids, start=1):
        assert follow(api, job_id, last=last) == every[position:]


def test_an_id_that_is_none_begins_anew(api, submit, work):
    job_id = submit()
    work(job_id)("succeed")
    for last in ("nonsense", "-1", "9" * 18, "9" * 30):
        assert [data["state"] for _, _, data in follow(api, job_id, last=last)] == ["succeeded"]


def test_what_happens_while_a_stream_is_followed_is_told_soon(api, submit, work):
    job_id = submit()
    do = work(job_id)
    began = time.monotonic()

    def go_on():
        time.sleep(0.5)
        do("report", 0.25, "a quarter")
        time.sleep(0.5)
        do("report", 0.5, "half")
        time.sleep(0.5)
        do("succeed")

    worker = threading.Thread(target=go_on)
    worker.start()
    events = follow(api, job_id)
    took = time.monotonic() - began
    worker.join()
    assert events[0][2]["state"] == "running"
    assert events[-1][2]["state"] == "succeeded"
    steps = [data["step"] for _, kind, data in events if kind == "progress"]
    assert steps in (["a quarter", "half"], ["a quarter"], ["half"]), (
        "of reports between two looks the newest"
    )
    assert took < 1.5 + 10, "the end is told within seconds"


def test_an_unknown_job_cannot_be_followed(api, authorize):
    assert_problem(api.get(f"{JOBS}/job_unknown/events"), 404)
    authorize("admin")
    assert_problem(api.get(f"{JOBS}/job_unknown/events"), 401)
