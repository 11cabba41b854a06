"""A novel target: a task with few labels, reached from the networks of an atlas (Zamir et al. 2018, Sec. 3.1).

The target has no network of its own, so that decoders start fresh, every transfer's from the same weights, and its
statistics are those of the few labels. Everything is chosen on the validation images; test images serve figures only.
"""

from collections.abc import Mapping, Sequence

from models.data.pooled import PooledViews
from models.data.views import Views
from models.networks.weights import pack_network
from models.tasks.definition import TaskDefinition
from models.tasks.examples import Examples, Scores, evaluated
from models.tasks.registry import definition
from models.training.progress import Part, RunContext, Stopped
from models.transfer.novel.config import NovelConfig
from models.transfer.novel.results import Baselines, Guess, Metric, TargetFacts
from models.transfer.representations import TRANSFER_SPLITS, Representation, inputs_kind, represent
from models.transfer.results import TransferResult
from models.transfer.saved import load_task, network_metadata
from models.transfer.task_specific import CONSTANT_LIMIT, STATISTICS_LIMIT, decoder_shape, fresh_network
from models.transfer.transfer import train_scratch, train_transfers


def train_novel_transfers(
    config: NovelConfig,
    source_sets: Sequence[Sequence[str]],
    *,
    source_networks: Mapping[str, bytes],
    views: Views,
    context: RunContext,
) -> list[TransferResult]:
    """Train transfers from an atlas's frozen encoders to the target, many at a time.

    Args:
        config: of the target.
        source_sets: names of the sources of each transfer, of any order.
        source_networks: `TaskNetwork.weights` of every source named.
        views: the target's data set, of the size of the atlas's images.
        context: the runner.

    Returns:
        One result per source set, in the given order.

    Raises:
        Stopped: the runner asked for it.
        Diverged: a loss was NaN or infinite.
        KeyError: a source has no network.
    """
    pooled = PooledViews(views)
    target = _prepared(config, pooled, Part(context, 0.0, 0.1))
    used = sorted({name for sources in source_sets for name in sources})
    return train_transfers(
        config.as_atlas,
        config.target,
        source_sets,
        target_network=_untrained(config, target, pooled),
        representations=_represented(
            target, {name: source_networks[name] for name in used}, pooled, Part(context, 0.1, 0.3)
        ),
        views=pooled,
        context=Part(context, 0.3, 1.0),
    )


def train_baselines(config: NovelConfig, *, views: Views, context: RunContext) -> Baselines:
    """What the same labels give from scratch, and without looking at all.

    Args:
        config: of the target.
        views: the target's data set.
        context: the runner.

    Raises:
        Stopped: the runner asked for it.
        Diverged: a loss was NaN or infinite.
    """
    pooled = PooledViews(views)
    target = _prepared(config, pooled, Part(context, 0.0, 0.1))
    scratch = train_scratch(
        config.as_atlas,
        config.target,
        target_network=_untrained(config, target, pooled),
        views=pooled,
        context=Part(context, 0.1, 1.0),
    )
    return Baselines(_facts(target), scratch, _constant(target, pooled))


def _prepared(config: NovelConfig, views: PooledViews, context: RunContext) -> TaskDefinition:
    """The target's definition, its statistics fitted on the labels that are trained on."""
    target = definition(config.target, image_size=config.network.image_size, label_info=views.label_info)
    views.prepare(target.labels, context)
    return target.fitted(Examples(target, views, "transfer").arrays(slice(0, STATISTICS_LIMIT)))


def _untrained(config: NovelConfig, target: TaskDefinition, views: PooledViews) -> bytes:
    """Weights of a network that has learnt nothing: its decoder is where every transfer's begins."""
    atlas = config.as_atlas
    shape = decoder_shape(atlas, Examples(target, views, "transfer"))
    network = fresh_network(atlas, target, shape, "novel")
    return pack_network(network, metadata=network_metadata(target), tensors=target.statistics)


def _represented(
    target: TaskDefinition, networks: Mapping[str, bytes], views: PooledViews, context: RunContext
) -> dict[str, dict[str, Representation]]:
    """What every source makes of the target's inputs in the splits that transfers see."""
    examples = {split: Examples(target, views, split) for split in TRANSFER_SPLITS}
    found: dict[str, dict[str, Representation]] = {}
    for position, (name, weights) in enumerate(networks.items()):
        if context.should_stop():
            text = "encoding the images"
            raise Stopped(text)
        source = load_task(weights)
        context.progress(position / len(networks), f"encoding the images with {source.definition.task.title}")
        found[name] = {
            f"{inputs_kind(target)}/{split}": represent(source.definition, source.network.encoder, part)
            for split, part in examples.items()
        }
    return found


def _constant(target: TaskDefinition, views: PooledViews) -> Guess:
    arrays = Examples(target, views, "transfer").arrays(slice(0, CONSTANT_LIMIT))
    guess = target.constant(target.target(arrays, target.noise(arrays, None)))

    def guessed(examples: Examples) -> Scores:
        return evaluated(lambda rows: guess.expand(rows.stop - rows.start, *guess.shape), examples)

    test = guessed(Examples(target, views, "test"))
    return Guess(guessed(Examples(target, views, "validation")).losses, test.losses, test.metrics)


def _facts(target: TaskDefinition) -> TargetFacts:
    return TargetFacts(
        title=target.task.title,
        inputs=target.task.inputs,
        kind=target.task.output.kind,
        loss=target.task.loss,
        metrics={
            name: Metric(unit, name in target.lower_is_better) for name, unit in target.metric_units.items()
        },
    )
