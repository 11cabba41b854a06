"""An `Idempotency-Key` makes a request happen once, on both databases, also when two come at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi import Response

from app.core.errors import Busy, Conflict
from app.core.idempotency.repository import KEPT, FirstResponses
from app.core.idempotency.service import Once
from app.core.idempotency.tables import FirstResponse

PLACE = "open POST /api/v1/things"


@pytest.fixture
def send(database):
    def send_one(content=b"{}", key="k", place=PLACE, act=None):
        def made():
            return Response(
                b'{"id": 1}', 202, headers={"Location": "/things/1"}, media_type="application/json"
            )

        with database.session() as session:
            return Once(database, session, place, key).answer(content, act or made)

    return send_one


def refuse():
    raise AssertionError("acted again")


def test_a_repeat_is_answered_with_the_first_response(send):
    first, second = send(), send(act=refuse)
    assert second.status_code == first.status_code == 202
    assert second.body == first.body
    assert second.headers["location"] == "/things/1"
    assert second.headers["content-type"] == "application/json"


def test_a_key_of_another_request_is_a_conflict(send):
    send()
    with pytest.raises(Conflict, match="another request"):
        send(content=b'{"other": 1}', act=refuse)


@pytest.mark.parametrize("other", [{"key": "other"}, {"place": "key_1 POST /api/v1/things"}, {"key": None}])
def test_keys_count_for_one_asker_and_one_place(send, other):
    acted = []

    def act():
        acted.append(1)
        return Response(b"{}", 200)

    send(act=act)
    send(act=act, **other)
    assert len(acted) == 2


def test_a_request_that_failed_may_be_sent_again(send):
    def fail():
        raise Busy("try again")

    with pytest.raises(Busy):
        send(act=fail)
    assert send().status_code == 202


def test_of_two_equal_requests_at_once_one_acts_and_both_get_its_response(send):
    acted, both = [], threading.Barrier(2, timeout=10)

    def act():
        acted.append(1)
        return Response(str(len(acted)).encode(), 202)

    def one():
        both.wait()
        return send(act=act)

    with ThreadPoolExecutor(2) as pool:
        answers = [future.result() for future in [pool.submit(one), pool.submit(one)]]
    assert len(acted) == 1
    assert [answer.body for answer in answers] == [b"1", b"1"]
    assert [answer.status_code for answer in answers] == [202, 202]


def test_the_first_response_is_there_to_read_before_any_transaction(database, send):
    def first(content=b"{}", key="k"):
        with database.session() as session:
            return Once(database, session, PLACE, key).first(content)

    assert first() is None
    answer = send()
    assert (first().status_code, first().body) == (answer.status_code, answer.body)
    assert first(key="other") is first(key=None) is None
    with pytest.raises(Conflict, match="another request"):
        first(content=b'{"other": 1}')


def test_first_responses_are_forgotten_after_a_week(database, send):
    send()
    with database.session() as session:
        session.get(FirstResponse, (PLACE, "k")).created_at -= KEPT + timedelta(seconds=1)
    send(key="later")
    with database.session() as session:
        assert FirstResponses(session).find(PLACE, "k") is None
        assert FirstResponses(session).find(PLACE, "later") is not None
