"""From a registered data set to its views, by kind."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from app.core.cores import available_cores
from app.datasets.kinds import image_folder, nyu_npz
from app.datasets.kinds.rooms import rooms_options
from app.datasets.records import Dataset
from models.data.nyu.file import open_nyu
from models.data.nyu.views import NyuViews
from models.data.own.views import OwnViews
from models.data.rooms.config import RoomsConfig
from models.data.splits import SplitSizes
from models.data.views import RoomsViews, Views


class DataChanged(ValueError):
    """What lies at a data set's location is not what was registered."""


def open_views(dataset: Dataset, sizes: SplitSizes, cache: Path) -> Views:
    """The views of a data set. Workers of one machine share the cache; those of others fill their own.

    Args:
        dataset: a registered one.
        sizes: views per split, no more than it has.
        cache: folder for arrays that take long to make.

    Raises:
        DataChanged: its file was changed after it was registered.
        OSError: its file cannot be read on this machine.
    """
    return OPENERS[dataset.kind](dataset, sizes, cache)


def _rooms(dataset: Dataset, sizes: SplitSizes, cache: Path) -> Views:
    options = rooms_options(dataset.options)
    config = RoomsConfig(seed=options.seed, size=options.size, style=options.style)
    return RoomsViews(config, sizes, cache, workers=available_cores())


def _nyu_npz(dataset: Dataset, sizes: SplitSizes, cache: Path) -> Views:
    file = open_nyu(Path(str(dataset.location)))
    _require_unchanged(dataset, nyu_npz.fingerprint(file))
    return NyuViews(file, sizes, cache)


def _image_folder(dataset: Dataset, sizes: SplitSizes, cache: Path) -> Views:
    options = image_folder.folder_options(dataset.options)
    memo = cache / f"own-folder-{dataset.fingerprint[:16]}.json"
    folder = image_folder.open_image_folder(Path(str(dataset.location)), options, memo)
    _require_unchanged(dataset, image_folder.fingerprint(folder))
    return OwnViews(folder, sizes, cache, workers=available_cores())


def _require_unchanged(dataset: Dataset, fingerprint: str) -> None:
    if fingerprint != dataset.fingerprint:
        message = (
            f"the files of data set {dataset.id} were changed after it was registered; register it again"
        )
        raise DataChanged(message)


OPENERS: Mapping[str, Callable[[Dataset, SplitSizes, Path], Views]] = MappingProxyType(
    {"rooms": _rooms, "nyu_npz": _nyu_npz, "image_folder": _image_folder}
)
