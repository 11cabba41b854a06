"""One method with one seed, from fresh weights to a model chosen without target labels."""

from __future__ import annotations

import copy
import hashlib
import json
import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.adaptation.augmentation import random_views
from models.adaptation.config import AdaptationConfig, Method
from models.adaptation.domains import Domain
from models.adaptation.evaluation import confusion
from models.adaptation.history import Recorder
from models.adaptation.methods.objective import Batch, Objective
from models.adaptation.methods.registry import objective as fresh_objective
from models.adaptation.network import as_input, fresh_network, outputs
from models.adaptation.results import AdaptationDiverged, Adapted, Embedding, History
from models.networks.classifier import Classifier
from models.networks.device import on_accelerator
from models.networks.weights import pack_network
from models.training.loop import Run, Stage
from models.training.progress import Diverged, RunContext
from models.training.sampling import Batches
from models.training.schedule import Descent
from models.training.seeds import derived_seed, generator_of

_PRETRAINED_RATE = 0.1  # of the new layers' learning rate (Cao et al. 2018, Sec. 4.1)
_SHOWN = 400  # examples of each domain in an embedding, at most


def adapt(
    config: AdaptationConfig,
    method: Method,
    seed: int,
    source: Domain,
    target: Domain,
    context: RunContext,
    pretrained: bytes | None = None,
    *,
    watch: Callable[[History], None] | None = None,
) -> Adapted:
    """Train on a labelled source and an unlabelled target.

    Methods of one configuration and seed begin with the same weights and see the same examples in the same order. The
    target's labels are used for figures alone. A run that was killed and taken up again gives the same numbers.

    Args:
        config: what all methods and seeds share.
        method: which one.
        seed: of everything random.
        source: every label known.
        target: perhaps without labels; its classes may be all of the source's, some, or none.
        context: the runner.
        pretrained: a safetensors file's bytes that every backbone begins with, and then learns more slowly; random
            weights by default.
        watch: told, after every evaluation, of everything measured so far.

    Returns:
        The history, and the network of the step that the configuration's selector prefers.

    Raises:
        Stopped: the runner asked for it.
        AdaptationDiverged: a loss was NaN or infinite; it holds the best model of before.
        PretrainedError: `pretrained` is no such file, or of another network.
    """
    training, validation = _split(source, config.validation_fraction, seed)
    network = on_accelerator(fresh_network(config, generator_of(seed, "network"), pretrained))
    objective = fresh_objective(method, config)
    objective.initialise(generator_of(seed, "objective"))
    run = _Adaptation(config, network, objective, seed, training, validation, target, watch)
    plan = Descent(
        steps=config.steps,
        batch_size=min(config.batch_size, len(training)),
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        decay="inverse",
        momentum=config.momentum,
        slower={} if pretrained is None else {"network.backbone.": _PRETRAINED_RATE},
    )
    start = None if pretrained is None else hashlib.sha256(pretrained).hexdigest()
    identity = json.dumps([config.to_json(), method, seed, len(source), len(target), start], sort_keys=True)
    stage = Stage(method, f"{method}, seed {seed}", 1.0, derived_seed(seed, "source"))

    def adapted() -> Adapted:
        _, probabilities = outputs(run.chosen, target.inputs)
        predictions, history = probabilities.argmax(axis=1), run.history()
        return Adapted(
            method=method,
            seed=seed,
            history=history,
            selector=config.selector,
            weights=pack_network(run.chosen, metadata=_metadata(config, method, seed, history)),
            embedding=_embedding(run.chosen, training, target, seed),
            confusion=confusion(predictions, target.labels, len(config.classes)),
            predictions=predictions,
            confidence=probabilities.max(axis=1),
        )

    try:
        Run(context, identity).train(stage, run, plan, len(training), run.step_loss)
    except Diverged as error:
        raise AdaptationDiverged(error, adapted() if run.has_model else None) from error
    run.evaluate()
    return adapted()


class _Adaptation(nn.Module):
    """Everything a run must not forget, as one module: what it learns and measured, and the best network so far."""

    done: Tensor

    def __init__(
        self,
        config: AdaptationConfig,
        network: Classifier,
        objective: Objective,
        seed: int,
        training: Domain,
        validation: Domain,
        target: Domain,
        watch: Callable[[History], None] | None,
    ) -> None:
        super().__init__()
        self._watch = watch
        self.network, self.objective = network, objective
        self.chosen = copy.deepcopy(network).requires_grad_(requires_grad=False)
        self.recorder = Recorder(config.evaluations, len(config.classes))
        self.register_buffer("done", torch.zeros((), dtype=torch.int64))
        self._config = config
        self._training, self._validation, self._target = training, validation, target
        self._seen = training.take(_some(len(training), seed, "evaluation"))
        size = min(config.batch_size, len(target))
        self._batches = Batches(len(target), size, derived_seed(seed, "target"))
        self._due = {config.steps * (i + 1) // config.evaluations for i in range(config.evaluations)}

    def step_loss(self, positions: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        """The objective on one batch of each domain, (1,)."""
        step = int(self.done)
        if step in self._due:
            self.evaluate()
        self.network.train()
        inputs = as_input(self._training.inputs[positions])
        labels = torch.from_numpy(self._training.labels[positions]).to(self.done.device)
        if self.objective.uses_target:
            inputs = torch.cat((inputs, as_input(self._target.inputs[self._batches.indices(step)])))
        features = self.network.features(self._augmented(inputs.to(self.done.device), generator))
        scores = self.network.scores(features)
        count, share = len(positions), step / self._config.steps
        losses = self.objective.losses(
            Batch(
                source_features=features[:count],
                source_scores=scores[:count],
                labels=labels,
                target_features=features[count:],
                target_scores=scores[count:],
                reversal=2.0 / (1.0 + math.exp(-10.0 * share / self._config.ramp)) - 1.0,
                done=share,
            )
        )
        self.recorder.add(losses)
        self.done += 1
        return torch.stack(list(losses.values())).sum().reshape(1)

    def _augmented(self, inputs: Tensor, generator: torch.Generator) -> Tensor:
        kind = self._config.augmentation
        if kind == "none" or self._config.input_features is not None:
            return inputs
        return random_views(inputs, generator, flip=kind == "crop-flip")

    def evaluate(self) -> None:
        """Measure, renew what the objective knows of the whole target, and keep the network if it is the best yet."""
        train_features, _ = outputs(self.network, self._seen.inputs)
        validation = outputs(self.network, self._validation.inputs)
        target = outputs(self.network, self._target.inputs)
        self.objective.observe_target(torch.from_numpy(target[1].mean(axis=0)))
        best = self.recorder.record(
            step=int(self.done),
            train_features=train_features,
            validation=validation,
            validation_labels=self._validation.labels,
            target=target,
            target_labels=self._target.labels,
            class_weights=self.objective.class_weights(),
            selector=self._config.selector,
        )
        if best:
            self.chosen.load_state_dict(self.network.state_dict())
        if self._watch is not None:
            self._watch(self.history())

    def history(self) -> History:
        """What was measured so far."""
        return self.recorder.history(weighs=self.objective.class_weights() is not None)

    @property
    def has_model(self) -> bool:
        """Whether an evaluation has kept a network whose weights are numbers."""
        kept = self.chosen.state_dict().values()
        return int(self.recorder.taken) > 0 and all(bool(torch.isfinite(value).all()) for value in kept)


def _split(source: Domain, fraction: float, seed: int) -> tuple[Domain, Domain]:
    """What is trained on, and what is held out: at least one example, and two to train on."""
    order = np.random.default_rng(derived_seed(seed, "validation")).permutation(len(source))
    held_out = min(max(1, round(fraction * len(source))), len(source) - 2)
    return source.take(order[held_out:]), source.take(order[:held_out])


def _some(count: int, seed: int, purpose: str, most: int = 1000) -> NDArray[np.int64]:
    return np.sort(np.random.default_rng(derived_seed(seed, purpose)).permutation(count)[:most])


def _metadata(config: AdaptationConfig, method: Method, seed: int, history: History) -> dict[str, object]:
    return {
        "task": "adaptation",
        "classes": list(config.classes),
        "image_size": config.image_size,
        "input_features": config.input_features,
        "backbone": config.backbone,
        "method": method,
        "seed": seed,
        "step": int(history.steps[history.chosen(config.selector)]),
    }


def _embedding(network: Classifier, source: Domain, target: Domain, seed: int) -> Embedding:
    sides = [side.take(_some(len(side), seed, "embedding", _SHOWN)) for side in (source, target)]
    found = [outputs(network, side.inputs) for side in sides]
    return Embedding(
        features=np.concatenate([features for features, _ in found]),
        is_target=np.repeat([False, True], [len(side) for side in sides]),
        labels=np.concatenate([side.labels for side in sides]),
        predictions=np.concatenate([probabilities.argmax(axis=1) for _, probabilities in found]),
    )
