"""From a user's request to what is trained: data sets that fit each other, and every setting made sure of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from app.adaptations.records import Setup
from app.core.overrides import OverrideError, checked_overrides
from app.datasets.records import Dataset
from models.adaptation.config import (
    AdaptationConfig,
    AdaptationConfigError,
    Backbone,
    Method,
    Mode,
    Selector,
)

_SIZES: Mapping[str, tuple[int, int]] = {"small": (28, 64), "resnet18": (64, 224), "resnet50": (64, 224)}
"""Heights and widths, pixels, that a backbone is made for."""
_ASKED = frozenset(
    {"classes", "mode", "backbone", "image_size", "input_features", "steps", "batch_size", "selector"}
)
_DEFAULTS: Mapping[str, Any] = {setting.name: setting.default for setting in fields(AdaptationConfig)}
_OVERRIDES = {name: default for name, default in _DEFAULTS.items() if name not in _ASKED}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptationRequest:
    """An adaptation, as a user asks for it; the fields are those of `app.adaptations.schemas.AdaptationIn`."""

    name: str
    source_dataset: str
    target_dataset: str
    target_classes: Sequence[str] | None
    methods: Sequence[Method]
    mode: Mode
    backbone: Backbone
    weights: str | None
    seeds: Sequence[int]
    steps: int
    batch_size: int
    image_size: int | None
    selector: Selector | None
    overrides: Mapping[str, Any]


def configured(
    request: AdaptationRequest, source: Dataset, target: Dataset
) -> tuple[Setup, tuple[str, ...] | None]:
    """What a request asks for, and the source's classes that the target has examples of, if labels tell.

    Raises:
        AdaptationConfigError: with a pointer to the field at fault.
    """
    _require_different("/methods", request.methods)
    _require_different("/seeds", request.seeds)
    classes = _source_classes(source)
    shared = _shared_classes(classes, target, request.target_classes)
    training = AdaptationConfig(
        classes=classes,
        mode=request.mode,
        backbone=request.backbone,
        image_size=_image_size(request, source),
        input_features=_input_features(request, source, target),
        steps=request.steps,
        batch_size=request.batch_size,
        selector=request.selector or _DEFAULTS["selector"],
        evaluations=min(_DEFAULTS["evaluations"], request.steps),
    )
    setup = Setup(
        training=_overridden(training, request.overrides),
        methods=tuple(request.methods),
        seeds=tuple(request.seeds),
        target_classes=None if request.target_classes is None else tuple(request.target_classes),
        weights=request.weights,
    )
    return setup, shared


def _source_classes(source: Dataset) -> tuple[str, ...]:
    classes = _examples(source)
    if classes is None or len(classes) < 2:
        raise AdaptationConfigError(
            "/source_dataset", "must be a data set of at least two classes, one per example"
        )
    return tuple(classes)


def _shared_classes(
    classes: Sequence[str], target: Dataset, chosen: Sequence[str] | None
) -> tuple[str, ...] | None:
    counts = _examples(target)
    if counts is None:
        raise AdaptationConfigError(
            "/target_dataset", "must be a data set with one class per example, or none known"
        )
    held = [name for name, examples in counts.items() if examples]
    for position, name in enumerate(chosen or ()):
        if name not in held:
            has = ", ".join(held) or "no labels"
            raise AdaptationConfigError(
                f"/target_classes/{position}", f"the target has no class {name!r}; it has {has}"
            )
        if name not in classes:
            raise AdaptationConfigError(f"/target_classes/{position}", f"the source has no class {name!r}")
    if chosen is not None:
        _require_different("/target_classes", chosen)
        held = list(chosen)
    return tuple(name for name in classes if name in held) if held else None


def _examples(dataset: Dataset) -> dict[str, bool] | None:
    """Whether there are examples of each class, in label order; None of a data set without one class per example.

    Classes whose examples are made when first used are taken to have some.
    """
    classes: list[dict[str, Any]] | None = dataset.report.get("classes")
    if classes is None:
        return None
    return {each["name"]: each["examples"] is None or any(each["examples"].values()) for each in classes}


def _input_features(request: AdaptationRequest, source: Dataset, target: Dataset) -> int | None:
    of_source, of_target = (dataset.report.get("features") for dataset in (source, target))
    of_vectors = request.backbone == "features"
    for pointer, found in (("/source_dataset", of_source), ("/target_dataset", of_target)):
        if of_vectors and found is None:
            raise AdaptationConfigError(
                pointer, "holds images; the backbone `features` takes pre-extracted vectors"
            )
        if not of_vectors and found is not None:
            raise AdaptationConfigError(
                pointer, f"holds pre-extracted vectors; the backbone `{request.backbone}` takes images"
            )
    if of_source != of_target:
        raise AdaptationConfigError(
            "/target_dataset", f"has vectors of {of_target} numbers, the source of {of_source}"
        )
    return of_source


def _image_size(request: AdaptationRequest, source: Dataset) -> int | None:
    if request.backbone not in _SIZES:
        if request.image_size is not None:
            raise AdaptationConfigError("/image_size", "says nothing of pre-extracted vectors")
        return None
    least, most = _SIZES[request.backbone]
    if request.image_size is None:
        own: int | None = source.report["image_size"]
        return most if own is None else min(max(own, least), most)
    if request.backbone == "small" and not least <= request.image_size <= most:
        raise AdaptationConfigError("/image_size", f"the backbone `small` takes {least} to {most} pixels")
    return request.image_size


def _overridden(training: AdaptationConfig, overrides: Mapping[str, Any]) -> AdaptationConfig:
    try:
        return replace(training, **checked_overrides(_OVERRIDES, overrides))
    except OverrideError as error:
        raise AdaptationConfigError(f"/overrides/{error.name}", error.detail) from error
    except AdaptationConfigError as error:
        raise AdaptationConfigError(f"/overrides{error.pointer}", error.detail) from error


def _require_different(pointer: str, values: Sequence[object]) -> None:
    for position, value in enumerate(values):
        if value in values[:position]:
            raise AdaptationConfigError(f"{pointer}/{position}", f"names {value} a second time")
