"""Adaptations that tests of the HTTP API share."""

from pathlib import Path

import numpy as np

from app.adaptations.building import AdaptationBuildingService, stored_outcome
from app.adaptations.records import Outcome
from app.adaptations.repository import AdaptationsRepository
from app.core.runs import Divergence
from models.adaptation.projection import project
from models.adaptation.results import Adapted, Embedding, History
from models.data.labelled import UNKNOWN

API = "/api/v1"
CLASSES = ("circle", "square", "cross")
_SIDE = 28


def shapes(count, seed, *, classes=CLASSES, inverted=False):
    """Noisy pictures of a few shapes, (N, 28, 28) uint8, and the numbers of their classes."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:_SIDE, :_SIDE] - (_SIDE - 1) / 2
    drawn = {
        "circle": np.abs(np.hypot(x, y) - 8) < 2,
        "square": (np.maximum(abs(x), abs(y)) < 9) & (np.maximum(abs(x), abs(y)) > 5),
        "cross": np.minimum(abs(x), abs(y)) < 2,
    }
    labels = np.arange(count) % len(classes)
    noise = generator.integers(0, 60, (count, _SIDE, _SIDE))
    images = np.stack([drawn[classes[label]] for label in labels]) * 190 + noise
    images = np.clip(255 - images if inverted else images, 0, 255).astype(np.uint8)
    order = generator.permutation(count)
    return images[order], labels[order]


def images_npz(api, folder: Path, name, images, labels, classes=CLASSES):
    """Id of a data set of images; without labels where they are None."""
    arrays = {"x": images} if labels is None else {"x": images, "y": labels, "names": np.array(classes)}
    np.savez(folder / f"{name}.npz", **arrays)
    options = {"x": "x"} if labels is None else {"x": "x", "y": "y", "classes": "names"}
    return _registered(api, name, "images_npz", folder / f"{name}.npz", options)


def features_npz(api, folder: Path, name, features=5, count=60, seed=0):
    """Id of a data set of vectors of three classes."""
    labels = np.arange(count) % len(CLASSES)
    vectors = np.random.default_rng(seed).normal(labels[:, None] * 3.0, 1.0, (count, features))
    np.savez(folder / f"{name}.npz", x=vectors.astype(np.float32), y=labels, names=np.array(CLASSES))
    options = {"x": "x", "y": "y", "classes": "names"}
    return _registered(api, name, "features_npz", folder / f"{name}.npz", options)


def _registered(api, name, kind, path, options):
    body = {"name": name, "kind": kind, "location": str(path), "options": options}
    response = api.post(f"{API}/datasets", json=body)
    assert response.status_code == 201, response.text
    return response.json()["id"]


def adapt(api, source, target, *, headers=None, **fields):
    body = {
        "name": "shapes",
        "source_dataset": source,
        "target_dataset": target,
        "methods": ["source-only", "san"],
        "seeds": [0, 1],
        "steps": 40,
    } | fields
    return api.post(f"{API}/adaptations", json=body, headers=headers)


def history(accuracies, scores, *, weighs=True, labelled=True):
    """The course of a run of as many evaluations, ten steps apart."""
    count = len(accuracies)
    target = np.array(accuracies if labelled else [np.nan] * count, dtype=np.float32)
    per_class = np.stack([target, target, np.full(count, np.nan)], axis=1).astype(np.float32)
    return History(
        steps=10 * np.arange(1, count + 1),
        losses={"classification": np.linspace(1, 0.5, count, dtype=np.float32)},
        scores={
            "entropy": np.array(scores, dtype=np.float32),
            "infomax": -np.array(scores, dtype=np.float32),
        },
        source_accuracy=np.linspace(0.5, 1, count, dtype=np.float32),
        target_accuracy=target,
        per_class=per_class,
        class_weights=np.tile(np.float32([1.5, 1.25, 0.25]), (count, 1)) if weighs else None,
    )


def adapted(run, course, weights=None):
    """What training would have answered."""
    generator = np.random.default_rng(run.seed)
    features = generator.normal(size=(40, 4)).astype(np.float32)
    labels = np.arange(40) % len(CLASSES)
    labels[-1] = UNKNOWN
    return Adapted(
        method=run.method,
        seed=run.seed,
        history=course,
        selector="entropy",
        weights=f"{run.method} {run.seed}".encode() if weights is None else weights,
        embedding=Embedding(features, np.arange(40) >= 20, labels, np.arange(40) % len(CLASSES)),
        confusion=np.eye(len(CLASSES), dtype=np.int64),
        predictions=np.arange(20) % len(CLASSES),
        confidence=np.full(20, 0.5, dtype=np.float32),
    )


def runs_of(platform, adaptation_id):
    """The runs of an adaptation by method and seed."""
    with platform.database.session(read_only=True) as session:
        runs = AdaptationsRepository(session).runs([adaptation_id])
    return {(run.method, run.seed): run for run in runs}


def end(platform, run, course, error=None, weights=None):
    """End a run as its job would."""
    if course is None:
        outcome = Outcome(history=None, error=error)
    else:
        found = adapted(run, course, weights)
        outcome = stored_outcome(platform.artifacts, found, project(found.embedding.features), error)
    with platform.database.session() as session:
        AdaptationBuildingService(session, platform).end_run(run.id, outcome)


def finish(platform, adaptation_id):
    """End an adaptation as its summary would."""
    with platform.database.session() as session:
        building = AdaptationBuildingService(session, platform)
        building.finish(adaptation_id, building.verdicts(adaptation_id))


DIVERGED = Divergence(step=7, detail="san: the loss is nan at step 7")
