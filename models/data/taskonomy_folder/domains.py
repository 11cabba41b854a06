"""The domains of the Taskonomy and Omnidata folders as data: where their files lie and which labels they give.

Reference: the README of the data set (StanfordVL/taskonomy, `data/README.md`) for folders and units.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

RGB = "rgb"
POINTS = "points"

_COLOUR = frozenset({"RGB", "RGBA"})
_GREY_16 = frozenset({"I;16", "I;16B", "I"})
_GREY = _GREY_16 | {"L", "LA"}
_IDS = _GREY_16 | {"L", "P"}


@dataclass(frozen=True, slots=True)
class Domain:
    """One kind of files.

    Attributes:
        folders: what its folder may be called; the first that is there counts.
        tokens: what its files may say after `domain_`, the usual one first.
        suffix: of its files.
        modes: of its PNG files, as Pillow calls them; none for other files.
        described: the same for people.
        short: whether files may lack `_domain_...`, as the first release's class files do.
    """

    folders: tuple[str, ...]
    tokens: tuple[str, ...]
    suffix: str = ".png"
    modes: frozenset[str] = frozenset()
    described: str = ""
    short: bool = False

    def file_names(self, point: int, view: int) -> Iterator[str]:
        """What the file of a view may be called, the usual name first."""
        for token in self.tokens:
            yield f"point_{point}_view_{view}_domain_{token}{self.suffix}"
        if self.short:
            yield f"point_{point}_view_{view}{self.suffix}"


def _map(name: str, *tokens: str, modes: frozenset[str], described: str) -> Domain:
    return Domain((name,), (name, *tokens), modes=modes, described=described)


_SCALAR = "grey of 8 or 16 bits, or RGB"
DOMAINS: Mapping[str, Domain] = MappingProxyType(
    {
        RGB: Domain(
            (RGB, "rgb_large"), (RGB, "rgb_large"), modes=_COLOUR | {"L", "P"}, described="RGB or grey"
        ),
        "depth_zbuffer": _map("depth_zbuffer", modes=_GREY_16, described="grey of 16 bits"),
        "depth_euclidean": _map("depth_euclidean", modes=_GREY_16, described="grey of 16 bits"),
        "mask_valid": _map("mask_valid", modes=_GREY | _COLOUR | {"1", "P"}, described="a mask"),
        "normal": _map("normal", modes=_COLOUR, described="RGB"),
        "principal_curvature": _map("principal_curvature", modes=_COLOUR, described="RGB"),
        "reshading": _map("reshading", modes=_GREY | _COLOUR, described=_SCALAR),
        "edge_occlusion": _map("edge_occlusion", modes=_GREY | _COLOUR, described=_SCALAR),
        "edge_texture": _map("edge_texture", modes=_GREY | _COLOUR, described=_SCALAR),
        "keypoints2d": _map("keypoints2d", modes=_GREY | _COLOUR, described=_SCALAR),
        "keypoints3d": _map("keypoints3d", modes=_GREY | _COLOUR, described=_SCALAR),
        "segment_semantic": _map(
            "segment_semantic", "segmentsemantic", modes=_IDS, described="classes as grey or palette"
        ),
        "segment_unsup2d": _map(
            "segment_unsup2d", modes=_IDS | _COLOUR, described="segments as grey, palette or RGB"
        ),
        "segment_unsup25d": _map(
            "segment_unsup25d", modes=_IDS | _COLOUR, described="segments as grey, palette or RGB"
        ),
        "class_object": Domain(("class_object",), ("class_object", "class_1000"), ".npy", short=True),
        "class_scene": Domain(("class_scene",), ("class_scene", "class_places"), ".npy", short=True),
        POINTS: Domain((POINTS, "point_info"), ("fixatedpose", "point_info"), ".json"),
    }
)

MASKS = ("mask_valid", "depth_zbuffer", "depth_euclidean", "normal")
"""Domains that tell where there is geometry; a view needs one of them for the tasks that mask."""

LABEL_DOMAINS: Mapping[str, str] = MappingProxyType(
    {
        "depth": "depth_zbuffer",
        "distance": "depth_euclidean",
        "normals": "normal",
        "curvature": "principal_curvature",
        "reshading": "reshading",
        "occlusion_edges": "edge_occlusion",
        "edges_2d": "edge_texture",
        "keypoints_2d": "keypoints2d",
        "keypoints_3d": "keypoints3d",
        "semantic_segmentation": "segment_semantic",
        "segmentation_2d": "segment_unsup2d",
        "segmentation_25d": "segment_unsup25d",
        "object_class": "class_object",
        "scene_class": "class_scene",
        "room_layout": POINTS,
        "vanishing_points": POINTS,
        "fixated_pose": POINTS,
        "nonfixated_pose": POINTS,
        "egomotion": POINTS,
        "point_matching": POINTS,
    }
)
"""By label, the domain that it is read from."""

COMPUTABLE = frozenset({"edges_2d", "keypoints_2d", "segmentation_2d"})
"""Labels that the image alone gives, where the folder has no domain for them."""

MASKED = frozenset(
    {"depth", "distance", "normals", "curvature", "reshading", "occlusion_edges", "keypoints_3d"}
)
"""Labels that count only where there is geometry."""

TUPLES: Mapping[str, int] = MappingProxyType(
    {"fixated_pose": 2, "nonfixated_pose": 2, "egomotion": 3, "point_matching": 2}
)
"""Labels of several images, by how many."""

SEMANTIC_CLASSES = (
    "uncertain",
    "background",
    "bottle",
    "chair",
    "couch",
    "potted_plant",
    "bed",
    "dining_table",
    "toilet",
    "tv",
    "microwave",
    "oven",
    "toaster",
    "sink",
    "refrigerator",
    "book",
    "clock",
    "vase",
)
"""Values of `segment_semantic`; the first is left out of losses and metrics."""


def task_labels(task: str) -> tuple[str, ...]:
    """The arrays that a task of the dictionary reads; `rgb` alone where its labels come with the image."""
    if task in TUPLES:
        return (f"{task}_images", task)
    if task not in LABEL_DOMAINS:
        return (RGB,)
    return (RGB, task, "valid") if task in MASKED else (RGB, task)
