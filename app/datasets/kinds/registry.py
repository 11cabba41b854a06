"""The kinds of data sets that this service can register."""

from collections.abc import Mapping
from types import MappingProxyType

from app.datasets.kinds.base import DatasetKind
from app.datasets.kinds.celeba import CelebaKind
from app.datasets.kinds.cityscapes import CityscapesFolder
from app.datasets.kinds.idx import IDX
from app.datasets.kinds.image_folder import ImageFolder
from app.datasets.kinds.image_list import IMAGE_LIST
from app.datasets.kinds.multimnist import MultiMnistKind
from app.datasets.kinds.npz import FEATURES_NPZ, IMAGES_NPZ
from app.datasets.kinds.nyu_npz import NyuNpz
from app.datasets.kinds.rooms import Rooms
from app.datasets.kinds.taskonomy_folder import TaskonomyFolder

_KINDS: tuple[DatasetKind, ...] = (
    Rooms(),
    NyuNpz(),
    TaskonomyFolder(),
    ImageFolder(),
    IMAGES_NPZ,
    IDX,
    IMAGE_LIST,
    FEATURES_NPZ,
    MultiMnistKind(),
    CityscapesFolder(),
    CelebaKind(),
)
KINDS: Mapping[str, DatasetKind] = MappingProxyType({kind.name: kind for kind in _KINDS})
