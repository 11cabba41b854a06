"""Pictures of single objects, cut out of rendered views."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.data.rooms import labels_3d
from models.data.rooms.arrays import Images, Integers, Maps
from models.data.rooms.config import RoomsConfig
from models.data.rooms.scene.sampling import sample_scene
from models.data.rooms.tracing.camera import cameras
from models.data.rooms.tracing.raycast import cast, gather_solids, surfaces
from models.data.rooms.tracing.shading import shade

EDGE = 64
"""Height and width of a picture, pixels."""
VIEW = 128
"""Height and width of the views that pictures are cut out of, pixels."""

_LEAST_SIDE = 20  # pixels that an object is wide or high in its view, whichever is more
_LEAST_PIXELS = 120
_MOST_HIDDEN = 0.3  # share of the outline that the frame or something nearer cuts off
_MARGIN = 0.12  # of the object's side, around it
_NEARER = 0.04  # share of the distance by which something in front is nearer
_FRAME = -1  # stands beside what the frame cuts off


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """Pictures of objects.

    Attributes:
        images: (N, EDGE, EDGE, 3) uint8 sRGB.
        classes: (N,) int64, indices into OBJECT_CLASSES.
        views: (N,) int64, the index of the view that each was seen in.
    """

    images: Images
    classes: NDArray[np.int64]
    views: NDArray[np.int64]


def objects(config: RoomsConfig, indices: Sequence[int]) -> Objects:
    """Cut out every object that is large enough in its view and of which little is hidden.

    An object is at least 20 of the view's 128 pixels wide or high, covers at least 120 of them, and at most three
    tenths of its outline lie where the frame cuts it off or something stands in front. The picture is the square
    around it with a margin of an eighth, moved into the view where it would reach over its edge.

    Which objects those are, and what they are, does not depend on the style.

    Args:
        config: the rooms; its size is not used.
        indices: views, in any order.
    """
    config = RoomsConfig(seed=config.seed, size=VIEW, style=config.style)
    scenes = [sample_scene(config, index) for index in indices]
    views = cameras([scene.camera for scene in scenes])
    solids = gather_solids(scenes)
    hits = cast(solids, views, VIEW)
    rgb = shade(scenes, solids, views, hits, surfaces(solids, views, hits), VIEW)
    instances = labels_3d.instances(solids, hits, VIEW)
    kinds = solids.object[hits.solid].reshape(instances.shape)
    distances = labels_3d.distance(hits, VIEW)
    images, classes, seen_in = list[Images](), list[int](), list[int]()
    for place, index in enumerate(indices):
        for box, pixel in _shown(instances[place], distances[place]):
            images.append(_picture(rgb[place], box))
            classes.append(int(kinds[place].flat[pixel]))
            seen_in.append(index)
    return Objects(
        np.stack(images) if images else np.empty((0, EDGE, EDGE, 3), dtype=np.uint8),
        np.array(classes, dtype=np.int64),
        np.array(seen_in, dtype=np.int64),
    )


Box = tuple[int, int, int, int]
"""First row, first column, row after the last, column after the last."""


def _shown(instances: Integers, distance: Maps) -> Iterator[tuple[Box, int]]:
    """The objects of a view that are worth a picture: box, and the flat position of one of the object's pixels."""
    pixels = np.bincount(instances.ravel())
    # A border that belongs to no object stands for the frame.
    others = np.pad(instances, 1, constant_values=_FRAME)
    far = np.pad(distance, 1)
    for instance in (np.flatnonzero(pixels[1:] >= _LEAST_PIXELS) + 1).tolist():
        mask = instances == instance
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        box = (int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
        if max(box[2] - box[0], box[3] - box[1]) < _LEAST_SIDE:
            continue
        around = (slice(box[0], box[2] + 2), slice(box[1], box[3] + 2))
        if _hidden(instance, others[around], far[around]) <= _MOST_HIDDEN:
            yield box, int(mask.argmax())


def _hidden(instance: int, others: Integers, far: Maps) -> float:
    """Share of an object's outline behind which it goes on: at the frame, or behind another object that is nearer.

    Walls, floor and ceiling hide nothing, though the floor comes nearer below everything that stands on it.

    Args:
        instance: the object.
        others: (H, W) ids of what is seen around it, one pixel more on each side than it covers.
        far: (H, W) their distances, metres.
    """
    outline = hidden = 0
    pairs = (np.s_[1:, :], np.s_[:-1, :]), (np.s_[:, 1:], np.s_[:, :-1])
    for here, there in (*pairs, *(pair[::-1] for pair in pairs)):
        edge = (others[here] == instance) & (others[there] != instance)
        beside = others[there][edge]
        nearer = far[there][edge] < far[here][edge] * (1 - _NEARER)
        outline += len(beside)
        hidden += int(((beside == _FRAME) | ((beside > 0) & nearer)).sum())
    return hidden / outline


def _picture(view: Images, box: Box) -> Images:
    top, left, bottom, right = box
    side = min(VIEW, round(max(bottom - top, right - left) * (1 + 2 * _MARGIN)))
    row = min(max(0, (top + bottom - side) // 2), VIEW - side)
    column = min(max(0, (left + right - side) // 2), VIEW - side)
    square = Image.fromarray(view[row : row + side, column : column + side])
    return np.asarray(square.resize((EDGE, EDGE), Image.Resampling.BICUBIC))
