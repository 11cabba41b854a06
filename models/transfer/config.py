"""What an atlas is built from, as data without torch: the service validates and stores it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, ClassVar, Protocol, TypeVar

from models.data.splits import SplitSizes
from models.networks.config import NetworkConfig
from models.taxonomy.dictionary import TASKS, Task
from models.taxonomy.own import OwnTask, entry_of
from models.taxonomy.table import RANDOM
from models.training.schedule import Optimisation

ALL_TASKS = tuple(name for name in TASKS if name != RANDOM)


class ConfigError(ValueError):
    """A field of the configuration is not usable.

    Attributes:
        pointer: JSON pointer to the field, as in `/overrides/splits.train`.
        detail: what is wrong with it.
    """

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer}: {detail}")
        self.pointer = pointer
        self.detail = detail


@dataclass(frozen=True, slots=True)
class AtlasConfig:
    """Everything that the numbers of an atlas depend on, beside the code and the data.

    Attributes:
        preset: the name it was made from.
        tasks: names of the dictionary, in its order, then of `own`; `random` is always measured and never listed.
        orders: sorted; how many sources a transfer may join. Higher orders are chosen from order 1.
        per_target: source sets tried per target in each order above 1.
        seed: of initial weights, batches and noise.
        stack: transfer networks that train side by side as one, at most; the results do not depend on it.
        splits: images per part.
        transfer_pool: images of the split `transfer` that the data set holds, of which the first `splits.transfer`
            are used; None = all of them are used.
        network: the sizes of encoder, decoders and heads, the same for every task.
        task_training: of task-specific networks and of read-outs of the random encoder, on the split `train`.
        transfer_training: of transfers, on the split `transfer`.
        scratch_training: of whole networks from scratch on the split `transfer`, the baseline of the gain.
        own: tasks that the user of the data set declared, those among `tasks`.
    """

    preset: str
    tasks: tuple[str, ...]
    orders: tuple[int, ...]
    per_target: int
    seed: int
    stack: int
    splits: SplitSizes
    network: NetworkConfig
    task_training: Optimisation
    transfer_training: Optimisation
    scratch_training: Optimisation
    transfer_pool: int | None = None
    own: tuple[OwnTask, ...] = ()

    @property
    def view_splits(self) -> SplitSizes:
        """Images per part that the data set is opened with; `splits` are the first of them."""
        return replace(self.splits, transfer=self.transfer_pool or self.splits.transfer)

    def entry(self, name: str) -> Task:
        """What a task of the atlas is, of the dictionary or declared.

        Raises:
            UnknownTask: there is none of that name.
        """
        return entry_of(name, self.own)

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return self.network.image_size

    @property
    def targets(self) -> tuple[str, ...]:
        """The tasks that transfers lead to."""
        return tuple(name for name in self.tasks if not self.entry(name).source_only)

    @property
    def sources(self) -> tuple[str, ...]:
        """The tasks whose networks are transferred from, `random` last."""
        return (*self.tasks, RANDOM)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and strings; `from_json` reads them back."""
        return _plain(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "AtlasConfig":
        """Read what `to_json` wrote.

        Raises:
            ConfigError: a field is missing, unknown or of no use.
        """
        try:
            config = cls(
                preset=str(data["preset"]),
                tasks=tuple(data["tasks"]),
                orders=tuple(data["orders"]),
                per_target=data["per_target"],
                seed=data["seed"],
                stack=data["stack"],
                splits=SplitSizes(**data["splits"]),
                network=NetworkConfig.from_json(data["network"]),
                task_training=Optimisation(**data["task_training"]),
                transfer_training=Optimisation(**data["transfer_training"]),
                scratch_training=Optimisation(**data["scratch_training"]),
                transfer_pool=data.get("transfer_pool"),
                own=tuple(OwnTask.from_json(task) for task in data.get("own", [])),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError("", f"not the configuration of an atlas: {error}") from error
        _check(config)
        return config


def changed(
    config: AtlasConfig,
    *,
    tasks: Sequence[str] | None = None,
    orders: Sequence[int] | None = None,
    per_target: int | None = None,
    seed: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    own: Sequence[OwnTask] | None = None,
) -> AtlasConfig:
    """A configuration with what a user changed of it.

    Args:
        config: what there was.
        tasks: names of the dictionary or of `own`; the same by default. `random` may be named and changes nothing.
        orders: of transfers; 1 must be among them.
        per_target: source sets per target in each order above 1.
        seed: non-negative.
        overrides: single values by name: `image_size`, `stack`, or one of a part, as in `splits.train`,
            `network.head_width`, `task_training.steps`.
        own: tasks that the data set's user declared; the same by default.

    Raises:
        ConfigError: with a pointer to the field at fault.
    """
    own = config.own if own is None else own
    chosen = config.tasks if tasks is None else _tasks(tasks, [task.name for task in own])
    config = replace(
        config,
        tasks=chosen,
        own=tuple(task for task in own if task.name in chosen),
        orders=config.orders if orders is None else tuple(sorted(set(orders))),
        per_target=config.per_target if per_target is None else per_target,
        seed=config.seed if seed is None else seed,
    )
    for name, value in (overrides or {}).items():
        config = override(config, name, value)
    _check(config)
    return config


def _tasks(names: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    for position, name in enumerate(names):
        if name not in TASKS and name not in own:
            declared = f"; the data set declares {', '.join(own)}" if own else ""
            raise ConfigError(f"/tasks/{position}", f"unknown task {name!r}{declared}")
        if name in names[:position]:
            raise ConfigError(f"/tasks/{position}", f"{name!r} is named twice")
    return tuple(name for name in (*ALL_TASKS, *own) if name in names)


_PARTS = ("splits", "network", "task_training", "transfer_training", "scratch_training")


class _Stacks(Protocol):
    """A configuration made of parts, of trainings that may be stacked."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def stack(self) -> int: ...


C = TypeVar("C", bound=_Stacks)


def override(config: C, name: str, value: object, parts: Sequence[str] = _PARTS) -> C:
    """The configuration with one setting changed.

    Args:
        config: a dataclass with a `stack` and these parts, dataclasses themselves.
        name: `stack`, or part and setting, as in `splits.train`.
        value: must be like what it replaces.
        parts: those that may be changed.

    Raises:
        ConfigError: there is no such setting, or the value is of no use.
    """
    pointer = f"/overrides/{name}"
    part, _, setting = {"image_size": "network.image_size"}.get(name, name).partition(".")
    if name == "stack" and type(value) is int:
        return replace(config, stack=value)
    if part not in parts or setting not in {item.name for item in fields(getattr(config, part))}:
        raise ConfigError(pointer, "no such setting")
    old, value = getattr(getattr(config, part), setting), _frozen(value)
    if not _alike(old, value):
        raise ConfigError(pointer, f"must be like {_plain(old)!r}, got {_plain(value)!r}")
    try:
        changed = replace(getattr(config, part), **{setting: type(old)(value)})
    except ValueError as error:
        raise ConfigError(pointer, str(error)) from error
    return replace(config, **{part: changed})


def _alike(old: object, value: object) -> bool:
    """Whether `value` may stand where `old` stood: a bool is no number, a whole number may be a rate."""
    if isinstance(value, bool):
        return False
    if isinstance(old, float):
        return isinstance(value, int | float)
    if isinstance(old, tuple):
        return isinstance(value, tuple) and all(type(item) is int for item in value)
    return type(value) is type(old)


def _check(config: AtlasConfig) -> None:
    if len(config.tasks) < 2 or not config.targets:
        raise ConfigError("/tasks", "an atlas needs at least two tasks, one of them a possible target")
    sources = len(config.tasks) - 1
    if not config.orders or config.orders[0] != 1:
        raise ConfigError("/orders", "order 1 is needed: higher orders are chosen from its results")
    if config.orders[-1] > sources:
        raise ConfigError("/orders", f"{len(config.tasks)} tasks allow orders up to {sources}")
    if config.per_target < 1:
        raise ConfigError("/per_target", "must be at least 1")
    if config.seed < 0:
        raise ConfigError("/seed", "must not be negative")
    if config.stack < 1:
        raise ConfigError("/overrides/stack", "must be at least 1")
    if config.image_size < 16 or config.image_size % 8:
        raise ConfigError("/overrides/image_size", "must be a multiple of 8, at least 16")
    if config.view_splits.transfer < config.splits.transfer:
        pool = config.view_splits.transfer
        raise ConfigError("/overrides/splits.transfer", f"there are {pool} images to take them from")
    for part in ("task_training", "transfer_training", "scratch_training"):
        split = "train" if part == "task_training" else "transfer"
        if getattr(config, part).batch_size > config.splits.size(split):
            raise ConfigError(f"/overrides/{part}.batch_size", f"exceeds the images of the split {split}")


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
