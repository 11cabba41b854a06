"""Labels as pictures that a person can read."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageDraw

from models.data.rooms.arrays import Array, Floats, Images
from models.data.rooms.labels import LABELS, OBJECT_CLASSES, SCENE_CLASSES, SEMANTIC_CLASSES

_GOLDEN = 0.61803398875


def _hues(count: int) -> Floats:
    """Return (count, 3) well-parted colours, 0 to 255."""
    hue = (np.arange(count) * _GOLDEN) % 1.0 * 6.0
    value = 255.0 * (1.0 - 0.35 * (np.arange(count) % 3) / 2.0)
    channels = [np.clip(np.abs((hue + shift) % 6.0 - 3.0) - 1.0, 0.0, 1.0) for shift in (0.0, 4.0, 2.0)]
    return (0.2 + 0.8 * np.stack(channels, axis=-1)) * value[:, None]


_CLASS_COLOURS = _hues(max(len(SEMANTIC_CLASSES), 64)).astype(np.uint8)
# blue over green and yellow to red
_RAMP = np.array([(48, 18, 59), (40, 120, 220), (60, 200, 130), (240, 210, 60), (200, 40, 20)], dtype=float)


def _ramp(values: Array) -> Images:
    """Return colours of values from 0 to 1."""
    place = np.clip(values, 0.0, 1.0) * (len(_RAMP) - 1)
    low = np.minimum(place.astype(int), len(_RAMP) - 2)
    part = (place - low)[..., None]
    return (_RAMP[low] * (1 - part) + _RAMP[low + 1] * part).astype(np.uint8)


def _metres(values: Array) -> Images:
    return _ramp(values / 6.0)


def _unit(values: Array) -> Images:
    return np.repeat((np.clip(values, 0.0, 1.0) * 255.0).astype(np.uint8)[..., None], 3, axis=-1)


def _normals(values: Array) -> Images:
    towards = np.array([1.0, -1.0, -1.0])  # right to red, up to green, towards the camera to blue
    return np.rint(127.5 + 127.5 * towards * values).astype(np.uint8)


def _curvature(values: Array) -> Images:
    bent = 127.5 + 127.5 * np.tanh(values / 8.0)
    return np.concatenate((bent, np.full_like(bent[..., :1], 127.5)), axis=-1).astype(np.uint8)


def _ids(values: Array) -> Images:
    return _CLASS_COLOURS[values.astype(np.int64) % len(_CLASS_COLOURS)]


def _image(values: Array) -> Images:
    return values


def _mask(values: Array) -> Images:
    return _unit(values.astype(np.float64))


_MAPS: Mapping[str, Callable[[Array], Images]] = MappingProxyType(
    {
        "rgb": _image,
        "valid": _mask,
        "depth": _metres,
        "distance": _metres,
        "normals": _normals,
        "curvature": _curvature,
        "semantic_segmentation": _ids,
        "instances": _ids,
        "segmentation_2d": _ids,
        "segmentation_25d": _ids,
    }
)


def picture(name: str, value: Array, rgb: Images, tangent: float) -> Images:
    """Return a (H, W, 3) picture of one view's label.

    Args:
        name: in LABELS.
        value: the label of one view.
        rgb: (H, W, 3) the view, under what is drawn over it.
        tangent: of half the view's field of view.
    """
    spec = LABELS[name]
    if name in _MAPS:
        return _MAPS[name](value)
    if spec.shape == (None, None):
        return _unit(value)
    if name.endswith("_images"):
        return np.concatenate(list(value), axis=1)
    if name == "vanishing_points":
        return _axes(value, rgb, tangent)
    if name == "room_layout":
        return _box(value, rgb, tangent)
    return _text(_words(name, value), rgb.shape[0])


def _words(name: str, value: Array) -> list[str]:
    if name == "scene_class":
        return [SCENE_CLASSES[int(value)]]
    if name == "object_class":
        return [f"{OBJECT_CLASSES[i]} {value[i]:.2f}" for i in np.argsort(-value)[:8] if value[i] > 0.005]
    if name == "point_matching":
        return ["same point" if int(value) else "other point"]
    lines = []
    for pose in value.reshape(-1, 6):
        turn, move = np.degrees(pose[:3]), pose[3:]
        lines += ["turn " + " ".join(f"{a:.0f}" for a in turn), "move " + " ".join(f"{m:.2f}" for m in move)]
    return lines


def _text(lines: list[str], size: int) -> Images:
    image = Image.new("RGB", (size, size), (20, 20, 28))
    draw = ImageDraw.Draw(image)
    for i, line in enumerate(lines):
        draw.text((4, 3 + 12 * i), line, fill=(235, 235, 235))
    return np.asarray(image)


def _axes(value: Array, rgb: Images, tangent: float) -> Images:
    """Draw the room's axes as a tripod two metres ahead: up blue, ahead green, aside red."""
    start = np.array((0.0, 0.3, 2.0))
    lines = []
    for axis, colour in zip(value.reshape(3, 3), ((70, 120, 255), (70, 230, 90), (255, 80, 70)), strict=True):
        lines.append((start, start + 0.6 * axis, colour))
    return _draw_lines(lines, rgb, tangent)


def _box(value: Array, rgb: Images, tangent: float) -> Images:
    """Draw the twelve edges of the room's box."""
    centre, (ax, ay, az), extent = value[:3], value[3:6], value[6:]
    cx, sx, cy, sy, cz, sz = (f(a) for a in (ax, ay, az) for f in (np.cos, np.sin))
    turn_x = np.array(((1, 0, 0), (0, cx, -sx), (0, sx, cx)))
    turn_y = np.array(((cy, 0, sy), (0, 1, 0), (-sy, 0, cy)))
    turn_z = np.array(((cz, -sz, 0), (sz, cz, 0), (0, 0, 1)))
    signs = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    corners = centre + (signs * extent / 2) @ (turn_z @ turn_y @ turn_x).T
    lines = [
        (corners[a], corners[b], (255, 220, 60))
        for a in range(8)
        for b in range(a + 1, 8)
        if np.abs(signs[a] - signs[b]).sum() == 2
    ]
    return _draw_lines(lines, rgb, tangent)


def _draw_lines(
    lines: list[tuple[Array, Array, tuple[int, int, int]]], rgb: Images, tangent: float
) -> Images:
    """Draw segments of the camera frame (metres) over the image, cut at the image plane."""
    size = rgb.shape[0]
    image = Image.fromarray((rgb * 0.6).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    near = 0.05
    for first, second, colour in lines:
        ends = [first, second]
        if first[2] < near and second[2] < near:
            continue
        for i, (here, there) in enumerate(((first, second), (second, first))):
            if here[2] < near:
                ends[i] = here + (there - here) * (near - here[2]) / (there[2] - here[2])
        pixels = [tuple((end[:2] / (end[2] * tangent) + 1.0) * size / 2) for end in ends]
        draw.line(pixels, fill=colour, width=max(1, size // 64))
    return np.asarray(image)
