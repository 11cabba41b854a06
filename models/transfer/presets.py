"""The sizes that an atlas is built in, from a smoke test to the paper's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from models.data.splits import SplitSizes
from models.networks.config import NetworkConfig
from models.taxonomy.own import OwnTask
from models.training.schedule import Optimisation
from models.transfer.config import ALL_TASKS, AtlasConfig, ConfigError, changed

TINY_TASKS = ("autoencoding", "depth", "normals", "scene_class")
QUICK_TASKS = (
    "autoencoding",
    "denoising",
    "colorization",
    "edges_2d",
    "keypoints_2d",
    "depth",
    "normals",
    "occlusion_edges",
    "semantic_segmentation",
    "scene_class",
    "vanishing_points",
)

_QUICK_NETWORK = NetworkConfig(
    image_size=64,
    encoder_widths=(16, 32, 64),
    encoder_blocks=(0, 0, 1),
    bottleneck_channels=8,
    decoder_widths=(32, 24),
    head_width=64,
)

_QUICK = AtlasConfig(
    preset="quick",
    tasks=QUICK_TASKS,
    orders=(1, 2),
    per_target=5,
    seed=0,
    stack=8,  # measured: larger stacks leave the processor's caches (bench/stacked_training.py)
    splits=SplitSizes(train=4096, transfer=1024, validation=256, test=1024),
    network=_QUICK_NETWORK,
    task_training=Optimisation(steps=320, batch_size=32, learning_rate=3e-3, weight_decay=1e-4, warmup=0.05),
    # transfers and scratch baselines pass over the same images equally often: the gain compares nothing else
    transfer_training=Optimisation(
        steps=150, batch_size=16, learning_rate=2e-3, weight_decay=1e-4, warmup=0.05
    ),
    scratch_training=Optimisation(
        steps=75, batch_size=32, learning_rate=3e-3, weight_decay=1e-4, warmup=0.05
    ),
)

_TINY = AtlasConfig(
    preset="tiny",
    tasks=TINY_TASKS,
    orders=(1, 2),
    per_target=2,
    seed=0,
    stack=8,
    splits=SplitSizes(train=512, transfer=128, validation=64, test=128),
    network=NetworkConfig(
        image_size=32,
        encoder_widths=(12, 24),
        encoder_blocks=(0, 0),
        bottleneck_channels=8,
        decoder_widths=(16,),
        head_width=32,
    ),
    task_training=Optimisation(steps=80, batch_size=16, learning_rate=4e-3, warmup=0.05),
    transfer_training=Optimisation(steps=40, batch_size=16, learning_rate=3e-3, warmup=0.05),
    scratch_training=Optimisation(steps=40, batch_size=16, learning_rate=4e-3, warmup=0.05),
)

_DEMO = replace(
    _QUICK,
    preset="demo",
    tasks=ALL_TASKS,
    orders=(1, 2, 3, 4, 5),
    splits=SplitSizes(train=8192, transfer=1024, validation=256, test=1024),
    task_training=replace(_QUICK.task_training, steps=1000),
    transfer_training=replace(_QUICK.transfer_training, steps=200),
    scratch_training=replace(_QUICK.scratch_training, steps=100),
)

_FULL = AtlasConfig(
    preset="full",
    tasks=ALL_TASKS,
    orders=(1, 2, 3, 4, 5),
    per_target=10,
    seed=0,
    stack=4,
    splits=SplitSizes(train=120_000, transfer=16_000, validation=4_000, test=17_000),
    network=NetworkConfig.full(),
    # 30 epochs in batches of 32; the rate falls to a tenth at step 80,000, for transfers at step 5,000
    task_training=Optimisation(
        steps=112_500,
        batch_size=32,
        learning_rate=1e-4,
        weight_decay=2e-6,
        decay="step",
        drop=80_000 / 112_500,
    ),
    transfer_training=Optimisation(
        steps=15_000, batch_size=32, learning_rate=1e-4, weight_decay=1e-6, decay="step", drop=1 / 3
    ),
    scratch_training=Optimisation(
        steps=15_000,
        batch_size=32,
        learning_rate=1e-4,
        weight_decay=2e-6,
        decay="step",
        drop=80_000 / 112_500,
    ),
)

PRESETS: Mapping[str, AtlasConfig] = MappingProxyType(
    {config.preset: config for config in (_TINY, _QUICK, _DEMO, _FULL)}
)


def atlas_config(
    preset: str,
    *,
    tasks: Sequence[str] | None = None,
    orders: Sequence[int] | None = None,
    per_target: int | None = None,
    seed: int = 0,
    overrides: Mapping[str, Any] | None = None,
    own: Sequence[OwnTask] = (),
) -> AtlasConfig:
    """The configuration of an atlas from a preset and what a user changed of it.

    Args:
        preset: a key of `PRESETS`.
        tasks: the preset's by default; this and the others as `changed` takes them.
        orders: likewise.
        per_target: likewise.
        seed: likewise.
        overrides: likewise.
        own: likewise.

    Raises:
        ConfigError: with a pointer to the field at fault.
    """
    if preset not in PRESETS:
        raise ConfigError("/preset", f"unknown preset {preset!r}; there are {', '.join(PRESETS)}")
    return changed(
        PRESETS[preset],
        tasks=tasks,
        orders=orders,
        per_target=per_target,
        seed=seed,
        overrides=overrides,
        own=own,
    )
