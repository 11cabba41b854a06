"""Real workers for integration tests."""

import pytest

from tests.integration.worker_process import WorkerProcess


@pytest.fixture
def start_worker():
    """Start workers; whatever is left of them after the test is killed."""
    started = []

    def start(platform, name="worker", **environment):
        started.append(WorkerProcess(platform, name, **environment))
        return started[-1]

    yield start
    for worker in started:
        if worker.process.poll() is None:
            worker.kill()
