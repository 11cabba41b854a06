"""What the transfers to a novel target are trained from, as data without torch: the service validates and stores it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any

from models.data.splits import SPLITS, SplitSizes
from models.networks.config import NetworkConfig
from models.taxonomy.own import OwnTask
from models.taxonomy.table import RANDOM
from models.training.schedule import Optimisation
from models.transfer.config import AtlasConfig, ConfigError, override

_PARTS = ("splits", "transfer_training", "scratch_training")
_PASSES = 30  # over the labels, as long as the steps stay within their bounds
_LEAST_STEPS, _MOST_STEPS = 120, 600


@dataclass(frozen=True, slots=True)
class NovelConfig:
    """Everything that the numbers of a novel target depend on, beside the code, the data and the sources' weights.

    Attributes:
        target: name of the task.
        sources: tasks whose networks are transferred from, `random` among them where the atlas has it.
        orders: sorted; how many sources a transfer may join. Higher orders are chosen from order 1.
        per_target: source sets tried in each order above 1, at most.
        seed: of initial weights and batches.
        stack: transfer networks that train side by side as one, at most; the results do not depend on it.
        splits: images per part; `train` and `transfer` together are the labels that are trained on.
        network: sizes of the atlas's networks, which those of the target must fit.
        transfer_training: of transfers.
        scratch_training: of a whole network on the same labels, the baseline of the gain.
        own: the declaration of the target, where the data set's user declared it.
    """

    target: str
    sources: tuple[str, ...]
    orders: tuple[int, ...]
    per_target: int
    seed: int
    stack: int
    splits: SplitSizes
    network: NetworkConfig
    transfer_training: Optimisation
    scratch_training: Optimisation
    own: tuple[OwnTask, ...] = ()

    @property
    def labels(self) -> int:
        """Labelled images that are trained on."""
        return self.splits.train + self.splits.transfer

    @property
    def joinable(self) -> tuple[str, ...]:
        """The sources that higher orders may join."""
        return tuple(name for name in self.sources if name != RANDOM)

    @property
    def as_atlas(self) -> AtlasConfig:
        """The same as the training of transfers reads it: an atlas whose one task is the target."""
        return AtlasConfig(
            preset="novel",
            tasks=(self.target,),
            orders=self.orders,
            per_target=self.per_target,
            seed=self.seed,
            stack=self.stack,
            splits=self.splits,
            network=self.network,
            task_training=self.scratch_training,
            transfer_training=self.transfer_training,
            scratch_training=self.scratch_training,
            own=self.own,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and strings; `from_json` reads them back."""
        return {
            **asdict(self),
            "sources": list(self.sources),
            "orders": list(self.orders),
            "network": self.network.to_json(),
            "own": [task.to_json() for task in self.own],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "NovelConfig":
        """Read what `to_json` wrote.

        Raises:
            ConfigError: a field is missing, unknown or of no use.
        """
        try:
            return cls(
                target=str(data["target"]),
                sources=tuple(data["sources"]),
                orders=tuple(data["orders"]),
                per_target=data["per_target"],
                seed=data["seed"],
                stack=data["stack"],
                splits=SplitSizes(**data["splits"]),
                network=NetworkConfig.from_json(data["network"]),
                transfer_training=Optimisation(**data["transfer_training"]),
                scratch_training=Optimisation(**data["scratch_training"]),
                own=tuple(OwnTask.from_json(task) for task in data["own"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError("", f"not the configuration of a novel target: {error}") from error


def novel_config(
    atlas: AtlasConfig,
    target: str,
    *,
    sources: Sequence[str],
    splits: SplitSizes,
    orders: Sequence[int] = (1, 2),
    per_target: int = 5,
    seed: int = 0,
    overrides: Mapping[str, Any] | None = None,
    movable: bool = False,
    own: Sequence[OwnTask] = (),
) -> NovelConfig:
    """How to train for a novel target on the networks of an atlas, and what a user changed of it.

    Transfers and the baseline from scratch pass over the labels equally often, so that the gain compares nothing
    else: thirty times, with more steps for very few labels and fewer for many.

    Args:
        atlas: whose networks are the sources: its sizes and rates are kept.
        target: name of the task.
        sources: tasks that the atlas has networks of.
        splits: images that the data set has in each part.
        orders: of transfers; 1 must be among them.
        per_target: source sets in each order above 1.
        seed: non-negative.
        overrides: single values by name: `stack`, or one of a part, as in `splits.train` or
            `transfer_training.steps`.
        movable: whether an image may go to another part than `splits` says, so that only their sum is bounded.
        own: tasks that the data set's user declared.

    Raises:
        ConfigError: with a pointer to the field at fault.
    """
    config = NovelConfig(
        target=target,
        sources=tuple(sources),
        orders=tuple(sorted(set(orders))),
        per_target=per_target,
        seed=seed,
        stack=atlas.stack,
        splits=splits,
        network=atlas.network,
        transfer_training=atlas.transfer_training,
        scratch_training=replace(atlas.scratch_training, batch_size=atlas.transfer_training.batch_size),
        own=tuple(task for task in own if task.name == target),
    )
    changed = overrides or {}
    sizes = [name for name in changed if name.startswith("splits.")]
    for name in sizes:
        config = override(config, name, changed[name], _PARTS)
    _check_splits(config, splits, movable=movable)
    config = _paced(config, atlas.transfer_training)  # the steps follow from the labels that are left
    for name in changed.keys() - set(sizes):
        config = override(config, name, changed[name], _PARTS)
    _check(config)
    return config


def _paced(config: NovelConfig, usual: Optimisation) -> NovelConfig:
    batch = min(usual.batch_size, max(2, config.labels // 2))
    wanted = ceil(_PASSES * config.labels / batch)
    pace = {"batch_size": batch, "steps": min(max(wanted, _LEAST_STEPS), max(_MOST_STEPS, usual.steps))}
    return replace(
        config,
        transfer_training=replace(config.transfer_training, **pace),
        scratch_training=replace(config.scratch_training, **pace),
    )


def _check_splits(config: NovelConfig, has: SplitSizes, *, movable: bool) -> None:
    if movable and config.splits.total > has.total:
        detail = f"the splits need {config.splits.total} images, the data set has {has.total}"
        raise ConfigError("/overrides", detail)
    for split in SPLITS:
        if not movable and config.splits.size(split) > has.size(split):
            raise ConfigError(
                f"/overrides/splits.{split}", f"the data set has {has.size(split)} images for it"
            )


def _check(config: NovelConfig) -> None:
    if not config.sources:
        raise ConfigError("", "the atlas has no network to transfer from")
    if not config.orders or config.orders[0] != 1:
        raise ConfigError("/orders", "order 1 is needed: higher orders are chosen from its results")
    if config.orders[-1] > max(1, len(config.joinable)):
        raise ConfigError("/orders", f"{len(config.joinable)} sources allow orders up to that number")
    if config.per_target < 1:
        raise ConfigError("/per_target", "must be at least 1")
    if config.seed < 0:
        raise ConfigError("/seed", "must not be negative")
    if config.stack < 1:
        raise ConfigError("/overrides/stack", "must be at least 1")
    for part in ("transfer_training", "scratch_training"):
        if getattr(config, part).batch_size > config.labels:
            raise ConfigError(f"/overrides/{part}.batch_size", f"exceeds the {config.labels} labelled images")
