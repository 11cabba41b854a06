"""Step II: transfers from frozen sources, and scratch baselines (Zamir et al. 2018, Sec. 3.2)."""

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.data.views import Views
from models.networks.device import accelerator
from models.networks.encoder import initialise
from models.networks.transfer_head import TransferHead
from models.networks.transfer_network import TransferNetwork
from models.networks.weights import pack_network
from models.tasks.examples import Examples, Scores, evaluated, evaluated_together, laid_out
from models.training.curves import curve
from models.training.loop import Run, Stage, StepLoss
from models.training.progress import Part, RunContext
from models.training.seeds import derived_seed, generator_of
from models.transfer.config import AtlasConfig
from models.transfer.representations import Representation, inputs_kind, joined_representations, read
from models.transfer.results import TransferResult
from models.transfer.saved import SavedTask, load_task, network_metadata
from models.transfer.stacked import Stacked
from models.transfer.task_specific import fresh_network, required_labels, run_identity, train_network

Representations = Mapping[str, Mapping[str, Representation]]


def train_transfers(
    config: AtlasConfig,
    target: str,
    source_sets: Sequence[Sequence[str]],
    *,
    target_network: bytes,
    representations: Representations,
    views: Views,
    context: RunContext,
) -> list[TransferResult]:
    """Train transfers into one target on the split `transfer`, many at a time.

    A transfer network is a head of two parallel streams of two convolutions on the joined, frozen representations,
    then the target's decoder. The decoder starts from that of the target's task-specific network and goes on
    learning, as in the released code; encoders never change. All transfers of a target see the same batches, so
    that only their sources tell them apart.

    Args:
        config: of the atlas.
        target: the target task.
        source_sets: names of the sources of each transfer, of any order.
        target_network: `TaskNetwork.weights` of the target.
        representations: `TaskNetwork.representations` of every source named.
        views: the data set.
        context: the runner.

    Returns:
        One result per source set, in the given order.

    Raises:
        Stopped: the runner asked for it.
        Diverged: a loss was NaN or infinite.
        KeyError: a representation is missing.
        TooFewEncoded: a source has encoded fewer images than the splits of `views` hold.
    """
    views.prepare(required_labels(config, views), Part(context, 0.0, 0.05))
    task = load_task(target_network)
    splits = _Splits(task, views)
    names = [tuple(sorted(sources)) for sources in source_sets]
    run = Run(
        Part(context, 0.05, 1.0), run_identity(config, views, "transfers", target, *map("+".join, names))
    )
    results: dict[tuple[str, ...], TransferResult] = {}
    for stack in _stacks(names, config.stack):
        stage = Stage(
            name=" ".join("+".join(sources) for sources in stack),
            text=f"training transfers of order {len(stack[0])} to {task.definition.task.title}",
            share=len(stack) / len(names),
            seed=derived_seed(config.seed, target, "transfer"),
        )
        for result in _train_stack(config, stage, run, task, stack, representations, splits):
            results[result.sources] = result
    return [results[sources] for sources in names]


def train_scratch(
    config: AtlasConfig, target: str, *, target_network: bytes, views: Views, context: RunContext
) -> TransferResult:
    """Train a whole network for the target on the images of the split `transfer` alone.

    The target's statistics, fixed by its task-specific network, are used so that losses compare.

    Raises:
        Stopped: the runner asked for it.
        Diverged: a loss was NaN or infinite.
    """
    views.prepare(required_labels(config, views), Part(context, 0.0, 0.05))
    task = load_task(target_network)
    splits = _Splits(task, views)
    network = laid_out(fresh_network(config, task.definition, task.decoder_shape, "scratch"))
    run = Run(Part(context, 0.05, 1.0), run_identity(config, views, "scratch", target))
    title = f"training {task.definition.task.title} from scratch"
    stage = Stage("scratch", title, 1.0, derived_seed(config.seed, target, "scratch"))
    losses = train_network(run, stage, network, config.scratch_training, splits.transfer)
    network.eval()
    device = accelerator()
    test = evaluated(lambda rows: network(splits.test.inputs(rows).to(device)), splits.test)
    validation = evaluated(lambda rows: network(splits.validation.inputs(rows).to(device)), splits.validation)
    return TransferResult(
        sources=(),
        target=target,
        test_losses=test.losses,
        validation_losses=validation.losses,
        weights=pack_network(
            network, metadata=network_metadata(task.definition), tensors=task.definition.statistics
        ),
        curve=curve(losses[:, 0]),
        metrics=test.metrics,
    )


class _Splits:
    """The target's examples in the splits that transfers see."""

    def __init__(self, task: SavedTask, views: Views) -> None:
        self.transfer = Examples(task.definition, views, "transfer")
        self.validation = Examples(task.definition, views, "validation")
        self.test = Examples(task.definition, views, "test")


def _stacks(names: Sequence[tuple[str, ...]], limit: int) -> list[list[tuple[str, ...]]]:
    """Source sets of one order together (their networks share a shape), evenly, at most `limit` at a time."""
    orders: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for sources in dict.fromkeys(names):
        orders[len(sources)].append(sources)
    stacks: list[list[tuple[str, ...]]] = []
    for _, group in sorted(orders.items()):
        parts = math.ceil(len(group) / limit)
        bounds = [len(group) * part // parts for part in range(parts + 1)]
        stacks += [group[start:end] for start, end in itertools.pairwise(bounds)]
    return stacks


def fresh_transfer(config: AtlasConfig, task: SavedTask, sources: Sequence[str]) -> TransferNetwork:
    """A transfer network before training: a random head, the decoder of the target's own network."""
    channels = task.decoder_shape[0]
    inputs = channels * len(sources)
    head = TransferHead(inputs, inputs, channels)
    initialise(head, generator_of(config.seed, task.definition.name, "transfer", "+".join(sources)))
    return TransferNetwork(head, task.fresh_decoder())


def transfer_loss(
    networks: Callable[[Tensor], Sequence[Tensor]], seen: Tensor, examples: Examples
) -> StepLoss:
    """The mean loss of each of some networks on a batch that all of them see.

    Args:
        networks: (N, C, h, w) representations -> one prediction (N, ...) per network.
        seen: (n, C, h, w) float16, the representations of all examples.
        examples: of the target, n of them.
    """

    def step_loss(indices: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        predictions = networks(read(seen, torch.from_numpy(indices)))
        target = examples.targets(indices, generator)
        return torch.stack(
            [examples.definition.loss(prediction, target).mean() for prediction in predictions]
        )

    return step_loss


def _train_stack(
    config: AtlasConfig,
    stage: Stage,
    run: Run,
    task: SavedTask,
    stack: Sequence[tuple[str, ...]],
    representations: Representations,
    splits: _Splits,
) -> list[TransferResult]:
    networks = [fresh_transfer(config, task, sources) for sources in stack]
    stacked = laid_out(Stacked(networks))
    kind = inputs_kind(task.definition)

    def seen(split: str, examples: Examples) -> Tensor:
        key, count = f"{kind}/{split}", len(examples)
        return torch.cat(
            [joined_representations(representations, sources, key, examples=count) for sources in stack],
            dim=1,
        )

    step_loss = transfer_loss(stacked, seen("transfer", splits.transfer), splits.transfer)
    losses = run.train(stage, stacked, config.transfer_training, len(splits.transfer), step_loss)
    stacked.eval().write_back(networks)
    test = _scores(stacked, seen("test", splits.test), splits.test)
    validation = _scores(stacked, seen("validation", splits.validation), splits.validation)
    return [
        TransferResult(
            sources=sources,
            target=task.definition.name,
            test_losses=test[position].losses,
            validation_losses=validation[position].losses,
            weights=pack_network(
                network,
                metadata={**network_metadata(task.definition), "sources": list(sources)},
                tensors=task.definition.statistics,
            ),
            curve=curve(losses[:, position]),
            metrics=test[position].metrics,
        )
        for position, (sources, network) in enumerate(zip(stack, networks, strict=True))
    ]


def _scores(stacked: Stacked, seen: Tensor, examples: Examples) -> list[Scores]:
    return evaluated_together(lambda rows: stacked(read(seen, rows)), examples)
