"""A split as a task sees it: batches of inputs and targets in tensors."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.data.splits import Split
from models.data.views import INDEX, Views
from models.networks.device import accelerator, on_accelerator
from models.tasks.definition import Target, TaskDefinition

M = TypeVar("M", bound=nn.Module)

_CACHE_LIMIT = 1 << 29  # bytes of targets kept in memory; beyond, they are computed per batch

EVALUATION_BATCH = 128  # images per forward pass where nothing is learnt


class Examples:
    """The labelled examples of one task in one split.

    Args:
        definition: of the task, with its statistics where targets are asked for.
        views: the data set.
        split: which part of it.
    """

    def __init__(self, definition: TaskDefinition, views: Views, split: Split) -> None:
        self.definition = definition
        labels = tuple(dict.fromkeys((*definition.labels, INDEX)))
        loaded = views.load(split, definition.labels)
        self._arrays = {name: torch.from_numpy(np.asarray(loaded[name])) for name in labels}
        self._size = views.size(split)
        self._targets: Target | None = None

    def __len__(self) -> int:
        return self._size

    def arrays(self, indices: NDArray[np.int64] | slice) -> dict[str, Tensor]:
        """The data set's arrays of some examples."""
        return {name: array[indices] for name, array in self._arrays.items()}

    def batch(self, indices: NDArray[np.int64], generator: torch.Generator) -> tuple[Tensor, Target]:
        """Inputs (N, V, 3, H, W) and targets of a training step, with noise from the generator, on the accelerator."""
        arrays, device = self.arrays(indices), accelerator()
        noise = self.definition.noise(arrays, generator)
        inputs, target = self.definition.inputs(arrays, noise), self.definition.target(arrays, noise)
        return inputs.to(device), target.to(device)

    def targets(self, indices: NDArray[np.int64], generator: torch.Generator) -> Target:
        """Targets of a training step that needs no images, on the accelerator; kept where memory allows it."""
        if self.definition.stochastic or self._bytes() > _CACHE_LIMIT:
            arrays = self.arrays(indices)
            found = self.definition.target(arrays, self.definition.noise(arrays, generator))
        else:
            if self._targets is None:
                self._targets = joined([target for _, target in self.evaluation()])
            found = self._targets.take(torch.from_numpy(indices))
        return found.to(accelerator())

    def evaluation(self) -> Iterator[tuple[slice, Target]]:
        """All examples in order, in large batches: where they lie, and their targets with fixed noise."""
        for rows in self.rows():
            yield rows, self.fixed_targets(rows)

    def fixed_targets(self, rows: NDArray[np.int64] | slice) -> Target:
        """Targets of some examples with fixed noise, as evaluation sees them."""
        arrays = self.arrays(rows)
        return self.definition.target(arrays, self.definition.noise(arrays, None))

    def inputs(self, rows: slice) -> Tensor:
        """Inputs (N, V, 3, H, W) of some examples with fixed noise, as evaluation sees them."""
        arrays = self.arrays(rows)
        return self.definition.inputs(arrays, self.definition.noise(arrays, None))

    def rows(self) -> Iterator[slice]:
        """All examples in order, in large batches."""
        for start in range(0, len(self), EVALUATION_BATCH):
            yield slice(start, min(start + EVALUATION_BATCH, len(self)))

    def _bytes(self) -> int:
        """An upper estimate of the targets' size: three floats per pixel."""
        return len(self) * self.definition.image_size**2 * 12


def joined(targets: list[Target]) -> Target:
    """The targets of several batches, one after the other."""
    first = targets[0]
    return Target(
        torch.cat([target.values for target in targets]),
        None
        if first.mask is None
        else torch.cat([target.mask for target in targets if target.mask is not None]),
        None
        if first.points is None
        else torch.cat([target.points for target in targets if target.points is not None]),
    )


def channels_last(images: Tensor) -> Tensor:
    """(N, C, H, W) with the channels of a pixel side by side in memory, as CPU convolutions like it."""
    return images.contiguous(memory_format=torch.channels_last)


def laid_out(network: M) -> M:
    """The network where it is to work, its kernels laid out as `channels_last` lays out images."""
    return on_accelerator(network).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] - torch's stub lacks it


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """How well a network does on a split.

    Attributes:
        losses: (n,) float32 per image.
        metrics: means over the images that have a value, in the task's units.
    """

    losses: NDArray[np.float32]
    metrics: dict[str, float]


def evaluated(predict: Callable[[slice], Tensor], examples: Examples) -> Scores:
    """Score predictions on all examples of a split, with fixed noise.

    Args:
        predict: the predictions (N, ...) of the examples in a slice; called without gradients.
        examples: the split.
    """
    return evaluated_together(lambda rows: (predict(rows),), examples)[0]


def evaluated_together(predict: Callable[[slice], Sequence[Tensor]], examples: Examples) -> list[Scores]:
    """Score several networks at once on all examples of a split, with fixed noise.

    Args:
        predict: the predictions (N, ...) of each network for the examples in a slice; called without gradients.
        examples: the split.
    """
    found: list[_Tally] = []
    with torch.no_grad():
        for rows, target in examples.evaluation():
            predictions = [prediction.cpu() for prediction in predict(rows)]
            found = found or [_Tally() for _ in predictions]
            for tally, prediction in zip(found, predictions, strict=True):
                tally.losses.append(examples.definition.loss(prediction, target))
                for name, metric in examples.definition.metrics(prediction, target).items():
                    tally.metrics.setdefault(name, []).append(metric)
    return [tally.scores() for tally in found]


@dataclass(frozen=True, slots=True, eq=False)
class _Tally:
    """Losses and metrics (N,) of one network, batch after batch."""

    losses: list[Tensor] = field(default_factory=list)
    metrics: dict[str, list[Tensor]] = field(default_factory=dict)

    def scores(self) -> Scores:
        means = {name: float(torch.cat(parts).double().nanmean()) for name, parts in self.metrics.items()}
        finite = {name: mean for name, mean in means.items() if math.isfinite(mean)}
        return Scores(torch.cat(self.losses).numpy().astype(np.float32), finite)
