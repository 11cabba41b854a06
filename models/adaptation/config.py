"""Settings of an adaptation as data: no torch here, so that requests and job rows can hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any, Literal, Self, get_args

Method = Literal["source-only", "dann", "san-selective", "san-entropy", "san", "pada", "etn", "ba3us"]
METHODS: tuple[Method, ...] = get_args(Method)

Mode = Literal["paper", "caffe", "w_t"]
"""Whose formulas SAN follows: the paper's, those of its Caffe code, or of its PyTorch script `train_san_w_t`."""
MODES: tuple[Mode, ...] = get_args(Mode)

Backbone = Literal["small", "resnet18", "resnet50", "features"]
BACKBONES: tuple[Backbone, ...] = get_args(Backbone)

Augmentation = Literal["none", "crop", "crop-flip"]
"""Random views of images in training: as they are; zoomed and shifted; mirrored too (not for digits)."""
AUGMENTATIONS: tuple[Augmentation, ...] = get_args(Augmentation)

Selector = Literal["source-validation", "entropy", "infomax", "dev", "snd"]
"""A score by which a step is chosen without target labels."""
SELECTORS: tuple[Selector, ...] = get_args(Selector)


ADVERSARIAL_WEIGHTS: Mapping[tuple[Method, Mode], float] = MappingProxyType(
    {
        ("dann", "paper"): 0.3,
        ("san-selective", "paper"): 1.0,
        ("san-selective", "caffe"): 3.0,
        ("san-selective", "w_t"): 0.3,
        ("san-entropy", "paper"): 1.0,
        ("san", "paper"): 3.0,
        ("san", "caffe"): 3.0,
        ("san", "w_t"): 1.0,
        ("pada", "paper"): 0.3,
        ("etn", "paper"): 1.0,
        ("ba3us", "paper"): 1.0,
    }
)
"""The best of 0.3, 1 and 3 on a task of its own, by method and mode; methods without modes stand under `paper`."""


class AdaptationConfigError(ValueError):
    """A setting cannot be used.

    Attributes:
        pointer: to the field at fault, as a JSON pointer.
        detail: what is wrong with it.
    """

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer.removeprefix('/')}: {detail}")
        self.pointer, self.detail = pointer, detail


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptationConfig:
    """How every method and seed of an adaptation is trained: what they share, they share exactly.

    Attributes:
        classes: the source's class names; K of them, in label order.
        mode: of the methods `san`, `san-selective` (both) alone.
        backbone: what turns an image, or a pre-extracted vector, into features.
        image_size: height and width of the network's input, pixels; None for `features`.
        input_features: numbers of a pre-extracted vector; None for images.
        augmentation: of the images of both domains, in training.
        steps: optimiser steps.
        batch_size: examples per step of each domain.
        learning_rate: of the first step; it falls as (1 + 10 p)^-0.75, p the share of steps done.
        momentum: of stochastic gradient descent, Nesterov's.
        weight_decay: L2 penalty.
        bottleneck: features that discriminators and the classifier see.
        discriminator_width: hidden units in each of a discriminator's two hidden layers.
        adversarial_weight: of the discriminators' loss in every method; None = each method's own, from the same grid on
            the same task (docs/results/partial_adaptation.md). The ramp of the gradient reversal comes on top.
        entropy_weight: of the target's entropy, in every method that minimises it.
        ramp: share of the steps after which the gradient reversal has risen (to 0.9999 of it), in (0, 1].
        evaluations: how often a run is evaluated, target-wide class weights are renewed, and a step may be chosen.
        selector: the label-free score that chooses the step.
        validation_fraction: share of the source that is held out for the label-free choice.
    """

    classes: tuple[str, ...]
    mode: Mode = "w_t"
    backbone: Backbone = "small"
    image_size: int | None = 32
    input_features: int | None = None
    augmentation: Augmentation = "crop"
    steps: int = 2000
    batch_size: int = 64
    learning_rate: float = 0.02
    momentum: float = 0.9
    weight_decay: float = 5e-4
    bottleneck: int = 128
    discriminator_width: int = 64
    adversarial_weight: float | None = None
    entropy_weight: float = 0.1
    ramp: float = 0.5
    evaluations: int = 20
    selector: Selector = "entropy"
    validation_fraction: float = 0.1

    def __post_init__(self) -> None:
        for name, allowed in (
            ("mode", MODES),
            ("backbone", BACKBONES),
            ("augmentation", AUGMENTATIONS),
            ("selector", SELECTORS),
        ):
            if getattr(self, name) not in allowed:
                raise AdaptationConfigError(f"/{name}", f"must be one of {', '.join(allowed)}")
        self._require(
            "classes",
            len(self.classes) >= 2 and len(set(self.classes)) == len(self.classes),
            "at least two, all different",
        )
        for name in ("steps", "bottleneck", "discriminator_width", "evaluations"):
            self._require(name, getattr(self, name) >= 1, "at least 1")
        self._require("batch_size", self.batch_size >= 2, "at least 2")
        self._require("evaluations", self.evaluations <= self.steps, "at most one per step")
        self._require("learning_rate", self.learning_rate > 0, "positive")
        for name in ("weight_decay", "adversarial_weight", "entropy_weight"):
            self._require(name, (getattr(self, name) or 0.0) >= 0, "at least 0")
        self._require("momentum", 0 <= self.momentum < 1, "in [0, 1)")
        self._require("ramp", 0 < self.ramp <= 1, "in (0, 1]")
        self._require("validation_fraction", 0 < self.validation_fraction < 1, "in (0, 1)")
        of_vectors = self.backbone == "features"
        self._require(
            "input_features",
            (self.input_features is not None) == of_vectors,
            "said for the backbone `features` and no other",
        )
        self._require(
            "image_size", (self.image_size is None) == of_vectors, "said for every backbone but `features`"
        )

    def weight_of(self, method: Method) -> float:
        """Of a method's adversarial loss; source-only has none."""
        if self.adversarial_weight is not None:
            return self.adversarial_weight
        return ADVERSARIAL_WEIGHTS.get((method, self.mode), ADVERSARIAL_WEIGHTS.get((method, "paper"), 0.0))

    def _require(self, name: str, holds: bool, rule: str) -> None:  # noqa: FBT001 - the condition itself
        if not holds:
            raise AdaptationConfigError(f"/{name}", f"must be {rule}, got {getattr(self, name)!r}")

    def to_json(self) -> dict[str, Any]:
        """The config as JSON-able values."""
        return {**asdict(self), "classes": list(self.classes)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The config that `to_json` wrote.

        Raises:
            AdaptationConfigError: an unknown field, a value of another type, or one out of range.
        """
        known = {field.name for field in fields(cls)}
        for name in data:
            if name not in known:
                raise AdaptationConfigError(
                    f"/{name}", f"is no setting; there are {', '.join(sorted(known))}"
                )
        values: dict[str, Any] = {**data, "classes": tuple(data["classes"])}
        return cls(**values)
