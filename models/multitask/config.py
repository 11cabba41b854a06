"""Settings of a multi-task training as data: no torch here, so that requests and job rows can hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self, get_args

from models.networks.config import NetworkConfig, NetworkConfigError

Architecture = Literal["lenet", "encoder", "resnet18", "pspnet"]
"""What is shared: MultiLeNet (digits), the atlas's encoder, the ResNet-18 of the attributes, a dilated ResNet-50."""
ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)

Normalization = Literal["none", "l2", "loss", "loss+"]
"""What a task's gradient is divided by before the min-norm point: 1, its norm, the task's loss, or loss times norm."""
NORMALIZATIONS: tuple[Normalization, ...] = get_args(Normalization)

Optimiser = Literal["adam", "sgd"]
OPTIMISERS: tuple[Optimiser, ...] = get_args(Optimiser)

Heads = Literal["own", "scaled"]
"""Whether MGDA's task heads follow their own gradients (Sener & Koltun 2018, Alg. 1) or those gradients scaled by the
task's weight (their reference code)."""
HEADS: tuple[Heads, ...] = get_args(Heads)

NOT_SHAREABLE = frozenset({"denoising", "colorization", "inpainting", "jigsaw", "random"})
"""Tasks of the dictionary whose network sees something else than the plain image."""


class MultitaskConfigError(ValueError):
    """A setting cannot be used.

    Attributes:
        pointer: to the field at fault, as a JSON pointer.
        detail: what is wrong with it.
    """

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer.removeprefix('/')}: {detail}")
        self.pointer, self.detail = pointer, detail


@dataclass(frozen=True, slots=True, kw_only=True)
class MultitaskConfig:
    """How every method and seed is trained: what they share, they share exactly.

    Attributes:
        tasks: names, in the order of every vector over tasks; of the dictionary or declared by the data set.
        architecture: of what is shared, and of the heads that go with it.
        network: sizes, image size included; of `encoder` all count, of the others the image size alone.
        normalization: of `mgda` and `mgda-ub`.
        heads: of `mgda` and `mgda-ub`.
        epochs: passes over the training images.
        batch_size: images per step.
        optimiser: Adam, or stochastic gradient descent with Nesterov's momentum.
        learning_rate: of the first step; multiplied by 0.85 after every tenth of the steps.
        momentum: of `sgd`.
        weight_decay: decoupled for `adam`, an L2 penalty for `sgd`.
        dropout: probability in the heads of `lenet`.
        asymmetry: alpha of GradNorm: how strongly slower tasks are pulled.
        evaluations: how often a run is evaluated on the validation images.
        validation_images: evaluated in between, at most; the last evaluation sees all of them.
    """

    tasks: tuple[str, ...]
    architecture: Architecture = "encoder"
    network: NetworkConfig = field(default_factory=NetworkConfig)
    normalization: Normalization = "none"
    heads: Heads = "own"
    epochs: int = 10
    batch_size: int = 256
    optimiser: Optimiser = "adam"
    learning_rate: float = 3e-3
    momentum: float = 0.9
    weight_decay: float = 0.0
    dropout: float = 0.5
    asymmetry: float = 1.5
    evaluations: int = 20
    validation_images: int = 512

    def __post_init__(self) -> None:
        for name, allowed in (
            ("architecture", ARCHITECTURES),
            ("normalization", NORMALIZATIONS),
            ("heads", HEADS),
            ("optimiser", OPTIMISERS),
        ):
            if getattr(self, name) not in allowed:
                raise MultitaskConfigError(f"/{name}", f"must be one of {', '.join(allowed)}")
        self._require(
            "tasks",
            len(self.tasks) >= 2 and len(set(self.tasks)) == len(self.tasks),
            "at least two, all different",
        )
        for name in ("epochs", "evaluations", "validation_images"):
            self._require(name, getattr(self, name) >= 1, "at least 1")
        self._require("batch_size", self.batch_size >= 2, "at least 2")
        self._require("learning_rate", self.learning_rate > 0, "positive")
        self._require("weight_decay", self.weight_decay >= 0, "at least 0")
        self._require("asymmetry", self.asymmetry >= 0, "at least 0")
        for name in ("momentum", "dropout"):
            self._require(name, 0 <= getattr(self, name) < 1, "in [0, 1)")

    def _require(self, name: str, holds: bool, rule: str) -> None:  # noqa: FBT001 - the condition itself
        if not holds:
            raise MultitaskConfigError(f"/{name}", f"must be {rule}, got {getattr(self, name)!r}")

    def to_json(self) -> dict[str, Any]:
        """The config as JSON-able values."""
        return {**asdict(self), "tasks": list(self.tasks), "network": self.network.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The config that `to_json` wrote.

        Raises:
            MultitaskConfigError: an unknown field, or a value out of range.
        """
        known = {setting.name for setting in fields(cls)}
        for name in data:
            if name not in known:
                raise MultitaskConfigError(f"/{name}", f"is no setting; there are {', '.join(sorted(known))}")
        try:
            network = NetworkConfig.from_json(data["network"])
        except NetworkConfigError as error:
            raise MultitaskConfigError("/network", str(error)) from error
        values: dict[str, Any] = {**data, "tasks": tuple(data["tasks"]), "network": network}
        return cls(**values)
