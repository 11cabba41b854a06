"""What micro-batching buys, and what a process of its own costs: latency and throughput of live predictions.

Run `python bench/inference_latency.py [--out docs/results/inference_latency.md]`. Two inference processes hold the
same networks; they differ in the batcher only (window and batch size against neither). Clients take turns between
them in short rounds, so that whatever else the machine does hits both alike; the table gives ratios. In the same
rounds the same networks are called directly in this process, one after the other, without pictures or a socket.
Each client sends one 64x64 image at a time and asks for every task of the preset `quick`, as a user of
`POST /atlases/{id}/infer` does. Networks have random weights: time does not depend on them.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import numpy as np
import torch
import uvicorn
from numpy.typing import NDArray

from app.core.artifacts import build_artifact_store
from app.core.settings import ArtifactSettings, InferenceSettings
from app.inference.client import ask_engine
from app.inference.engine import create_engine
from app.inference.protocol import NetworkRef, PredictRequest
from models.data.rooms.config import RoomsConfig
from models.data.splits import SplitSizes
from models.data.views import RoomsViews
from models.tasks.serving import Servable
from models.training.progress import NullContext
from models.transfer.presets import atlas_config
from models.transfer.serving import load_network
from models.transfer.task_specific import train_task_network

CLIENTS = (1, 4, 16)
ROUNDS = 6
ROUND_S = 2.0
WITHOUT = {"window_ms": 0.0, "max_batch": 1}


@dataclass
class Timing:
    """Latencies of one engine under one load."""

    seconds: list[float] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def throughput(self) -> float:
        return len(self.seconds) / self.elapsed

    def percentile(self, share: float) -> float:
        return 1000 * statistics.quantiles(self.seconds, n=100)[round(100 * share) - 1]


def make_networks(folder: Path) -> list[NetworkRef]:
    """Task networks of the preset `quick`, after a single step of training."""
    one_step = {"task_training.steps": 1, "task_training.warmup": 0.0}
    config = atlas_config("quick", overrides=one_step)
    config = replace(config, splits=SplitSizes(train=64, transfer=64, validation=32, test=32))
    views = RoomsViews(RoomsConfig(size=config.image_size), config.splits, folder / "cache")
    store = build_artifact_store(ArtifactSettings(str(folder / "artifacts")))
    return [
        NetworkRef(weights=store.put(train_task_network(config, task, views, NullContext()).weights))
        for task in config.tasks
    ]


def serve(socket: str, artifacts: str, options: str) -> None:
    """Be an inference process."""
    settings = InferenceSettings(url=f"unix:{socket}", **json.loads(options))
    torch.set_num_threads(settings.threads)
    engine = create_engine(settings, build_artifact_store(ArtifactSettings(artifacts)))
    uvicorn.run(engine, uds=socket, log_level="error", access_log=False)


def start(
    folder: Path, name: str, options: dict[str, float]
) -> tuple[subprocess.Popen[bytes], InferenceSettings]:
    socket = folder / f"{name}.sock"
    command = [
        sys.executable,
        __file__,
        "--serve",
        str(socket),
        str(folder / "artifacts"),
        json.dumps(options),
    ]
    process = subprocess.Popen(command)
    settings = InferenceSettings(url=f"unix:{socket}")
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://engine") as http:
        deadline = time.monotonic() + 60
        while True:
            try:
                http.get("/healthz")
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return process, settings


def call_directly(networks: list[Servable], images: NDArray[np.uint8], timing: Timing) -> None:
    """Every network once on one example, over and over for one round."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < ROUND_S:
        called = time.perf_counter()
        for network in networks:
            network.predict(images)
        timing.seconds.append(time.perf_counter() - called)
    timing.elapsed += time.perf_counter() - begun


async def load(settings: InferenceSettings, request: PredictRequest, clients: int, timing: Timing) -> None:
    """`clients` clients, each with one request under way at a time, for one round."""
    begun = time.perf_counter()

    async def client() -> None:
        while time.perf_counter() - begun < ROUND_S:
            sent = time.perf_counter()
            await ask_engine(settings, request)
            timing.seconds.append(time.perf_counter() - sent)

    await asyncio.gather(*(client() for _ in range(clients)))
    timing.elapsed += time.perf_counter() - begun


async def measure(
    engines: dict[str, InferenceSettings], request: PredictRequest, networks: list[Servable]
) -> tuple[dict[int, dict[str, Timing]], Timing]:
    """Timings by clients and engine, and those of the direct calls."""
    images = np.frombuffer(request.images, np.uint8).reshape(1, *request.shape, 3)
    direct = Timing()
    timings = {clients: {name: Timing() for name in engines} for clients in CLIENTS}
    for settings in engines.values():
        await load(settings, request, 2, Timing())
    for round_number in range(ROUNDS):
        for clients in CLIENTS:
            for name in list(engines) if round_number % 2 else list(engines)[::-1]:
                await load(engines[name], request, clients, timings[clients][name])
        call_directly(networks, images, direct)
    return timings, direct


def report(timings: dict[int, dict[str, Timing]], direct: Timing, tasks: int) -> str:
    lines = [
        "# Latency of live predictions, with and without micro-batching",
        "",
        f"One request is one 64x64 image through all {tasks} task networks of the preset `quick`, pictures of dense "
        "outputs included.",
        f"Measured by `bench/inference_latency.py` on {os.cpu_count()} cores ({platform.machine()}, CPU only), one "
        f"thread per network, {ROUNDS} alternating rounds of {ROUND_S:g} s each, both engines in the same run.",
        f"Micro-batching: window {InferenceSettings('').window_ms:g} ms, at most "
        f"{InferenceSettings('').max_batch} images a pass. Without: every image is a pass of its own.",
        "",
        "| clients at once | p50 ms with | p50 ms without | p99 ms with | p99 ms without | images/s with "
        "| images/s without | throughput ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for clients, pair in timings.items():
        on, off = pair["with"], pair["without"]
        lines.append(
            f"| {clients} | {on.percentile(0.5):.1f} | {off.percentile(0.5):.1f} | {on.percentile(0.99):.1f} "
            f"| {off.percentile(0.99):.1f} | {on.throughput:.1f} | {off.throughput:.1f} "
            f"| {on.throughput / off.throughput:.2f} |"
        )
    alone = timings[1]["without"].percentile(0.5)
    lines += [
        "",
        f"Called directly in one process, without pictures, encoding or a socket, the same networks take "
        f"{direct.percentile(0.5):.1f} ms (p50): one client's request takes {alone / direct.percentile(0.5):.2f} "
        "times as long without a window.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/results/inference_latency.md"))
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(*arguments.serve)
        return
    torch.set_num_threads(InferenceSettings("").threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        networks = make_networks(folder)
        image = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
        request = PredictRequest(networks=networks, shape=(1, 64, 64), images=image.tobytes())
        processes, engines = [], {}
        try:
            for label, options in (("with", {}), ("without", WITHOUT)):
                process, engines[label] = start(folder, label, options)
                processes.append(process)
            store = build_artifact_store(ArtifactSettings(str(folder / "artifacts")))
            loaded = [load_network(store.get(network.weights)) for network in networks]
            timings, direct = asyncio.run(measure(engines, request, loaded))
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()
    text = report(timings, direct, len(networks))
    print(text)
    arguments.out.write_text(text)


if __name__ == "__main__":
    main()
