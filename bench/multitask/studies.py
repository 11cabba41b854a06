"""The experiments of Sener & Koltun 2018 (Sec. 5) on data that can be had here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.data.cached_views import CachedViews, all_views
from models.data.classes.arrays import ArrayNames, open_images_npz
from models.data.multimnist.source import multimnist
from models.data.nyu.file import open_nyu
from models.data.nyu.views import NyuViews
from models.data.pooled import PooledViews
from models.data.rooms.attributes import ATTRIBUTES
from models.data.rooms.config import RoomsConfig
from models.data.rooms.own_views import OwnRooms
from models.data.splits import SplitSizes
from models.data.views import Views
from models.multitask.config import MultitaskConfig
from models.networks.config import NetworkConfig

_DIGIT = NetworkConfig(image_size=28, encoder_widths=(16, 32), encoder_blocks=(0, 0), decoder_widths=(16, 16))
_ROOM = NetworkConfig(image_size=64, bottleneck_channels=16, decoder_widths=(32, 16))
_SMALL_ROOM = NetworkConfig(image_size=32, bottleneck_channels=16, decoder_widths=(16,), head_width=16)


@dataclass(frozen=True, slots=True)
class Study:
    """One experiment.

    Attributes:
        title: for tables.
        views: its data, pooled: what may be trained on is `train`.
        config: of the training, but for what a run says itself; its learning rate is the middle one of the grid.
        seeds: of the figures.
        tuning_epochs: of the runs that choose the learning rate, on validation images.
    """

    title: str
    views: Callable[["Places"], Views]
    config: MultitaskConfig
    seeds: int
    tuning_epochs: int


@dataclass(frozen=True, slots=True)
class Places:
    """Where the data are."""

    data: Path
    cache: Path


def _multimnist(places: Places) -> Views:
    names = ArrayNames(x="x_train", y="y_train", x_test="x_test", y_test="y_test")
    digits = multimnist(open_images_npz(places.data / "mnist.npz", names), seed=0)
    return PooledViews(CachedViews(digits, all_views(digits), places.cache))


def _attributes(places: Places) -> Views:
    sizes = SplitSizes(train=3000, transfer=2, validation=500, test=1000)
    return PooledViews(OwnRooms(RoomsConfig(seed=0, size=32), sizes, places.cache, attributes=True))


def _scenes(places: Places) -> Views:
    sizes = SplitSizes(train=2000, transfer=2, validation=300, test=600)
    return PooledViews(OwnRooms(RoomsConfig(seed=0, size=64), sizes, places.cache, instances=True))


def _nyu(places: Places) -> Views:
    file = open_nyu(places.data / "nyuv2_64.npz")
    sizes = SplitSizes(**{split: len(ids) for split, ids in file.splits.items()})
    return PooledViews(NyuViews(file, sizes, places.cache))


STUDIES: Mapping[str, Study] = {
    "multimnist": Study(
        "MultiMNIST from MNIST",
        _multimnist,
        MultitaskConfig(
            tasks=("left", "right"),
            architecture="lenet",
            network=_DIGIT,
            epochs=4,
            batch_size=64,
            evaluations=6,
        ),
        seeds=3,
        tuning_epochs=1,
    ),
    "attributes": Study(
        "40 attributes of rooms",
        _attributes,
        MultitaskConfig(
            tasks=tuple(each.name for each in ATTRIBUTES),
            network=_SMALL_ROOM,
            epochs=5,
            batch_size=64,
            evaluations=2,
        ),
        seeds=3,
        tuning_epochs=1,
    ),
    "rooms": Study(
        "Scene understanding on rooms",
        _scenes,
        MultitaskConfig(
            tasks=("semantic_segmentation", "instance_offsets", "depth"),
            network=_ROOM,
            epochs=5,
            batch_size=32,
            evaluations=6,
        ),
        seeds=3,
        tuning_epochs=1,
    ),
    "nyu": Study(
        "Scene understanding on NYUv2 at 64 pixels",
        _nyu,
        MultitaskConfig(
            tasks=("semantic_segmentation", "depth", "normals"),
            network=_ROOM,
            epochs=15,
            batch_size=32,
            evaluations=5,
        ),
        seeds=3,
        tuning_epochs=5,
    ),
}
