"""A body that is too large is refused, whether it says so or not, and whatever reads it."""

from typing import Annotated

import pytest
from fastapi import File, Request, UploadFile

from app.core.errors import TooLarge
from tests.asserts import assert_problem

LIMIT = 2**20


async def read(request: Request) -> int:
    return len(await request.body())


def take(body: dict) -> int:
    return len(body)


def upload(file: Annotated[UploadFile, File()]) -> int:
    return file.size


@pytest.fixture
def client(serve):
    return serve(
        ("/read", ["POST"], read),
        ("/take", ["POST"], take),
        ("/upload", ["POST"], upload),
        max_body_bytes=LIMIT,
    )


def chunks(size, step=65536):
    """A body that does not say how large it is."""
    for begin in range(0, size, step):
        yield b"x" * min(step, size - begin)


def assert_too_large(response):
    problem = assert_problem(response, 413, detail="1 MiB at most")
    assert problem["type"] == f"urn:taskatlas:problem:{TooLarge.slug}"


def test_a_body_of_just_the_limit_is_taken(client):
    assert client.post("/read", content=b"x" * LIMIT).json() == LIMIT
    assert client.post("/read", content=chunks(LIMIT)).json() == LIMIT


def test_a_body_that_says_it_is_too_large_is_not_read(client):
    headers = {"Content-Length": str(LIMIT + 1)}
    assert_too_large(client.post("/read", content=b"", headers=headers))


@pytest.mark.parametrize("path", ["/read", "/take"])
def test_a_body_that_turns_out_too_large_is_refused(client, path):
    headers = {"Content-Type": "application/json"}
    assert_too_large(client.post(path, content=chunks(LIMIT + 1), headers=headers))


def test_an_upload_that_turns_out_too_large_is_refused(client):
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'

    def body():
        yield head
        yield from chunks(2 * LIMIT)
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert_too_large(client.post("/upload", content=body(), headers=headers))
