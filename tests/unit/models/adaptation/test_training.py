from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.adaptation.config import METHODS, SELECTORS, AdaptationConfig, AdaptationConfigError
from models.adaptation.domains import Domain
from models.adaptation.results import AdaptationDiverged, Adapted, History
from models.adaptation.training import adapt
from models.data.labelled import UNKNOWN
from models.networks.weights import unpack_network
from models.training.progress import Diverged, NullContext, Stopped
from tests.unit.models.transfer.small import Recorder

CONFIG = AdaptationConfig(
    classes=("a", "b", "c", "d"),
    backbone="features",
    image_size=None,
    input_features=8,
    steps=12,
    batch_size=8,
    evaluations=4,
    bottleneck=6,
    discriminator_width=4,
)


def domain(seed: int, classes: list[int], shift: float = 0.0, count: int = 60) -> Domain:
    rng = np.random.default_rng(seed)
    centres = 2 * np.random.default_rng(0).normal(size=(4, 8))
    labels = rng.choice(classes, count)
    inputs = centres[labels] + shift + 0.3 * rng.normal(size=(count, 8))
    return Domain(inputs.astype(np.float32), labels.astype(np.int64))


SOURCE, TARGET = domain(1, [0, 1, 2, 3]), domain(2, [0, 1], shift=0.5)


def figures(found: Adapted) -> Iterator[np.ndarray]:
    history = found.history
    yield from (history.steps, history.target_accuracy, history.source_accuracy, history.per_class)
    yield from history.losses.values()
    yield from history.scores.values()
    if history.class_weights is not None:
        yield history.class_weights
    yield from (found.predictions, found.embedding.features, found.confusion)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("stop_after", [1, 3, 5, 11])
def test_a_run_that_was_stopped_and_taken_up_gives_the_same_numbers(method: str, stop_after: int) -> None:
    unbroken = adapt(CONFIG, method, 0, SOURCE, TARGET, NullContext())
    first = Recorder(stop_after=stop_after)
    with pytest.raises(Stopped):
        adapt(CONFIG, method, 0, SOURCE, TARGET, first)
    resumed = adapt(CONFIG, method, 0, SOURCE, TARGET, Recorder(first.checkpoint))
    assert resumed.weights == unbroken.weights
    for one, other in zip(figures(unbroken), figures(resumed), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("method", METHODS)
def test_target_labels_change_no_weight_and_no_choice(method: str) -> None:
    unlabelled = Domain(TARGET.inputs, np.full(len(TARGET), UNKNOWN))
    wrong = Domain(TARGET.inputs, (TARGET.labels + 1) % 4)
    known, blind, misled = (
        adapt(CONFIG, method, 0, SOURCE, each, NullContext()) for each in (TARGET, unlabelled, wrong)
    )
    assert known.weights == blind.weights == misled.weights
    assert np.isnan(blind.history.target_accuracy).all()
    assert blind.history.oracle() is None
    assert blind.confusion.sum() == 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("classes", [[2], [0, 1, 2, 3]])
def test_a_target_may_hold_one_class_or_all(method: str, classes: list[int]) -> None:
    found = adapt(CONFIG, method, 0, SOURCE, domain(3, classes), NullContext())
    shown = ~np.isnan(found.history.per_class[-1])
    assert np.flatnonzero(shown).tolist() == classes
    assert all(np.isfinite(values).all() for values in found.history.losses.values())


@pytest.mark.parametrize("method", METHODS)
def test_a_target_of_which_no_class_is_the_sources_is_adapted_to_without_figures(method: str) -> None:
    foreign = Domain(domain(4, [0]).inputs + 9, np.full(60, UNKNOWN))
    found = adapt(CONFIG, method, 0, SOURCE, foreign, NullContext())
    assert np.isnan(found.history.target_accuracy).all()
    assert len(found.predictions) == 60


@pytest.mark.parametrize("method", METHODS)
def test_an_unbalanced_source_and_a_small_target_are_no_trouble(method: str) -> None:
    rare = SOURCE.take(
        np.concatenate([np.flatnonzero(SOURCE.labels != 3), np.flatnonzero(SOURCE.labels == 3)[:1]])
    )
    found = adapt(CONFIG, method, 0, rare, TARGET.take(np.arange(3)), NullContext())
    assert np.isfinite(found.history.losses["classification"]).all()


def test_methods_of_a_seed_begin_alike_and_see_the_same_examples() -> None:
    almost = replace(CONFIG, adversarial_weight=0.0)
    plain, dann = (
        adapt(almost, method, 5, SOURCE, TARGET, NullContext()) for method in ("source-only", "dann")
    )
    np.testing.assert_allclose(
        plain.history.losses["classification"], dann.history.losses["classification"], rtol=1e-4
    )


def test_another_seed_gives_another_network() -> None:
    one, other = (adapt(CONFIG, "san", seed, SOURCE, TARGET, NullContext()) for seed in (0, 1))
    assert one.weights != other.weights


def test_the_kept_network_is_the_one_of_the_chosen_step_and_says_so() -> None:
    found = adapt(CONFIG, "san", 0, SOURCE, TARGET, NullContext())
    saved = unpack_network(found.weights)
    at = found.history.chosen(CONFIG.selector)
    assert saved.metadata["step"] == found.history.steps[at]
    assert saved.metadata["classes"] == ["a", "b", "c", "d"]
    with torch.no_grad():
        again = saved.module(torch.from_numpy(np.asarray(TARGET.inputs))).argmax(1).numpy()
    np.testing.assert_array_equal(again, found.predictions)
    assert found.history.target_accuracy[at] == pytest.approx(np.mean(again == TARGET.labels))


def test_every_selector_scores_every_evaluation() -> None:
    found = adapt(CONFIG, "source-only", 0, SOURCE, TARGET, NullContext())
    assert found.history.steps.tolist() == [3, 6, 9, 12]
    assert found.history.scores.keys() == set(SELECTORS)
    assert all(np.isfinite(values).all() for values in found.history.scores.values())
    assert found.history.class_weights is None


def test_divergence_names_the_step_and_keeps_the_last_checkpoint() -> None:
    context = Recorder()
    wild = replace(CONFIG, learning_rate=1e18, steps=200)
    with pytest.raises(Diverged) as raised:
        adapt(wild, "dann", 0, SOURCE, TARGET, context)
    assert raised.value.step > 0
    assert context.checkpoint is not None


def test_a_run_that_diverges_hands_over_the_best_model_of_before() -> None:
    late = domain(1, [0, 1, 2, 3])
    late.inputs[:, 0] = np.where(np.arange(len(late)) == 30, np.inf, late.inputs[:, 0])
    unbroken = replace(CONFIG, steps=60, evaluations=60)
    for seed in range(20):  # whose first batches miss the broken example
        with pytest.raises(AdaptationDiverged) as raised:
            adapt(unbroken, "source-only", seed, late, TARGET, NullContext())
        if raised.value.step > 2:
            break
    kept = raised.value.kept
    assert kept is not None
    assert len(kept.history.steps) == raised.value.step
    weights = unpack_network(kept.weights).module.state_dict().values()
    assert all(torch.isfinite(value).all() for value in weights)


def test_a_run_that_diverges_before_its_first_evaluation_has_no_model() -> None:
    broken = Domain(np.full_like(SOURCE.inputs, np.inf), SOURCE.labels)
    with pytest.raises(AdaptationDiverged) as raised:
        adapt(CONFIG, "source-only", 0, broken, TARGET, NullContext())
    assert (raised.value.step, raised.value.kept) == (0, None)


def test_whoever_watches_sees_every_evaluation_and_changes_nothing() -> None:
    seen: list[History] = []
    watched = adapt(CONFIG, "san", 0, SOURCE, TARGET, NullContext(), watch=seen.append)
    assert [history.steps.tolist() for history in seen] == [[3], [3, 6], [3, 6, 9], [3, 6, 9, 12]]
    alone = adapt(CONFIG, "san", 0, SOURCE, TARGET, NullContext())
    for mine, theirs in zip(figures(watched), figures(alone), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(seen[-1].class_weights, watched.history.class_weights)


def test_images_are_adapted_as_well() -> None:
    rng = np.random.default_rng(0)
    images = Domain(rng.integers(0, 256, (30, 16, 16, 3), dtype=np.uint8), rng.integers(0, 4, 30))
    config = replace(CONFIG, backbone="small", image_size=16, input_features=None, augmentation="crop-flip")
    found = adapt(config, "san", 0, images, images.take(np.arange(10)), NullContext())
    assert found.embedding.features.shape == (27 + 10, 6)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", "torch"),
        ("backbone", "vgg"),
        ("selector", "oracle"),
        ("augmentation", "mixup"),
        ("steps", 0),
        ("evaluations", 13),
        ("batch_size", 1),
        ("learning_rate", 0.0),
        ("momentum", 1.0),
        ("ramp", 0.0),
        ("validation_fraction", 1.0),
        ("classes", ("a", "a")),
        ("input_features", None),
        ("image_size", 28),
    ],
)
def test_a_setting_out_of_range_is_named(field: str, value: object) -> None:
    with pytest.raises(AdaptationConfigError) as raised:
        replace(CONFIG, **{field: value})
    assert raised.value.pointer == f"/{field}"


def test_a_config_survives_json() -> None:
    assert AdaptationConfig.from_json(CONFIG.to_json()) == CONFIG
    with pytest.raises(AdaptationConfigError, match="no setting"):
        AdaptationConfig.from_json({**CONFIG.to_json(), "speed": 1})
