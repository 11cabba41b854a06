"""What Cityscapes' files mean, in the words of the tasks."""

import numpy as np
from numpy.typing import NDArray

from models.taxonomy.own import own_task

_IDS = {
    "road": 7,
    "sidewalk": 8,
    "building": 11,
    "wall": 12,
    "fence": 13,
    "pole": 17,
    "traffic_light": 19,
    "traffic_sign": 20,
    "vegetation": 21,
    "terrain": 22,
    "sky": 23,
    "person": 24,
    "rider": 25,
    "car": 26,
    "truck": 27,
    "bus": 28,
    "train": 31,
    "motorcycle": 32,
    "bicycle": 33,
}
"""The value in `labelIds` of each class that counts in evaluations, in the order of the released train ids."""

CLASSES = tuple(_IDS)
IGNORED = len(CLASSES)
"""Value of a pixel of any other class: masked."""

DISPARITY = own_task(
    "disparity",
    "map",
    title="Disparity",
    description="By how many pixels a point lies further left in the right camera's image: the nearer, the more.",
    unit="pixels",
    loss="l1",
)

_FIRST_INSTANCE = 1000  # values of `instanceIds` below it name a class whose objects are not told apart
_DISPARITY_STEPS = 256  # per pixel of disparity
_TRAIN_IDS = np.full(256, IGNORED, dtype=np.uint8)
_TRAIN_IDS[list(_IDS.values())] = np.arange(len(_IDS))


def train_ids(label_ids: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Positions in `CLASSES`, or `IGNORED`, from values of `labelIds`; any shape."""
    return _TRAIN_IDS[label_ids]


def things(instance_ids: NDArray[np.integer]) -> NDArray[np.int32]:
    """Ids from 1 on of objects that are told apart, else 0, from values of `instanceIds`; any shape."""
    ids = instance_ids.astype(np.int32)
    return np.where(ids >= _FIRST_INSTANCE, ids, 0)


def disparities(stored: NDArray[np.integer], scale: float) -> NDArray[np.float32]:
    """Pixels of disparity from values of `disparity`, NaN where the value is 0: nothing was matched; any shape.

    Args:
        stored: 256 times the disparity, plus 1.
        scale: width of the image after it was resized, over its width before.
    """
    pixels = (stored.astype(np.float32) - 1) * np.float32(scale / _DISPARITY_STEPS)
    return np.where(stored > 0, pixels, np.float32(np.nan))
