import email.utils
import time

import pytest
import taskatlas_client as tac

ATLAS = {
    "id": "atl_1",
    "name": "a",
    "status": "ready",
    "origin": "imported",
    "tasks": ["depth"],
    "sources": ["depth"],
    "targets": ["depth"],
    "orders": [1],
    "transfer_count": 1,
    "created_at": "2026-01-02T03:04:05Z",
    "config": None,
    "code_version": None,
}
JOB = {
    "id": "job_1",
    "kind": "atlas.build",
    "title": "Build a",
    "state": "queued",
    "progress": 0.0,
    "step": "",
    "eta_s": None,
    "attempt": 0,
    "created_at": "2026-01-02T03:04:05Z",
}
SOON = {"retry-after": "0"}


@pytest.fixture
def client(server):
    with tac.TaskAtlas(server.url, api_key="ta_secret") as client:
        yield client


def test_key_is_sent_as_bearer_token(server, client, answer):
    server.answers.append(answer(body=ATLAS))
    assert client.atlases.get("atl_1").name == "a"
    assert server.seen[0].headers["authorization"] == "Bearer ta_secret"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, tac.BadRequestError),
        (401, tac.UnauthorizedError),
        (403, tac.ForbiddenError),
        (404, tac.NotFoundError),
        (409, tac.ConflictError),
        (413, tac.TooLargeError),
        (415, tac.UnsupportedMediaError),
        (422, tac.InvalidInputError),
        (429, tac.TooManyRequestsError),
        (500, tac.ServerError),
        (503, tac.NotReadyError),
        (418, tac.StatusError),
    ],
)
def test_each_status_has_its_exception_with_the_problem_in_it(server, answer, status, kind):
    problem = {
        "type": "https://example.org/p",
        "title": "Bad",
        "status": status,
        "detail": "budget is negative",
        "errors": [{"pointer": "/budget", "detail": "must be >= 0"}],
    }
    headers = {"content-type": "application/problem+json", "x-request-id": "req_7", "retry-after": "3"}
    server.answers.append(answer(status, problem, headers))
    with tac.TaskAtlas(server.url, max_retries=0) as client, pytest.raises(kind) as caught:
        client.atlases.get("atl_1")
    error = caught.value
    assert type(error) is kind
    assert (error.status, error.title, error.detail, error.request_id) == (
        status,
        "Bad",
        "budget is negative",
        "req_7",
    )
    assert error.errors == (tac.FieldProblem("/budget", "must be >= 0"),)
    assert error.retry_after == 3.0
    assert error.problem == problem
    assert "/budget" in str(error)


def test_an_error_page_that_is_no_problem_document_is_reported_all_the_same(server, client, answer):
    server.answers.append(answer(500, b"<h1>gateway</h1>", {"content-type": "text/html"}))
    with pytest.raises(tac.ServerError, match="gateway"):
        client.atlases.get("atl_1")


def test_repetitions_of_a_post_carry_one_idempotency_key(server, client, answer):
    server.answers.extend([answer(503, {}, SOON), answer(drop=True), answer(202, JOB)])
    assert client.atlases.build("a").id == "job_1"
    keys = [seen.headers["idempotency-key"] for seen in server.seen]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert len({seen.body for seen in server.seen}) == 1


def test_two_calls_have_two_idempotency_keys(server, client, answer):
    server.answers.extend([answer(202, JOB), answer(202, JOB)])
    client.atlases.build("a")
    client.atlases.build("a")
    first, second = (seen.headers["idempotency-key"] for seen in server.seen)
    assert first != second


def test_a_post_without_idempotency_is_not_repeated_when_its_answer_is_lost(server, client, answer):
    server.answers.extend([answer(drop=True), answer(201, {})])
    with pytest.raises(tac.UnreachableError):
        client.keys.create("ci", ["read"])
    assert len(server.seen) == 1


def test_registering_data_waits_for_as_long_as_their_validation_takes(server, answer):
    data = {"id": "dat_1", "name": "d", "kind": "celeba", "created_at": "2026-01-02T03:04:05Z"}
    server.answers.extend([answer(201, data, after_s=0.6)] * 2)
    with tac.TaskAtlas(server.url, timeout=0.2, max_retries=0) as hasty:
        assert hasty.datasets.create("d", "celeba", location="/d").id == "dat_1"
        with pytest.raises(tac.UnreachableError):
            hasty.datasets.create("d", "celeba", location="/d", timeout=0.2)


def test_it_waits_as_long_as_retry_after_says(server, client, answer):
    server.answers.extend([answer(429, {}, {"retry-after": "0.3"}), answer(body=ATLAS)])
    started = time.monotonic()
    client.atlases.get("atl_1")
    assert 0.3 <= time.monotonic() - started < 3.0


def test_retry_after_may_be_a_date(server, answer):
    date = email.utils.formatdate(time.time() + 40, usegmt=True)
    server.answers.append(answer(429, {}, {"retry-after": date}))
    with (
        tac.TaskAtlas(server.url, max_retries=0) as client,
        pytest.raises(tac.TooManyRequestsError) as caught,
    ):
        client.atlases.get("atl_1")
    assert 35 < caught.value.retry_after <= 40


def test_a_wait_of_more_than_a_minute_is_left_to_the_caller(server, client, answer):
    server.answers.append(answer(429, {}, {"retry-after": "3600"}))
    with pytest.raises(tac.TooManyRequestsError):
        client.atlases.get("atl_1")


def test_it_gives_up_after_the_retries(server, client, answer):
    server.answers.extend([answer(503, {}, SOON)] * 3)
    with pytest.raises(tac.NotReadyError):
        client.atlases.get("atl_1")
    assert len(server.seen) == 3


def test_a_conflict_is_not_repeated(server, client, answer):
    server.answers.append(answer(409, {}))
    with pytest.raises(tac.ConflictError):
        client.atlases.delete("atl_1")


def test_no_server_is_unreachable():
    with tac.TaskAtlas("http://127.0.0.1:9", max_retries=0) as client, pytest.raises(tac.UnreachableError):
        client.healthy()


def test_a_list_walks_over_pages(server, client, answer):
    task = {
        "name": "depth",
        "title": "Depth",
        "group": "3d",
        "inputs": 1,
        "loss": "l1",
        "metric": "l1",
        "output": {"kind": "image", "shape": [None, None], "unit": "m"},
        "source_only": False,
        "paper_name": "rgb2depth",
    }
    server.answers.append(answer(body={"items": [task], "next_cursor": "c2"}))
    server.answers.append(answer(body={"items": [task | {"name": "normals"}], "next_cursor": None}))
    assert [task.name for task in client.tasks.list()] == ["depth", "normals"]
    assert "cursor=c2" in server.seen[1].path


def test_wait_reports_progress_and_resumes_a_broken_stream_after_the_last_event(server, client, answer):
    stream = {"content-type": "text/event-stream"}
    running = JOB | {"state": "running", "progress": 0.5, "step": "train depth"}
    done = JOB | {"state": "succeeded", "progress": 1.0}
    server.answers.append(answer(body=JOB))
    server.answers.append(
        answer(body=b': hello\n\nid: 4\nevent: progress\ndata: {"progress": 0.5}\n\nid: 5\n', headers=stream)
    )
    server.answers.extend([answer(body=running), answer(body=running)])
    server.answers.append(
        answer(body=b'id: 6\nevent: state\ndata: {"state": "succeeded"}\n\n', headers=stream)
    )
    server.answers.append(answer(body=done))
    seen = []
    job = client.jobs.wait("job_1", on_progress=seen.append)
    assert job.state == "succeeded"
    assert [job.progress for job in seen] == [0.0, 0.5, 1.0]
    assert server.seen[4].headers["last-event-id"] == "4"


@pytest.mark.parametrize(
    ("state", "kind"), [("failed", tac.JobFailedError), ("cancelled", tac.JobCancelledError)]
)
def test_wait_raises_what_became_of_the_job(server, client, answer, state, kind):
    error = {"title": "Diverged", "detail": "loss is NaN at step 7"} if state == "failed" else None
    server.answers.append(answer(body=JOB | {"state": state, "error": error}))
    with pytest.raises(kind) as caught:
        client.jobs.wait("job_1")
    assert caught.value.job.state == state
    assert "Diverged" in str(caught.value) or state == "cancelled"
