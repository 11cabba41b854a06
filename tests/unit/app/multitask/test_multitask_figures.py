"""What the runs of a multi-task training say together, and the front of their models."""

import json
import math

import numpy as np
import pytest

from app.core.runs import Divergence
from app.multitask.figures import Runs
from app.multitask.fronts import front_of, front_picture
from app.multitask.histories import (
    history_from_json,
    history_to_json,
    metrics_from_json,
    metrics_to_json,
)
from app.multitask.records import MultitaskRun, Outcome
from app.multitask.result_schemas import FrontOut, MultitaskCurvesOut
from models.multitask.results import History
from models.multitask.summary import MetricInfo

NAN = float("nan")
JUDGED_BY = {
    "depth": MetricInfo("absolute_relative_error", "share", higher_is_better=False),
    "scene_class": MetricInfo("top_1", "share", higher_is_better=True),
}


def metrics(depth, accuracy):
    found = {"depth": {"absolute_relative_error": depth, "rmse": 1.0}, "scene_class": {"top_1": accuracy}}
    return {
        task: {name: value for name, value in values.items() if value is not None}
        for task, values in found.items()
    }


def run(position, method, test=None, validation=None, *, seed=0, preference=None, error=None):
    """A run; one that has neither metrics nor an error goes on."""
    outcome = Outcome(history=None, error=error)
    if test is not None:
        outcome = Outcome(
            history=None,
            metrics=metrics(*test),
            validation_metrics=metrics(*(validation or test)),
            weights="w",
        )
    ended = "now" if test is not None or error is not None else None
    return MultitaskRun(
        id=f"{method}-{position}",
        multitask_id="mtk",
        position=position,
        method=method,
        seed=seed,
        preference=preference,
        outcome=outcome,
        finished_at=ended,
    )


def runs(*every):
    return Runs(JUDGED_BY, reversed(every))


def test_runs_stand_in_the_order_they_were_asked_for():
    found = runs(run(0, "uniform"), run(1, "grid"), run(2, "mgda"))
    assert [each.method for each in found] == ["uniform", "grid", "mgda"]
    assert [each.method for each in found[1:]] == ["grid", "mgda"]


def test_delta_m_is_the_mean_relative_change_and_negative_where_it_is_better():
    found = runs(run(0, "single", (0.2, 0.5)), run(1, "uniform", (0.1, 0.6)), run(2, "mgda", (0.3, 0.5)))
    figures = found.figures
    assert figures["single-0"].delta_m.percent == 0
    assert figures["uniform-1"].delta_m.per_task == {
        "depth": pytest.approx(-50),
        "scene_class": pytest.approx(-20),
    }
    assert figures["uniform-1"].delta_m.percent == pytest.approx(-35)
    assert figures["mgda-2"].delta_m.percent == pytest.approx(25)


def test_delta_m_is_against_the_same_seed_where_there_is_one_and_else_against_the_mean():
    found = runs(
        run(0, "single", (0.2, 0.5), seed=0),
        run(1, "single", (0.4, 0.5), seed=1),
        run(2, "uniform", (0.2, 0.5), seed=0),
        run(3, "uniform", (0.2, 0.5), seed=1),
        run(4, "uniform", (0.3, 0.5), seed=2),
    )
    percents = [found.figures[f"uniform-{position}"].delta_m.percent for position in (2, 3, 4)]
    assert percents == pytest.approx([0, -25, 0])
    uniform = found.summary[1]
    assert (uniform.n, uniform.delta_m.mean) == (3, pytest.approx(-25 / 3))
    assert uniform.metrics["depth"].mean == pytest.approx(0.7 / 3)


def test_without_single_tasks_there_is_no_delta_m():
    lost = run(1, "single", error=Divergence(3, "the loss is nan"))
    for found in (runs(run(0, "uniform", (0.1, 0.5))), runs(run(0, "uniform", (0.1, 0.5)), lost)):
        assert found.figures["uniform-0"].delta_m is None
        assert found.summary[0].delta_m.mean is None


def test_a_task_without_a_value_leaves_no_mean_and_says_so():
    found = runs(run(0, "single", (0.2, 0.0)), run(1, "uniform", (0.1, 0.5)), run(2, "mgda", (None, 0.5)))
    delta = found.figures["uniform-1"].delta_m
    assert delta.percent is None
    assert "scene_class has a single-task value of 0" in delta.reason
    assert delta.per_task["depth"] == pytest.approx(-50)
    assert found.figures["mgda-2"].mean_rank is None


def test_ranks_are_means_over_tasks():
    found = runs(run(0, "uniform", (0.3, 0.9)), run(1, "grid", (0.1, 0.5)), run(2, "mgda", (0.2, 0.7)))
    assert [found.figures[each.id].mean_rank for each in found] == [2.0, 2.0, 2.0]
    best = runs(run(0, "uniform", (0.1, 0.9)), run(1, "mgda", (0.2, 0.9)))
    assert [best.figures[each.id].mean_rank for each in best] == [1.25, 1.75]
    assert [each.mean_rank for each in best.summary] == [1.25, 1.75]


def test_a_summary_leaves_out_what_diverged_and_what_goes_on_and_tells_preferences_apart():
    found = runs(
        run(0, "grid", (0.1, 0.5), preference=(0.25, 0.75)),
        run(1, "grid", (0.3, 0.5), preference=(0.25, 0.75), seed=1),
        run(2, "grid", error=Divergence(3, "the loss is nan"), preference=(0.75, 0.25)),
        run(3, "grid", preference=(0.75, 0.25), seed=1),
    ).summary
    assert [(each.preference, each.n, each.diverged) for each in found] == [
        ((0.25, 0.75), 2, 0),
        ((0.75, 0.25), 0, 1),
    ]
    assert found[0].metrics["depth"].mean == pytest.approx(0.2)
    assert found[0].metrics["depth"].deviation == pytest.approx(0.2 / 2**0.5)
    assert (found[1].metrics["depth"].mean, found[1].mean_rank) == (None, None)


def test_a_preference_asks_for_a_model_by_validation_alone():
    found = runs(
        run(0, "uniform", test=(0.9, 0.1), validation=(0.1, 0.5)),
        run(1, "mgda", test=(0.1, 0.9), validation=(0.5, 0.9)),
    )
    assert found.nearest((1.0, 0.0)).method == "uniform"
    assert found.nearest((0.0, 1.0)).method == "mgda"


def test_alike_weights_ask_for_the_model_between_the_extremes():
    found = runs(run(0, "uniform", (0.1, 0.5)), run(1, "grid", (0.2, 0.8)), run(2, "mgda", (0.5, 0.9)))
    assert found.nearest(None).method == "grid"


def test_networks_that_share_nothing_serve_only_where_there_are_no_others():
    alone = run(0, "single", (0.1, 0.9))
    assert runs(alone, run(1, "uniform")).nearest(None).method == "single"
    assert runs(alone, run(1, "uniform", (0.2, 0.8))).nearest(None).method == "uniform"
    assert runs(run(0, "uniform")).nearest(None) is None


def test_a_model_that_was_not_measured_in_every_task_is_not_chosen():
    found = runs(run(0, "uniform", (0.1, None)), run(1, "mgda", (0.5, 0.5)))
    assert found.nearest((1.0, 0.0)).method == "mgda"
    assert runs(run(0, "uniform", (0.1, None))).nearest(None) is None


def test_the_front_holds_every_model_and_says_which_are_beaten():
    found = runs(
        run(0, "single", (0.1, 0.6)),
        run(1, "uniform", (0.2, 0.5)),
        run(2, "grid", (0.3, 0.9), preference=(0.25, 0.75)),
        run(3, "mgda", error=Divergence(3, "the loss is nan")),
        run(4, "mgda", (None, 0.9), seed=1),
    )
    front = front_of(found, ("depth", "scene_class"), "test")
    assert [each.method for each in front.models] == ["single", "uniform", "grid"]
    assert front.values == ((0.1, 0.6), (0.2, 0.5), (0.3, 0.9))
    assert front.dominated() == [False, True, False]
    shown = FrontOut.of(front)
    assert [point.shared for point in shown.points] == [False, True, True]
    assert shown.points[2].preference == [0.25, 0.75]
    # margins of a tenth: from (0.32, 0.46), two rectangles that overlap
    assert shown.reference_point == pytest.approx([0.32, 0.46])
    assert shown.hypervolume == pytest.approx(0.22 * 0.14 + 0.02 * 0.44 - 0.02 * 0.14)
    assert (shown.exact, shown.standard_error) == (True, 0)
    picture = front_picture(front).decode()
    assert picture.startswith("<svg")
    assert "Uniform scaling" in picture


def test_a_front_has_the_axes_asked_for_of_the_images_asked_for():
    found = runs(run(0, "uniform", test=(0.2, 0.5), validation=(0.4, 0.7)), run(1, "mgda", (None, 0.9)))
    front = front_of(found, ("scene_class",), "validation")
    assert (front.values, front.dominated()) == (((0.7,), (0.9,)), [True, False])
    assert [axis.task for axis in FrontOut.of(front).axes] == ["scene_class"]


def test_a_front_without_models_is_empty():
    empty = front_of(runs(run(0, "uniform")), ("depth", "scene_class"), "test")
    shown = FrontOut.of(empty)
    assert (shown.points, shown.hypervolume, shown.reference_point) == ([], None, None)
    assert front_picture(empty).startswith(b"<svg")


def course(weights):
    return History(
        tasks=("depth", "scene_class"),
        steps=np.array([10, 20]),
        losses=np.array([[1, 2], [0.5, NAN]], dtype=np.float32),
        weights=np.array(weights, dtype=np.float32),
        validation=np.array([[1, 2], [1.5, 1]], dtype=np.float32),
        stationarity=np.array([0.25, NAN], dtype=np.float32),
    )


def test_a_course_survives_as_json():
    before = course([[0.5, 0.5], [NAN, NAN]])
    document = json.loads(json.dumps(history_to_json(before), allow_nan=False))
    after = history_from_json(document)
    assert after.tasks == before.tasks
    for name in ("steps", "losses", "weights", "validation", "stationarity"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
        assert getattr(after, name).dtype == getattr(before, name).dtype


def test_a_method_without_weights_has_no_curves_of_them():
    shown = MultitaskCurvesOut.of(course([[NAN, NAN], [NAN, NAN]]))
    assert shown.weights is None
    assert shown.losses == {"depth": [1.0, 0.5], "scene_class": [2.0, None]}
    assert shown.stationarity == [0.25, None]


def test_metrics_keep_their_order_whatever_the_database_makes_of_objects():
    before = {"b": {"top_1": 0.5, "accuracy": 1.0}, "a": {"z": NAN, "y": 1 / 3}}
    document = json.loads(json.dumps(metrics_to_json(before), allow_nan=False, sort_keys=True))
    after = metrics_from_json(document)
    assert list(after["b"]) == ["top_1", "accuracy"]
    assert math.isnan(after["a"]["z"])
    assert after["a"]["y"] == 0.333333
