import numpy as np
import pytest

from models.data.rooms.config import RoomsConfig
from models.data.rooms.labels import SEMANTIC_CLASSES
from models.data.rooms.render import render
from models.data.rooms.scene.sampling import sample_scene
from models.data.rooms.tracing.camera import cameras

CONFIG = RoomsConfig(seed=9, size=32)
COUNT = 32
SCENES = [sample_scene(CONFIG, index) for index in range(COUNT)]
TANGENTS = np.array([np.tan(scene.camera.field_of_view / 2) for scene in SCENES])


@pytest.fixture(scope="module")
def views() -> dict[str, np.ndarray]:
    return render(
        CONFIG,
        range(COUNT),
        [
            *("depth", "distance", "normals", "reshading", "valid", "instances", "semantic_segmentation"),
            *("vanishing_points", "room_layout", "occlusion_edges", "segmentation_25d", "segmentation_2d"),
        ],
    )


def rays() -> tuple[np.ndarray, np.ndarray]:
    grid = TANGENTS[:, None] * (((np.arange(32) + 0.5) / 16) - 1.0)
    return (
        np.broadcast_to(grid[:, None, :], (COUNT, 32, 32)),
        np.broadcast_to(grid[:, :, None], (COUNT, 32, 32)),
    )


def euler_matrix(angles: np.ndarray) -> np.ndarray:
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles), np.sin(angles)
    x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return z @ y @ x


def test_distance_is_depth_over_the_cosine_of_the_ray(views: dict[str, np.ndarray]) -> None:
    x, y = rays()
    cosine = 1.0 / np.sqrt(x**2 + y**2 + 1.0)
    np.testing.assert_allclose(views["distance"] * cosine, views["depth"], rtol=1e-5)


def test_reshading_is_the_cosine_between_normal_and_ray(views: dict[str, np.ndarray]) -> None:
    x, y = rays()
    ray = np.stack((x, y, np.ones_like(x)), axis=-1)
    ray = ray / np.linalg.norm(ray, axis=-1, keepdims=True)
    np.testing.assert_allclose(views["reshading"], -(views["normals"] * ray).sum(axis=-1), atol=1e-5)


def test_vanishing_points_are_orthonormal_in_canonical_order_and_sign(views: dict[str, np.ndarray]) -> None:
    axes = views["vanishing_points"].reshape(-1, 3, 3).astype(float)
    np.testing.assert_allclose(
        axes @ axes.transpose(0, 2, 1), np.broadcast_to(np.eye(3), axes.shape), atol=1e-6
    )
    up, ahead, aside = axes.transpose(1, 0, 2)
    assert (up[:, 1] < -0.8).all()  # the camera's y points down
    assert (ahead[:, 2] > np.abs(aside[:, 2])).all()
    assert (aside[:, 0] > 0.7).all()


def test_normals_of_walls_floor_and_ceiling_are_the_vanishing_directions(
    views: dict[str, np.ndarray],
) -> None:
    bare = views["instances"] == 0
    for view in range(COUNT):
        axes = views["vanishing_points"][view].reshape(3, 3)
        cosines = np.abs(views["normals"][view][bare[view]] @ axes.T)
        np.testing.assert_allclose(cosines.max(axis=1), 1.0, atol=1e-5)
        floor = views["normals"][view][
            views["semantic_segmentation"][view] == SEMANTIC_CLASSES.index("floor")
        ]
        np.testing.assert_allclose(floor, np.broadcast_to(axes[0], floor.shape), atol=1e-5)


def test_room_layout_is_the_box_that_bare_surfaces_lie_on(views: dict[str, np.ndarray]) -> None:
    x, y = rays()
    depth = views["depth"].astype(float)
    points = np.stack((x * depth, y * depth, depth), axis=-1)
    for view in range(COUNT):
        layout = views["room_layout"][view].astype(float)
        local = (points[view] - layout[:3]) @ euler_matrix(layout[3:6])
        reach = np.abs(local) - layout[6:] / 2
        assert reach.max() < 1e-4
        bare = views["instances"][view] == 0
        np.testing.assert_allclose(reach.max(axis=-1)[bare], 0.0, atol=1e-4)


def test_layout_extents_are_the_room_sides_and_angles_stay_small(views: dict[str, np.ndarray]) -> None:
    for scene, layout in zip(SCENES, views["room_layout"], strict=True):
        sides = sorted((scene.room.width, scene.room.depth))
        np.testing.assert_allclose(sorted((layout[6], layout[8])), sides, rtol=1e-6)
        np.testing.assert_allclose(layout[7], scene.room.height, rtol=1e-6)
    assert np.abs(views["room_layout"][:, 3:6]).max() < np.radians(50)


def test_only_glass_is_invalid(views: dict[str, np.ndarray]) -> None:
    glass = views["semantic_segmentation"][~views["valid"]]
    assert set(glass) <= {SEMANTIC_CLASSES.index("window"), SEMANTIC_CLASSES.index("picture")}
    assert 0.9 < views["valid"].mean() < 1.0


def test_creases_of_the_bare_room_are_no_occlusion_edges(views: dict[str, np.ndarray]) -> None:
    """Far from any object only walls, floor and ceiling meet, and they hide nothing."""
    objects = views["instances"] > 0
    grown = objects.copy()
    for shift in range(-4, 5):
        for axis in (1, 2):
            grown |= np.roll(objects, shift, axis=axis)
        grown |= np.roll(np.roll(objects, shift, axis=1), shift, axis=2)
        grown |= np.roll(np.roll(objects, shift, axis=1), -shift, axis=2)
    assert (~grown).sum() > 1000
    assert views["occlusion_edges"][~grown].max() < 0.05


def test_depth_jumps_are_occlusion_edges(views: dict[str, np.ndarray]) -> None:
    depth = views["depth"]
    jump = np.abs(np.diff(depth, axis=2)) > 0.5 * np.minimum(depth[:, :, 1:], depth[:, :, :-1])
    assert jump.sum() > 200
    assert np.percentile(views["occlusion_edges"][:, :, 1:][jump], 10) > 0.4


@pytest.mark.parametrize("name", ["segmentation_2d", "segmentation_25d"])
def test_segments_are_numbered_without_gaps(name: str, views: dict[str, np.ndarray]) -> None:
    for ids in views[name]:
        assert np.array_equal(np.unique(ids), np.arange(ids.max() + 1))
        assert ids.max() > 2


def test_main_cameras_are_inside_their_rooms() -> None:
    positions = cameras([scene.camera for scene in SCENES]).positions
    for position, scene in zip(positions, SCENES, strict=True):
        assert (position > 0.1).all()
        assert (position < np.array((scene.room.width, scene.room.depth, scene.room.height)) - 0.1).all()
