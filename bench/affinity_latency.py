"""Latency of `GET /atlases/{id}/affinity`, warm, at 100 requests a second on one server process.

Run `python bench/affinity_latency.py [TABLE.csv] [--out FILE]`. The table is imported into a
fresh service on a temporary data folder; without one, a table of the same shape is generated. Requests leave on a
fixed schedule, whatever the answers do, and a latency counts from the moment that the schedule named, so that a
server which falls behind cannot hide it. They carry an API key, as they would on a service that others can reach.
A bare FastAPI route that returns the same bytes takes turns with the service in short rounds, so that whatever else
the machine does hits both alike. On a machine that is busy with other work, run it under `chrt -f 10`.
"""

import argparse
import asyncio
import csv
import io
import os
import platform
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from taskatlas_client import TaskAtlas

from app.core.database import Database
from app.core.listen import listen
from app.core.security import Scope
from app.core.settings import load_settings
from app.keys.service import KeysService

RATE = 100
ROUNDS = 5
ROUND_S = 5.0
OPEN_CONNECTIONS = 8
LIMIT_MS = 20.0


@dataclass(frozen=True)
class Call:
    """One kind of request."""

    name: str
    port: int
    request: bytes
    expected: bytes


@dataclass
class Timing:
    """Latencies of one kind of request, in seconds."""

    seconds: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        return 1000 * statistics.quantiles(self.seconds, n=1000)[round(1000 * share) - 1]


class Connections:
    """Kept-alive connections to one port; a new one is opened when all are busy."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def exchange(self, request: bytes) -> tuple[bytes, bytes]:
        """Send a request; return the head and the body of its answer."""
        if self._idle:
            reader, writer = self._idle.pop()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        body = await reader.readexactly(length)
        self._idle.append((reader, writer))
        return head, body

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()


async def load(call: Call, seconds: float, timing: Timing) -> None:
    """Send `RATE` requests a second for one round, over connections that are open before it begins."""
    connections = Connections(call.port)
    await asyncio.gather(*(connections.exchange(call.request) for _ in range(OPEN_CONNECTIONS)))
    begun = time.perf_counter()

    async def ask(due: float) -> None:
        head, body = await connections.exchange(call.request)
        timing.seconds.append(time.perf_counter() - due)
        if not head.startswith(call.expected):
            raise RuntimeError(f"{call.name} was answered {head + body[:300]!r}")

    async with asyncio.TaskGroup() as group:
        for number in range(round(RATE * seconds)):
            due = begun + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(ask(due))
    connections.close()


async def measure(calls: list[Call]) -> list[Timing]:
    """Every call in alternating rounds, after a warm-up."""
    timings = [Timing() for _ in calls]
    for call in calls:
        await load(call, 2.0, Timing())
    for number in range(ROUNDS):
        for position in range(len(calls))[:: -1 if number % 2 else 1]:
            call = calls[position]
            await load(call, ROUND_S, timings[position])
    return timings


def serve(kind: str, fd: int) -> None:
    """Be one of the two servers."""
    if kind == "service":
        from app.web import serve_forever  # noqa: PLC0415 - child only

        serve_forever(load_settings(), fd)
        return
    import uvicorn  # noqa: PLC0415 - child only
    from fastapi import FastAPI, Response  # noqa: PLC0415

    body = Path(kind).read_bytes()
    app = FastAPI()

    @app.get("/")
    def bare() -> Response:
        return Response(body, media_type="application/json")

    config = uvicorn.Config(app, log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=fd)])


@contextmanager
def running(kind: str, folder: Path) -> Iterator[int]:
    """Start a server in a process of its own; yields its port once it answers."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        command = [sys.executable, __file__, "--serve", kind, str(listener.fileno())]
        with (folder / "server.log").open("ab") as log:
            process = subprocess.Popen(command, pass_fds=[listener.fileno()], stdout=log, stderr=log)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def generated_table() -> bytes:
    """A table of the size of the released one: 22 targets, 27 sources, 1762 transfers, random affinities."""
    generator = np.random.default_rng(0)
    names = [f"task_{number}" for number in range(27)]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["sources", "target", "affinity", "win_rate_vs_scratch", "win_rate_vs_full"])
    for target in names[:22]:
        sets = {(name,) for name in names}
        while len(sets) < 80:
            sets.add(tuple(sorted(generator.choice(names, size=2, replace=False))))
        for sources in sorted(sets):
            writer.writerow(["+".join(sources), target, *generator.random(3)])
    return text.getvalue().encode()


def prepared(folder: Path) -> str:
    """Migrate a fresh database and make a key in it."""
    os.environ["TASKATLAS_DATA"] = str(folder)
    database = Database(load_settings().database)
    database.migrate()
    with database.session() as session:
        secret = KeysService(session, database).create("bench", [Scope.READ, Scope.TRAIN]).secret
    database.close()
    return secret


def get(path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json", *headers, "", ""]
    return "\r\n".join(lines).encode()


def report(table: str, size: int, calls: list[Call], timings: list[Timing], load_before: float) -> str:
    met = timings[0].percentile(0.99) < LIMIT_MS
    bare = timings[-1]
    lines = [
        "# Latency of `GET /affinity`, warm",
        "",
        f"Measured by `bench/affinity_latency.py` on {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}: one server process, {RATE} requests/s on a fixed schedule, {ROUNDS} alternating "
        f"rounds of {ROUND_S:g} s for each row, client and servers on the same cores. Load average of the machine "
        f"before the run: {load_before:.1f}.",
        _priority(),
        f"Answer: the first-order matrix of {table} as JSON, {size:,} bytes.",
        "",
        "| request | p50 ms | p95 ms | p99 ms | slowest ms | p50 to bare | p99 to bare |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for call, timing in zip(calls, timings, strict=True):
        half, most = timing.percentile(0.5), timing.percentile(0.99)
        lines.append(
            f"| {call.name} | {half:.2f} | {timing.percentile(0.95):.2f} | {most:.2f} "
            f"| {1000 * max(timing.seconds):.1f} | {half / bare.percentile(0.5):.2f} "
            f"| {most / bare.percentile(0.99):.2f} |"
        )
    verdict = "met" if met else "NOT met in this run"
    return "\n".join([*lines, "", f"Figure to meet: p99 under {LIMIT_MS:g} ms: {verdict}.", ""])


def _priority() -> str:
    if os.sched_getscheduler(0) in {os.SCHED_FIFO, os.SCHED_RR}:
        return (
            "Servers and client ran before all other work on the machine (`chrt -f 10`): as on a machine of their own, "
            "but with colder caches. At normal priority on so busy a machine the tails are the scheduler's."
        )
    return "Servers and client shared the machine with whatever else ran on it, at normal priority."


def run(table: Path | None, folder: Path) -> str:
    key = prepared(folder)
    file = folder / "table.csv"
    file.write_bytes(generated_table() if table is None else table.read_bytes())
    load_before = os.getloadavg()[0]
    with running("service", folder) as port:
        with TaskAtlas(f"http://127.0.0.1:{port}", key) as client:
            atlas = client.atlases.import_file(file, name="bench").id
        path = f"/api/v1/atlases/{atlas}/affinity"
        bearer = f"Authorization: Bearer {key}"
        head, body = asyncio.run(_first(port, get(path, bearer)))
        etag = next(
            line.partition(b": ")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"etag")
        )
        copy = folder / f"{secrets.token_hex(4)}.json"
        copy.write_bytes(body)
        with running(str(copy), folder) as bare_port:
            calls = [
                Call("`GET /affinity`", port, get(path, bearer), b"HTTP/1.1 200"),
                Call(
                    "the same with `If-None-Match` (304)",
                    port,
                    get(path, bearer, f"If-None-Match: {etag.decode()}"),
                    b"HTTP/1.1 304",
                ),
                Call("bare FastAPI route, same bytes", bare_port, get("/"), b"HTTP/1.1 200"),
            ]
            timings = asyncio.run(measure(calls))
    name = "a generated table" if table is None else f"`{table.name}`"
    return report(name, len(body), calls, timings, load_before)


async def _first(port: int, request: bytes) -> tuple[bytes, bytes]:
    connections = Connections(port)
    answer = await connections.exchange(request)
    connections.close()
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, nargs="?", help="affinity CSV; generated when left out")
    parser.add_argument("--out", type=Path, default=Path("docs/results/affinity_latency.md"))
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve[0], int(arguments.serve[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        text = run(arguments.table, Path(name))
    print(text)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(text)


if __name__ == "__main__":
    main()
