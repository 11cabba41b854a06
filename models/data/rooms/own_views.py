"""Rooms with tasks beside the dictionary's: attributes of the view, and instances."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from models.data.cache import ArrayFolder, GrowingArrays
from models.data.instances import INSTANCE_OFFSETS, centre_offsets
from models.data.rooms.attributes import ATTRIBUTES, SOURCE_LABELS, Labels, attributes
from models.data.rooms.config import RoomsConfig
from models.data.rooms.own_tasks import own_tasks
from models.data.splits import SPLITS, Split, SplitSizes
from models.data.views import Array, RoomsViews
from models.tasks.labels import LabelInfo
from models.training.progress import NullContext, Part, RunContext, Stopped

_CHUNK = 256  # views worked out between two reports
_ATTRIBUTES = "attributes"
_PLACES = {attribute.name: place for place, attribute in enumerate(ATTRIBUTES)}
_RENDERING = 0.9  # share of the whole work, roughly


@dataclass(frozen=True, slots=True)
class _Derived:
    """How an array is worked out of the renderer's labels."""

    make: Callable[[Labels], Array]
    labels: tuple[str, ...]


_DERIVED: Mapping[str, _Derived] = MappingProxyType(
    {
        _ATTRIBUTES: _Derived(attributes, SOURCE_LABELS),
        INSTANCE_OFFSETS.name: _Derived(lambda labels: centre_offsets(labels["instances"]), ("instances",)),
    }
)


class OwnRooms:
    """Rendered rooms (`models.data.views.Views`) with what is worked out of their labels, kept beside them.

    Args:
        config: which rooms.
        sizes: views per split.
        cache: folder for the arrays; made when needed. Any number of processes may share it.
        attributes: whether there are the 40 attributes, a declared task each.
        instances: whether there is the declared task `instance_offsets`.
        workers: processes that render, where there is much to render.
    """

    def __init__(
        self,
        config: RoomsConfig,
        sizes: SplitSizes,
        cache: Path,
        *,
        attributes: bool = False,
        instances: bool = False,
        workers: int = 2,
    ) -> None:
        self._rooms = RoomsViews(config, sizes, cache, workers=workers)
        self._own = own_tasks(attributes=attributes, instances=instances)
        # the bounds of the attributes are part of the folder's name: arrays of other bounds are other arrays
        bounds = [[each.name, each.least, each.most] for each in ATTRIBUTES]
        identity = json.dumps([asdict(config), bounds], sort_keys=True)
        self._folder = cache / f"rooms-own-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
        names = [self._rooms.fingerprint, identity, [task.name for task in self._own]]
        self._fingerprint = hashlib.sha256(json.dumps(names).encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the rooms' and of what is worked out of them."""
        return self._fingerprint

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return self._rooms.image_size

    @property
    def label_info(self) -> LabelInfo:
        """Class names of the rooms, and the declared tasks."""
        return replace(self._rooms.label_info, own=self._own)

    @property
    def labels(self) -> frozenset[str]:
        """Every label that the renderer knows, and those of the declared tasks."""
        return self._rooms.labels | {task.name for task in self._own}

    def size(self, split: Split) -> int:
        """Views of a split."""
        return self._rooms.size(split)

    def load(self, split: Split, labels: Collection[str]) -> dict[str, Array]:
        """Arrays of a split, made if they are not there yet; attributes are (N,) int64, 1 where a view has it.

        Raises:
            UnknownLabel: there is no such label.
        """
        derived, rendered = self._parted(labels)
        arrays = self._rooms.load(split, rendered)
        self._produce(split, derived, NullContext())
        kept = self._arrays(split).load(derived)
        for label in set(labels) - set(rendered):
            if label in _PLACES:
                arrays[label] = kept[_ATTRIBUTES][:, _PLACES[label]].astype(np.int64)
            else:
                arrays[label] = kept[label]
        return arrays

    def prepare(self, labels: Collection[str], context: RunContext) -> None:
        """Make what is missing of `labels` in all splits.

        Raises:
            UnknownLabel: there is no such label.
            Stopped: the context asked for it; finished splits stay.
        """
        derived, rendered = self._parted(labels)
        needed = set(rendered).union(*(_DERIVED[name].labels for name in derived))
        self._rooms.prepare(needed, Part(context, 0.0, _RENDERING))
        for place, split in enumerate(SPLITS):
            start, end = (_RENDERING + (1 - _RENDERING) * at / len(SPLITS) for at in (place, place + 1))
            self._produce(split, derived, Part(context, start, end))

    def _parted(self, labels: Collection[str]) -> tuple[frozenset[str], list[str]]:
        """The arrays of this data set that some labels need, and the labels that are the renderer's own."""
        own = {task.name for task in self._own} & set(labels)
        return frozenset(_ATTRIBUTES if name in _PLACES else name for name in own), sorted(set(labels) - own)

    def _arrays(self, split: Split) -> ArrayFolder:
        return ArrayFolder(self._folder, f"{split}-{self.size(split)}-")

    def _produce(self, split: Split, derived: Collection[str], context: RunContext) -> None:
        def write(missing: Collection[str], scratch: Path) -> None:
            sources = set[str]().union(*(_DERIVED[name].labels for name in missing))
            labels = self._rooms.load(split, sources)
            grown = GrowingArrays(scratch, self.size(split))
            for start in range(0, self.size(split), _CHUNK):
                if context.should_stop():
                    text = "working out labels"
                    raise Stopped(text)
                chunk = {name: labels[name][start : start + _CHUNK] for name in sources}
                grown.add({name: _DERIVED[name].make(chunk) for name in missing})
                context.progress(grown.done, f"working out labels of the split {split}")
            grown.flush()

        self._arrays(split).produce(derived, context, write)
