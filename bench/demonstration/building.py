"""Builds the demonstration atlas by the service itself, and writes it as an archive with its provenance."""

import argparse
import json
import os
import platform as machine
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from taskatlas_client import Job, TaskAtlas

from app.atlases.archive.exporting import export_of
from app.atlases.plan import AFFINITY, ESTIMATES, SCRATCH, TASK_NETWORK, TRANSFERS
from app.atlases.repository import AtlasesRepository
from app.core.cores import available_cores
from app.core.platform import Platform, build_platform
from app.core.settings import load_settings
from app.jobs.repository import JobRepository
from app.standalone import address_file

ROOT = Path(__file__).parents[2]
NAMES = {"demo": "Rooms, all 26 tasks"}
PARTS = {
    TASK_NETWORK: "task-specific networks, read-outs and rendering",
    ESTIMATES: "estimates",
    SCRATCH: "baselines from scratch",
    TRANSFERS: "transfers",
    AFFINITY: "tournaments",
}
STARTS_WITHIN_S = 300.0
ENDS_WITHIN_S = 60.0


def build(chosen: argparse.Namespace) -> str:
    """Build the atlas in the data folder, or go on with it; its id."""
    chosen.data.mkdir(parents=True, exist_ok=True)
    name = NAMES.get(chosen.preset, f"Rooms, preset {chosen.preset}")
    before, started = _children_seconds(), time.perf_counter()
    try:
        with service(chosen.data) as client:
            job_id, atlas_id = _job(client, name, chosen)
            print(f"job {job_id} builds atlas {atlas_id}", flush=True)
            said = [""]

            def say(job: Job) -> None:
                if job.step != said[0]:
                    said[0] = job.step
                    elapsed = time.perf_counter() - started
                    print(f"{elapsed:6.0f} s  {job.progress:6.1%}  {job.step}", flush=True)

            client.jobs.wait(job_id, on_progress=say)
    finally:
        _note_session(chosen.data, time.perf_counter() - started, _children_seconds() - before)
    print(f"atlas {atlas_id} is ready in {chosen.data}")
    return atlas_id


def _job(client: TaskAtlas, name: str, chosen: argparse.Namespace) -> tuple[str, str]:
    for atlas in client.atlases.list(limit=200).items:
        if atlas.name == name and atlas.origin == "built" and atlas.status in {"building", "ready"}:
            print(f"atlas {atlas.id} is {atlas.status} here already", flush=True)
            return str(atlas.job_id), atlas.id
    job = client.atlases.build(
        name, preset=chosen.preset, orders=chosen.orders, per_target=chosen.per_target, seed=chosen.seed
    )
    assert job.resource is not None
    return job.id, job.resource.id


@contextmanager
def service(data: Path) -> Iterator[TaskAtlas]:
    """The whole service on a data folder, ready, and ended in order."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TASKATLAS_")}
    environment |= {
        "TASKATLAS_DATA": str(data),
        "TASKATLAS_PORT": "0",
        "TASKATLAS_WORKERS": str(available_cores()),
        "TASKATLAS_WORKER_THREADS": "1",
    }
    process = subprocess.Popen([sys.executable, "-m", "app.cli", "up"], env=environment, cwd=ROOT)
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not address_file(data).exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the service did not start; see {data / 'logs'}")
            time.sleep(0.1)
        with TaskAtlas(address_file(data).read_text().strip()) as client:
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=ENDS_WITHIN_S)


def _children_seconds() -> float:
    """CPU seconds of all processes below this one that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _note_session(data: Path, wall: float, cpu: float) -> None:
    """Remember how long each run of `build` took: process times cannot be had later."""
    path = data / "sessions.json"
    noted = json.loads(path.read_text()) if path.exists() else []
    noted.append(
        {
            "ended": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "wall_s": round(wall),
            "process_s": round(cpu),
            "commit": _commit(),
        }
    )
    path.write_text(json.dumps(noted))


def export(chosen: argparse.Namespace) -> Path:
    """Write the archive of the newest atlas that was built in the data folder on networks of its own."""
    platform = build_platform(load_settings({"TASKATLAS_DATA": str(chosen.data)}))
    try:
        with platform.database.session(read_only=True) as session:
            built = [
                atlas
                for atlas in AtlasesRepository(session).page(after=None, limit=200)
                if (atlas.origin, atlas.status, atlas.base_id) == ("built", "ready", None)
            ]
        if not built:
            raise SystemExit(f"no atlas was built in {chosen.data}: run `build` first")
        about = {"build": provenance(platform, chosen.data, built[0].job_id, built[0].transfer_count)}
        room = chosen.max_mb * 10**6
        bare = sum(map(len, _chunks(platform, built[0].id, 0, about)))
        if bare > room:
            raise SystemExit(f"{bare / 1e6:.1f} MB without a transfer's weights: more than --max-mb")
        left = int((room - bare) * 0.98)  # names and hashes of the weights take some room themselves
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        part = chosen.out.with_name(f".{chosen.out.name}.part")
        with part.open("wb") as file:
            file.writelines(_chunks(platform, built[0].id, left, about))
        assert part.stat().st_size <= room, "the archive is larger than --max-mb"
        part.replace(chosen.out)
    finally:
        platform.close()
    print(f"wrote {chosen.out}, {chosen.out.stat().st_size / 1e6:.1f} MB")
    return chosen.out


def _chunks(platform: Platform, atlas_id: str, room: int, about: dict[str, Any]) -> Iterator[bytes]:
    with platform.database.session(read_only=True) as session:
        ready = export_of(session, platform, atlas_id, compact=True, weights_bytes=room, provenance=about)
    return ready.chunks()


def provenance(platform: Platform, data: Path, job_id: str | None, transfers: int) -> dict[str, Any]:
    """What made the atlas, and how long it took."""
    assert job_id is not None
    with platform.database.session(read_only=True) as session:
        jobs = JobRepository(session)
        group, children = jobs.get(job_id), jobs.children(job_id)
        assert group is not None
        assert group.started_at is not None
        assert group.finished_at is not None
        wall = (group.finished_at - group.started_at).total_seconds()
        parts = {
            title: round(
                sum(
                    (job.finished_at - job.started_at).total_seconds()
                    for job in children
                    if job.kind == kind and job.started_at and job.finished_at
                )
            )
            for kind, title in PARTS.items()
        }
        day = f"{group.finished_at:%Y-%m-%d}"
    noted = data / "sessions.json"
    sessions = json.loads(noted.read_text()) if noted.exists() else []
    return {
        "script": "bench/demonstration_atlas.py",
        "commit": sessions[-1]["commit"] if sessions else "unknown",
        "day": day,
        "machine": f"{machine.machine()}, {os.cpu_count()} cores",
        "python": machine.python_version(),
        "torch": version("torch"),
        "numpy": version("numpy"),
        "workers": available_cores(),
        "wall_s": round(wall),
        "worker_s_by_part": parts,
        "transfers_per_hour": round(3600 * transfers / wall),
        "sessions": sessions,
    }


def _commit() -> str:
    """The commit of this working tree, and whether the science in it was changed since."""
    git = ["git", "-C", str(ROOT)]
    found = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run(
        [*git, "status", "--porcelain", "models", "jobs"], capture_output=True, text=True, check=False
    )
    return (found.stdout.strip() or "unknown") + (" with changes" if changed.stdout.strip() else "")
