"""Novel targets that tests of the HTTP API share."""

import numpy as np

from app.targets.building import TargetBuildingService, stored_baselines, stored_model
from models.training.curves import Curve
from models.transfer.novel.results import Baselines, Guess, Metric, TargetFacts
from models.transfer.results import TransferResult

API = "/api/v1"
IMAGES = 5


def rooms(api, **options):
    """Id of a small set of rooms."""
    body = {"name": "few", "kind": "rooms", "options": {"views": 64, "size": 32} | options}
    return api.post(f"{API}/datasets", json=body).json()["id"]


def train(api, atlas, dataset, *, headers=None, **fields):
    body = {"name": "rooms", "dataset": dataset, "task": "scene_class", "orders": [1]} | fields
    return api.post(f"{API}/atlases/{atlas}/targets", json=body, headers=headers)


def result(*sources, loss):
    losses = np.full(IMAGES, loss, dtype=np.float32)
    return TransferResult(
        sources=sources,
        target="scene_class",
        test_losses=losses,
        validation_losses=losses,
        weights=f"{'+'.join(sources)} {loss}".encode(),
        curve=Curve((1,), (loss,)),
        metrics={"top_1": 1 - loss},
    )


def stored(platform, atlas_id, target_id, *, transfers=(0.5,), scratch=0.75):
    """What jobs would have stored of a target, scores included."""
    facts = TargetFacts("Scene class", 1, "class", "cross-entropy", {"top_1": Metric("share", False)})
    guess = np.full(IMAGES, 1.0, dtype=np.float32)
    baselines = Baselines(facts, result(loss=scratch), Guess(guess, guess, {"top_1": 0.0}))
    models = [stored_model(platform.artifacts, result("depth", loss=loss)) for loss in transfers]
    models += stored_baselines(platform.artifacts, baselines)
    with platform.database.session() as session:
        building = TargetBuildingService(session, platform)
        building.set_facts(target_id, facts)
        building.add_models(target_id, models)
        building.finish(target_id, building.scores(target_id))
