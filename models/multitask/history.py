"""What a run measures from evaluation to evaluation, held by a module so that checkpoints keep it."""

from __future__ import annotations

import math
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.multitask.results import History


class Recorder(nn.Module):
    """Losses and weights between evaluations, and what each evaluation found.

    Args:
        tasks: names, T of them.
        evaluations: E, at most.
    """

    taken: Tensor
    seen: Tensor
    loss_sums: Tensor
    weight_sums: Tensor
    steps: Tensor
    losses: Tensor
    weights: Tensor
    validation: Tensor
    stationarity: Tensor

    def __init__(self, tasks: tuple[str, ...], evaluations: int) -> None:
        super().__init__()
        self._tasks = tasks
        count = len(tasks)
        for name, value in (
            ("taken", torch.zeros((), dtype=torch.int64)),
            ("seen", torch.zeros((), dtype=torch.int64)),
            ("loss_sums", torch.zeros(count)),
            ("weight_sums", torch.zeros(count)),
            ("steps", torch.zeros(evaluations, dtype=torch.int64)),
            ("losses", torch.full((evaluations, count), math.nan)),
            ("weights", torch.full((evaluations, count), math.nan)),
            ("validation", torch.full((evaluations, count), math.nan)),
            ("stationarity", torch.full((evaluations,), math.nan)),
        ):
            self.register_buffer(name, value)

    def add(self, losses: Tensor, weights: Tensor | None) -> None:
        """Take note of one step's losses, (T,), and of the tasks' weights in it, if it had any."""
        self.seen += 1
        self.loss_sums += losses.detach()
        self.weight_sums += math.nan if weights is None else weights.to(self.weight_sums.device)

    def record(self, *, step: int, validation: Tensor, stationarity: float) -> None:
        """Take note of an evaluation.

        Args:
            step: optimiser steps done.
            validation: (T,) losses.
            stationarity: the distance from Pareto stationarity.
        """
        at = int(self.taken)
        self.steps[at] = step
        self.losses[at] = self.loss_sums / self.seen
        self.weights[at] = self.weight_sums / self.seen
        self.validation[at] = validation
        self.stationarity[at] = stationarity
        for sums in (self.seen, self.loss_sums, self.weight_sums):
            sums.zero_()
        self.taken += 1

    def history(self) -> History:
        """What was found so far."""
        taken = int(self.taken)
        return History(
            tasks=self._tasks,
            steps=_array(self.steps, taken),
            losses=_array(self.losses, taken),
            weights=_array(self.weights, taken),
            validation=_array(self.validation, taken),
            stationarity=_array(self.stationarity, taken),
        )


def _array(values: Tensor, taken: int) -> NDArray[Any]:
    return values[:taken].cpu().numpy().copy()
