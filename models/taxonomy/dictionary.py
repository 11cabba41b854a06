"""The task dictionary as data: the 26 tasks of Zamir et al. 2018 (Sec. 3, Fig. 3), in a fixed order."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Group = Literal["2d", "3d", "semantic", "low-dim", "own"]
OutputKind = Literal["image", "map", "classes", "embedding", "vector", "class"]


class UnknownTask(KeyError):
    """The dictionary has no task of that name."""

    def __str__(self) -> str:
        return f"unknown task {self.args[0]!r}"


@dataclass(frozen=True, slots=True)
class Output:
    """What a task predicts.

    Attributes:
        kind: `image` (colours), `map` (numbers per pixel), `classes` (a class per pixel), `embedding` (a vector per
            pixel), `vector` (a few numbers) or `class` (a distribution over classes).
        shape: of one prediction in physical units, maps channels last; None = a side of the map, which is the
            image's or a fixed part of it, or a number of classes that the data set knows.
        unit: of its numbers; empty for plain numbers.
    """

    kind: OutputKind
    shape: tuple[int | None, ...]
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the dictionary.

    Attributes:
        name: ours, as in every call.
        title: for people.
        description: what is predicted, in a sentence.
        group: as in the paper's tree: 2D, 3D, semantic or low-dimensional geometric; `own` of a task that its user
            declared (`models.taxonomy.own`).
        inputs: images that one prediction needs.
        output: what it predicts.
        loss: name of the training loss.
        metric: name of the main metric.
        source_only: its labels come with the image, so that it is never a target.
        paper_name: its name in the released affinity files.
    """

    name: str
    title: str
    description: str
    group: Group
    inputs: int
    output: Output
    loss: str
    metric: str
    source_only: bool
    paper_name: str


def _task(
    name: str,
    title: str,
    paper_name: str,
    group: Group,
    output: Output,
    loss: str,
    metric: str,
    description: str,
    *,
    inputs: int = 1,
    source_only: bool = False,
) -> Task:
    return Task(name, title, description, group, inputs, output, loss, metric, source_only, paper_name)


_IMAGE = Output("image", (None, None, 3), "grey levels of 255")
_PLAIN_MAP = Output("map", (None, None))
_LENGTH_MAP = Output("map", (None, None), "m")
_EMBEDDING = Output("embedding", (None, None, None))
_CLASS = Output("class", (None,), "probability")
_POSE_UNIT = "radians and m"
_MASKED_L1 = "l1 where geometry is valid"
_METRIC_LOSS = "pairwise metric loss on sampled pixels"

_ALL = (
    _task(
        "autoencoding",
        "Autoencoding",
        "autoencoder",
        "2d",
        _IMAGE,
        "l1",
        "mean_absolute_error",
        "The image itself, through a narrow bottleneck.",
    ),
    _task(
        "denoising",
        "Denoising",
        "denoise",
        "2d",
        _IMAGE,
        "l1",
        "mean_absolute_error",
        "The clean image from one with Gaussian noise.",
    ),
    _task(
        "colorization",
        "Colorization",
        "colorization",
        "2d",
        Output("map", (None, None, 2), "ab units"),
        "rebalanced cross-entropy over bins of colour",
        "ab_distance",
        "The colours of an image of which only the lightness is seen.",
        source_only=True,
    ),
    _task(
        "inpainting",
        "In-painting",
        "impainting_whole",
        "2d",
        _IMAGE,
        "l1",
        "mean_absolute_error",
        "The whole image from one whose middle is hidden.",
        source_only=True,
    ),
    _task(
        "jigsaw",
        "Jigsaw",
        "jigsaw",
        "2d",
        _CLASS,
        "cross-entropy",
        "top_1",
        "Which permutation shuffled the nine tiles of the image.",
        source_only=True,
    ),
    _task(
        "edges_2d",
        "2D edges",
        "edge2d",
        "2d",
        _PLAIN_MAP,
        "l1",
        "mean_absolute_error",
        "Strength of the texture edges of the image, without suppression of non-maxima.",
    ),
    _task(
        "keypoints_2d",
        "2D keypoints",
        "keypoint2d",
        "2d",
        _PLAIN_MAP,
        "l1",
        "mean_absolute_error",
        "How much of a keypoint of the image every pixel is.",
    ),
    _task(
        "segmentation_2d",
        "2D segmentation",
        "segment2d",
        "2d",
        _EMBEDDING,
        _METRIC_LOSS,
        "pair_accuracy",
        "Unsupervised grouping of pixels by colour and place.",
    ),
    _task(
        "depth",
        "Depth (z-buffer)",
        "rgb2depth",
        "3d",
        _LENGTH_MAP,
        _MASKED_L1 + ", of log(1 + depth)",
        "absolute_relative_error",
        "Distance of every pixel from the image plane.",
    ),
    _task(
        "distance",
        "Euclidean distance",
        "rgb2mist",
        "3d",
        _LENGTH_MAP,
        _MASKED_L1 + ", of log(1 + distance)",
        "absolute_relative_error",
        "Distance of every pixel from the camera.",
    ),
    _task(
        "normals",
        "Surface normals",
        "rgb2sfnorm",
        "3d",
        Output("map", (None, None, 3)),
        _MASKED_L1,
        "mean_angle",
        "The unit normal of every pixel in the camera frame: x right, y down, z forward.",
    ),
    _task(
        "curvature",
        "Principal curvatures",
        "curvature",
        "3d",
        Output("map", (None, None, 2), "1/m"),
        "l2 where geometry is valid",
        "mean_absolute_error",
        "The two principal curvatures of the surface.",
    ),
    _task(
        "occlusion_edges",
        "Occlusion edges",
        "edge3d",
        "3d",
        _PLAIN_MAP,
        _MASKED_L1,
        "mean_absolute_error",
        "Where depth is discontinuous: edges of the geometry, not of the texture.",
    ),
    _task(
        "keypoints_3d",
        "3D keypoints",
        "keypoint3d",
        "3d",
        _PLAIN_MAP,
        _MASKED_L1,
        "mean_absolute_error",
        "Where the surface itself, not its texture, has a keypoint.",
    ),
    _task(
        "reshading",
        "Reshading",
        "reshade",
        "3d",
        _PLAIN_MAP,
        _MASKED_L1,
        "mean_absolute_error",
        "The scene lit from the camera, without texture.",
    ),
    _task(
        "segmentation_25d",
        "2.5D segmentation",
        "segment25d",
        "3d",
        _EMBEDDING,
        _METRIC_LOSS,
        "pair_accuracy",
        "Unsupervised grouping of pixels by geometry as well as colour.",
    ),
    _task(
        "semantic_segmentation",
        "Semantic segmentation",
        "segmentsemantic_rb",
        "semantic",
        Output("classes", (None, None)),
        "rebalanced cross-entropy",
        "mean_iou",
        "The class of every pixel.",
    ),
    _task(
        "object_class",
        "Object classification",
        "class_1000",
        "semantic",
        _CLASS,
        "cross-entropy",
        "top_1",
        "What the main object of the image is.",
    ),
    _task(
        "scene_class",
        "Scene classification",
        "class_places",
        "semantic",
        _CLASS,
        "cross-entropy",
        "top_1",
        "What kind of room the image shows.",
    ),
    _task(
        "room_layout",
        "Room layout",
        "room_layout",
        "low-dim",
        Output("vector", (9,), "m and radians"),
        "l2",
        "centre_error",
        "The box of the room: centre, Euler angles and extent.",
    ),
    _task(
        "vanishing_points",
        "Vanishing points",
        "vanishing_point_well_defined",
        "low-dim",
        Output("vector", (9,)),
        "l2",
        "mean_angle",
        "The room's three axes as unit vectors of the camera frame.",
    ),
    _task(
        "fixated_pose",
        "Camera pose (fixated)",
        "fix_pose",
        "low-dim",
        Output("vector", (6,), _POSE_UNIT),
        "l2",
        "rotation_error",
        "How the second camera stands to the first, both looking at one point.",
        inputs=2,
    ),
    _task(
        "nonfixated_pose",
        "Camera pose (non-fixated)",
        "non_fixated_pose",
        "low-dim",
        Output("vector", (6,), _POSE_UNIT),
        "l2",
        "rotation_error",
        "How the second camera stands to the first, each looking where it will.",
        inputs=2,
    ),
    _task(
        "egomotion",
        "Egomotion",
        "ego_motion",
        "low-dim",
        Output("vector", (18,), _POSE_UNIT),
        "l2 with pose consistency",
        "rotation_error",
        "The camera's motion through three images.",
        inputs=3,
    ),
    _task(
        "point_matching",
        "Point matching",
        "point_match",
        "low-dim",
        _CLASS,
        "cross-entropy",
        "top_1",
        "Whether the middles of two images show the same point.",
        inputs=2,
    ),
    _task(
        "random",
        "Random projection",
        "random",
        "2d",
        Output("embedding", (None, None, None)),
        "none",
        "none",
        "What an untrained encoder makes of the image.",
        source_only=True,
    ),
)

TASKS: Mapping[str, Task] = MappingProxyType({task.name: task for task in _ALL})


def task(name: str) -> Task:
    """One task of the dictionary.

    Raises:
        UnknownTask: there is none of that name.
    """
    try:
        return TASKS[name]
    except KeyError as error:
        raise UnknownTask(name) from error
