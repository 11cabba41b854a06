"""A complete small atlas in the store, made without training: every artefact is what its place asks for."""

import io
import itertools
import json
import zipfile
import zlib
from datetime import UTC, datetime

import numpy as np
from safetensors.numpy import save

from app.atlases.archive.exporting import export_of
from app.atlases.records import Network, NewAtlas
from app.atlases.repository import AtlasesRepository
from app.datasets.service import DatasetsService
from app.estimates.repository import EstimatesRepository
from app.transfers.records import NewTransfer
from app.transfers.repository import TransfersRepository
from models.taxonomy.table import RANDOM, SELF
from models.transfer.estimators.methods import METHODS, Estimate
from models.transfer.presets import atlas_config

CONFIG = atlas_config("tiny", tasks=["autoencoding", "depth", "normals"], seed=5)
ATLAS = "atl_whole"
NAME = "Räume"
_WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def weights(task, sources=None, size=64):
    """Safetensors that say which network they are."""
    about = {"task": task} | ({} if sources is None else {"sources": list(sources)})
    generator = np.random.default_rng(zlib.crc32(json.dumps(about).encode()))
    return save(
        {"module.x": generator.standard_normal(size).astype(np.float32)},
        metadata={
            "format": "taskatlas-network/1",
            "network": json.dumps({"kind": "task_network" if sources is None else "transfer_network"}),
            "metadata": json.dumps(about),
        },
    )


def store_whole_atlas(platform, atlas_id=ATLAS):
    """Store an atlas of three tasks with networks, baselines and transfers of two orders; its id."""
    artifacts, generator = platform.artifacts, np.random.default_rng(7)

    def losses(*names):
        return artifacts.put_arrays({name: generator.random(6).astype(np.float32) for name in names})

    def curves(name):
        return artifacts.put_json({name: {"steps": [4, 8], "losses": [float(generator.random()), 0.5]}})

    with platform.database.session() as session:
        options = {"seed": CONFIG.seed, "views": CONFIG.splits.total, "size": CONFIG.image_size}
        dataset = DatasetsService(session, platform).register("rooms of tests", "rooms", options=options)
        rows, transfers = AtlasesRepository(session), TransfersRepository(session)
        rows.add(
            NewAtlas(
                id=atlas_id,
                name=NAME,
                origin="built",
                config=CONFIG.to_json(),
                tasks=CONFIG.tasks,
                sources=CONFIG.sources,
                targets=CONFIG.targets,
                orders=(1, 2),
                transfer_count=15,
                dataset_id=dataset.id,
                job_id=None,
                code_version="0.0.9",
                created_at=_WHEN,
                finished_at=_WHEN,
            )
        )
        for task in CONFIG.sources:
            rows.add_network(
                Network(
                    atlas_id=atlas_id,
                    kind="task",
                    task=task,
                    weights=artifacts.put(weights(task)),
                    losses=losses("test", "constant", "random"),
                    curves=curves("network"),
                    representations={"rgb/test": artifacts.put_arrays({"values": np.zeros(3, np.float16)})},
                    metrics={"error": 0.25} if task != RANDOM else {},
                    test_loss=0.5 if task != RANDOM else None,
                    win_rate_vs_constant=0.75 if task != RANDOM else None,
                    win_rate_vs_random=0.625 if task != RANDOM else None,
                )
            )
        full = {network.task: network for network in rows.networks(atlas_id, "task")}
        for target in CONFIG.targets:
            rows.add_network(
                Network(
                    atlas_id=atlas_id,
                    kind="scratch",
                    task=target,
                    weights=artifacts.put(weights(target, size=96)),
                    losses=losses("test", "validation"),
                    curves=curves("network"),
                    test_loss=0.75,
                )
            )
            others = [source for source in CONFIG.sources if source != target]
            sets = [(source,) for source in others] + list(itertools.combinations(sorted(CONFIG.tasks), 2))
            transfers.add(
                atlas_id,
                [
                    NewTransfer(
                        sources=sources,
                        target=target,
                        affinity=round(float(generator.random()), 6),
                        win_rate=0.5,
                        win_rate_vs_scratch=0.625,
                        win_rate_vs_full=0.375,
                        test_loss=0.125,
                        measures={"error": 0.5},
                        weights=artifacts.put(weights(target, sources)),
                        losses=losses("test", "validation"),
                        curves=curves("transfer"),
                    )
                    for sources in sets
                    if target not in sources
                ],
            )
            own = full[target]
            transfers.add(
                atlas_id,
                [
                    NewTransfer(
                        sources=(SELF,), target=target, affinity=0.875, losses=own.losses, curves=own.curves
                    )
                ],
            )
        estimates = [
            Estimate(
                method, source, target, None if method == "leep" else round(float(generator.random()), 6)
            )
            for method in METHODS
            for target in CONFIG.targets
            for source in CONFIG.sources
            if source != target
        ]
        EstimatesRepository(session).add(atlas_id, estimates)
    return atlas_id


def archive_of(platform, atlas_id=ATLAS, **options):
    """The bytes of an atlas's archive."""
    options = {"compact": False} | options
    with platform.database.session(read_only=True) as session:
        export = export_of(session, platform, atlas_id, **options)
    return b"".join(export.chunks())


def members(data):
    """Name to bytes of a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(files, compression=zipfile.ZIP_DEFLATED):
    """A zip of pairs or of a mapping of names to bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, data)
    return buffer.getvalue()


def contents(platform, atlas_id):
    """Everything of an atlas but ids and times: rows with the bytes that their artefacts hold."""
    with platform.database.session(read_only=True) as session:
        rows = AtlasesRepository(session)
        networks = [*rows.networks(atlas_id, "task"), *rows.networks(atlas_id, "scratch")]
        transfers = TransfersRepository(session).all(atlas_id)
        estimates = {method: EstimatesRepository(session).all(atlas_id, method) for method in METHODS}
    return {
        "estimates": estimates,
        **{
            (each.kind, each.task): (
                *(each.weights, each.losses, each.curves),
                *(each.metrics, each.test_loss, each.win_rate_vs_constant, each.win_rate_vs_random),
            )
            for each in networks
        },
        **{
            (each.target, each.sources): (
                *(each.weights, each.losses, each.curves, each.measures, each.test_loss),
                *(each.affinity, each.win_rate, each.win_rate_vs_scratch, each.win_rate_vs_full),
            )
            for each in transfers
        },
    }
