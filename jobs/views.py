"""From a registered data set to its views, by kind."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from app.core.cores import available_cores
from app.datasets.kinds.nyu_npz import fingerprint
from app.datasets.kinds.rooms import rooms_options
from app.datasets.records import Dataset
from models.data.first_views import first_views
from models.data.nyu.file import open_nyu
from models.data.nyu.views import NyuViews
from models.data.rooms.config import RoomsConfig
from models.data.splits import SplitSizes
from models.data.views import RoomsViews, Views
from models.transfer.config import AtlasConfig


class DataChanged(ValueError):
    """What lies at a data set's location is not what was registered."""


def atlas_views(dataset: Dataset, config: AtlasConfig, cache: Path) -> Views:
    """The views that an atlas is built on; raises what `open_views` raises."""
    return first_views(open_views(dataset, config.view_splits, cache), "transfer", config.splits.transfer)


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
    if fingerprint(file) != dataset.fingerprint:
        message = f"the file of data set {dataset.id} was changed after it was registered; register it again"
        raise DataChanged(message)
    return NyuViews(file, sizes, cache)


OPENERS: Mapping[str, Callable[[Dataset, SplitSizes, Path], Views]] = MappingProxyType(
    {"rooms": _rooms, "nyu_npz": _nyu_npz}
)
