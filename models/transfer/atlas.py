"""A whole atlas in one process, for notebooks and benchmarks: what the service spreads over jobs."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from models.data.first_views import first_views
from models.data.views import Views
from models.training.progress import NullContext, Part, RunContext, Stopped
from models.transfer.config import AtlasConfig
from models.transfer.evaluation import TargetEvaluation, TaskScore, evaluate_target, task_score
from models.transfer.results import TaskNetwork, TransferResult
from models.transfer.selection import first_order_sets, higher_order_sets, source_validation_losses
from models.transfer.task_specific import required_labels, train_task_network
from models.transfer.transfer import train_scratch, train_transfers

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class TargetResult:
    """Everything that was measured of one target.

    Attributes:
        scratch: the baseline of the gain.
        transfers: of every order, first orders first.
        evaluation: affinities, gains and qualities.
    """

    scratch: TransferResult
    transfers: tuple[TransferResult, ...]
    evaluation: TargetEvaluation


@dataclass(frozen=True, slots=True, eq=False)
class AtlasResult:
    """A built atlas.

    Attributes:
        config: what it was built from.
        networks: by source, `random` included.
        scores: of the task-specific networks, in the order of `config.tasks`.
        targets: by target.
    """

    config: AtlasConfig
    networks: Mapping[str, TaskNetwork]
    scores: tuple[TaskScore, ...]
    targets: Mapping[str, TargetResult]


def build_atlas(
    config: AtlasConfig,
    views: Views,
    context: RunContext,
    executor: Executor | None = None,
    *,
    networks: Mapping[str, TaskNetwork] | None = None,
) -> AtlasResult:
    """Train and measure an atlas; checkpoints of the context are not used across its parts.

    Args:
        config: what to build; `derived_config` makes one that stands on the networks of another atlas.
        views: a data set of the configuration's image size and `view_splits`.
        context: hears of progress, and may stop it.
        executor: spreads the parts, which do not depend on each other, over processes; the results are the same
            as long as torch runs with as many threads there.
        networks: task-specific networks that are there already, by source, of another atlas of the same views: none
            is trained, and transfers learn from the first of the images that they have encoded.

    Raises:
        Stopped: the context asked for it.
        Diverged: a loss was NaN or infinite.
        ValueError: `networks` lacks a source, or `views` are fewer than the configuration wants.
        TooFewEncoded: the networks have encoded fewer images than the configuration wants.
    """
    views = first_views(views, "transfer", config.splits.transfer)
    views.prepare(required_labels(config, views), Part(context, 0.0, 0.1))
    if networks is None:
        training = [partial(train_task_network, config, source, views) for source in config.sources]
        trained = _spread(training, Part(context, 0.1, 0.55), executor)
        networks = dict(zip(config.sources, trained, strict=True))
    elif missing := [source for source in config.sources if source not in networks]:
        message = f"there is no network of {', '.join(missing)}"
        raise ValueError(message)
    measuring = [partial(build_target, config, target, networks, views) for target in config.targets]
    measured = _spread(measuring, Part(context, 0.55, 1.0), executor)
    scores = tuple(task_score(networks[name]) for name in config.tasks)
    return AtlasResult(config, networks, scores, dict(zip(config.targets, measured, strict=True)))


def build_target(
    config: AtlasConfig, target: str, networks: Mapping[str, TaskNetwork], views: Views, context: RunContext
) -> TargetResult:
    """All transfers to one target, its scratch baseline and its tournament."""
    weights = networks[target].weights
    representations = {name: network.representations for name, network in networks.items()}
    scratch = train_scratch(
        config, target, target_network=weights, views=views, context=Part(context, 0.0, 0.3)
    )
    transfers: list[TransferResult] = []
    for order in config.orders:
        if order == 1:
            sets = first_order_sets(config, target)
        else:
            first = [result for result in transfers if len(result.sources) == 1]
            sets = higher_order_sets(config, order, source_validation_losses(first))
        transfers += train_transfers(
            config,
            target,
            sets,
            target_network=weights,
            representations=representations,
            views=views,
            context=_share(context, 0.3, 1.0, config.orders.index(order), len(config.orders)),
        )
    evaluation = evaluate_target(target, networks[target].test_losses, scratch.test_losses, transfers)
    return TargetResult(scratch, tuple(transfers), evaluation)


def _spread(
    parts: Sequence[Callable[[RunContext], T]], context: RunContext, executor: Executor | None
) -> list[T]:
    """The results of all parts, in order: one after the other here, or side by side in the executor."""
    if executor is None:
        return [part(_share(context, 0.0, 1.0, position, len(parts))) for position, part in enumerate(parts)]
    futures = [executor.submit(part, NullContext()) for part in parts]
    try:
        for done, future in enumerate(as_completed(futures), start=1):
            future.result()
            context.progress(done / len(parts), f"{done} of {len(parts)} parts done")
            if context.should_stop():
                text = "between two parts"
                raise Stopped(text)
    finally:
        for future in futures:
            future.cancel()
    return [future.result() for future in futures]


def _share(context: RunContext, start: float, end: float, position: int, parts: int) -> Part:
    width = (end - start) / parts
    return Part(context, start + position * width, start + (position + 1) * width)
