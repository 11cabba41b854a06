"""Which source sets are tried: all of order 1, then a beam over the best of them."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from models.taxonomy.table import RANDOM
from models.transfer.config import AtlasConfig
from models.transfer.results import TransferResult


def first_order_sets(config: AtlasConfig, target: str) -> tuple[tuple[str, ...], ...]:
    """Every single source of `target`: all other tasks, and the random encoder."""
    return tuple((source,) for source in config.sources if source != target)


def beam_width(order: int) -> int:
    """How many of the best single sources the sets of `order` draw from.

    The five best up to order 5, which gives 10 sets of order 2 and 3, 5 of order 4 and one of order 5, and exactly
    `order` above, that is one set (Zamir et al. 2018, Sec. 3.2.2). The released code draws order 4 from the best six.
    """
    return max(5, order)


def higher_order_sets(
    config: AtlasConfig, order: int, validation_losses: Mapping[str, float]
) -> tuple[tuple[str, ...], ...]:
    """The source sets of one order above 1 that are tried for a target, most promising first.

    Sources are ranked by their first-order transfer's mean validation loss. Among the sets of the best
    `beam_width(order)`, those of the lowest summed rank come first, then by rank of their best source.

    Args:
        config: `per_target` limits the number of sets.
        order: at least 2.
        validation_losses: mean loss on the validation split, by source; `random` is left out.

    Returns:
        At most `config.per_target` sets, each sorted by name; none if there are fewer sources than `order`.
    """
    ranked = sorted(
        (name for name in validation_losses if name != RANDOM),
        key=lambda name: (validation_losses[name], name),
    )[: beam_width(order)]
    chosen = sorted(combinations(range(len(ranked)), order), key=lambda ranks: (sum(ranks), ranks))
    return tuple(tuple(sorted(ranked[rank] for rank in ranks)) for ranks in chosen[: config.per_target])


def source_validation_losses(first_order: Sequence[TransferResult]) -> dict[str, float]:
    """Mean validation loss of each first-order transfer, by its source."""
    return {
        result.sources[0]: float(result.validation_losses.mean(dtype="float64")) for result in first_order
    }
