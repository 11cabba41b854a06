"""The doorbell: rings reach the broker as Celery messages, and one that is lost is no error."""

import json

import pytest
import redis

from app.core.queue import Queue
from app.core.settings import QueueSettings


@pytest.fixture
def queue(settings):
    queue = Queue(settings.queue)
    yield queue
    queue.close()


@pytest.fixture
def nobody(tmp_path):
    queue = Queue(QueueSettings(f"unix://{tmp_path / 'nobody.sock'}"))
    yield queue
    queue.close()


def test_a_ring_is_the_name_of_the_task_and_the_id_of_the_job(queue, redis_url):
    assert queue.ring("atlas.affinity", "job_1", "gpu")
    with redis.Redis.from_url(redis_url) as client:
        [message] = [json.loads(each) for each in client.lrange("gpu", 0, -1)]
    assert message["headers"]["task"] == "atlas.affinity"
    assert message["content-type"] == "application/json"
    assert message["headers"]["argsrepr"] == "['job_1']"


def test_queues_without_a_ring_are_silent(queue):
    assert queue.silent() == {"cpu", "gpu"}
    queue.ring("k", "job_1", "cpu")
    assert queue.silent() == {"gpu"}


def test_a_broker_out_of_reach_loses_the_ring_and_says_so(nobody, caplog):
    assert nobody.ring("k", "job_1", "cpu") is False
    assert "job_1" in caplog.text


def test_who_needs_the_broker_hears_that_it_does_not_answer(queue, nobody):
    queue.ping()
    for ask in (nobody.ping, nobody.silent):
        with pytest.raises(OSError, match="does not answer"):
            ask()
