"""The smallest atlas that has every part, and runners that keep or stop it."""

from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from models.data.splits import Split
from models.data.views import INDEX, Array, Views
from models.training.progress import NullContext, RunContext
from models.transfer.config import AtlasConfig
from models.transfer.presets import atlas_config

TASKS = ("autoencoding", "denoising", "colorization", "depth", "scene_class")
OVERRIDES: Mapping[str, Any] = {
    "image_size": 16,
    "splits.train": 24,
    "splits.transfer": 16,
    "splits.validation": 8,
    "splits.test": 12,
    "network.encoder_widths": (6, 8),
    "network.bottleneck_channels": 4,
    "network.decoder_widths": (8, 6),
    "network.head_width": 8,
    "task_training.steps": 5,
    "task_training.batch_size": 6,
    "transfer_training.steps": 5,
    "transfer_training.batch_size": 6,
    "scratch_training.steps": 4,
    "scratch_training.batch_size": 6,
}
SMALL: AtlasConfig = atlas_config("tiny", tasks=TASKS, per_target=2, seed=3, overrides=OVERRIDES)


class Recorder(NullContext):
    """A runner that keeps every checkpoint and may ask for a stop after some steps."""

    def __init__(self, checkpoint: bytes | None = None, stop_after: int | None = None) -> None:
        self.checkpoint = checkpoint
        self._stop_after, self._steps = stop_after, 0

    def should_stop(self) -> bool:
        self._steps += 1
        return self._stop_after is not None and self._steps > self._stop_after

    def load_checkpoint(self) -> bytes | None:
        return self.checkpoint

    def checkpoint_due(self) -> bool:
        return True

    def save_checkpoint(self, data: bytes) -> None:
        self.checkpoint = data


class Spoilt:
    """Views whose images and labels are upside down in some splits."""

    def __init__(self, views: Views, *splits: Split) -> None:
        self._views, self._splits = views, splits
        self.fingerprint, self.image_size = views.fingerprint, views.image_size
        self.label_info, self.labels = views.label_info, views.labels

    def size(self, split: Split) -> int:
        return self._views.size(split)

    def load(self, split: Split, labels: Collection[str]) -> Mapping[str, Array]:
        arrays = self._views.load(split, labels)
        if split not in self._splits:
            return arrays
        return {
            name: array if name == INDEX else np.ascontiguousarray(array[::-1])
            for name, array in arrays.items()
        }

    def prepare(self, labels: Collection[str], context: RunContext) -> None:
        self._views.prepare(labels, context)


def assert_same_bits(first: object, second: object) -> None:
    """Two results agree in every bit of every field."""
    assert type(first) is type(second)
    if is_dataclass(first):
        for field in fields(first):
            assert_same_bits(getattr(first, field.name), getattr(second, field.name))
    elif isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        assert first.dtype == second.dtype
        assert np.array_equal(first, second, equal_nan=first.dtype.kind == "f")
    elif isinstance(first, Mapping) and isinstance(second, Mapping):
        assert list(first) == list(second)
        for key in first:
            assert_same_bits(first[key], second[key])
    else:
        assert first == second
