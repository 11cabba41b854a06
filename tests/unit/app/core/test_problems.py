"""Every way a request can fail is answered with a problem, and none of them shows the inside of the service."""

from typing import Annotated

import pytest
from fastapi import File, UploadFile
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError

from app.core import errors
from app.core.dependencies import SessionDep
from app.core.errors import FieldError
from app.jobs.tables import JobDependency
from tests.asserts import assert_problem


class Options(BaseModel):
    size: int = Field(gt=0)


class Body(BaseModel):
    name: str
    options: Options


def take(body: Body) -> Body:
    return body


def upload(file: Annotated[UploadFile, File()]) -> int:
    return file.size or 0


def raising(error):
    def route() -> None:
        raise error

    return ("/broken", ["GET"], route)


TAKE = ("/take", ["POST"], take)


def test_an_unforeseen_error_tells_nothing_of_the_inside(serve):
    client = serve(raising(RuntimeError("password=hunter2 in line 7")))
    response = client.get("/broken")
    assert_problem(response, 500)
    assert "hunter2" not in response.text
    assert "RuntimeError" not in response.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidInput, 422),
        (errors.Unauthorized, 401),
        (errors.Forbidden, 403),
        (errors.NotFound, 404),
        (errors.Conflict, 409),
        (errors.TooLarge, 413),
        (errors.UnsupportedMedia, 415),
        (errors.TooManyRequests, 429),
        (errors.Busy, 503),
    ],
)
def test_each_error_of_ours_has_its_status(serve, error, status):
    given = error("just so", errors=[FieldError("/a", "is bad")], retry_after=7)
    response = serve(raising(given)).get("/broken")
    assert_problem(response, status, pointer="/a", detail="just so")
    assert response.headers["retry-after"] == "7"


def test_a_database_that_does_not_answer_is_busy_not_broken(serve):
    error = OperationalError("SELECT secret FROM keys", {}, Exception("sqlite3: database is locked"))
    response = serve(raising(error)).get("/broken")
    assert_problem(response, 503)
    assert "SELECT" not in response.text


def test_bad_fields_are_named_by_json_pointer(serve):
    client = serve(TAKE)
    problem = assert_problem(
        client.post("/take", json={"options": {"size": 0}}), 422, pointer="/options/size"
    )
    assert [each["pointer"] for each in problem["errors"]] == ["/name", "/options/size"]
    assert "/options/size" in problem["detail"]


def test_bad_parameters_are_named(api):
    assert_problem(api.get("/api/v1/jobs?limit=0"), 422, pointer="limit")
    assert_problem(api.get("/api/v1/jobs?limit=201"), 422, pointer="limit")
    assert_problem(api.get("/api/v1/jobs?state=asleep"), 422, pointer="state")
    assert_problem(api.get("/api/v1/jobs?cursor=nonsense"), 422, pointer="cursor")


@pytest.mark.parametrize("body", [b"{", b"", b"[" * 100_000, b"\xff\xfe", b'{"name": NaN'])
def test_a_body_that_is_no_json_is_a_bad_request(serve, body):
    headers = {"Content-Type": "application/json"}
    response = serve(TAKE).post("/take", content=body, headers=headers)
    assert response.status_code in {400, 422}
    assert_problem(response, response.status_code)


def test_a_part_that_is_missing_or_malformed_is_named(serve):
    client = serve(("/upload", ["POST"], upload))
    assert_problem(client.post("/upload", files={"other": b"x"}), 422, pointer="/file")
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert_problem(client.post("/upload", content=b"--y\r\nnonsense", headers=headers), 400)


def test_unknown_paths_and_methods_are_problems_too(api):
    assert_problem(api.get("/nowhere"), 404, detail="/nowhere")
    assert_problem(api.get("/api/v1/jobs/job_unknown"), 404, detail="job_unknown")
    response = api.put("/api/v1/jobs")
    assert_problem(response, 405, detail="PUT")
    assert "GET" in response.headers["allow"]


def test_nothing_is_answered_before_it_is_committed(serve):
    """A 202 for what was never stored would be the worst of answers."""

    def store(session: SessionDep) -> str:
        session.add(JobDependency(job_id="job_1", depends_on_id="job_2"))
        return "stored"

    response = serve(("/store", ["POST"], store)).post("/store")
    assert_problem(response, 500)


@pytest.mark.parametrize("path", ["/api/v1/jobs/%00", "/api/v1/jobs/%ED%A0%80", "/api/v1/jobs/" + "x" * 5000])
def test_ids_that_cannot_be_are_not_found(api, path):
    response = api.get(path)
    assert response.status_code in {404, 422}
    assert_problem(response, response.status_code)
