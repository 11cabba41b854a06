"""Step I: one network per task with full supervision, and what it must beat (Zamir et al. 2018, Sec. 3.1)."""

import json

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.data.views import Views
from models.networks.device import accelerator
from models.networks.encoder import Encoder, encode_views, fresh_encoder, initialise
from models.networks.task_network import TaskNetwork as Network
from models.networks.weights import pack_network
from models.tasks.definition import TaskDefinition
from models.tasks.examples import Examples, evaluated, laid_out
from models.tasks.registry import definition
from models.taxonomy.table import RANDOM
from models.training.curves import Curve, curve
from models.training.loop import Run, Stage
from models.training.progress import Part, RunContext
from models.training.schedule import Optimisation
from models.training.seeds import derived_seed, generator_of
from models.transfer.config import AtlasConfig
from models.transfer.representations import (
    random_encoder,
    read,
    represent,
    source_representations,
)
from models.transfer.results import Losses, TaskNetwork
from models.transfer.saved import network_metadata

STATISTICS_LIMIT = 4096  # images of the train split that statistics are measured on
CONSTANT_LIMIT = 1024  # images of the train split that the best constant guess is fitted on


def required_labels(config: AtlasConfig, views: Views) -> tuple[str, ...]:
    """Every array of the data set that an atlas reads, sorted."""
    tasks = [
        definition(name, image_size=config.image_size, label_info=views.label_info) for name in config.tasks
    ]
    return tuple(sorted({label for task in tasks for label in task.labels}))


def run_identity(config: AtlasConfig, views: Views, *names: str) -> str:
    """What a checkpoint must agree with to be taken up."""
    return json.dumps([config.to_json(), views.fingerprint, names], sort_keys=True)


def train_task_network(config: AtlasConfig, task: str, views: Views, context: RunContext) -> TaskNetwork:
    """Train a task-specific network and a read-out of the random encoder, on the split `train`.

    Args:
        config: of the atlas.
        task: one of `config.tasks`, or `random`, whose encoder stays as it was drawn.
        views: the data set, of the configuration's image size.
        context: the runner.

    Returns:
        The network, its representations for transfers and its losses on the split `test`.

    Raises:
        Stopped: the runner asked for it.
        Diverged: a loss was NaN or infinite.
    """
    views.prepare(required_labels(config, views), Part(context, 0.0, 0.1))
    source = definition(task, image_size=config.image_size, label_info=views.label_info)
    if task == RANDOM:
        return _untrained(config, source, views)
    train = Examples(source, views, "train")
    source = source.fitted(train.arrays(slice(0, STATISTICS_LIMIT)))
    train, test = Examples(source, views, "train"), Examples(source, views, "test")
    shape = decoder_shape(config, train)
    run = Run(Part(context, 0.1, 0.95), run_identity(config, views, "task_network", task))
    title, device = source.task.title, accelerator()

    network = laid_out(fresh_network(config, source, shape, "network"))
    stage = Stage("network", f"training {title}", 0.65, derived_seed(config.seed, task, "network"))
    losses = train_network(run, stage, network, config.task_training, train)
    network.eval()
    scores = evaluated(lambda rows: network(test.inputs(rows).to(device)), test)

    readout = laid_out(_fresh_decoder(config, source, shape, "random"))
    encoder = random_encoder(config)
    seen = torch.from_numpy(represent(source, encoder, train))

    def readout_loss(indices: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        prediction = readout(read(seen, torch.from_numpy(indices)))
        return source.loss(prediction, train.targets(indices, generator)).mean()[None]

    stage = Stage("random", f"reading {title} out of a random encoder", 0.35, stage.seed)
    random_curve = run.train(stage, readout, config.task_training, len(train), readout_loss)
    readout.eval()
    seen_test = torch.from_numpy(represent(source, encoder, test))
    random_scores = evaluated(lambda rows: readout(read(seen_test, rows)), test)

    context.progress(0.95, f"encoding the images with {title}")
    return TaskNetwork(
        task=task,
        weights=pack_network(network, metadata=network_metadata(source), tensors=source.statistics),
        representations=source_representations(config, source, network.encoder, views),
        test_losses=scores.losses,
        constant_losses=_constant_losses(train, test),
        random_losses=random_scores.losses,
        metrics=scores.metrics,
        curves={"network": _only(losses), "random": _only(random_curve)},
    )


def fresh_network(
    config: AtlasConfig, source: TaskDefinition, shape: tuple[int, int, int], *names: str
) -> Network:
    """A task-specific network with weights drawn from the atlas's seed, the task and `names`."""
    encoder: Encoder = fresh_encoder(
        config.network, generator_of(config.seed, source.name, "encoder", *names)
    )
    return Network(encoder, _fresh_decoder(config, source, shape, *names))


def train_network(
    run: Run, stage: Stage, network: Network, plan: Optimisation, examples: Examples
) -> NDArray[np.float32]:
    """Train encoder and decoder end to end on images; (steps, 1) losses."""

    def step_loss(indices: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        inputs, target = examples.batch(indices, generator)
        return examples.definition.loss(network(inputs), target).mean()[None]

    return run.train(stage, network, plan, len(examples), step_loss)


def _fresh_decoder(
    config: AtlasConfig, source: TaskDefinition, shape: tuple[int, int, int], *names: str
) -> nn.Module:
    decoder = source.decoder(shape, config.network)
    initialise(decoder, generator_of(config.seed, source.name, "decoder", *names))
    return decoder


def decoder_shape(config: AtlasConfig, examples: Examples) -> tuple[int, int, int]:
    """Channels, height and width that the task's decoder reads: all images of an example side by side."""
    encoder = Encoder.of(config.network)
    with torch.no_grad():
        _, *shape = encode_views(encoder, examples.inputs(slice(0, 2))).shape
    return shape[0], shape[1], shape[2]


def _constant_losses(train: Examples, test: Examples) -> Losses:
    """Per-image losses (n,) of the guess that is best without looking."""
    source = test.definition
    arrays = train.arrays(slice(0, CONSTANT_LIMIT))
    guess = source.constant(source.target(arrays, source.noise(arrays, None)))
    losses = [
        source.loss(guess.expand(len(target), *guess.shape), target).numpy()
        for _, target in test.evaluation()
    ]
    return np.concatenate(losses).astype(np.float32)


def _untrained(config: AtlasConfig, source: TaskDefinition, views: Views) -> TaskNetwork:
    encoder = random_encoder(config)
    nothing = np.empty(0, dtype=np.float32)
    return TaskNetwork(
        task=RANDOM,
        weights=pack_network(Network(encoder, nn.Identity()), metadata=network_metadata(source)),
        representations=source_representations(config, source, encoder, views),
        test_losses=nothing,
        constant_losses=nothing,
        random_losses=nothing,
        metrics={},
        curves={},
    )


def _only(losses: NDArray[np.float32]) -> Curve:
    return curve(losses[:, 0])
