from dataclasses import replace

import numpy as np
import pytest
import torch

from models.multitask.config import MultitaskConfig
from models.multitask.methods import METHODS
from models.multitask.network import UnsuitableArchitecture, fresh_network
from models.multitask.results import History, MultitaskDiverged, Trained
from models.multitask.serving import load_model
from models.multitask.training import optimisation, train
from models.networks.weights import WeightsError, pack_network, unpack_network
from models.tasks.registry import definition
from models.training.progress import NullContext, Stopped
from tests.unit.models.multitask.tiny import CLASSES, CONFIG, COUNTS, TinyViews
from tests.unit.models.transfer.small import Recorder

OWN = [name for name, spec in METHODS.items() if not spec.library]


@pytest.fixture(scope="module")
def views() -> TinyViews:
    return TinyViews()


def trained(
    views: TinyViews,
    method: str,
    config: MultitaskConfig = CONFIG,
    *,
    seed: int = 0,
    context: NullContext | None = None,
) -> Trained:
    count = len(config.tasks)
    preference = tuple([1 / count] * count) if method == "grid" else None
    return train(config, method, seed, preference, views, context or NullContext())


def assert_same(one: Trained, other: Trained) -> None:
    assert one.weights == other.weights
    assert one.metrics == other.metrics
    for name in ("steps", "losses", "weights", "validation", "stationarity"):
        np.testing.assert_array_equal(getattr(one.history, name), getattr(other.history, name))


@pytest.mark.parametrize("method", OWN)
@pytest.mark.parametrize("config", [CONFIG, CLASSES], ids=["maps", "dropout"])
def test_a_run_that_was_stopped_and_taken_up_gives_the_same_numbers(
    views: TinyViews, method: str, config: MultitaskConfig
) -> None:
    unbroken = trained(views, method, config)
    first = Recorder(stop_after=5)
    with pytest.raises(Stopped):
        trained(views, method, config, context=first)
    assert_same(trained(views, method, config, context=Recorder(first.checkpoint)), unbroken)


@pytest.mark.parametrize("method", OWN)
def test_every_method_lowers_every_loss(views: TinyViews, method: str) -> None:
    config = replace(CONFIG, epochs=20, evaluations=20)
    history = trained(views, method, config).history
    assert (history.losses[-1] < history.losses[0]).all()


def test_methods_of_a_seed_begin_alike_and_see_the_same_images(views: TinyViews) -> None:
    config = replace(CONFIG, learning_rate=1e-9)
    first = [trained(views, method, config).history.losses for method in ("single", "uniform", "mgda-ub")]
    np.testing.assert_allclose(first[0], first[1], rtol=1e-5)
    np.testing.assert_allclose(first[0], first[2], rtol=1e-5)


def test_a_head_begins_alike_whatever_the_other_tasks(views: TinyViews) -> None:
    def head(*tasks: str) -> torch.Tensor:
        definitions = [definition(name, image_size=16, label_info=views.label_info) for name in tasks]
        network = fresh_network(replace(CONFIG, tasks=tasks), definitions, 3, shared=True)
        return torch.cat([each.flatten() for each in network.heads[tasks.index("side")].parameters()])

    torch.testing.assert_close(head("side", "colour"), head("colour", "brightness", "side"))


def test_other_seeds_give_other_networks(views: TinyViews) -> None:
    assert trained(views, "uniform").weights != trained(views, "uniform", seed=1).weights


def test_the_last_evaluation_is_after_the_last_step_and_all_were_told(views: TinyViews) -> None:
    told: list[History] = []
    found = train(CONFIG, "mgda", 0, None, views, NullContext(), watch=told.append)
    steps = optimisation(CONFIG, COUNTS["train"]).steps
    assert found.history.steps.tolist() == [steps // 3, 2 * steps // 3, steps]
    assert [len(each.steps) for each in told] == [1, 2, 3]
    assert np.isfinite(found.history.stationarity).all()


def test_single_tasks_share_nothing_so_that_neither_weights_nor_stationarity_are_defined(
    views: TinyViews,
) -> None:
    history = trained(views, "single").history
    assert np.isnan(history.weights).all()
    assert np.isnan(history.stationarity).all()


def test_a_task_alone_learns_what_it_learns_beside_others_that_share_nothing(views: TinyViews) -> None:
    pair = trained(views, "single", replace(CONFIG, tasks=("side", "colour")))
    three = trained(views, "single")
    np.testing.assert_allclose(pair.history.losses, three.history.losses[:, :2], rtol=1e-4)


def test_a_heavier_weight_in_the_grid_favours_its_task(views: TinyViews) -> None:
    config = replace(CONFIG, tasks=("side", "brightness"), epochs=8)
    first, second = (
        train(config, "grid", 0, weights, views, NullContext()).history
        for weights in ((0.99, 0.01), (0.01, 0.99))
    )
    assert first.losses[-1, 0] < second.losses[-1, 0]
    assert first.losses[-1, 1] > second.losses[-1, 1]


def test_a_grid_without_weights_is_refused(views: TinyViews) -> None:
    with pytest.raises(ValueError, match="give one"):
        train(CONFIG, "grid", 0, None, views, NullContext())


def test_weights_of_another_number_than_the_tasks_are_refused(views: TinyViews) -> None:
    with pytest.raises(ValueError, match="2 weights for 3 tasks"):
        train(CONFIG, "grid", 0, (0.5, 0.5), views, NullContext())


def test_a_run_that_diverges_keeps_its_history(views: TinyViews) -> None:
    config = replace(CONFIG, learning_rate=1e30, optimiser="sgd", evaluations=9)
    with pytest.raises(MultitaskDiverged) as caught:
        trained(views, "uniform", config)
    assert len(caught.value.history.steps) == caught.value.step < 9


def test_maps_have_no_head_in_the_digits_network(views: TinyViews) -> None:
    with pytest.raises(UnsuitableArchitecture, match="brightness is a map"):
        trained(views, "uniform", replace(CONFIG, architecture="lenet"))


def test_the_batch_is_no_larger_than_the_training_split() -> None:
    plan = optimisation(replace(CONFIG, batch_size=1000), 48)
    assert (plan.batch_size, plan.steps) == (48, 3)


def test_a_stored_model_answers_every_task_at_once(views: TinyViews) -> None:
    found = trained(views, "mgda-ub", replace(CONFIG, epochs=30))
    model = load_model(found.weights)
    assert model.tasks == CONFIG.tasks
    arrays = views.load("test", ["rgb", "side", "brightness"])
    answers = model.predict(np.asarray(arrays["rgb"], dtype=np.uint8))
    right = [answer.value["class"] == ("left", "right")[int(side)] for answer, side in
             zip(answers["side"], arrays["side"], strict=True)]  # fmt: skip
    assert np.mean(right) == pytest.approx(found.metrics["side"]["top_1"])
    error = np.abs(np.stack([answer.array for answer in answers["brightness"]]) - arrays["brightness"]).mean()
    assert error == pytest.approx(found.metrics["brightness"]["mean_absolute_error"], rel=1e-4)


def test_single_task_networks_are_stored_and_served_together(views: TinyViews) -> None:
    found = trained(views, "single")
    answers = load_model(found.weights).predict(np.zeros((2, 16, 16, 3), dtype=np.uint8))
    assert {task: len(each) for task, each in answers.items()} == dict.fromkeys(CONFIG.tasks, 2)


def test_other_networks_are_no_multi_task_models() -> None:
    with pytest.raises(WeightsError, match="has not several heads"):
        load_model(pack_network(torch.nn.Identity()))


def test_a_model_without_its_tasks_is_refused(views: TinyViews) -> None:
    saved = unpack_network(trained(views, "uniform").weights)
    with pytest.raises(WeightsError, match="name no tasks"):
        load_model(pack_network(saved.module, metadata={"image_size": 16}))
