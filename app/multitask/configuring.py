"""From a user's request to what is trained: tasks that a data set has labels for, and every setting made sure of."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from app.core.overrides import OverrideError, checked_overrides
from app.datasets.records import Dataset
from app.multitask.plan import run_count, training_images
from app.multitask.records import Preference, Setup
from models.data.splits import SPLITS, SplitError, SplitSizes
from models.multitask.config import (
    NOT_SHAREABLE,
    Architecture,
    Heads,
    MultitaskConfig,
    MultitaskConfigError,
    Normalization,
    Optimiser,
)
from models.multitask.methods import METHODS, UnknownMethod, method_named, unavailable
from models.networks.config import NetworkConfig, NetworkConfigError
from models.taxonomy.dictionary import OutputKind, UnknownTask
from models.taxonomy.own import entry_of

MAX_RUNS = 500
"""Of one training."""

_ANY_SIZE = frozenset({"rooms"})  # kinds of data sets that can be made at any size
_DIGITS = 36  # height and width, pixels, up to which images of classes are taken for digits
_WITHOUT_MAPS: frozenset[Architecture] = frozenset({"lenet", "resnet18"})
_LARGE, _MIDDLE = 192, 48  # heights and widths from which the encoder has four and three stages
_DEFAULTS: Mapping[str, Any] = {setting.name: setting.default for setting in fields(MultitaskConfig)}
_ASKED = frozenset(
    {
        *("tasks", "architecture", "network", "normalization", "heads"),
        *("epochs", "batch_size", "optimiser", "learning_rate"),
    }
)
_OVERRIDES = {name: default for name, default in _DEFAULTS.items() if name not in _ASKED}


@dataclass(frozen=True, slots=True, kw_only=True)
class MultitaskRequest:
    """A multi-task training, as a user asks for it; the fields are those of `app.multitask.schemas.MultitaskIn`."""

    name: str
    dataset: str
    tasks: Sequence[str]
    methods: Sequence[str]
    normalization: Normalization
    seeds: Sequence[int]
    epochs: int
    batch_size: int
    preferences: Sequence[Sequence[float]]
    architecture: Architecture | None
    learning_rate: float | None
    optimiser: Optimiser
    heads: Heads
    image_size: int | None
    overrides: Mapping[str, Any]


def configured(request: MultitaskRequest, dataset: Dataset) -> Setup:
    """What a request asks for.

    Raises:
        MultitaskConfigError: with a pointer to the field at fault.
    """
    _require_different("/seeds", request.seeds)
    tasks = _tasks(request, dataset)
    methods = _methods(request.methods)
    splits = _splits(dataset, tasks)
    size = _image_size(request, dataset)
    kinds: dict[str, OutputKind] = {name: entry_of(name, dataset.own).output.kind for name in tasks}
    architecture = _architecture(request.architecture, kinds, size)
    images = training_images(splits)
    training = MultitaskConfig(
        tasks=tasks,
        architecture=architecture,
        network=_network(architecture, size),
        normalization=request.normalization,
        heads=request.heads,
        epochs=request.epochs,
        batch_size=min(request.batch_size, images),
        optimiser=request.optimiser,
        learning_rate=request.learning_rate or _DEFAULTS["learning_rate"],
    )
    setup = Setup(
        training=_overridden(training, request.overrides),
        methods=methods,
        seeds=tuple(request.seeds),
        preferences=_preferences(request.preferences, methods, len(tasks)),
        splits=splits,
    )
    if run_count(setup) > MAX_RUNS:
        message = f"with these seeds and preferences there are {run_count(setup)} runs; {MAX_RUNS} at most"
        raise MultitaskConfigError("/methods", message)
    return setup


def _tasks(request: MultitaskRequest, dataset: Dataset) -> tuple[str, ...]:
    _require_different("/tasks", request.tasks)
    report: Mapping[str, Any] = dataset.report["tasks"]
    for position, name in enumerate(request.tasks):
        if (problem := _task_problem(name, report, dataset)) is not None:
            raise MultitaskConfigError(f"/tasks/{position}", problem)
    return tuple(request.tasks)


def _task_problem(name: str, report: Mapping[str, Any], dataset: Dataset) -> str | None:
    try:
        entry = entry_of(name, dataset.own)
    except UnknownTask:
        has = ", ".join(task for task, found in report.items() if found["available"])
        return f"the data set has no task {name!r}; it has {has or 'none'}"
    if name in NOT_SHAREABLE:
        return f"{name} cannot share a network: its own sees something else than the plain image"
    if entry.inputs != 1:
        return f"{name} cannot share a network: it takes {entry.inputs} images"
    if name not in report or not report[name]["available"]:
        detail = report[name]["detail"] if name in report else None
        return f"the data set has no labels for {name}" + (f": {detail}" if detail else "")
    return None


def _methods(names: Sequence[str]) -> tuple[str, ...]:
    methods: list[str] = []
    for position, asked in enumerate(names):
        pointer = f"/methods/{position}"
        try:
            name = method_named(asked).name
        except UnknownMethod as error:
            raise MultitaskConfigError(pointer, str(error)) from error
        if name in methods:
            raise MultitaskConfigError(pointer, f"names {name} a second time")
        if (reason := unavailable(name)) is not None:
            raise MultitaskConfigError(pointer, f"{name} cannot be used here: {reason}")
        methods.append(name)
    return tuple(methods)


def _preferences(
    asked: Sequence[Sequence[float]], methods: Sequence[str], tasks: int
) -> tuple[Preference, ...]:
    if asked and not any(METHODS[name].by_preference for name in methods):
        steered = ", ".join(name for name, method in METHODS.items() if method.by_preference)
        raise MultitaskConfigError("/preferences", f"steer none of these methods; they steer {steered}")
    found: list[Preference] = []
    for position, weights in enumerate(asked):
        pointer = f"/preferences/{position}"
        try:
            preference = normalised(weights, tasks)
        except ValueError as error:
            raise MultitaskConfigError(pointer, str(error)) from error
        if preference in found:
            raise MultitaskConfigError(pointer, "asks for the same weights a second time")
        found.append(preference)
    return tuple(found)


def normalised(weights: Sequence[float], tasks: int) -> Preference:
    """Weights of tasks that sum to 1.

    Args:
        weights: one for each task.
        tasks: how many there are.

    Raises:
        ValueError: they are none.
    """
    if len(weights) != tasks:
        message = f"must be {tasks} weights, one for each task in order, not {len(weights)}"
        raise ValueError(message)
    if not all(math.isfinite(each) and each >= 0 for each in weights) or not max(weights) > 0:
        raise ValueError("must be weights that are not negative, and one of them positive")
    shares = [each / max(weights) for each in weights]
    return tuple(each / math.fsum(shares) for each in shares)


def _splits(dataset: Dataset, tasks: Sequence[str]) -> SplitSizes:
    views = dataset.views_for(tasks)
    try:
        return SplitSizes(**{split: views.get(split, 0) for split in SPLITS})
    except SplitError as error:
        raise MultitaskConfigError("/dataset", f"too few images with labels of all tasks: {error}") from error


def _image_size(request: MultitaskRequest, dataset: Dataset) -> int:
    own: int | None = dataset.report["image_size"]
    if own is None:
        raise MultitaskConfigError("/dataset", "has images of several sizes; one network takes one size")
    if request.image_size is None or request.image_size == own:
        return own
    if dataset.kind not in _ANY_SIZE:
        raise MultitaskConfigError(
            "/image_size",
            f"the data set's images have {own} pixels; only {', '.join(_ANY_SIZE)} can be made anew",
        )
    if request.image_size % 8:
        raise MultitaskConfigError("/image_size", "must be a multiple of 8")
    return request.image_size


def _architecture(
    asked: Architecture | None, kinds: Mapping[str, OutputKind], image_size: int
) -> Architecture:
    if asked is None:
        digits = image_size <= _DIGITS and set(kinds.values()) == {"class"}
        return "lenet" if digits else "encoder"
    if asked in _WITHOUT_MAPS:
        maps = [name for name, kind in kinds.items() if kind not in {"class", "vector"}]
        if maps:
            detail = f"`{asked}` has heads for classes and vectors alone, and {', '.join(maps)} are maps"
            raise MultitaskConfigError("/architecture", detail)
    return asked


def _network(architecture: Architecture, image_size: int) -> NetworkConfig:
    """Sizes for images of a size: as many stages as it suits and can be halved for."""
    full, middle = NetworkConfig.full(), NetworkConfig()
    if architecture == "encoder" and image_size >= _LARGE and image_size % full.stride == 0:
        return replace(full, image_size=image_size)
    stages = len(middle.encoder_widths) if image_size >= _MIDDLE else len(middle.encoder_widths) - 1
    while stages > 1 and image_size % 2**stages:
        stages -= 1
    try:
        return replace(
            middle,
            image_size=image_size,
            encoder_widths=middle.encoder_widths[:stages],
            encoder_blocks=middle.encoder_blocks[:stages],
            decoder_widths=middle.decoder_widths[: stages + 1],
        )
    except NetworkConfigError as error:
        raise MultitaskConfigError("/image_size", str(error)) from error


def _overridden(training: MultitaskConfig, overrides: Mapping[str, Any]) -> MultitaskConfig:
    try:
        return replace(training, **checked_overrides(_OVERRIDES, overrides))
    except OverrideError as error:
        raise MultitaskConfigError(f"/overrides/{error.name}", error.detail) from error
    except MultitaskConfigError as error:
        raise MultitaskConfigError(f"/overrides{error.pointer}", error.detail) from error


def _require_different(pointer: str, values: Sequence[object]) -> None:
    for position, value in enumerate(values):
        if value in values[:position]:
            raise MultitaskConfigError(f"{pointer}/{position}", f"names {value} a second time")
