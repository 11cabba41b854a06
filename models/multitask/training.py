"""One method with one seed, from fresh weights to figures on images that no one trained on."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.data.views import Views
from models.multitask.balancers import balancer
from models.multitask.balancing import Balancer, Step
from models.multitask.config import MultitaskConfig
from models.multitask.evaluation import evaluated, mean_losses, stationarity
from models.multitask.examples import SharedExamples, fitted_definitions, required_labels
from models.multitask.history import Recorder
from models.multitask.methods import SINGLE, method_named
from models.multitask.network import drawn_by, fresh_network, parameters_of
from models.multitask.results import History, MultitaskDiverged, Trained
from models.networks.multi_head import MultiHead
from models.networks.weights import pack_network
from models.tasks.definition import TaskDefinition
from models.tasks.examples import laid_out
from models.training.loop import Run, Stage
from models.training.progress import Diverged, Part, RunContext
from models.training.sampling import Batches
from models.training.schedule import Descent, Optimisation
from models.training.seeds import derived_seed, generator_of

_PREPARED, _TRAINED = 0.1, 0.97  # of the run: where labels are ready, and where training ends


def train(
    config: MultitaskConfig,
    method: str,
    seed: int,
    preference: tuple[float, ...] | None,
    views: Views,
    context: RunContext,
    *,
    watch: Callable[[History], None] | None = None,
) -> Trained:
    """Train on the split `train`; nothing is chosen by what other splits show.

    Methods of one configuration and seed begin with the same weights and see the same images in the same order. A run
    that was killed and taken up again gives the same numbers.

    Args:
        config: what all methods and seeds share.
        method: one of `models.multitask.methods.METHODS`.
        seed: of everything random.
        preference: weights of the tasks that sum to 1, for a method that takes some.
        views: the data set, of the configuration's image size.
        context: the runner.
        watch: told, after every evaluation, of everything measured so far.

    Returns:
        The network after the last step, and its figures on the splits `validation` and `test`.

    Raises:
        Stopped: the runner asked for it.
        MultitaskDiverged: a loss was NaN or infinite; it holds the history before.
        UnknownMethod: there is no such method.
        UnsuitableArchitecture: a task's output is none that the architecture has a head for.
        ValueError: the preference fits neither the method nor the tasks.
    """
    spec = method_named(method)
    views.prepare(required_labels(config.tasks, views), Part(context, 0.0, _PREPARED))
    definitions = fitted_definitions(config, views)
    examples = SharedExamples(definitions, views, "train")
    validation = SharedExamples(definitions, views, "validation")
    network = laid_out(fresh_network(config, definitions, seed, shared=spec.name != SINGLE))
    plan = optimisation(config, len(examples))
    training = _Training(
        config, network, balancer(spec.name, config, preference), plan, examples, validation, seed, watch
    )
    stage = Stage("network", f"{spec.title}, seed {seed}", 1.0, derived_seed(seed, "images"))
    identity = json.dumps([config.to_json(), spec.name, seed, preference, views.fingerprint], sort_keys=True)
    run = Run(Part(context, _PREPARED, _TRAINED), identity)
    try:
        run.train(stage, training, plan, len(examples), training.step_loss, backward=training.backward)
    except Diverged as error:
        raise MultitaskDiverged(error, training.recorder.history()) from error
    training.evaluate()
    context.progress(_TRAINED, f"testing {spec.title}, seed {seed}")
    return Trained(
        method=spec.name,
        seed=seed,
        preference=preference,
        history=training.recorder.history(),
        metrics=evaluated(network, SharedExamples(definitions, views, "test")).metrics,
        validation_metrics=evaluated(network, validation).metrics,
        weights=_packed(network, definitions, spec.name, seed),
    )


def optimisation(config: MultitaskConfig, examples: int) -> Optimisation:
    """How a network is trained on a number of images: whole batches alone, as many as fit into each epoch."""
    batch_size = min(config.batch_size, examples)
    steps = config.epochs * (examples // batch_size)
    if config.optimiser == "sgd":
        return Descent(
            steps,
            batch_size,
            config.learning_rate,
            config.weight_decay,
            decay="staircase",
            momentum=config.momentum,
        )
    return Optimisation(steps, batch_size, config.learning_rate, config.weight_decay, decay="staircase")


class _Training(nn.Module):
    """Everything a run must not forget, as one module: what it learns and what it measured."""

    done: Tensor

    def __init__(
        self,
        config: MultitaskConfig,
        network: MultiHead,
        method: Balancer,
        plan: Optimisation,
        examples: SharedExamples,
        validation: SharedExamples,
        seed: int,
        watch: Callable[[History], None] | None,
    ) -> None:
        super().__init__()
        evaluations = min(config.evaluations, plan.steps)
        self.network, self.method = network, method
        self.recorder = Recorder(config.tasks, evaluations)
        self.register_buffer("done", torch.zeros((), dtype=torch.int64))
        self._config, self._seed, self._watch = config, seed, watch
        self._examples, self._validation = examples, validation
        self._shared, self._heads = parameters_of(network)
        self._epoch = len(examples) // plan.batch_size
        self._due = {plan.steps * (i + 1) // evaluations for i in range(evaluations)}
        self._batches = Batches(
            len(examples), plan.batch_size, derived_seed(derived_seed(seed, "images"), "batches")
        )
        self._judged_images = np.sort(
            np.random.default_rng(derived_seed(seed, "stationarity")).permutation(len(examples))[
                : plan.batch_size
            ]
        )
        self._step: Step | None = None
        self._generator = torch.Generator()

    def step_loss(self, positions: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        """The tasks' losses on one batch, (T,)."""
        step = int(self.done)
        if step in self._due:
            self.evaluate()
        if step and self.method.looks_back:
            self.method.after(self._losses_of(step - 1))
        if step and step % self._epoch == 0:
            self.method.epoch_ended()
        self.network.train()
        with drawn_by(generator):
            representations = self.network.representations(self._examples.images(positions))
            first = representations[0]
            read = self.method.reads(first, len(self._heads)) if self.network.shares else representations
            predictions = self.network.predictions(read)
        losses = mean_losses(
            self._examples.definitions, predictions, self._examples.targets(positions, generator)
        )
        self._step = Step(
            representation=first, read=read, losses=losses, shared=self._shared, heads=self._heads
        )
        self._generator = generator
        self.done += 1
        return losses

    def backward(self, losses: Tensor) -> None:
        """Let the method make gradients of the losses."""
        assert self._step is not None  # noqa: S101 - the loop asks for the losses first
        self.recorder.add(losses, self.method.backward(self._step, self._generator))
        self._step = None

    def evaluate(self) -> None:
        """Measure on validation images, and how far the training images say that all tasks can still improve."""
        targets = self._examples.targets(self._judged_images, generator_of(self._seed, "stationarity"))
        distance = stationarity(
            self.network, self._examples.images(self._judged_images), targets, self._examples
        )
        scores = evaluated(self.network, self._validation, self._config.validation_images)
        self.recorder.record(step=int(self.done), validation=scores.losses, stationarity=distance)
        if self._watch is not None:
            self._watch(self.recorder.history())

    @torch.no_grad()
    def _losses_of(self, step: int) -> Tensor:
        """The losses on an earlier step's batch as they are now."""
        self.network.eval()
        positions = self._batches.indices(step)
        targets = self._examples.targets(positions, generator_of(step, "look back"))
        return mean_losses(
            self._examples.definitions, self.network(self._examples.images(positions)), targets
        )


def _packed(network: MultiHead, definitions: list[TaskDefinition], method: str, seed: int) -> bytes:
    statistics = {
        f"{definition.name}/{name}": value
        for definition in definitions
        for name, value in definition.statistics.items()
    }
    metadata = {
        "tasks": [definition.name for definition in definitions],
        "image_size": definitions[0].image_size,
        "label_info": definitions[0].label_info.to_json(),
        "method": method,
        "seed": seed,
    }
    return pack_network(network, metadata=metadata, tensors=statistics)
