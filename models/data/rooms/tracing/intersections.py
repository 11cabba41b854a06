"""Rays against solids in the solid's own frame: where they meet, and the surface there.

All arguments are arrays over ray-solid pairs that broadcast together; directions need not be unit vectors,
and distances are in units of the direction. A miss is inf.
"""

from dataclasses import dataclass

import numpy as np

from models.data.rooms.arrays import Array, Triple
from models.data.rooms.scene.stage import Kind

_TORUS_STEPS = 48
_NEWTON_STEPS = 4
_TORUS_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Surface:
    """Local geometry at hit points.

    Attributes:
        normal: outward unit normal, solid's frame.
        curvature: larger and smaller principal curvature, 1/m, positive where convex.
        u, v: texture coordinates along the surface, metres.
    """

    normal: Triple
    curvature: tuple[Array, Array]
    u: Array
    v: Array


def intersect(kind: Kind, origin: Triple, direction: Triple, size: Triple, start: float) -> Array:
    """Return the distance to the first surface beyond `start`, inf where there is none."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        match kind:
            case Kind.BOX:
                return _box(origin, direction, size, start)
            case Kind.ELLIPSOID:
                return _ellipsoid(origin, direction, size, start)
            case Kind.FRUSTUM:
                return _frustum(origin, direction, size, start)
            case Kind.TORUS:
                return _torus(origin, direction, size, start)
            case Kind.SHELL:
                return _shell(origin, direction, size)


def surface(kind: Kind, point: Triple, size: Triple) -> Surface:
    """Return normal, curvature and texture coordinates at points on a solid."""
    match kind:
        case Kind.BOX:
            return _box_surface(point, size)
        case Kind.ELLIPSOID:
            return _ellipsoid_surface(point, size)
        case Kind.FRUSTUM:
            return _frustum_surface(point, size)
        case Kind.TORUS:
            return _torus_surface(point, size)
        case Kind.SHELL:
            flipped = _box_surface(point, size)
            x, y, z = flipped.normal
            return Surface((-x, -y, -z), flipped.curvature, flipped.u, flipped.v)


def _slabs(origin: Triple, direction: Triple, size: Triple) -> tuple[Array, Array]:
    """Return where rays enter and leave the three slabs of a box."""
    near = far = None
    for o, d, half in zip(origin, direction, size, strict=True):
        inverse = 1.0 / d
        middle = -o * inverse
        reach = half * np.abs(inverse)
        entry, leave = middle - reach, middle + reach
        # fmax and fmin pass over the NaN of a ray that runs inside a slab's face
        near = entry if near is None else np.fmax(near, entry)
        far = leave if far is None else np.fmin(far, leave)
    if near is None or far is None:
        message = "a box has three slabs"
        raise ValueError(message)
    return near, far


def _box(origin: Triple, direction: Triple, size: Triple, start: float) -> Array:
    near, far = _slabs(origin, direction, size)
    first = np.where(near > start, near, far)
    return np.where((near <= far) & (first > start), first, np.inf)


def _shell(origin: Triple, direction: Triple, size: Triple) -> Array:
    return _slabs(origin, direction, size)[1]


def _roots(a: Array, half_b: Array, c: Array) -> tuple[Array, Array]:
    """Return the two roots of a t² + 2 half_b t + c, NaN where there are none, without cancellation."""
    root = np.sqrt(half_b * half_b - a * c)
    q = -(half_b + np.copysign(root, half_b))
    return q / a, c / q


def _ellipsoid(origin: Triple, direction: Triple, size: Triple, start: float) -> Array:
    ox, oy, oz = (o / s for o, s in zip(origin, size, strict=True))
    dx, dy, dz = (d / s for d, s in zip(direction, size, strict=True))
    a = dx * dx + dy * dy + dz * dz
    half_b = ox * dx + oy * dy + oz * dz
    c = ox * ox + oy * oy + oz * oz - 1.0
    first, second = _roots(a, half_b, c)
    return _nearest(_beyond(first, start), _beyond(second, start))


def _beyond(distance: Array, start: float) -> Array:
    """Return distances, those before the start or not a number replaced by inf."""
    return np.where(distance > start, distance, np.inf)


def _nearest(first: Array, second: Array) -> Array:
    return np.minimum(first, second)


def _frustum(origin: Triple, direction: Triple, size: Triple, start: float) -> Array:
    (ox, oy, oz), (dx, dy, dz), (lower, upper, half) = origin, direction, size
    slope = (upper - lower) / (2.0 * half)
    radius = 0.5 * (lower + upper) + slope * oz
    change = slope * dz
    a = dx * dx + dy * dy - change * change
    half_b = ox * dx + oy * dy - radius * change
    c = ox * ox + oy * oy - radius * radius
    best = np.full_like(a, np.inf)
    for distance in _roots(a, half_b, c):
        on_side = np.abs(oz + distance * dz) <= half
        best = _nearest(best, np.where(on_side, _beyond(distance, start), np.inf))
    for sign, cap in ((-1.0, lower), (1.0, upper)):
        distance = (sign * half - oz) / dz
        x, y = ox + distance * dx, oy + distance * dy
        on_cap = x * x + y * y <= cap * cap
        best = _nearest(best, np.where(on_cap, _beyond(distance, start), np.inf))
    return best


def _torus_residual(point: Triple, ring: Array) -> tuple[Array, Array]:
    """Return the distance from the ring's circle, and the distance from the axis."""
    x, y, z = point
    axis = np.sqrt(x * x + y * y)
    across = axis - ring
    return np.sqrt(across * across + z * z), axis


def _torus(origin: Triple, direction: Triple, size: Triple, start: float) -> Array:
    """March by the exact distance to the torus, then polish by Newton's method."""
    # array arguments may be broadcast; rays that miss the box around the torus are left out
    shape = np.broadcast_shapes(origin[0].shape, direction[0].shape, size[0].shape)
    origin, direction, size = (_flat(triple, shape) for triple in (origin, direction, size))
    ring, tube, _ = size
    speed = np.sqrt(sum(d * d for d in direction))
    near, far = _slabs(origin, direction, (ring + tube, ring + tube, tube))
    t = np.maximum(near, start)
    alive = np.flatnonzero((t <= far) & (far > start))
    result = np.full_like(speed, np.inf)
    if not alive.size:
        return result.reshape(shape)
    o = tuple(x[alive] for x in origin)
    d = tuple(x[alive] for x in direction)
    ring, tube, speed, t, far = ring[alive], tube[alive], speed[alive], t[alive], far[alive]
    for _ in range(_TORUS_STEPS):
        point = (o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2])
        t = t + (_torus_residual(point, ring)[0] - tube) / speed
    for _ in range(_NEWTON_STEPS):
        x, y, z = point = (o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2])
        to_circle, axis = _torus_residual(point, ring)
        outward = 1.0 - ring / axis
        slope = ((x * d[0] + y * d[1]) * outward + z * d[2]) / to_circle
        step = (to_circle - tube) / np.where(np.abs(slope) > 0.05 * speed, slope, -speed)
        t = t - step
    x, y, z = point = (o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2])
    to_circle, axis = _torus_residual(point, ring)
    tolerance = max(_TORUS_TOLERANCE, 1e3 * float(np.finfo(t.dtype).eps))
    close = np.abs(to_circle - tube) < tolerance
    # a grazing ray may be polished onto the far side, where it leaves
    entering = (x * d[0] + y * d[1]) * (1.0 - ring / axis) + z * d[2] < 0.0
    result[alive] = np.where(close & entering & (t > start) & (t <= far + 1e-3), t, np.inf)
    return result.reshape(shape)


def _flat(triple: Triple, shape: tuple[int, ...]) -> Triple:
    x, y, z = (np.broadcast_to(values, shape).ravel() for values in triple)
    return x, y, z


def _box_surface(point: Triple, size: Triple) -> Surface:
    x, y, z = point
    rx, ry, rz = (np.abs(p) - s for p, s in zip(point, size, strict=True))
    on_z = (rz >= rx) & (rz >= ry)
    on_x = (rx >= ry) & ~on_z
    on_y = ~(on_x | on_z)
    normal = (np.sign(x) * on_x, np.sign(y) * on_y, np.sign(z) * on_z)
    flat = np.zeros_like(x)
    return Surface(normal, (flat, flat), np.where(on_x, y, x), np.where(on_z, y, z))


def _ellipsoid_surface(point: Triple, size: Triple) -> Surface:
    x, y, z = point
    a2, b2, c2 = (s * s for s in size)
    gx, gy, gz = x / a2, y / b2, z / c2
    h = 1.0 / np.sqrt(gx * gx + gy * gy + gz * gz)
    product = a2 * b2 * c2
    gauss = h**4 / product
    mean = h**3 * np.maximum(a2 + b2 + c2 - x * x - y * y - z * z, 0.0) / (2.0 * product)
    spread = np.sqrt(np.maximum(mean * mean - gauss, 0.0))
    u = np.arctan2(y, x) * 0.5 * (size[0] + size[1])
    return Surface((gx * h, gy * h, gz * h), (mean + spread, mean - spread), u, z)


def _frustum_surface(point: Triple, size: Triple) -> Surface:
    x, y, z = point
    lower, upper, half = size
    slope = (upper - lower) / (2.0 * half)
    axis = np.maximum(np.sqrt(x * x + y * y), 1e-9)
    side = np.abs(axis - (0.5 * (lower + upper) + slope * z))
    on_cap = half - np.abs(z) < side
    tilt = 1.0 / np.sqrt(1.0 + slope * slope)
    radial = np.where(on_cap, 0.0, tilt / axis)
    normal = (x * radial, y * radial, np.where(on_cap, np.sign(z), -slope * tilt))
    round_about = np.arctan2(y, x) * np.maximum(lower, upper)
    u, v = np.where(on_cap, x, round_about), np.where(on_cap, y, z)
    return Surface(normal, (radial, np.zeros_like(x)), u, v)


def _torus_surface(point: Triple, size: Triple) -> Surface:
    x, y, z = point
    ring, tube, _ = size
    axis = np.sqrt(x * x + y * y)
    outward = (1.0 - ring / axis) / tube
    normal = (x * outward, y * outward, z / tube)
    around = (axis - ring) / (tube * axis)
    along = 1.0 / tube
    u = np.arctan2(y, x) * ring
    return Surface(normal, (np.maximum(along, around), np.minimum(along, around)), u, z)
