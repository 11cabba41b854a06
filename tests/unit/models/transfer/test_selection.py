from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from models.training.curves import Curve
from models.transfer.config import ALL_TASKS
from models.transfer.presets import atlas_config
from models.transfer.results import TransferResult
from models.transfer.selection import (
    beam_width,
    first_order_sets,
    higher_order_sets,
    source_validation_losses,
)

CONFIG = atlas_config("quick", orders=(1, 2, 3), per_target=5)
LOSSES = {
    "random": 0.01,
    "normals": 0.1,
    "edges_2d": 0.2,
    "autoencoding": 0.3,
    "denoising": 0.4,
    "keypoints_2d": 0.5,
    "colorization": 0.6,
}


def result(source: str, validation: float, test: float) -> TransferResult:
    return TransferResult(
        sources=(source,),
        target="depth",
        test_losses=np.full(4, test, dtype=np.float32),
        validation_losses=np.full(3, validation, dtype=np.float32),
        weights=b"",
        curve=Curve((1,), (0.0,)),
        metrics={},
    )


def test_first_order_tries_every_other_task_and_the_random_encoder() -> None:
    sets = first_order_sets(CONFIG, "depth")
    assert {source for (source,) in sets} == {*CONFIG.tasks, "random"} - {"depth"}
    assert len(sets) == len(CONFIG.tasks)


def test_pairs_come_from_the_best_single_sources_most_promising_first() -> None:
    assert higher_order_sets(CONFIG, 2, LOSSES) == (
        ("edges_2d", "normals"),
        ("autoencoding", "normals"),
        ("denoising", "normals"),
        ("autoencoding", "edges_2d"),
        ("keypoints_2d", "normals"),
    )


@pytest.mark.parametrize(
    ("order", "width", "sets"),
    [(1, 5, 5), (2, 5, 10), (3, 5, 10), (4, 5, 5), (5, 5, 1), (6, 6, 1), (7, 7, 1)],
)
def test_sets_are_all_of_the_best_five_up_to_order_5_and_the_best_alone_above(
    order: int, width: int, sets: int
) -> None:
    assert beam_width(order) == width
    many = atlas_config("full", orders=(1, order), per_target=10_000)
    losses = {name: float(rank) for rank, name in enumerate(ALL_TASKS)}
    found = higher_order_sets(many, order, losses)
    assert {frozenset(each) for each in found} == {
        frozenset(each) for each in combinations(ALL_TASKS[:width], order)
    }
    assert len(found) == len(set(found)) == sets


def test_the_full_preset_tries_all_sets_of_the_best_five() -> None:
    config = atlas_config("full")
    losses = {name: float(rank) for rank, name in enumerate(ALL_TASKS)}
    found = {order: len(higher_order_sets(config, order, losses)) for order in config.orders if order > 1}
    assert found == {2: 10, 3: 10, 4: 5, 5: 1}


def test_the_random_encoder_is_never_joined_with_others() -> None:
    assert all("random" not in sources for sources in higher_order_sets(CONFIG, 2, LOSSES))


def test_too_few_sources_give_no_set() -> None:
    assert higher_order_sets(CONFIG, 3, {"normals": 0.1, "edges_2d": 0.2}) == ()


def test_test_losses_choose_nothing() -> None:
    results = [result(name, loss, test=1 - loss) for name, loss in LOSSES.items()]
    flattered = [replace(one, test_losses=np.zeros(4, dtype=np.float32)) for one in results]
    ranked = source_validation_losses(results)
    assert ranked == source_validation_losses(flattered) == pytest.approx(LOSSES)
    assert higher_order_sets(CONFIG, 2, ranked) == higher_order_sets(CONFIG, 2, LOSSES)


def test_equal_losses_are_ranked_by_name() -> None:
    tied: dict[str, float] = {"normals": 0.5, "depth": 0.5, "edges_2d": 0.5}
    assert higher_order_sets(CONFIG, 2, tied)[0] == ("depth", "edges_2d")
