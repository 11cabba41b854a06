"""From the kind of a declared task's output to its definition."""

from collections.abc import Mapping
from types import MappingProxyType

from models.tasks.own.classes import OwnClass, OwnSegmentation
from models.tasks.own.declared import Declared
from models.tasks.own.images import OwnImage
from models.tasks.own.maps import OwnMap
from models.tasks.own.vectors import OwnVector
from models.taxonomy.own import OwnKind

OWN_DEFINITIONS: Mapping[OwnKind, type[Declared]] = MappingProxyType(
    {"class": OwnClass, "vector": OwnVector, "map": OwnMap, "classes": OwnSegmentation, "image": OwnImage}
)
