"""What the training for a novel target hands on, and what is chosen and told from it: no torch here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.taxonomy.affinity import ahp, win_matrix, win_rate
from models.transfer.novel.config import NovelConfig
from models.transfer.results import Losses, TransferResult
from models.transfer.selection import higher_order_sets


@dataclass(frozen=True, slots=True)
class Metric:
    """What a number of the target's metrics means.

    Attributes:
        unit: of its numbers.
        lower_is_better: or else higher.
    """

    unit: str
    lower_is_better: bool


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What there is to know of the target task.

    Attributes:
        title: for people.
        inputs: images that one prediction takes.
        kind: of the output, as in the task dictionary.
        loss: name of the training loss.
        metrics: by name, the main one first.
    """

    title: str
    inputs: int
    kind: str
    loss: str
    metrics: Mapping[str, Metric]


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """The best constant guess, fitted on the labels.

    Attributes:
        validation_losses: (n,) per validation image.
        test_losses: (n,) per test image.
        metrics: means over the test images, in the task's units.
    """

    validation_losses: Losses
    test_losses: Losses
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Baselines:
    """What the labels give without an atlas.

    Attributes:
        facts: of the target task.
        scratch: a whole network trained on the same labels.
        constant: the best guess without looking.
    """

    facts: TargetFacts
    scratch: TransferResult
    constant: Guess


@dataclass(frozen=True, slots=True)
class NovelScore:
    """What the test images say of one transfer.

    Attributes:
        affinity: component of the tournament's principal eigenvector, sums to 1 over the transfers.
        win_rate: mean share of test images won against the other transfers; 1/2 of an only one.
        win_rate_vs_scratch: share of test images won against the network from scratch (gain).
        win_rate_vs_constant: share of test images won against the constant guess.
    """

    affinity: float
    win_rate: float
    win_rate_vs_scratch: float
    win_rate_vs_constant: float


def first_order_novel_sets(config: NovelConfig) -> tuple[tuple[str, ...], ...]:
    """Every single source."""
    return tuple((source,) for source in config.sources)


def higher_order_novel_sets(
    config: NovelConfig, order: int, validation_losses: Mapping[str, float]
) -> tuple[tuple[str, ...], ...]:
    """The source sets of one order above 1 that are tried, as for the targets of an atlas.

    Args:
        config: of the target.
        order: at least 2.
        validation_losses: mean over the validation images of the transfers of order 1, by source.
    """
    return higher_order_sets(config.as_atlas, order, validation_losses)


def score_novel(test_losses: Sequence[Losses], scratch: Losses, constant: Losses) -> tuple[NovelScore, ...]:
    """Hold the tournament of all transfers to the target, and each against the baselines.

    Args:
        test_losses: (n,) per test image, of every transfer of every order.
        scratch: the same of the network from scratch.
        constant: the same of the constant guess.

    Returns:
        One score per transfer, in the given order.

    Raises:
        models.taxonomy.affinity.TournamentError: there is no transfer, or the losses are not of the same images.
    """
    wins = win_matrix([losses.astype(np.float64) for losses in test_losses])
    rivals = len(wins) - 1
    means = (wins.sum(axis=1) - 0.5) / rivals if rivals else np.array([0.5])
    return tuple(
        NovelScore(
            affinity=float(affinity),
            win_rate=float(mean),
            win_rate_vs_scratch=win_rate(losses, scratch),
            win_rate_vs_constant=win_rate(losses, constant),
        )
        for affinity, mean, losses in zip(ahp(wins), means, test_losses, strict=True)
    )
