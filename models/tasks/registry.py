"""From the name of a task to its definition."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from torch import Tensor

from models.tasks.definition import TaskDefinition
from models.tasks.kinds.classes import ObjectClass, PointMatching, SceneClass
from models.tasks.kinds.colorization import Colorization
from models.tasks.kinds.jigsaw import Jigsaw
from models.tasks.kinds.maps import ScalarMap
from models.tasks.kinds.poses import Egomotion, NonfixatedPose, RelativePose
from models.tasks.kinds.random_projection import RandomProjection
from models.tasks.kinds.reconstruction import Autoencoding, Denoising, Inpainting
from models.tasks.kinds.segmentation import Grouping, SemanticSegmentation
from models.tasks.kinds.surfaces import Curvature, Normals
from models.tasks.kinds.vectors import RoomLayout, VanishingPoints
from models.tasks.labels import LabelInfo
from models.tasks.own.registry import OWN_DEFINITIONS
from models.taxonomy.own import entry_of

DEFINITIONS: Mapping[str, type[TaskDefinition]] = MappingProxyType(
    {
        "autoencoding": Autoencoding,
        "denoising": Denoising,
        "colorization": Colorization,
        "inpainting": Inpainting,
        "jigsaw": Jigsaw,
        "edges_2d": ScalarMap,
        "occlusion_edges": ScalarMap,
        "keypoints_2d": ScalarMap,
        "keypoints_3d": ScalarMap,
        "depth": ScalarMap,
        "distance": ScalarMap,
        "normals": Normals,
        "curvature": Curvature,
        "reshading": ScalarMap,
        "semantic_segmentation": SemanticSegmentation,
        "segmentation_2d": Grouping,
        "segmentation_25d": Grouping,
        "object_class": ObjectClass,
        "scene_class": SceneClass,
        "room_layout": RoomLayout,
        "vanishing_points": VanishingPoints,
        "fixated_pose": RelativePose,
        "nonfixated_pose": NonfixatedPose,
        "egomotion": Egomotion,
        "point_matching": PointMatching,
        "random": RandomProjection,
    }
)


def definition(
    name: str,
    *,
    image_size: int,
    label_info: LabelInfo | None = None,
    statistics: Mapping[str, Tensor] | None = None,
) -> TaskDefinition:
    """The definition of a task of the dictionary, or of one that the user of the data set declared.

    Args:
        name: Its name, such as `"depth"`.
        image_size: Height and width of the images, in pixels.
        label_info: Class names and declared tasks of the data set; tasks with classes need theirs.
        statistics: What `TaskDefinition.fitted` measured, for a definition that was stored.

    Raises:
        models.taxonomy.dictionary.UnknownTask: No such task.
    """
    info = label_info or LabelInfo()
    own = info.own_task(name)
    entry = entry_of(name, info.own)
    kind = DEFINITIONS[name] if own is None else OWN_DEFINITIONS[own.kind]
    return kind(entry, image_size=image_size, label_info=info, statistics=statistics)
