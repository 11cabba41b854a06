"""Groupings that tests of the HTTP API share."""

from itertools import permutations

from app.atlases.repository import AtlasesRepository
from app.groupings.building import GroupingBuildingService
from app.groupings.records import Outcome
from app.groupings.repository import GroupingsRepository
from app.transfers.records import NewTransfer
from app.transfers.repository import TransfersRepository
from models.multitask.methods import SINGLE
from models.taxonomy.dictionary import TASKS
from models.transfer.presets import TINY_TASKS
from tests.integration.api_atlases import build

API = "/api/v1"
PAIRS = (("autoencoding", "scene_class"), ("depth", "normals"))


def measured_atlas(api, platform) -> str:
    """Id of a tiny atlas whose jobs found that two pairs of tasks belong together."""
    atlas_id = build(api).json()["resource"]["id"]
    losses = platform.artifacts.put(b"losses")
    transfers = [
        NewTransfer(
            sources=(source,),
            target=target,
            affinity=0.3 if any({source, target} == set(pair) for pair in PAIRS) else 0.1,
            losses=losses,
        )
        for source, target in permutations(TINY_TASKS, 2)
    ]
    with platform.database.session() as session:
        TransfersRepository(session).add(atlas_id, transfers)
        at = platform.database.now(session)
        AtlasesRepository(session).finish(atlas_id, at=at, transfer_count=len(transfers))
    return atlas_id


def ask(api, atlas, *, headers=None, **fields):
    """Ask for a grouping; the response."""
    return api.post(f"{API}/atlases/{atlas}/groupings", json=fields, headers=headers)


def trained(platform, atlas_id, grouping_id, *, pair=0.25, other=0.5):
    """Store what jobs would have trained: the networks of the predicted pairs are the best."""
    with platform.database.session() as session:
        building = GroupingBuildingService(session, platform)
        for run in GroupingsRepository(session).runs(grouping_id):
            error = pair if run.method != SINGLE and run.tasks in PAIRS else other
            metrics = {task: _metrics(task, error) for task in run.tasks}
            weights = platform.artifacts.put(f"{run.method} {run.tasks}".encode())
            building.end_run(run.id, Outcome(metrics=metrics, validation_metrics=metrics, weights=weights))
        building.finish(atlas_id, grouping_id)


def _metrics(task, error):
    name = TASKS[task].metric
    return {name: 1 - error if name == "top_1" else error, "other": float("nan")}
