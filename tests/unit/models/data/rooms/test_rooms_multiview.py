import numpy as np
import pytest

from models.data.rooms.config import RoomsConfig
from models.data.rooms.multiview import multi_view, photographs
from models.data.rooms.render import render
from models.data.rooms.scene.sampling import sample_scene
from models.data.rooms.tracing.camera import Cameras, euler_sxyz
from models.data.rooms.tracing.raycast import cast, gather_solids

CONFIG = RoomsConfig(seed=2, size=32)
INDICES = list(range(24))
SCENES = [sample_scene(CONFIG, index) for index in INDICES]
SOLIDS = gather_solids(SCENES)


def matrix(angles: np.ndarray) -> np.ndarray:
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles).T, np.sin(angles).T
    return np.array(
        [
            [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
            [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
            [-sy, cy * sx, cy * cx],
        ]
    )


def points(views: Cameras, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Points in the camera frame (N, P, 3) and depth maps (N, size, size)."""
    hits = cast(SOLIDS, views, size)
    x, y = hits.ray
    flat = np.stack((x * hits.depth, y * hits.depth, hits.depth), axis=-1)
    return flat.reshape(len(SCENES), -1, 3), hits.depth.reshape(-1, size, size)


def test_euler_angles_rebuild_their_rotation() -> None:
    generator = np.random.default_rng(0)
    angles = generator.uniform(-1.2, 1.2, (50, 3))
    rebuilt = np.stack([matrix(a) for a in angles])
    np.testing.assert_allclose(euler_sxyz(rebuilt), angles, atol=1e-12)


@pytest.mark.parametrize("name", ["fixated_pose", "nonfixated_pose"])
def test_relative_pose_takes_one_depth_map_onto_the_other(name: str) -> None:
    """Points of view 1, moved by the label, are never before the surfaces that view 2 sees, mostly on them."""
    size = 64
    tuples = multi_view(name, CONFIG, INDICES, SCENES)
    first, _ = points(tuples.cameras[0], size)
    _, second = points(tuples.cameras[1], size)
    on_surface = total = 0
    for view, pose in enumerate(tuples.label.astype(float)):
        moved = first[view] @ matrix(pose[:3]).T + pose[3:]
        ahead = moved[:, 2] > 0.1
        image = moved[ahead, :2] / moved[ahead, 2:] / tuples.cameras[1].tangents[view]
        pixel = np.floor((image + 1.0) * size / 2).astype(int)
        inside = ((pixel >= 0) & (pixel < size)).all(axis=1)
        seen = second[view][pixel[inside, 1], pixel[inside, 0]]
        depth = moved[ahead, 2][inside]
        on_surface += (np.abs(depth - seen) < 0.03 * seen).sum()
        total += inside.sum()
    assert total > 20_000
    assert on_surface / total > 0.6


@pytest.mark.parametrize(("name", "views"), [("fixated_pose", 2), ("egomotion", 3)])
def test_fixated_views_centre_on_one_point(name: str, views: int) -> None:
    tuples = multi_view(name, CONFIG, INDICES, SCENES)
    centres = [
        batch.positions + cast(SOLIDS, batch, 1).depth[:, None] * batch.rotations[:, :, 2]
        for batch in tuples.cameras
    ]
    assert len(centres) == views
    for centre in centres[1:]:
        np.testing.assert_allclose(centre, centres[0], atol=2e-3)


def test_nonfixated_views_centre_on_different_points() -> None:
    pair = multi_view("nonfixated_pose", CONFIG, INDICES, SCENES).cameras
    centres = [b.positions + cast(SOLIDS, b, 1).depth[:, None] * b.rotations[:, :, 2] for b in pair]
    assert np.linalg.norm(centres[0] - centres[1], axis=1).min() > 0.02


def test_egomotion_poses_compose() -> None:
    label = multi_view("egomotion", CONFIG, INDICES, SCENES).label.astype(float)
    for one_two, two_three, one_three in label.reshape(-1, 3, 6):
        turn = matrix(two_three[:3])
        np.testing.assert_allclose(turn @ matrix(one_two[:3]), matrix(one_three[:3]), atol=1e-5)
        np.testing.assert_allclose(turn @ one_two[3:] + two_three[3:], one_three[3:], atol=1e-4)


def test_cameras_move_between_views() -> None:
    for name in ("fixated_pose", "nonfixated_pose"):
        label = render(CONFIG, range(100), [name])[name]
        assert np.linalg.norm(label[:, 3:], axis=1).min() > 0.05
        assert np.abs(label[:, :3]).mean() > 0.05


def test_point_matches_are_what_the_geometry_says_and_balanced() -> None:
    indices = range(200)
    match = render(CONFIG, indices, ["point_matching"])["point_matching"]
    assert 0.35 < match.mean() < 0.65
    tuples = multi_view("point_matching", CONFIG, INDICES, SCENES)
    centres = [b.positions + cast(SOLIDS, b, 1).depth[:, None] * b.rotations[:, :, 2] for b in tuples.cameras]
    gap = np.linalg.norm(centres[0] - centres[1], axis=1)
    assert np.array_equal(tuples.label == 1, gap < 0.02)
    assert gap[tuples.label == 0].min() > 0.1
    assert np.array_equal(tuples.label, match[:24])


def test_first_image_of_a_fixated_pair_is_the_view_itself() -> None:
    tuples = multi_view("fixated_pose", CONFIG, INDICES, SCENES)
    images = photographs(SCENES, tuples, CONFIG.size)
    assert np.array_equal(images[:, 0], render(CONFIG, INDICES, ["rgb"])["rgb"])
