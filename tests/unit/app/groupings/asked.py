"""A question to a made-up atlas of the tiny preset."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

from app.core.runs import Divergence
from app.groupings.configuring import GroupingRequest, configured
from app.groupings.plan import planned_runs
from app.groupings.records import GroupingRun, Outcome, TaskGrouping
from models.taxonomy.dictionary import TASKS
from models.taxonomy.table import Transfer
from models.transfer.presets import atlas_config

CONFIG = atlas_config("tiny")  # autoencoding, depth, normals, scene_class
NOW = datetime(2026, 1, 2, tzinfo=UTC)
FRIENDS = {frozenset(("depth", "normals")), frozenset(("autoencoding", "scene_class"))}
TABLE = [
    *(
        Transfer((source,), target, affinity=0.3 if frozenset((source, target)) in FRIENDS else 0.1)
        for source, target in permutations(CONFIG.tasks, 2)
    ),
    *(Transfer(("self",), target, affinity=0.4) for target in CONFIG.tasks),
]


def request(**fields) -> GroupingRequest:
    default = GroupingRequest(
        name="which",
        tasks=None,
        budget=2,
        network_cost=1,
        head_cost=0,
        candidates=3,
        method="uniform",
        normalization="none",
        seed=0,
        epochs=2,
        batch_size=None,
        learning_rate=None,
    )
    return replace(default, **fields)


def question(**fields) -> TaskGrouping:
    setup, prediction = configured(request(**fields), CONFIG, TABLE)
    return TaskGrouping(
        id="grp",
        atlas_id="atl",
        name="which",
        config=setup.to_json(),
        prediction=prediction.to_json(),
        code_version="1",
        created_at=NOW,
        status="training",
    )


def runs_of(asked: TaskGrouping) -> list[GroupingRun]:
    return planned_runs(asked.id, asked.setup, asked.predicted)


def measured(run: GroupingRun, error: float) -> GroupingRun:
    """A run whose every task has a metric that is so much of 1 from the best."""
    metrics = {}
    for task in run.tasks:
        name = TASKS[task].metric
        metrics[task] = {name: 1 - error if name == "top_1" else error}
    outcome = Outcome(metrics=metrics, validation_metrics=metrics, weights=f"weights of {run.id}")
    return replace(run, outcome=outcome, finished_at=NOW)


def diverged(run: GroupingRun) -> GroupingRun:
    return replace(run, outcome=Outcome(error=Divergence(3, "the loss was nan")), finished_at=NOW)
