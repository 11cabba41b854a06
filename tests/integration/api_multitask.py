"""Multi-task trainings that tests of the HTTP API share."""

import numpy as np

from app.core.runs import Divergence
from app.multitask.building import MultitaskBuildingService, stored_outcome
from app.multitask.records import Outcome
from app.multitask.repository import MultitaskRepository
from models.multitask.results import History, Trained

API = "/api/v1"
TASKS = ("depth", "scene_class")
DIVERGED = Divergence(step=7, detail="uniform: the loss is nan at step 7")


def rooms(api, **options):
    """Id of a data set of small rooms."""
    body = {"name": "rooms", "kind": "rooms", "options": {"views": 64, "size": 32} | options}
    response = api.post(f"{API}/datasets", json=body)
    assert response.status_code == 201, response.text
    return response.json()["id"]


def train(api, dataset, *, headers=None, **fields):
    body = {
        "name": "depth and class",
        "dataset": dataset,
        "tasks": list(TASKS),
        "methods": ["single", "uniform", "mgda-ub"],
        "epochs": 2,
    } | fields
    return api.post(f"{API}/multitask", json=body, headers=headers)


def history(evaluations=2, *, weights=(0.25, 0.75), stationarity=0.5, tasks=TASKS):
    """The course of a run of as many evaluations, ten steps apart, of which everything halves."""
    falling = 0.5 ** np.arange(evaluations, dtype=np.float32)
    by_task = np.outer(falling, 1 + np.arange(len(tasks), dtype=np.float32))
    return History(
        tasks=tuple(tasks),
        steps=10 * np.arange(1, evaluations + 1),
        losses=by_task,
        weights=np.tile(np.array(weights, dtype=np.float32), (evaluations, 1)),
        validation=2 * by_task,
        stationarity=np.float32(stationarity) * falling,
    )


def measured(depth, accuracy):
    """The metrics of a model, main ones first."""
    return {
        "depth": {"absolute_relative_error": depth, "rmse": 10 * depth, "delta_1": 0.5},
        "scene_class": {"top_1": accuracy, "top_3": 1.0, "total_variation": 0.25},
    }


def runs_of(platform, multitask_id):
    """The runs of a training by method, seed and preference."""
    with platform.database.session(read_only=True) as session:
        runs = MultitaskRepository(session).runs([multitask_id])
    return {(run.method, run.seed, run.preference): run for run in runs}


def end(platform, run, test=None, validation=None, *, course=None, error=None, weights=None):
    """End a run as its job would.

    Args:
        platform: whose database.
        run: the run.
        test: error of depth and accuracy of classes on test images; none of a run that diverged.
        validation: the same on validation images; as on test images by default.
        course: its history.
        error: of a run that diverged.
        weights: the model's bytes.
    """
    course = history() if course is None else course
    if test is None:
        outcome = Outcome(history=course, error=error)
    else:
        trained = Trained(
            method=run.method,
            seed=run.seed,
            preference=run.preference,
            history=course,
            metrics=measured(*test),
            validation_metrics=measured(*(validation or test)),
            weights=run.id.encode() if weights is None else weights,
        )
        outcome = stored_outcome(platform.artifacts, trained)
    with platform.database.session() as session:
        MultitaskBuildingService(session, platform).end_run(run.id, outcome)


def finish(platform, multitask_id):
    """End a training as its summary would."""
    with platform.database.session() as session:
        MultitaskBuildingService(session, platform).finish(multitask_id)
