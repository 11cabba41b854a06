from dataclasses import replace

import numpy as np
import pytest

from models.training.curves import Curve
from models.transfer.evaluation import EvaluationError, evaluate_target, task_score
from models.transfer.results import TaskNetwork, TransferResult

IMAGES = 40
RNG = np.random.default_rng(4)
SELF_LOSSES = RNG.random(IMAGES, dtype=np.float32)
SCRATCH = SELF_LOSSES + np.float32(0.3)


def transfer(*sources: str, worse_by: float, target: str = "depth") -> TransferResult:
    return TransferResult(
        sources=sources,
        target=target,
        test_losses=(SELF_LOSSES + worse_by).astype(np.float32),
        validation_losses=np.zeros(3, dtype=np.float32),
        weights=b"",
        curve=Curve((1,), (0.0,)),
        metrics={},
    )


RESULTS = (
    transfer("edges_2d", "normals", worse_by=0.05),
    transfer("normals", worse_by=0.1),
    transfer("random", worse_by=0.6),
)


def test_affinities_sum_to_one_and_follow_the_tournament() -> None:
    found = evaluate_target("depth", SELF_LOSSES, SCRATCH, RESULTS).transfers
    names = ["+".join(edge.sources) for edge in found]
    affinities = [edge.affinity or 0.0 for edge in found]
    assert names == ["self", "normals", "random", "edges_2d+normals"]
    assert sum(affinities) == pytest.approx(1)
    assert sorted(names, key=dict(zip(names, affinities, strict=True)).__getitem__, reverse=True) == [
        "self",
        "edges_2d+normals",
        "normals",
        "random",
    ]


def test_gain_is_against_scratch_and_quality_against_full_supervision() -> None:
    found = {edge.sources: edge for edge in evaluate_target("depth", SELF_LOSSES, SCRATCH, RESULTS).transfers}
    assert (found["self",].gain, found["self",].quality) == (1.0, 0.5)
    assert (found["normals",].gain, found["normals",].quality) == (1.0, 0.0)
    assert (found["random",].gain, found["random",].quality) == (0.0, 0.0)


def test_the_order_in_which_results_come_does_not_matter() -> None:
    one = evaluate_target("depth", SELF_LOSSES, SCRATCH, RESULTS)
    other = evaluate_target("depth", SELF_LOSSES, SCRATCH, RESULTS[::-1])
    assert one.transfers == other.transfers
    assert np.array_equal(one.wins, other.wins)


@pytest.mark.parametrize(
    "results",
    [
        [transfer("normals", worse_by=0.1, target="normals")],
        [transfer(worse_by=0.1)],
        [RESULTS[1], RESULTS[1]],
        [replace(RESULTS[1], test_losses=SELF_LOSSES[:-1])],
    ],
    ids=["another target", "no source", "twice", "other images"],
)
def test_results_that_do_not_belong_together_are_refused(results: list[TransferResult]) -> None:
    with pytest.raises(EvaluationError):
        evaluate_target("depth", SELF_LOSSES, SCRATCH, results)


def test_a_task_scores_its_share_of_images_won() -> None:
    losses = np.array([1, 2, 3, 4], dtype=np.float32)
    network = TaskNetwork(
        task="depth",
        weights=b"",
        representations={},
        test_losses=losses,
        constant_losses=np.array([2, 3, 4, 1], dtype=np.float32),
        random_losses=np.array([1, 3, 1, 1], dtype=np.float32),
        metrics={},
        curves={},
    )
    score = task_score(network)
    assert score.win_rate_vs_constant == pytest.approx(0.75)
    assert score.win_rate_vs_random == pytest.approx(0.375)  # a tie counts half
    assert score.test_loss == pytest.approx(2.5)
