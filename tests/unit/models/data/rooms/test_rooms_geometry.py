from collections.abc import Callable

import numpy as np
import pytest

from models.data.rooms.arrays import Triple
from models.data.rooms.config import RoomsConfig
from models.data.rooms.render import render
from models.data.rooms.scene.sampling import sample_scene
from models.data.rooms.scene.stage import Kind
from models.data.rooms.tracing.camera import camera_rays, cameras
from models.data.rooms.tracing.intersections import intersect, surface
from models.data.rooms.tracing.raycast import cast, gather_solids, local_axes, local_points, surfaces

SIZE = 32
CONFIG = RoomsConfig(seed=5, size=SIZE)
SCENES = [sample_scene(CONFIG, index) for index in range(12)]
VIEWS = cameras([scene.camera for scene in SCENES])
SOLIDS = gather_solids(SCENES)
HITS = cast(SOLIDS, VIEWS, SIZE)
THERE = surfaces(SOLIDS, VIEWS, HITS)


def triple(columns: np.ndarray) -> Triple:
    return columns[..., 0], columns[..., 1], columns[..., 2]


def everywhere(values: np.ndarray | tuple[float, float, float], like: np.ndarray | int) -> Triple:
    """Three numbers, each repeated in the shape of an array, or a number of times."""
    first, second, third = (
        np.full(np.shape(like) if isinstance(like, np.ndarray) else like, v) for v in values
    )
    return first, second, third


def _ellipsoid(point: np.ndarray) -> float:
    return float(((point / np.array([0.5, 0.3, 0.7])) ** 2).sum())


def _torus(point: np.ndarray) -> float:
    return float(np.hypot(np.hypot(point[0], point[1]) - 0.6, point[2]))


def residual(kind: Kind, p: np.ndarray, size: np.ndarray) -> np.ndarray:
    """How far points are from satisfying the equation of a solid, metres or relative."""
    x, y, z = triple(p)
    axis = np.hypot(x, y)
    match kind:
        case Kind.BOX | Kind.SHELL:
            return np.abs((np.abs(p) - size).max(axis=-1))
        case Kind.ELLIPSOID:
            return np.abs(((p / size) ** 2).sum(axis=-1) - 1.0)
        case Kind.TORUS:
            return np.abs(np.hypot(axis - size[:, 0], z) - size[:, 1])
        case Kind.FRUSTUM:
            lower, upper, half = triple(size)
            side = np.abs(axis - (lower + (upper - lower) * (z + half) / (2 * half)))
            return np.minimum(side, np.abs(np.abs(z) - half))


def test_unprojected_depth_satisfies_the_equation_of_the_solid_seen() -> None:
    seen = set()
    points = np.stack(THERE.point, axis=-1)
    for kind in Kind:
        at = np.flatnonzero(SOLIDS.kind[HITS.solid] == kind)
        owner = HITS.solid[at]
        offset = points[at] - SOLIDS.centre[owner]
        local = np.einsum("nji,nj->ni", SOLIDS.rotation[owner], offset)
        if at.size:
            seen.add(kind)
            assert residual(kind, local, SOLIDS.size[owner]).max() < 1e-6, kind
    assert seen == set(Kind)


def test_culling_loses_no_surface() -> None:
    """Every solid against every pixel, without screen rectangles."""
    axes = local_axes(SOLIDS, VIEWS.rotations[SOLIDS.view])
    origins = local_points(SOLIDS, VIEWS.positions[SOLIDS.view])
    x, y = camera_rays(VIEWS.tangents, SIZE)
    best = np.full(x.shape, np.inf)
    for row, view in enumerate(SOLIDS.view):
        direction = axes[row] @ np.stack((x[view], y[view], np.ones_like(x[view])))
        origin, size = everywhere(origins[row], x[view]), everywhere(SOLIDS.size[row], x[view])
        t = intersect(Kind(SOLIDS.kind[row]), origin, triple(direction.T), size, 0.02)
        best[view] = np.minimum(best[view], t)
    np.testing.assert_allclose(HITS.depth, best.ravel(), rtol=1e-9)


def test_normals_are_unit_vectors_that_face_the_camera() -> None:
    normal = np.stack(THERE.normal, axis=-1)
    np.testing.assert_allclose(np.linalg.norm(normal, axis=-1), 1.0, atol=1e-9)
    eye = np.repeat(VIEWS.positions, SIZE * SIZE, axis=0)
    toward = ((eye - np.stack(THERE.point, axis=-1)) * normal).sum(axis=-1)
    assert toward.min() > -1e-6


def test_normals_agree_with_finite_differences_of_unprojected_depth() -> None:
    """Within one solid, where the normal hardly turns, the cross product of neighbours is the normal."""
    size = 128
    hits = cast(SOLIDS, VIEWS, size)
    views = render(RoomsConfig(seed=5, size=size), range(len(SCENES)), ["depth", "normals"])
    x, y = (r.reshape(-1, size, size) for r in hits.ray)
    depth = views["depth"].astype(float)
    points = np.stack((depth * x, depth * y, depth), axis=-1)
    across = points[:, 1:-1, 2:] - points[:, 1:-1, :-2]
    down = points[:, 2:, 1:-1] - points[:, :-2, 1:-1]
    estimate = np.cross(down, across)
    estimate /= np.linalg.norm(estimate, axis=-1, keepdims=True)
    solid, normals = hits.solid.reshape(-1, size, size), views["normals"]
    alike = np.ones(estimate.shape[:3], dtype=bool)
    for row, column in ((0, 1), (2, 1), (1, 0), (1, 2)):
        there = np.s_[:, row : row + size - 2, column : column + size - 2]
        alike &= solid[there] == solid[:, 1:-1, 1:-1]
        alike &= (normals[there] * normals[:, 1:-1, 1:-1]).sum(axis=-1) > 0.97
    cosine = (estimate * normals[:, 1:-1, 1:-1]).sum(axis=-1)
    curved = (SOLIDS.kind > Kind.BOX)[solid[:, 1:-1, 1:-1]]
    assert alike.mean() > 0.8
    assert cosine[alike & ~curved].min() > 0.999
    assert (alike & curved).sum() > 1000
    assert np.percentile(cosine[alike & curved], 1) > 0.98


def on_surface(kind: Kind, size: tuple[float, float, float], count: int = 64) -> np.ndarray:
    """Points of a solid, by shooting rays at it from outside."""
    generator = np.random.default_rng(1)
    start = generator.standard_normal((4000, 3))
    start *= 3.0 / np.linalg.norm(start, axis=1, keepdims=True)
    aim = generator.uniform(-0.5, 0.5, (4000, 3))
    sizes = everywhere(size, 4000)
    t = intersect(kind, triple(start), triple(aim - start), sizes, 0.0)
    hit = np.flatnonzero(np.isfinite(t))[:count]
    assert hit.size == count
    return start[hit] + t[hit, None] * (aim - start)[hit]


@pytest.mark.parametrize(
    ("kind", "size", "implicit"),
    [(Kind.ELLIPSOID, (0.5, 0.3, 0.7), _ellipsoid), (Kind.TORUS, (0.6, 0.2, 0.0), _torus)],
)
def test_curvature_agrees_with_the_shape_operator_of_the_implicit_surface(
    kind: Kind, size: tuple[float, float, float], implicit: Callable[[np.ndarray], float]
) -> None:
    points = on_surface(kind, size)
    here = surface(kind, triple(points), everywhere(size, len(points)))
    step = 1e-3
    for i, point in enumerate(points):
        basis = np.eye(3) * step
        gradient = np.array([(implicit(point + e) - implicit(point - e)) / (2 * step) for e in basis])
        hessian = np.array(
            [
                [
                    (
                        implicit(point + a + b)
                        - implicit(point + a - b)
                        - implicit(point - a + b)
                        + implicit(point - a - b)
                    )
                    / (4 * step**2)
                    for b in basis
                ]
                for a in basis
            ]
        )
        normal = gradient / np.linalg.norm(gradient)
        np.testing.assert_allclose([n[i] for n in here.normal], normal, atol=1e-4)
        tangent = np.eye(3) - np.outer(normal, normal)
        operator = tangent @ hessian @ tangent / np.linalg.norm(gradient)
        # the operator has the normal as an eigenvector of value 0, besides the two principal curvatures
        expected = sorted(np.linalg.eigvalsh(operator), key=abs)[1:]
        np.testing.assert_allclose(sorted(c[i] for c in here.curvature), sorted(expected), atol=2e-3)


def test_spheres_and_cylinders_have_the_curvature_of_their_radius() -> None:
    ball = surface(
        Kind.ELLIPSOID, triple(on_surface(Kind.ELLIPSOID, (0.4, 0.4, 0.4))), everywhere((0.4, 0.4, 0.4), 64)
    )
    np.testing.assert_allclose(np.stack(ball.curvature), 1 / 0.4, rtol=1e-6)
    size = everywhere((0.4, 0.4, 0.5), 64)
    points = on_surface(Kind.FRUSTUM, (0.4, 0.4, 0.5))
    tube = surface(Kind.FRUSTUM, triple(points), size)
    side = np.abs(points[:, 2]) < 0.5 - 1e-9
    np.testing.assert_allclose(tube.curvature[0][side], 1 / 0.4, rtol=1e-6)
    assert not tube.curvature[0][~side].any()
    assert not tube.curvature[1].any()


def test_a_cone_bends_by_meusniers_theorem() -> None:
    size = (0.6, 0.2, 0.5)
    points = on_surface(Kind.FRUSTUM, size)
    cone = surface(Kind.FRUSTUM, triple(points), everywhere(size, 64))
    side = np.abs(points[:, 2]) < 0.5 - 1e-9
    cosine = np.cos(np.arctan(0.4))
    np.testing.assert_allclose(cone.curvature[0][side], (cosine / np.hypot(points[:, 0], points[:, 1]))[side])


def test_torus_is_met_first_where_dense_sampling_meets_it() -> None:
    generator = np.random.default_rng(2)
    start = generator.uniform(-1, 1, (300, 3)) + np.array([0.0, 0.0, 2.0])
    aim = generator.uniform(-0.8, 0.8, (300, 3)) * np.array([1.0, 1.0, 0.2])
    along = np.linspace(0.0, 1.3, 20001)
    sizes = everywhere((0.5, 0.15, 0.0), 300)
    t = intersect(Kind.TORUS, triple(start), triple(aim - start), sizes, 0.0)
    points = start[:, None] + along[:, None] * (aim - start)[:, None]
    inside = np.hypot(np.hypot(points[..., 0], points[..., 1]) - 0.5, points[..., 2]) < 0.15
    met = inside.any(axis=1)
    first = along[inside.argmax(axis=1)]
    assert met.sum() > 50
    np.testing.assert_allclose(t[met], first[met], atol=1e-3)
    assert np.isinf(t[~met]).mean() > 0.97
