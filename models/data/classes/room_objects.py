"""Objects of rendered rooms as a data set of classes: the two styles are two domains."""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.cache import ArrayFolder
from models.data.classes.found import digest
from models.data.classes.resizing import squares
from models.data.labelled import Labelled, Part
from models.data.rooms.config import RoomsConfig
from models.data.rooms.labels import FREQUENT_OBJECTS, OBJECT_CLASSES
from models.data.rooms.objects import EDGE, Objects, objects
from models.data.rooms.workers import processes
from models.data.splits import Split, SplitSizes
from models.data.views import rooms_indices
from models.training.progress import NullContext, RunContext, Stopped

_SPLITS: Mapping[Part, tuple[Split, ...]] = MappingProxyType(
    {"train": ("train", "transfer", "validation"), "test": ("test",)}
)
_BATCH = 16  # views traced together
_ROUND = 256  # views between two reports
_FEW = 256  # views rendered sooner here than by processes that have to start
_IMAGES, _LABELS = "images", "labels"
_POSITION = np.full(len(OBJECT_CLASSES), -1, dtype=np.int64)
_POSITION[[OBJECT_CLASSES.index(name) for name in FREQUENT_OBJECTS]] = np.arange(len(FREQUENT_OBJECTS))


class RoomObjects:
    """Pictures of objects (`models.data.labelled.LabelledSet`), rendered once and then mapped from the cache folder.

    What belongs to `test` is seen in other rooms than what belongs to `train`.

    Args:
        config: which rooms and in what look; its size is not used.
        sizes: views per split; all but those of `test` give the part `train`.
        cache: folder for the arrays; made when needed. Any number of processes may share it.
        workers: processes that render, where there is much to render.
    """

    def __init__(self, config: RoomsConfig, sizes: SplitSizes, cache: Path, *, workers: int = 2) -> None:
        self._config, self._sizes, self._workers = config, sizes, workers
        rooms = [config.seed, config.style, EDGE, FREQUENT_OBJECTS]
        self._folder = cache / f"room-objects-{digest(*rooms)[:16]}"
        self._fingerprint = digest("room objects", *rooms, asdict(sizes))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the rooms and the numbers of views."""
        return self._fingerprint

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in label order: the same whatever the rooms."""
        return FREQUENT_OBJECTS

    @property
    def features(self) -> None:
        """None: the examples are images."""
        return

    def size(self, part: Part) -> int:
        """Pictures of a part, which are rendered if they are not there yet."""
        return len(self._labels(part))

    def load(self, part: Part, image_size: int | None) -> Labelled:
        """The pictures of a part, rendered if they are not there yet.

        Args:
            part: which.
            image_size: height and width that they are brought to; None leaves them at 64.
        """
        self._render_missing(part, NullContext())
        size = EDGE if image_size is None else image_size
        labels = self._labels(part)
        if not len(labels):
            return Labelled(np.empty((0, size, size, 3), dtype=np.uint8), labels)
        images: NDArray[Any] = self._arrays(part).load([_IMAGES])[_IMAGES]
        return Labelled(squares(images, size), labels)

    def prepare(self, context: RunContext) -> None:
        """Render what is not there yet, of both parts.

        Raises:
            Stopped: the context asked for it.
        """
        for part in _SPLITS:
            self._render_missing(part, context)

    def _labels(self, part: Part) -> NDArray[np.int64]:
        self._render_missing(part, NullContext())
        return np.asarray(self._arrays(part).load([_LABELS])[_LABELS], dtype=np.int64)

    def _arrays(self, part: Part) -> ArrayFolder:
        views = "-".join(str(self._sizes.size(split)) for split in _SPLITS[part])
        return ArrayFolder(self._folder, f"{part}-{views}-")

    def _render_missing(self, part: Part, context: RunContext) -> None:
        def write(_names: Any, scratch: Path) -> None:
            self._render(part, scratch, context)

        # One name, so that both files are made together.
        self._arrays(part).produce([_IMAGES, _LABELS], context, write)

    def _render(self, part: Part, scratch: Path, context: RunContext) -> None:
        """Write images and labels of a part; how many there are is known when all are there."""
        labels, collected = list[NDArray[np.int64]](), scratch / "collected"
        with collected.open("wb") as file:
            for found in self._rendered(part, context):
                known = _POSITION[found.classes] >= 0
                labels.append(_POSITION[found.classes][known])
                file.write(found.images[known].tobytes())
        joined = np.concatenate(labels)
        np.save(scratch / f"{_LABELS}.npy", joined)
        shape = (len(joined), EDGE, EDGE, 3)
        images = (
            np.memmap(collected, np.uint8, "r", shape=shape) if len(joined) else np.empty(shape, np.uint8)
        )
        np.save(scratch / f"{_IMAGES}.npy", images)

    def _rendered(self, part: Part, context: RunContext) -> Iterator[Objects]:
        splits = _SPLITS[part]
        indices = np.concatenate([rooms_indices(split, self._sizes.size(split)) for split in splits]).tolist()
        batches = [indices[start : start + _BATCH] for start in range(0, len(indices), _BATCH)]
        alone = self._workers == 1 or len(indices) <= _FEW
        with nullcontext() if alone else processes(self._workers) as executor:
            run = map if executor is None else executor.map
            for start in range(0, len(batches), _ROUND // _BATCH):
                if context.should_stop():
                    text = "rendering"
                    raise Stopped(text)
                chosen = batches[start : start + _ROUND // _BATCH]
                yield from run(objects, [self._config] * len(chosen), chosen)
                context.progress((start + len(chosen)) / len(batches), f"rendering objects for {part}")
