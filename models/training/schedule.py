"""How a network is trained, as data; the learning rate is a function of the step alone.

A schedule that counted its own calls could not be resumed: an unbroken and a resumed run must agree.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Decay = Literal["cosine", "step", "inverse", "staircase"]


@dataclass(frozen=True, slots=True)
class Optimisation:
    """A training by Adam with decoupled weight decay.

    Attributes:
        steps: optimiser steps.
        batch_size: images per step.
        learning_rate: the highest learning rate.
        weight_decay: decoupled weight decay.
        warmup: the share of the steps over which the learning rate rises linearly, in [0, 1).
        decay: `cosine` falls to zero at the last step; `step` divides by ten after `drop` of the steps; `inverse` is
            (1 + 10 p)^-0.75 at the share p of the steps (Ganin & Lempitsky 2015, Sec. 4); `staircase` multiplies by
            0.85 after every tenth of the steps (the reference code of Sener & Koltun 2018: every 10 of 100 epochs).
        drop: for `step` only, in (0, 1].
    """

    steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.0
    warmup: float = 0.0
    decay: Decay = "cosine"
    drop: float = 1.0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch_size < 2:
            message = "steps must be at least 1 and batch_size at least 2 (batch normalisation)"
            raise ValueError(message)
        if not (self.learning_rate > 0 and self.weight_decay >= 0):
            message = "learning_rate must be positive and weight_decay at least 0"
            raise ValueError(message)
        if not (0 <= self.warmup < 1 and 0 < self.drop <= 1):
            message = "warmup must lie in [0, 1) and drop in (0, 1]"
            raise ValueError(message)
        if self.decay not in (decays := get_args(Decay)):
            message = f"decay must be one of {', '.join(decays)}, got {self.decay!r}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Descent(Optimisation):
    """A training by stochastic gradient descent with Nesterov's momentum; `weight_decay` is an L2 penalty.

    Attributes:
        momentum: in [0, 1).
        slower: for parameters whose names begin so, what their learning rate is multiplied by.
    """

    momentum: float = 0.9
    slower: Mapping[str, float] = field(default_factory=dict[str, float])


def learning_rate(plan: Optimisation, step: int) -> float:
    """The learning rate of optimiser step `step`, counted from 0.

    Args:
        plan: the training.
        step: in [0, plan.steps).

    Returns:
        A positive number, at most `plan.learning_rate`.
    """
    warm = math.ceil(plan.warmup * plan.steps)
    if step < warm:
        return plan.learning_rate * (step + 1) / warm
    if plan.decay == "step":
        return plan.learning_rate * (0.1 if step >= plan.drop * plan.steps else 1.0)
    done = (step - warm) / (plan.steps - warm)
    if plan.decay == "staircase":
        return plan.learning_rate * 0.85 ** int(10 * done)
    if plan.decay == "inverse":
        return plan.learning_rate * (1.0 + 10.0 * done) ** -0.75
    return plan.learning_rate * 0.5 * (1.0 + math.cos(math.pi * done))
