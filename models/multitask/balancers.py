"""From a method's name to the method at work."""

from __future__ import annotations

from collections.abc import Callable

import torch

from models.multitask.balancing import Balancer
from models.multitask.baselines import GradNorm, Separate, Weighted
from models.multitask.config import MultitaskConfig
from models.multitask.methods import GRID, SINGLE, method_named
from models.multitask.mgda import Mgda, MgdaUb


def balancer(method: str, config: MultitaskConfig, preference: tuple[float, ...] | None = None) -> Balancer:
    """A method, fresh.

    Args:
        method: its name.
        config: what all methods share.
        preference: (T,) weights that sum to 1, of a method that takes some; a grid needs them.

    Raises:
        UnknownMethod: there is no such method.
        ValueError: weights are missing, or of another number.
    """
    spec, tasks = method_named(method), len(config.tasks)
    if preference is not None and len(preference) != tasks:
        message = f"{len(preference)} weights for {tasks} tasks"
        raise ValueError(message)
    weights = None if preference is None else torch.tensor(preference, dtype=torch.float32)
    if spec.name == GRID and weights is None:
        message = "a grid trains one model for each weight vector: give one"
        raise ValueError(message)
    own: dict[str, Callable[[], Balancer]] = {
        SINGLE: Separate,
        "uniform": lambda: Weighted(torch.full((tasks,), 1 / tasks)),
        GRID: lambda: Weighted(torch.as_tensor(weights)),
        "gradnorm": lambda: GradNorm(tasks, config.asymmetry),
        "mgda": lambda: Mgda(config, weights),
        "mgda-ub": lambda: MgdaUb(config, weights),
    }
    if spec.name in own:
        return own[spec.name]()
    # The library brings cvxpy, which takes seconds to import: workers start without it.
    from models.multitask.aggregators import library_balancer  # noqa: PLC0415

    return library_balancer(spec.name, tasks, weights)
