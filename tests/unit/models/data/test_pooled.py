import numpy as np

from models.data.pooled import PooledViews
from tests.unit.models.multitask.tiny import COUNTS, TinyViews


def test_both_names_answer_with_the_views_of_train_then_those_of_transfer() -> None:
    views = TinyViews()
    pooled = PooledViews(views)
    parts = [views.load(split, ["side"]) for split in ("train", "transfer")]
    for split in ("train", "transfer"):
        assert pooled.size(split) == COUNTS["train"] + COUNTS["transfer"]
        for name in ("side", "index"):
            np.testing.assert_array_equal(
                pooled.load(split, ["side"])[name], np.concatenate([part[name] for part in parts])
            )


def test_tasks_that_read_the_same_array_share_its_memory() -> None:
    pooled = PooledViews(TinyViews())
    first, second = pooled.load("train", ["rgb", "side"]), pooled.load("train", ["rgb", "colour"])
    assert np.shares_memory(first["rgb"], second["rgb"])
    assert set(first) == {"rgb", "side", "index"}
    assert set(second) == {"rgb", "colour", "index"}


def test_other_splits_are_the_data_sets_own() -> None:
    views = TinyViews()
    found = PooledViews(views).load("test", ["side"])["side"]
    np.testing.assert_array_equal(found, views.load("test", ["side"])["side"])
