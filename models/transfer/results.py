"""What the parts of the pipeline hand on, without torch: bytes of weights and NumPy arrays.

Per-image losses are kept whole: affinities can be normalised anew without any training.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.curves import Curve

Losses = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class TaskNetwork:
    """A task-specific network with what the atlas needs of it.

    Attributes:
        task: name of the dictionary; `random` for the untrained encoder.
        weights: safetensors: encoder, decoder (none for `random`) and what rebuilds them.
        representations: `"<inputs>/<split>"` -> (n, views * channels, h, w) float16, for the splits transfer,
            validation and test, for every kind of inputs among the targets (see `representations.py`).
        test_losses: (n,) per test image; empty for `random`.
        constant_losses: (n,) of the best constant guess, fitted on images of the train split.
        random_losses: (n,) of a decoder of the same size on a frozen random encoder, trained alike.
        metrics: means over the test images, in the task's unit.
        curves: `network` and `random`.
    """

    task: str
    weights: bytes
    representations: Mapping[str, NDArray[np.float16]]
    test_losses: Losses
    constant_losses: Losses
    random_losses: Losses
    metrics: Mapping[str, float]
    curves: Mapping[str, Curve]


@dataclass(frozen=True, slots=True, eq=False)
class TransferResult:
    """One trained transfer, or the scratch baseline.

    Attributes:
        sources: sorted names; empty for a network trained from scratch on the split transfer.
        target: name of the target task.
        test_losses: (n,) per test image.
        validation_losses: (n,) per validation image; these alone rank sources for higher orders.
        weights: safetensors: the transfer head, or the whole network of the scratch baseline.
        curve: of the training loss.
        metrics: means over the test images, in the task's unit.
    """

    sources: tuple[str, ...]
    target: str
    test_losses: Losses
    validation_losses: Losses
    weights: bytes
    curve: Curve
    metrics: Mapping[str, float]
