"""The form of an answer follows what the client accepts."""

import email
import email.policy

import pytest

from app.inference.answers import JSON, MIXED, PNG, as_mixed, negotiate
from app.inference.protocol import NetworkRef
from app.inference.service import Answer, Answers, Plan, Run


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/json", JSON),
        ("image/png", PNG),
        ("IMAGE/PNG", PNG),
        ("image/*", PNG),
        ("multipart/mixed", MIXED),
        ('multipart/mixed; boundary="x"', MIXED),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        ("image/png;q=0.5, application/json", JSON),
        ("application/json;q=0.2, image/png;q=0.3, multipart/mixed;q=0.25", PNG),
        ("image/png;q=0, */*;q=0.1", JSON),
        ("application/json;q=0, */*", MIXED),
        ("application/json;q=nonsense, image/png", PNG),
        ("text/csv", JSON),
    ],
)
def test_the_best_liked_form_wins_and_json_breaks_ties(accept: str | None, form: str) -> None:
    assert negotiate(accept) == form


def test_bytes_of_a_part_survive_whatever_they_are() -> None:
    network = NetworkRef(weights="w")
    png = b"\x89PNG\r\n--boundary\r\n\r\n\0\xff"
    answer = Answer(Run("depth", None, (), network), "map", None, png, None)
    response = as_mixed(Answers(Plan(32, (answer.run,), ()), (answer,)))
    head = f"Content-Type: {response.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + bytes(response.body), policy=email.policy.HTTP)
    assert [part.get_payload(decode=True) for part in message.iter_parts()][1] == png
