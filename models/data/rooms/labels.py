"""The labels that `rooms` can render, as data: names, shapes, dtypes, units, class names.

Camera frame everywhere: x right, y down, z forward (right-handed), metres.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SCENE_CLASSES = (
    "kitchen",
    "bathroom",
    "bedroom",
    "living_room",
    "dining_room",
    "office",
    "corridor",
    "playroom",
)

SEMANTIC_CLASSES = (
    "wall",
    "floor",
    "ceiling",
    "window",
    "door",
    "picture",
    "cabinet",
    "shelf",
    "table",
    "chair",
    "sofa",
    "bed",
    "appliance",
    "sanitary",
    "lamp",
    "textile",
    "plant",
    "item",
)

OBJECT_CLASSES = (
    "none",
    "window",
    "door",
    "picture",
    "mirror",
    "television",
    "monitor",
    "cupboard",
    "counter",
    "wardrobe",
    "dresser",
    "nightstand",
    "bookcase",
    "wall_shelf",
    "desk",
    "dining_table",
    "coffee_table",
    "chair",
    "office_chair",
    "stool",
    "sofa",
    "armchair",
    "bed",
    "refrigerator",
    "oven",
    "washing_machine",
    "sink",
    "toilet",
    "bathtub",
    "floor_lamp",
    "table_lamp",
    "ceiling_lamp",
    "curtain",
    "rug",
    "plant",
    "vase",
    "bowl",
    "box",
    "ball",
    "toy",
)


FREQUENT_OBJECTS = (
    "window",
    "door",
    "picture",
    "mirror",
    "monitor",
    "cupboard",
    "counter",
    "dresser",
    "bookcase",
    "wall_shelf",
    "desk",
    "dining_table",
    "coffee_table",
    "chair",
    "office_chair",
    "stool",
    "armchair",
    "sink",
    "toilet",
    "table_lamp",
    "ceiling_lamp",
    "curtain",
    "plant",
    "vase",
    "box",
    "toy",
)
"""Classes of OBJECT_CLASSES of which `models.data.rooms.objects` finds at least 100 pictures per 2,000 views (the mean
over seeds 0 and 1; the style changes no count). They are fixed, so that every data set of objects has the same."""


@dataclass(frozen=True, slots=True)
class LabelSpec:
    """One label array, batch axis left out.

    Attributes:
        shape: None stands for the image side.
        dtype: NumPy name.
        unit: `m`, `1/m`, `class`, `id`, `unit vector`, ...; empty for a plain number.
        description: one sentence.
    """

    shape: tuple[int | None, ...]
    dtype: str
    unit: str
    description: str


def _map(dtype: str, unit: str, description: str, *channels: int) -> LabelSpec:
    return LabelSpec((None, None, *channels), dtype, unit, description)


def _images(views: int, description: str) -> LabelSpec:
    return LabelSpec((views, None, None, 3), "uint8", "", description)


LABELS: Mapping[str, LabelSpec] = MappingProxyType(
    {
        "rgb": _map("uint8", "", "The view, sRGB.", 3),
        "valid": _map("bool", "", "False where a scanner sees no surface: window panes and mirrors."),
        "depth": _map("float32", "m", "z-buffer: distance along the optical axis."),
        "distance": _map("float32", "m", "Euclidean distance from the camera centre."),
        "normals": _map(
            "float32", "unit vector", "Surface normal in the camera frame, facing the camera.", 3
        ),
        "curvature": _map("float32", "1/m", "Principal curvatures, larger first, positive where convex.", 2),
        "occlusion_edges": _map("float32", "", "Depth discontinuities, 0 to 1."),
        "keypoints_3d": _map("float32", "", "NARF-like interest: surface change in two directions, 0 to 1."),
        "reshading": _map("float32", "", "White matte surfaces lit by one lamp at the camera, 0 to 1."),
        "semantic_segmentation": _map("uint8", "class", "Index into SEMANTIC_CLASSES."),
        "instances": _map("int16", "id", "0 for walls, floor and ceiling; 1, 2, ... for the room's objects."),
        "object_class": LabelSpec(
            (len(OBJECT_CLASSES),), "float32", "", "Share of the object pixels per class of OBJECT_CLASSES."
        ),
        "scene_class": LabelSpec((), "int64", "class", "Index into SCENE_CLASSES."),
        "room_layout": LabelSpec(
            (9,),
            "float32",
            "m, rad",
            "The room's box in the camera frame: centre xyz, Euler angles sxyz, extent right, down, forward.",
        ),
        "vanishing_points": LabelSpec(
            (9,),
            "float32",
            "unit vector",
            "The room's axes in the camera frame: up, the one nearest to the view (z > 0), the other (x > 0).",
        ),
        "edges_2d": _map("float32", "", "Canny without suppression: smoothed gradient magnitude, 0 to 1."),
        "keypoints_2d": _map("float32", "", "SURF-like determinant of the Hessian, 0 to 1."),
        "segmentation_2d": _map("int32", "id", "Superpixels of the image (SLIC)."),
        "segmentation_25d": _map("int32", "id", "Smooth connected surfaces, whatever their colour or class."),
        "fixated_pose_images": _images(2, "Two views whose centres show the same point of a surface."),
        "fixated_pose": LabelSpec(
            (6,), "float32", "rad, m", "Pose of the first camera in the second's frame: Euler sxyz, then xyz."
        ),
        "nonfixated_pose_images": _images(2, "Two views that overlap, centred on different points."),
        "nonfixated_pose": LabelSpec(
            (6,), "float32", "rad, m", "Pose of the first camera in the second's frame: Euler sxyz, then xyz."
        ),
        "egomotion_images": _images(3, "Three views whose centres show the same point of a surface."),
        "egomotion": LabelSpec(
            (18,),
            "float32",
            "rad, m",
            "Poses of camera 1 in 2, 2 in 3 and 1 in 3: Euler sxyz, then xyz, each.",
        ),
        "point_matching_images": _images(2, "Two views of one room, each centred on a point of a surface."),
        "point_matching": LabelSpec(
            (), "int64", "class", "1 if both views centre on the same physical point."
        ),
    }
)
