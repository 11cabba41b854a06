"""Declared tasks of every kind with made-up labels, in the shapes and dtypes that data sets give."""

import numpy as np
import torch
from torch import Tensor

from models.tasks.definition import TaskDefinition
from models.tasks.labels import LabelInfo
from models.tasks.registry import definition
from models.taxonomy.own import OwnTask, own_task
from tests.unit.models.tasks.task_batches import SIZE

OWN: tuple[OwnTask, ...] = (
    own_task("animal", "class", classes=("cat", "dog", "horse", "fish")),
    own_task("shares", "class", classes=("sky", "sea", "land")),
    own_task("offset", "vector", names=("dx", "dy"), unit="mm", inputs=2),
    own_task("height", "vector", names=("height",), unit="m", loss="l1"),
    own_task("heat", "map", unit="K"),
    own_task("flow", "map", names=("u", "v"), loss="l2", inputs=3),
    own_task("crops", "classes", classes=("soil", "wheat", "maize"), ignored=(255,)),
    own_task("night", "image"),
)
INFO = LabelInfo(own=OWN)
NAMES = [task.name for task in OWN]


def own_batch(count: int, seed: int = 0) -> dict[str, Tensor]:
    """A batch of `count` images; about a fifth of the pixels of maps are not known."""
    rng = np.random.default_rng(seed)
    maps = (count, SIZE, SIZE)
    hidden = rng.random(maps) < 0.2

    def images(*shape: int) -> np.ndarray:
        return rng.integers(0, 256, (count, *shape, SIZE, SIZE, 3), dtype=np.uint8)

    heat = rng.normal(300, 5, maps).astype(np.float32)
    heat[hidden] = np.nan
    flow = rng.normal(size=(*maps, 2)).astype(np.float32)
    flow[hidden, 1] = np.inf
    crops = rng.integers(0, 3, maps)
    crops[hidden] = np.where(rng.random(maps) < 0.5, 255, -1)[hidden]
    arrays = {
        "rgb": images(),
        "animal": rng.integers(0, 4, count),
        "shares": (rng.dirichlet(np.ones(3), count) * 100).astype(np.float32),
        "offset_images": images(2),
        "offset": rng.normal(3, 2, (count, 2)).astype(np.float32),
        "height": rng.normal(1.7, 0.1, count).astype(np.float32),
        "heat": heat,
        "flow_images": images(3),
        "flow": flow,
        "crops": crops.astype(np.int16),
        "night": images(),
        "index": np.arange(count) + 100 * seed,
    }
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def fitted(name: str) -> TaskDefinition:
    """A definition with statistics of a made-up train split."""
    return definition(name, image_size=SIZE, label_info=INFO).fitted(own_batch(24, seed=7))
