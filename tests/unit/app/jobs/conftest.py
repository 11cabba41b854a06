"""Jobs on both databases, each step in a transaction of its own, as workers and requests take them."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from app.core.platform import Platform
from app.jobs.leases import LeasesService
from app.jobs.repository import JobRepository
from app.jobs.service import JobSpec, JobsService, Resource
from app.jobs.states import EventKind

ATLAS = Resource("atlas", "atl_1")


class Driver:
    """Does one thing to jobs per transaction."""

    def __init__(self, platform):
        self.platform = platform

    @contextmanager
    def service(self):
        with self.platform.database.session() as session:
            yield JobsService(session, self.platform)

    @contextmanager
    def leases(self):
        with self.platform.database.session() as session:
            yield LeasesService(session, self.platform)

    def submit(self, kind="test.one", **options):
        with self.service() as service:
            return service.submit(JobSpec(kind, "one", {"seed": 1}, **options), ATLAS).id

    def group(self, *depends_on, weights=None):
        """Submit a group whose job number i depends on the jobs `depends_on[i]`; return its id and theirs."""
        weights = weights or [1.0] * len(depends_on)
        specs = [
            JobSpec("test.one", f"job {number}", {}, weight=weight, depends_on=others)
            for number, (others, weight) in enumerate(zip(depends_on, weights, strict=True))
        ]
        with self.service() as service:
            group = service.submit_group("test.group", "a group", ATLAS, specs).id
        with self.platform.database.session() as session:
            return group, [child.id for child in JobRepository(session).children(group)]

    def claim(self, job_id, worker="w1"):
        with self.leases() as leases:
            claimed = leases.claim(job_id, worker)
        return None if claimed is None else claimed.lease

    def run(self, job_id, worker="w1"):
        """Claim a job and let it succeed."""
        lease = self.claim(job_id, worker)
        with self.leases() as leases:
            leases.succeed(lease)

    def fail(self, job_id, detail="boom"):
        lease = self.claim(job_id)
        with self.leases() as leases:
            leases.fail(lease, "The job failed", detail)

    def cancel(self, job_id):
        with self.service() as service:
            return service.cancel(job_id).state

    def sweep(self, queues=("cpu", "gpu"), **options):
        with self.leases() as leases:
            return leases.sweep(queues, **options)

    def get(self, job_id):
        with self.service() as service:
            return service.get(job_id)

    def state(self, job_id):
        return self.get(job_id).state

    def states(self, job_ids):
        return [self.state(job_id) for job_id in job_ids]

    def change(self, job_id, **values):
        """Change a row behind the service's back."""
        with self.platform.database.session() as session:
            job = JobRepository(session).get(job_id)
            for name, value in values.items():
                setattr(job, name, value)

    def before(self, **duration):
        """Return a moment that is past in database time."""
        with self.service() as service:
            return service.now() - timedelta(**duration)

    def expire(self, job_id):
        """Let a lease run out."""
        self.change(job_id, lease_expires_at=self.before(seconds=1))

    def events(self, job_id, kind=None):
        with self.service() as service:
            rows = service.events(job_id, 0, 1000)
        return [row for row in rows if kind is None or row.kind == kind]

    def told_states(self, job_id):
        return [event.data["state"] for event in self.events(job_id, EventKind.STATE)]


class Bell:
    """Stands at the queue and writes down who was rung for; the rings go on to the broker."""

    def __init__(self, queue):
        self._queue = queue
        self.rung = []

    def ring(self, kind, job_id, queue):
        self.rung.append(job_id)
        return self._queue.ring(kind, job_id, queue)

    def silent(self):
        return self._queue.silent()

    def take(self):
        """Return who was rung for since the last time."""
        rung, self.rung = self.rung, []
        return rung


@pytest.fixture
def bell(platform_on_both):
    return Bell(platform_on_both.queue)


@pytest.fixture
def jobs(platform_on_both, bell):
    settings = platform_on_both.settings
    worker = replace(settings.worker, retry_s=10.0, max_losses=3)
    return Driver(
        Platform(
            replace(settings, worker=worker), platform_on_both.database, platform_on_both.artifacts, bell
        )
    )
