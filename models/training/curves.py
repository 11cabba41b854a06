"""Training curves, short enough to be sent."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_POINTS = 50


@dataclass(frozen=True, slots=True)
class Curve:
    """A training's mean loss per stretch of steps.

    Attributes:
        steps: the last step of each stretch, counted from 1.
        losses: the mean training loss over the stretch.
    """

    steps: tuple[int, ...]
    losses: tuple[float, ...]


def curve(losses: NDArray[np.floating]) -> Curve:
    """Summarise the losses of every step.

    Args:
        losses: (steps,), at least one.

    Returns:
        At most 50 stretches of (nearly) equal length.
    """
    ends = np.unique(np.linspace(0, len(losses), min(_POINTS, len(losses)) + 1).round().astype(int))
    means = [float(losses[start:end].mean()) for start, end in pairwise(ends)]
    return Curve(tuple(int(end) for end in ends[1:]), tuple(means))
