"""Small folders in the layout of Taskonomy and Omnidata: plain patterns, or rendered rooms."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.data.rooms import labels_3d
from models.data.rooms.config import RoomsConfig
from models.data.rooms.labels import SCENE_CLASSES
from models.data.rooms.multiview import multi_view
from models.data.rooms.render import _of_pixels
from models.data.rooms.scene.sampling import sample_scene
from models.data.rooms.tracing.camera import Cameras, euler_sxyz

FLIP = np.diag((1.0, -1.0, -1.0))
TOKENS = {"segment_semantic": "segmentsemantic", "points": "point_info"}  # as Omnidata names them


def folder_of(root: Path, building: str, domain: str, arrangement: str) -> Path:
    if arrangement == "building":
        return root / building / domain
    return root / ("point_info" if domain == "points" else domain) / "taskonomy" / building


def file_of(
    root: Path, building: str, point: int, view: int, domain: str, arrangement: str = "building"
) -> Path:
    token = TOKENS.get(domain, domain) if arrangement == "domain" else domain
    token = "fixatedpose" if token == "points" else token
    suffix = {"points": "json", "class_object": "npy", "class_scene": "npy"}.get(domain, "png")
    name = f"point_{point}_view_{view}_domain_{token}.{suffix}"
    return folder_of(root, building, domain, arrangement) / name


def write_view(
    root: Path, building: str, point: int, view: int, files: Mapping[str, Any], arrangement: str = "building"
) -> None:
    """Write the files of a view: arrays as PNG, soft labels as npy, a dictionary as JSON."""
    for domain, content in files.items():
        path = file_of(root, building, point, view, domain, arrangement)
        path.parent.mkdir(parents=True, exist_ok=True)
        if domain == "points":
            path.write_text(json.dumps(content))
        elif path.suffix == ".npy":
            np.save(path, content)
        else:
            Image.fromarray(content).save(path)


def patterns(number: int, side: int = 32) -> dict[str, Any]:
    """One view with every domain, its values told by its number."""
    rng = np.random.default_rng(number)
    half = np.zeros((side, side), dtype=np.uint16)
    half[side // 2 :] = 1
    return {
        "rgb": rng.integers(0, 256, (side, side, 3)).astype(np.uint8),
        "depth_zbuffer": (512 * (1 + half) + number).astype(np.uint16),
        "depth_euclidean": (1024 * (1 + half)).astype(np.uint16),
        "normal": np.where(half[..., None], (127, 0, 127), (127, 127, 0)).astype(np.uint8),
        "principal_curvature": np.full((side, side, 3), (127 + 38, 127, 0), dtype=np.uint8),
        "reshading": np.full((side, side), 51, dtype=np.uint8),
        "edge_occlusion": np.full((side, side), 205, dtype=np.uint16),
        "edge_texture": np.full((side, side), 2621, dtype=np.uint16),
        "keypoints2d": np.full((side, side), 164, dtype=np.uint16),
        "keypoints3d": np.full((side, side), 16384, dtype=np.uint16),
        "segment_semantic": (half * 4).astype(np.uint8),
        "segment_unsup2d": (half * 300).astype(np.uint16),
        "segment_unsup25d": np.where(half[..., None], (1, 2, 3), (1, 2, 4)).astype(np.uint8),
        "class_object": np.full(10, 0.1, dtype=np.float32),
        "class_scene": np.arange(4, dtype=np.float32),
    }


def pattern_folder(
    root: Path,
    *,
    buildings: int = 6,
    points: int = 4,
    arrangement: str = "building",
    only: Collection[str] | None = None,
    **changed: Any,
) -> Path:
    """A folder of such views, two per point, each with its camera.

    `only` names the domains there are, `changed` replaces some of all views, with None leaves them out.
    """
    number = 0
    for building in range(buildings):
        for point in range(points):
            for view in range(2):
                files = patterns(number) | changed
                files = {
                    domain: content
                    for domain, content in files.items()
                    if content is not None and (only is None or domain in only)
                }
                files["points"] = camera(number)
                write_view(root, f"house {building}", point, view, files, arrangement)
                number += 1
    return root


def camera(number: int) -> dict[str, Any]:
    return {
        "camera_location": [number, 2 * number, 1.5],
        "camera_rotation_final": [1.3, 0.0, 0.1 * number],
        "nonfixated_points_in_view": [0, 1, 2, 3],
        "vanishing_points_gaussian_sphere": {"x": [1, 0, 0], "y": [0, 0, -1], "z": [0, 1, 0]},
        "bounding_box_ranges": {"x": [0, 2], "y": [0, 4], "z": [0, 3]},
    }


def split_csv(root: Path, parts: Mapping[str, str], ending: str = "\r", name: str = "tiny") -> Path:
    """A split file as released."""
    folder = root / "splits_taskonomy"
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        ",".join([building, *("1" if part == split else "0" for split in ("train", "val", "test"))])
        for building, part in parts.items()
    ]
    path = folder / f"train_val_test_{name}.csv"
    path.write_bytes(ending.join(["id,train,val,test", *rows, ""]).encode())
    return path


ROOM_LABELS = (
    "rgb",
    "valid",
    "depth",
    "distance",
    "normals",
    "curvature",
    "reshading",
    "occlusion_edges",
    "edges_2d",
    "keypoints_2d",
    "keypoints_3d",
    "semantic_segmentation",
    "segmentation_2d",
    "segmentation_25d",
    "object_class",
)


def rooms_folder(
    root: Path, config: RoomsConfig, *, rooms: int, buildings: int, arrangement: str = "building"
) -> dict[tuple[str, int, int], dict[str, NDArray[Any]]]:
    """Rendered rooms in the layout: a point with three views in each, and a point beside it with one.

    Returns:
        The labels that were written, by building, point and view, with `poses` (18,) for the first views of points
        with three and `aside` (6,) towards the fourth.
    """
    indices = list(range(rooms))
    scenes = [sample_scene(config, index) for index in indices]
    fixated = multi_view("egomotion", config, indices, scenes)
    aside = multi_view("nonfixated_pose", config, indices, scenes)
    written: dict[tuple[str, int, int], dict[str, NDArray[Any]]] = {}
    for number, cameras in enumerate((*fixated.cameras, aside.cameras[1])):
        labels = _of_pixels(config.size, scenes, cameras, frozenset(ROOM_LABELS))
        labels["scene_class"] = labels_3d.scene_class(scenes)
        labels["vanishing_points"] = labels_3d.vanishing_points(cameras)
        labels["room_layout"] = labels_3d.room_layout(scenes, cameras)
        for index, scene in enumerate(scenes):
            building = f"house {index % buildings}"
            point, view = (index, number) if number < 3 else (1000 + index, 0)
            own = {name: values[index] for name, values in labels.items()}
            extent = (scene.room.width, scene.room.depth, scene.room.height)
            files = _files(own) | {"points": _point_info(cameras, index, extent, [1000 + index])}
            write_view(root, building, point, view, files, arrangement)
            if number == 0:
                own |= {"poses": fixated.label[index], "aside": aside.label[index]}
            written[building, point, view] = own
    return written


def _files(own: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    def lengths(values: NDArray[Any]) -> NDArray[np.uint16]:
        return np.where(own["valid"], np.round(values * 512), 65535).astype(np.uint16)

    def shade(name: str, full: float) -> NDArray[np.uint16]:
        return np.round(own[name] * full * 65535).astype(np.uint16)

    curvature = np.clip(np.round(own["curvature"] * 127 * 0.03), -127, 128) + 127
    return {
        "rgb": own["rgb"],
        "depth_zbuffer": lengths(own["depth"]),
        "depth_euclidean": lengths(own["distance"]),
        "normal": (np.round(own["normals"] * 127) + 127).astype(np.uint8),
        "principal_curvature": np.dstack((curvature, np.zeros_like(curvature[..., :1]))).astype(np.uint8),
        "reshading": np.round(own["reshading"] * 255).astype(np.uint8),
        "edge_occlusion": shade("occlusion_edges", 0.00625),
        "edge_texture": shade("edges_2d", 0.08),
        "keypoints2d": shade("keypoints_2d", 0.005),
        "keypoints3d": shade("keypoints_3d", 1.0),
        "segment_semantic": (own["semantic_segmentation"] % 17 + 1).astype(np.uint8),
        "segment_unsup2d": own["segmentation_2d"].astype(np.uint16),
        "segment_unsup25d": own["segmentation_25d"].astype(np.uint16),
        "class_object": own["object_class"] / max(own["object_class"].sum(), 1e-9),
        "class_scene": np.eye(len(SCENE_CLASSES), dtype=np.float32)[own["scene_class"]],
    }


def _point_info(
    cameras: Cameras, index: int, extent: tuple[float, float, float], visible: list[int]
) -> dict[str, Any]:
    rotation = cameras.rotations[index] @ FLIP
    width, depth, height = extent
    return {
        "camera_location": cameras.positions[index].tolist(),
        "camera_rotation_final": euler_sxyz(rotation).tolist(),
        "nonfixated_points_in_view": visible,
        # As released: which horizontal axis is called x, and its sign, differ from those of the camera.
        "vanishing_points_gaussian_sphere": {
            "x": (-rotation[1]).tolist(),
            "y": rotation[0].tolist(),
            "z": rotation[2].tolist(),
        },
        "bounding_box_ranges": {"x": [0, depth], "y": [0, width], "z": [0, height]},
    }
