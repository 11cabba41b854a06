"""The only place that steps an optimiser; it reports, stops, saves and resumes as the runner asks."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.networks.device import on_accelerator
from models.training.checkpoint import (
    Checkpoint,
    CheckpointError,
    optimiser_tensors,
    pack,
    restore_optimiser,
    unpack,
)
from models.training.progress import Diverged, RunContext, Stopped
from models.training.sampling import Batches
from models.training.schedule import Descent, Optimisation, learning_rate
from models.training.seeds import derived_seed

StepLoss = Callable[[NDArray[np.int64], torch.Generator], Tensor]
"""The mean losses of one step, (networks,): of the examples with these positions, with this noise."""

Backward = Callable[[Tensor], None]
"""From a step's losses to a gradient in `.grad` of every parameter that learns; gradients are None before."""

_REPORTS = 100  # progress reports per stage, at least
_UNREPORTED = 20  # steps without a report, at most


@dataclass(frozen=True, slots=True)
class Stage:
    """One training of a run.

    Attributes:
        name: unlike any other stage's of the run.
        text: what a person reads while it runs.
        share: how much of the whole run it is, in (0, 1].
        seed: of batches and noise; stages of equal seed see the same examples in the same order.
    """

    name: str
    text: str
    share: float
    seed: int


class Run:
    """Trainings in a fixed order that survive the process: each is done, resumed or begun.

    A run killed at any step and taken up again gives the same numbers, bit for bit on a CPU with the same
    number of threads: batches are functions of the step, noise comes from a generator whose state is saved.

    Args:
        context: the runner.
        identity: names the run; a checkpoint of another identity is passed over.
    """

    def __init__(self, context: RunContext, identity: str) -> None:
        self._context, self._identity = context, identity
        self._finished: dict[str, dict[str, Tensor]] = {}
        self._done = 0.0
        self._resumed = self._load()

    def train(
        self,
        stage: Stage,
        model: nn.Module,
        plan: Optimisation,
        examples: int,
        step_loss: StepLoss,
        *,
        backward: Backward | None = None,
    ) -> NDArray[np.float32]:
        """Train `model` in place, on the accelerator, or bring it to where an earlier attempt of this run left it.

        The sum of the step's losses is minimised; networks that share no weights thus train independently.

        Args:
            stage: which training of the run.
            model: with its initial weights.
            plan: how to train.
            examples: the number of examples that batches are drawn from.
            step_loss: differentiable; called with positions in [0, examples) and the stage's generator.
            backward: where the gradient is not that of the sum of the losses.

        Returns:
            (steps, networks) float32, the loss of every step.

        Raises:
            Stopped: the runner asked for it; what was saved last stands.
            Diverged: a loss was NaN or infinite.
        """
        on_accelerator(model).train()
        if self._resumed is not None and stage.name in self._resumed.finished:
            _load_module(model, self._resumed.finished[stage.name])
            return self._finish(stage, self._resumed.finished[stage.name])
        optimiser, scales = _optimiser(model, plan)
        generator = torch.Generator().manual_seed(derived_seed(stage.seed, "noise"))
        batches = Batches(examples, plan.batch_size, derived_seed(stage.seed, "batches"))
        losses: list[Tensor] = []
        if self._resumed is not None and stage.name == self._resumed.stage:
            saved = self._resumed.tensors
            _load_module(model, saved)
            restore_optimiser(optimiser, _under(saved, "optimiser/"))
            generator.set_state(saved["generator"])
            losses = list(saved["losses"])
        for step in range(len(losses), plan.steps):
            if self._context.should_stop():
                raise Stopped(stage.text)
            for group, scale in zip(optimiser.param_groups, scales, strict=True):
                group["lr"] = scale * learning_rate(plan, step)
            loss = step_loss(batches.indices(step), generator)
            total = loss.sum()
            if not math.isfinite(value := total.item()):
                raise Diverged(stage.name, step, value)
            optimiser.zero_grad()
            if backward is None:
                total.backward()
            else:
                backward(loss)
            optimiser.step()
            losses.append(loss.detach().cpu())
            self._report(stage, step + 1, plan.steps)
            if step + 1 < plan.steps and self._context.checkpoint_due():
                state = _module_tensors(model)
                state |= {f"optimiser/{name}": value for name, value in optimiser_tensors(optimiser).items()}
                state |= {"generator": generator.get_state(), "losses": torch.stack(losses)}
                self._save(stage.name, step + 1, state)
        return self._finish(stage, {**_module_tensors(model), "losses": torch.stack(losses)})

    def _load(self) -> Checkpoint | None:
        data = self._context.load_checkpoint()
        if data is None:
            return None
        try:
            checkpoint = unpack(data)
        except CheckpointError:
            return None  # written by another version: the run begins anew
        return checkpoint if checkpoint.identity == self._identity else None

    def _save(self, stage: str, step: int, tensors: dict[str, Tensor]) -> None:
        self._context.save_checkpoint(pack(Checkpoint(self._identity, stage, step, tensors, self._finished)))

    def _finish(self, stage: Stage, tensors: Mapping[str, Tensor]) -> NDArray[np.float32]:
        self._finished[stage.name] = {name: value.clone() for name, value in tensors.items()}
        self._done = min(1.0, self._done + stage.share)
        if self._context.checkpoint_due():
            self._save("", 0, {})
        return tensors["losses"].numpy().astype(np.float32)

    def _report(self, stage: Stage, done: int, steps: int) -> None:
        if done % min(max(1, steps // _REPORTS), _UNREPORTED) == 0 or done == steps:
            fraction = min(1.0, self._done + stage.share * done / steps)
            self._context.progress(fraction, f"{stage.text}, step {done} of {steps}")


def _optimiser(model: nn.Module, plan: Optimisation) -> tuple[torch.optim.Optimizer, tuple[float, ...]]:
    """The optimiser of what can be learned, in groups, and what each group's learning rate is multiplied by."""
    slower = plan.slower if isinstance(plan, Descent) else {}
    groups: dict[float, list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            scale = next((scale for prefix, scale in slower.items() if name.startswith(prefix)), 1.0)
            groups.setdefault(scale, []).append(parameter)
    parameters = [{"params": group} for group in groups.values()]
    settings: dict[str, Any] = {"lr": plan.learning_rate, "weight_decay": plan.weight_decay, "fused": True}
    if isinstance(plan, Descent):
        nesterov = plan.momentum > 0
        optimiser = torch.optim.SGD(parameters, momentum=plan.momentum, nesterov=nesterov, **settings)
    else:
        optimiser = torch.optim.AdamW(parameters, **settings)
    return optimiser, tuple(groups)


def _module_tensors(model: nn.Module) -> dict[str, Tensor]:
    return {f"model/{name}": value for name, value in model.state_dict().items()}


def _load_module(model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    model.load_state_dict(_under(tensors, "model/"))


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
