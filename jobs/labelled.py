"""From a registered data set to its examples with one class each, by kind."""

from pathlib import Path

from app.core.cores import available_cores
from app.datasets.kinds.classes import ClassKind
from app.datasets.kinds.registry import KINDS
from app.datasets.kinds.rooms import PROPORTIONS, rooms_options
from app.datasets.records import Dataset
from jobs.views import own_folder, require_unchanged
from models.data.classes.cached import CachedClasses
from models.data.classes.found import ClassData
from models.data.classes.own_folder import classes_of
from models.data.classes.room_objects import RoomObjects
from models.data.labelled import LabelledSet
from models.data.rooms.config import RoomsConfig


class NoClasses(ValueError):
    """The examples of a data set have no class each."""


def open_labelled(dataset: Dataset, cache: Path) -> LabelledSet:
    """The examples of a data set. Workers of one machine share the cache; those of others fill their own.

    Args:
        dataset: a registered one whose report names classes.
        cache: folder for arrays that take long to make.

    Raises:
        NoClasses: its examples have no class each.
        DataChanged: its files were changed after it was registered.
        ClassesError: its files were changed so that they are no data set any more.
        OSError: its files cannot be read on this machine.
    """
    kind = KINDS[dataset.kind]
    if isinstance(kind, ClassKind):
        memo = cache / f"classes-{dataset.fingerprint[:16]}.json"
        found = kind.open(Path(str(dataset.location)), dataset.options, memo)
        require_unchanged(dataset, found.fingerprint)
        return CachedClasses(found, cache)
    if dataset.kind == "rooms" and dataset.options.get("objects"):
        return _room_objects(dataset, cache)
    if dataset.kind == "image_folder" and (found := _classes_of_folder(dataset, cache)) is not None:
        return CachedClasses(found, cache)
    message = f"the examples of data set {dataset.id} ({dataset.kind}) have no class each"
    raise NoClasses(message)


def _classes_of_folder(dataset: Dataset, cache: Path) -> ClassData | None:
    return classes_of(own_folder(dataset, cache), workers=available_cores())


def _room_objects(dataset: Dataset, cache: Path) -> RoomObjects:
    options = rooms_options(dataset.options)
    config = RoomsConfig(seed=options.seed, style=options.style)
    return RoomObjects(config, PROPORTIONS.scaled_to(options.views), cache, workers=available_cores())
