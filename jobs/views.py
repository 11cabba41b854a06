"""From a registered data set to its views, by kind."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from app.core.cores import available_cores
from app.datasets.kinds import image_folder, nyu_npz
from app.datasets.kinds.celeba import celeba_options, open_celeba_folder
from app.datasets.kinds.cityscapes import cityscapes_options, cityscapes_plan
from app.datasets.kinds.multimnist import multimnist_options, open_multimnist
from app.datasets.kinds.rooms import rooms_options
from app.datasets.kinds.taskonomy_folder import taskonomy_folder_options
from app.datasets.records import Dataset
from models.data.cache import keep_json
from models.data.cached_views import CachedViews
from models.data.cityscapes.source import cityscapes, file_problems
from models.data.first_views import first_views
from models.data.nyu.file import open_nyu
from models.data.nyu.views import NyuViews
from models.data.own.folder import OwnFolder
from models.data.own.views import OwnViews
from models.data.rooms.config import RoomsConfig
from models.data.rooms.own_views import OwnRooms
from models.data.splits import SplitSizes
from models.data.taskonomy_folder.survey import image_problems, plan, survey
from models.data.taskonomy_folder.views import TaskonomyViews
from models.data.views import RoomsViews, Views
from models.transfer.config import AtlasConfig


class DataChanged(ValueError):
    """What lies at a data set's location is not what was registered."""


def atlas_views(dataset: Dataset, config: AtlasConfig, cache: Path) -> Views:
    """The views that an atlas is built on; raises what `open_views` raises."""
    views = open_views(dataset, config.view_splits, cache, config.tasks)
    return first_views(views, "transfer", config.splits.transfer)


def open_views(dataset: Dataset, sizes: SplitSizes, cache: Path, tasks: Iterable[str] = ()) -> Views:
    """The views of a data set. Workers of one machine share the cache; those of others fill their own.

    Args:
        dataset: a registered one.
        sizes: views per split, no more than it has.
        cache: folder for arrays that take long to make.
        tasks: of the dictionary; where some views lack labels, those that have the labels of all these are opened.

    Raises:
        DataChanged: its files were changed after it was registered.
        OSError: its files cannot be read on this machine.
    """
    views = OPENERS[dataset.kind](dataset, sizes, cache)
    return views.of_tasks(tasks) if isinstance(views, TaskonomyViews) else views


def _rooms(dataset: Dataset, sizes: SplitSizes, cache: Path) -> Views:
    options = rooms_options(dataset.options)
    config = RoomsConfig(seed=options.seed, size=options.size, style=options.style)
    if not (options.attributes or options.instances):
        return RoomsViews(config, sizes, cache, workers=available_cores())
    return OwnRooms(
        config,
        sizes,
        cache,
        attributes=options.attributes,
        instances=options.instances,
        workers=available_cores(),
    )


def _nyu_npz(dataset: Dataset, sizes: SplitSizes, cache: Path) -> Views:
    file = open_nyu(Path(str(dataset.location)))
    require_unchanged(dataset, nyu_npz.fingerprint(file))
    return NyuViews(file, sizes, cache)


def _taskonomy_folder(dataset: Dataset, sizes: SplitSizes, cache: Path) -> Views:
    options = taskonomy_folder_options(dataset.options)
    found = plan(Path(str(dataset.location)), options.of_folder())
    known = cache / f"taskonomy-problems-{found.signature[:16]}.json"
    seen = survey(found, _known_problems(known, lambda: image_problems(found)))
    require_unchanged(dataset, seen.fingerprint)
    return TaskonomyViews(seen, sizes, cache, workers=available_cores())


def _cityscapes(dataset: Dataset, sizes: SplitSizes, cache: Path) -> Views:
    found = cityscapes_plan(Path(str(dataset.location)), cityscapes_options(dataset.options))
    known = cache / f"cityscapes-problems-{found.signature[:16]}.json"
    problems = _known_problems(known, lambda: file_problems(found, available_cores()))
    source = cityscapes(found, problems, workers=available_cores())
    require_unchanged(dataset, source.content)
    return CachedViews(source, sizes, cache)


def _known_problems(known: Path, look: Callable[[], dict[str, str]]) -> Mapping[str, str]:
    """What is wrong with a folder's files: looked for by the first job of a machine, read by the others."""
    if known.exists():
        return json.loads(known.read_bytes())
    problems = look()
    keep_json(known, problems)
    return problems


def _image_folder(dataset: Dataset, sizes: SplitSizes, cache: Path) -> Views:
    return OwnViews(own_folder(dataset, cache), sizes, cache, workers=available_cores())


def own_folder(dataset: Dataset, cache: Path) -> OwnFolder:
    """The folder of a data set of the kind `image_folder`; raises what `open_views` raises."""
    options = image_folder.folder_options(dataset.options)
    memo = cache / f"own-folder-{dataset.fingerprint[:16]}.json"
    folder = image_folder.open_image_folder(Path(str(dataset.location)), options, memo)
    require_unchanged(dataset, image_folder.fingerprint(folder))
    return folder


def _multimnist(dataset: Dataset, sizes: SplitSizes, cache: Path) -> Views:
    location = None if dataset.location is None else Path(dataset.location)
    found = open_multimnist(location, multimnist_options(dataset.options))
    require_unchanged(dataset, found.content)
    return CachedViews(found, sizes, cache)


def _celeba(dataset: Dataset, sizes: SplitSizes, cache: Path) -> Views:
    memo = cache / f"celeba-{dataset.fingerprint[:16]}.json"
    found = open_celeba_folder(Path(str(dataset.location)), celeba_options(dataset.options), memo)
    require_unchanged(dataset, found.content)
    return CachedViews(found, sizes, cache)


def require_unchanged(dataset: Dataset, fingerprint: str) -> None:
    """Refuse files that are not those that were registered.

    Raises:
        DataChanged: the fingerprint of what is there is another one.
    """
    if fingerprint != dataset.fingerprint:
        message = (
            f"the files of data set {dataset.id} were changed after it was registered; register it again"
        )
        raise DataChanged(message)


OPENERS: Mapping[str, Callable[[Dataset, SplitSizes, Path], Views]] = MappingProxyType(
    {
        "rooms": _rooms,
        "nyu_npz": _nyu_npz,
        "taskonomy_folder": _taskonomy_folder,
        "image_folder": _image_folder,
        "multimnist": _multimnist,
        "cityscapes": _cityscapes,
        "celeba": _celeba,
    }
)
