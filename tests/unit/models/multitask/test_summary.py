import math

import numpy as np
import pytest

from models.multitask.config import NOT_SHAREABLE
from models.multitask.summary import NoMetric, delta_m, main_metric, main_values, mean_ranks
from models.tasks.registry import definition
from models.taxonomy.dictionary import TASKS
from tests.unit.models.tasks import own_batches, task_batches

ALL = [name for name in TASKS if name != "random"]


@pytest.mark.parametrize("name", ALL)
def test_the_main_metric_is_the_one_that_the_definition_names_first(name: str) -> None:
    task = definition(name, image_size=task_batches.SIZE, label_info=task_batches.INFO)
    found = main_metric(TASKS[name])
    assert (found.name, found.unit) == next(iter(task.metric_units.items()))
    assert found.higher_is_better == (found.name not in task.lower_is_better)


@pytest.mark.parametrize("own", own_batches.OWN, ids=own_batches.NAMES)
def test_the_main_metric_of_a_declared_task_is_that_of_its_definition(own: object) -> None:
    task = definition(own.name, image_size=own_batches.SIZE, label_info=own_batches.INFO)
    found = main_metric(own.entry)
    assert (found.name, found.unit) == next(iter(task.metric_units.items()))
    assert found.higher_is_better == (found.name not in task.lower_is_better)


def test_every_task_that_can_share_has_a_main_metric() -> None:
    for name in TASKS.keys() - NOT_SHAREABLE:
        assert main_metric(TASKS[name]).name


def test_the_random_projection_has_none() -> None:
    with pytest.raises(NoMetric, match="random"):
        main_metric(TASKS["random"])


def test_main_values_keep_the_tasks_order_and_say_what_was_not_measured() -> None:
    judged = {name: main_metric(TASKS[name]) for name in ("normals", "depth", "scene_class")}
    values = main_values({"depth": {"absolute_relative_error": 0.1}, "normals": {"within_30": 0.5}}, judged)
    assert list(values) == ["normals", "depth", "scene_class"]
    assert values["depth"] == 0.1
    assert math.isnan(values["normals"])
    assert math.isnan(values["scene_class"])


def test_delta_m_is_the_mean_relative_change_and_negative_is_better() -> None:
    """By hand: 10 % less error and 5 % more accuracy are -7.5 %."""
    found = delta_m(
        {"depth": 0.9, "class": 0.84}, {"depth": 1.0, "class": 0.8}, {"depth": False, "class": True}
    )
    assert found.percent == pytest.approx(-7.5)
    assert found.per_task == pytest.approx({"depth": -10.0, "class": -5.0})
    assert found.reason == ""


def test_delta_m_of_the_published_cityscapes_table() -> None:
    """MGDA against single tasks, Sener & Koltun 2018, Table 3: mIoU, instance and disparity error."""
    single = {"miou": 60.68, "instance": 11.34, "disparity": 2.78}
    mgda = {"miou": 66.63, "instance": 10.25, "disparity": 2.54}
    higher = {"miou": True, "instance": False, "disparity": False}
    expected = -100 * np.mean([5.95 / 60.68, 1.09 / 11.34, 0.24 / 2.78])
    assert delta_m(mgda, single, higher).percent == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "base", "reason"),
    [
        (0.5, 0.0, "0"),
        (math.nan, 1.0, "not measured"),
        (0.5, math.nan, "no value"),
        (math.inf, 1.0, "not measured"),
    ],
)
def test_a_task_that_cannot_be_judged_leaves_no_mean_and_says_why(
    value: float, base: float, reason: str
) -> None:
    found = delta_m({"a": value, "b": 2.0}, {"a": base, "b": 1.0}, {"a": False, "b": False})
    assert found.percent is None
    assert found.per_task == {"a": None, "b": 100.0}
    assert reason in found.reason
    assert found.reason.startswith("a ")


def test_tasks_that_were_not_trained_alone_are_missing() -> None:
    found = delta_m({"a": 1.0}, {}, {"a": True})
    assert found.percent is None
    assert "single-task" in found.reason


def test_ties_share_their_mean_rank() -> None:
    """By hand: in the first task (less is better) ranks 1.5, 1.5, 3; in the second (more is better) 3, 1, 2."""
    ranks = mean_ranks([[1, 5], [1, 9], [2, 7]], [False, True])
    np.testing.assert_allclose(ranks, [2.25, 1.25, 2.5])


def test_a_model_without_a_value_is_not_ranked_and_takes_no_place() -> None:
    ranks = mean_ranks([[1, 1], [0, math.nan], [2, 2]], [False, False])
    np.testing.assert_allclose(ranks, [1, math.nan, 2])
    assert np.isnan(mean_ranks([[math.nan]], [True])).all()


def test_ranks_of_other_tasks_are_refused() -> None:
    with pytest.raises(ValueError, match="2 tasks"):
        mean_ranks([[1, 2, 3]], [True, False])
