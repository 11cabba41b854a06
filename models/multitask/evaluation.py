"""How well a network does at every one of its tasks, and how far it is from Pareto stationarity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.multitask.balancing import Step, jacobian
from models.multitask.examples import SharedExamples
from models.multitask.min_norm import min_norm
from models.multitask.network import finite, parameters_of
from models.networks.multi_head import MultiHead
from models.tasks.definition import Target, TaskDefinition
from models.tasks.kinds.segmentation import SemanticSegmentation


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """A network on some examples.

    Attributes:
        losses: (T,) float64, means over the examples.
        metrics: by task and metric, in the metric's unit, means over the examples that have a value; `mean_iou` of a
            segmentation is that of all their pixels together, over the classes that occur.
    """

    losses: Tensor
    metrics: Mapping[str, Mapping[str, float]]


@torch.no_grad()
def evaluated(network: MultiHead, examples: SharedExamples, count: int | None = None) -> Scores:
    """Score a network; it is left in evaluation mode.

    Args:
        network: its heads are the examples' tasks.
        examples: a split.
        count: how many of its examples, the first ones; None = all.
    """
    network.eval()
    tallies = [_Tally(definition) for definition in examples.definitions]
    for images, targets in examples.evaluation(count):
        for tally, prediction, target in zip(tallies, network(images), targets, strict=True):
            tally.add(prediction.cpu(), target)
    return Scores(
        losses=torch.stack([tally.loss() for tally in tallies]),
        metrics={tally.definition.name: tally.metrics() for tally in tallies},
    )


def stationarity(
    network: MultiHead, images: Tensor, targets: list[Target], examples: SharedExamples
) -> float:
    """The norm of the min-norm point of the tasks' gradients by the shared parameters (Sener & Koltun 2018, Eq. 3).

    It is zero where some convex combination of the gradients vanishes: no step improves all tasks at once.

    Args:
        network: is left in evaluation mode, without gradients.
        images: (N, 3, H, W).
        targets: of each task.
        examples: where they come from.

    Returns:
        NaN where nothing is shared, or a gradient is not finite.
    """
    network.eval()
    if not network.shares:
        return math.nan
    read = network.representations(images)
    losses = mean_losses(examples.definitions, network.predictions(read), targets)
    shared, heads = parameters_of(network)
    rows = jacobian(Step(representation=read[0], read=read, losses=losses, shared=shared, heads=heads))
    network.zero_grad()
    if not finite(rows):
        return math.nan
    gram = (rows @ rows.T).double().cpu().numpy()
    return float(np.sqrt(max(0.0, min_norm(gram).squared_norm)))


def mean_losses(
    definitions: tuple[TaskDefinition, ...], predictions: list[Tensor], targets: list[Target]
) -> Tensor:
    """Each task's mean loss over a batch, (T,), differentiable."""
    return torch.stack(
        [
            definition.loss(prediction, target).mean()
            for definition, prediction, target in zip(definitions, predictions, targets, strict=True)
        ]
    )


class _Tally:
    """Losses and metrics of one task, batch after batch."""

    def __init__(self, definition: TaskDefinition) -> None:
        self.definition = definition
        self._losses: list[Tensor] = []
        self._metrics: dict[str, list[Tensor]] = {}
        self._pixels: Tensor | None = None

    def add(self, prediction: Tensor, target: Target) -> None:
        self._losses.append(self.definition.loss(prediction, target))
        for name, values in self.definition.metrics(prediction, target).items():
            self._metrics.setdefault(name, []).append(values)
        if isinstance(self.definition, SemanticSegmentation):
            found = _confusion(prediction.argmax(1), target, len(self.definition.classes))
            self._pixels = found if self._pixels is None else self._pixels + found

    def loss(self) -> Tensor:
        return torch.cat(self._losses).double().mean()

    def metrics(self) -> dict[str, float]:
        means = {name: float(torch.cat(parts).double().nanmean()) for name, parts in self._metrics.items()}
        if self._pixels is not None:
            means["mean_iou"] = _mean_iou(self._pixels)
        return {name: mean for name, mean in means.items() if math.isfinite(mean)}


def _confusion(prediction: Tensor, target: Target, classes: int) -> Tensor:
    """Pixels by true and predicted class, (K, K) int64."""
    cells = target.values * classes + prediction
    known = cells.flatten() if target.mask is None else cells[target.mask]
    return torch.bincount(known, minlength=classes**2).view(classes, classes)


def _mean_iou(pixels: Tensor) -> float:
    """Mean over the classes that occur in truth or prediction of the intersection over the union."""
    both = pixels.diagonal().double()
    union = pixels.sum(0) + pixels.sum(1) - both
    return float((both / union)[union > 0].mean())
