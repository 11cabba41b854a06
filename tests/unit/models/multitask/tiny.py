"""A data set small enough for a test: which half of an image is brighter, its colour, and how bright each pixel is."""

from collections.abc import Collection, Mapping

import numpy as np

from models.data.splits import Split
from models.data.views import INDEX, Array
from models.multitask.config import MultitaskConfig
from models.networks.config import NetworkConfig
from models.tasks.labels import LabelInfo
from models.taxonomy.own import own_task
from models.training.progress import RunContext

SIZE = 16
COUNTS: Mapping[Split, int] = {"train": 48, "transfer": 2, "validation": 20, "test": 24}
SIDE = own_task("side", "class", classes=["left", "right"])
COLOUR = own_task("colour", "class", classes=["red", "green", "blue"])
BRIGHTNESS = own_task("brightness", "map", unit="of 1")
SMALL = NetworkConfig(
    image_size=SIZE,
    encoder_widths=(6, 8),
    encoder_blocks=(0, 0),
    bottleneck_channels=4,
    decoder_widths=(6, 6),
    head_width=8,
)
CONFIG = MultitaskConfig(
    tasks=("side", "colour", "brightness"),
    network=SMALL,
    epochs=3,
    batch_size=16,
    evaluations=3,
    learning_rate=0.01,
)
CLASSES = MultitaskConfig(
    tasks=("side", "colour"), architecture="lenet", network=SMALL, epochs=3, batch_size=16, evaluations=3
)


class TinyViews:
    """Images and labels drawn from one seed per split."""

    image_size = SIZE
    label_info = LabelInfo(own=(SIDE, COLOUR, BRIGHTNESS))
    labels = frozenset({"rgb", "side", "colour", "brightness"})
    fingerprint = "tiny"

    def __init__(self) -> None:
        self._arrays = {split: _drawn(number, count) for number, (split, count) in enumerate(COUNTS.items())}

    def size(self, split: Split) -> int:
        return COUNTS[split]

    def load(self, split: Split, labels: Collection[str]) -> Mapping[str, Array]:
        return {name: self._arrays[split][name] for name in (*labels, INDEX)}

    def prepare(self, labels: Collection[str], context: RunContext) -> None:
        context.progress(1.0, "nothing to prepare")


def _drawn(seed: int, count: int) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    side, colour = rng.integers(2, size=count), rng.integers(3, size=count)
    bright = rng.uniform(0.0, 0.3, size=(count, SIZE, SIZE))
    half = SIZE // 2
    for row, where in enumerate(side):
        bright[row, :, where * half : (where + 1) * half] += 0.5
    tint = 0.4 + 0.6 * np.eye(3)[colour]
    rgb = np.round(255 * bright[..., None] * tint[:, None, None]).astype(np.uint8)
    return {
        "rgb": rgb,
        "side": side,
        "colour": colour,
        "brightness": bright.astype(np.float32),
        INDEX: np.arange(count),
    }
