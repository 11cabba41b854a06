"""The configuration of an atlas that stands on the task-specific networks of another: a second transfer data size.

The released affinities are one file per size of the transfer data, all from the same task-specific networks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from models.taxonomy.table import RANDOM
from models.training.schedule import Optimisation
from models.transfer.config import AtlasConfig, ConfigError, changed

Training = Literal["transfer_training", "scratch_training"]
TRAININGS: tuple[Training, ...] = ("transfer_training", "scratch_training")

_EXPONENT = 0.3
_SIZE = "splits.transfer"
_FREE = frozenset({"stack", _SIZE})
_KEPT = "the networks of the base are used as they are"


def scaled_steps(steps: int, images: int, of: int) -> int:
    """Optimiser steps for a smaller training set, by the released code's rule of thumb.

    It trains transfers in batches of 32 on 100, 500, 1k, 2k, 4k, 8k and 16k images for 1000, 400, 200, 100, 50, 50 and
    30 epochs (Zamir et al. 2018; taskonomy's transfer configurations). That is 3125, 6250, 6250, 6250, 6250, 12500 and
    15000 steps: about as the number of images to the power 0.3 (0.28 by least squares, 0.31 between the ends).

    Args:
        steps: that suit `of` images.
        images: of the smaller set, at least 1.
        of: of the set that `steps` were chosen for.

    Returns:
        At least 1.
    """
    return max(1, round(steps * (images / of) ** _EXPONENT))


def derived_config(
    base: AtlasConfig,
    *,
    preset: str | None = None,
    tasks: Sequence[str] | None = None,
    orders: Sequence[int] | None = None,
    per_target: int | None = None,
    seed: int | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> AtlasConfig:
    """The configuration of an atlas on a base's networks, from the base's and what a user changed of it.

    Orders, `per_target`, `stack`, `splits.transfer` and what `transfer_training` and `scratch_training` hold may
    change; with fewer images the batches are no larger than the split, and the steps are `scaled_steps`, as far as
    the user did not set them. A smaller batch takes more steps, so that transfers and scratch baselines go on to
    see the images equally often.

    Args:
        base: of the atlas whose networks are used.
        preset: for agreement only.
        tasks: for agreement only, in any order.
        orders: of transfers; 1 must be among them.
        per_target: source sets per target in each order above 1.
        seed: for agreement only.
        overrides: single values by name, as `atlas_config` takes them.

    Raises:
        ConfigError: with a pointer to the field at fault, which may be one that must not change.
    """
    overrides = dict(overrides or {})
    if preset is not None and preset != base.preset:
        raise ConfigError("/preset", f"must be the base's, {base.preset!r}: {_KEPT}")
    if tasks is not None and {*tasks} - {RANDOM} != {*base.tasks}:
        raise ConfigError("/tasks", f"must be the base's, {', '.join(base.tasks)}: {_KEPT}")
    if seed is not None and seed != base.seed:
        raise ConfigError("/seed", f"must be the base's, {base.seed}: {_KEPT}")
    for name, value in overrides.items():
        if not _may_change(name) and changed(base, overrides={name: value}) != base:
            raise ConfigError(f"/overrides/{name}", f"must be as in the base: {_KEPT}")
    # batches are judged by the new size of the split, which must be known first
    size = {name: overrides.pop(name) for name in (_SIZE,) if name in overrides}
    pool = base.view_splits.transfer
    config = changed(_unbatched(base), overrides=size)
    images = config.splits.transfer
    if images > base.splits.transfer:
        detail = f"the base has {base.splits.transfer} images for transfers, not {images}"
        raise ConfigError(f"/overrides/{_SIZE}", detail)
    config = replace(config, transfer_pool=None if images == pool else pool)
    for training in TRAININGS:
        suited = _suited(getattr(base, training), images, base.splits.transfer, training, overrides)
        config = replace(config, **{training: suited})
    return changed(config, orders=orders, per_target=per_target, overrides=overrides)


def _may_change(name: str) -> bool:
    return name in _FREE or name.partition(".")[0] in TRAININGS


def _unbatched(config: AtlasConfig) -> AtlasConfig:
    """The configuration with the smallest batches, which fit any split."""
    smallest = {training: replace(getattr(config, training), batch_size=2) for training in TRAININGS}
    return replace(config, transfer_pool=None, **smallest)


def _suited(
    plan: Optimisation, images: int, of: int, training: Training, overrides: Mapping[str, Any]
) -> Optimisation:
    """A training for fewer images; what the user sets of it is set later."""
    batch = min(plan.batch_size, images)
    if f"{training}.batch_size" in overrides:
        batch = plan.batch_size
    steps = plan.steps if images == of else scaled_steps(plan.steps, images, of)
    return replace(plan, batch_size=batch, steps=max(1, round(steps * plan.batch_size / batch)))
