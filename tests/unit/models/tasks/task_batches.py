"""Small made-up batches with every label, in the shapes and dtypes that data sets give."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from models.networks.config import NetworkConfig
from models.tasks.definition import TaskDefinition
from models.tasks.labels import LabelInfo
from models.tasks.registry import definition

SIZE = 32
CONFIG = NetworkConfig(
    image_size=SIZE,
    encoder_widths=(8, 8),
    encoder_blocks=(0, 0),
    bottleneck_channels=4,
    decoder_widths=(8, 8),
    head_width=8,
    embedding_channels=4,
)
INFO = LabelInfo(
    scene_classes=("kitchen", "office", "hall"),
    object_classes=("none", "chair", "table", "bed"),
    semantic_classes=("unknown", "wall", "floor", "thing", "never"),
    semantic_ignored=(0,),
)


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def batch(count: int, seed: int = 0) -> dict[str, Tensor]:
    """A batch of `count` images; about a fifth of their pixels are invalid."""
    rng = np.random.default_rng(seed)
    maps = (count, SIZE, SIZE)

    def images(*shape: int) -> np.ndarray:
        return rng.integers(0, 256, (count, *shape, SIZE, SIZE, 3), dtype=np.uint8)

    arrays = {
        "rgb": images(),
        "valid": rng.random(maps) > 0.2,
        "depth": rng.uniform(0.5, 8, maps),
        "distance": rng.uniform(0.5, 9, maps),
        "normals": unit(rng.normal(size=(*maps, 3))),
        "curvature": rng.normal(size=(*maps, 2)) * 4,
        "semantic_segmentation": rng.integers(0, 4, maps).astype(np.uint8),
        "segmentation_2d": rng.integers(0, 5, maps).astype(np.int32),
        "segmentation_25d": np.arange(SIZE * SIZE).reshape(1, SIZE, SIZE).repeat(count, 0).astype(np.int32)
        // 200,
        "object_class": rng.dirichlet(np.ones(4), count),
        "scene_class": rng.integers(0, 3, count),
        "room_layout": rng.normal(size=(count, 9)) * 0.4 + 1,
        "vanishing_points": unit(rng.normal(size=(count, 3, 3))).reshape(count, 9),
        "point_matching": rng.integers(0, 2, count),
        "point_matching_images": images(2),
        "egomotion": rng.normal(size=(count, 18)) * 0.3,
        "egomotion_images": images(3),
        "index": np.arange(count) + 100 * seed,
    }
    for name in ("occlusion_edges", "keypoints_3d", "reshading", "edges_2d", "keypoints_2d"):
        arrays[name] = rng.random(maps)
    for name in ("fixated_pose", "nonfixated_pose"):
        arrays[name] = rng.normal(size=(count, 6)) * 0.3
        arrays[f"{name}_images"] = images(2)
    return {
        name: torch.from_numpy(array.astype(np.float32) if array.dtype == np.float64 else array)
        for name, array in arrays.items()
    }


def fitted(name: str) -> TaskDefinition:
    """A definition with statistics of a made-up train split."""
    return definition(name, image_size=SIZE, label_info=INFO).fitted(batch(24, seed=7))


def some(arrays: dict[str, Tensor], indices: Tensor | slice) -> dict[str, Tensor]:
    return {name: array[indices] for name, array in arrays.items()}


def network_prediction(task: TaskDefinition, arrays: dict[str, Tensor], seed: int = 0) -> Tensor:
    """A random prediction of the right shape: that of an untrained network, with noise on top."""
    inputs = task.inputs(arrays, task.noise(arrays, None))
    cells = -(-inputs.shape[-1] // CONFIG.stride)
    decoder = task.decoder((inputs.shape[1] * CONFIG.bottleneck_channels, cells, cells), CONFIG).eval()
    generator = torch.Generator().manual_seed(seed)
    representation = torch.randn(
        len(inputs), inputs.shape[1] * CONFIG.bottleneck_channels, cells, cells, generator=generator
    )
    with torch.no_grad():
        shape = decoder(representation).shape
    return torch.randn(shape, generator=generator)
