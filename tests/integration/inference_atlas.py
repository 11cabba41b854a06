"""An atlas with real networks and a real inference process, for the tests of live predictions."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from app.atlases.records import Network, NewAtlas, Origin
from app.atlases.repository import AtlasesRepository
from app.core.platform import Platform
from app.core.settings import Settings
from app.transfers.records import NewTransfer
from app.transfers.repository import TransfersRepository
from models.data.rooms.config import RoomsConfig
from models.data.splits import SplitSizes
from models.data.views import RoomsViews
from models.taxonomy.table import RANDOM, SELF
from models.training.progress import NullContext
from models.training.schedule import Optimisation
from models.transfer.presets import atlas_config
from models.transfer.results import TaskNetwork, TransferResult
from models.transfer.task_specific import train_task_network
from models.transfer.transfer import train_transfers

SIZE = 32
ONE_IMAGE = (
    "autoencoding",
    "colorization",
    "jigsaw",
    "edges_2d",
    "depth",
    "normals",
    "semantic_segmentation",
    "scene_class",
    "vanishing_points",
)
TWO_IMAGES = "fixated_pose"
THREE_IMAGES = "egomotion"
ATLAS = "atl_built"
SETS = (("depth",), ("autoencoding", "depth"), (RANDOM,))
_ENGINE_STARTS_WITHIN_S = 60.0


def store_built_atlas(platform: Platform, cache: Path) -> dict[tuple[str, ...], str]:
    """Train an atlas for one step and store it; the ids of its transfers to `normals`, by sources."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _store(platform, cache)
    finally:
        torch.set_num_threads(threads)


def _store(platform: Platform, cache: Path) -> dict[tuple[str, ...], str]:
    one_step = Optimisation(steps=1, batch_size=8, learning_rate=1e-3)
    config = replace(
        atlas_config("tiny", tasks=(*ONE_IMAGE, TWO_IMAGES, THREE_IMAGES), orders=(1, 2)),
        splits=SplitSizes(train=32, transfer=8, validation=8, test=8),
        task_training=one_step,
        transfer_training=one_step,
        scratch_training=one_step,
    )
    views = RoomsViews(RoomsConfig(size=SIZE), config.splits, cache)
    networks = {name: train_task_network(config, name, views, NullContext()) for name in config.sources}
    transfers = train_transfers(
        config,
        "normals",
        list(SETS),
        target_network=networks["normals"].weights,
        representations={name: network.representations for name, network in networks.items()},
        views=views,
        context=NullContext(),
    )
    with platform.database.session() as session:
        atlases = AtlasesRepository(session)
        atlases.add(new_atlas(ATLAS, "built", config.tasks, config.to_json()))
        for network in networks.values():
            atlases.add_network(_network(platform, network))
        repository = TransfersRepository(session)
        repository.add(ATLAS, [_transfer(platform, result) for result in transfers])
        repository.add(ATLAS, [NewTransfer(sources=(SELF,), target="normals")])
        return {each.sources: each.id for each in repository.all(ATLAS)}


def new_atlas(atlas_id: str, origin: Origin, tasks: tuple[str, ...], config: dict[str, Any]) -> NewAtlas:
    """A finished atlas."""
    now = datetime.now(UTC)
    return NewAtlas(
        id=atlas_id,
        name=f"an atlas {origin}",
        origin=origin,
        config=config,
        tasks=tasks,
        sources=(*tasks, RANDOM),
        targets=tasks,
        orders=(1, 2),
        transfer_count=len(SETS) + 1,
        dataset_id=None,
        job_id=None,
        code_version="0",
        created_at=now,
        finished_at=now,
    )


def _network(platform: Platform, network: TaskNetwork) -> Network:
    return Network(
        atlas_id=ATLAS,
        kind="task",
        task=network.task,
        weights=platform.artifacts.put(network.weights),
        losses=platform.artifacts.put_arrays({"test": network.test_losses}),
        curves=platform.artifacts.put_json({}),
    )


def _transfer(platform: Platform, result: TransferResult) -> NewTransfer:
    return NewTransfer(
        sources=result.sources, target=result.target, weights=platform.artifacts.put(result.weights)
    )


@contextmanager
def engine(settings: Settings) -> Generator[subprocess.Popen[bytes]]:
    """The inference process of some settings, ready to answer; ended when the context is left."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TASKATLAS_")} | {
        "TASKATLAS_DATA": str(settings.data),
        "TASKATLAS_ARTIFACTS_URL": settings.artifacts.url,
        "TASKATLAS_INFERENCE_URL": settings.inference.url,
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen([sys.executable, "-m", "app.inference.engine"], env=environment)
    try:
        _wait_for(process, settings.inference.url.removeprefix("unix:"))
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], path: str) -> None:
    deadline = time.monotonic() + _ENGINE_STARTS_WITHIN_S
    while not _answers(path):
        assert process.poll() is None, f"the inference process ended with {process.returncode}"
        assert time.monotonic() < deadline, "the inference process does not answer"
        time.sleep(0.05)


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as tried:
        return tried.connect_ex(path) == 0
