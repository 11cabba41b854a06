from collections.abc import Mapping

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from models.data.views import RoomsViews
from models.networks.weights import WeightsError
from models.tasks.examples import Examples, channels_last
from models.tasks.serving import ImagesError, Prediction
from models.taxonomy.dictionary import TASKS
from models.taxonomy.table import RANDOM
from models.training.progress import NullContext
from models.transfer.representations import joined_representations
from models.transfer.results import TaskNetwork, TransferResult
from models.transfer.saved import load_task
from models.transfer.serving import load_network, load_transfer
from models.transfer.transfer import train_transfers
from tests.unit.models.transfer.small import SMALL

IMAGES = ("autoencoding", "denoising")  # rounded to grey levels, so that one level may differ
TRAINED = [name for name in SMALL.sources if name != RANDOM]


@pytest.fixture(scope="module")
def transfer(networks: Mapping[str, TaskNetwork], views: RoomsViews) -> TransferResult:
    (result,) = train_transfers(
        SMALL,
        "depth",
        [("autoencoding", "colorization")],
        target_network=networks["depth"].weights,
        representations={name: network.representations for name, network in networks.items()},
        views=views,
        context=NullContext(),
    )
    return result


def photographs(views: RoomsViews) -> np.ndarray:
    return np.asarray(views.load("test", ("rgb",))["rgb"])[:, None].astype(np.uint8)


def numbers(answer: Prediction) -> NDArray[np.float64]:
    return np.asarray(answer.array, dtype=np.float64)


@pytest.mark.parametrize("name", TRAINED)
def test_a_served_network_answers_as_the_trained_one(
    networks: Mapping[str, TaskNetwork], views: RoomsViews, name: str
) -> None:
    served = load_network(networks[name].weights)
    saved = load_task(networks[name].weights)
    images = torch.from_numpy(photographs(views))
    with torch.no_grad():
        outputs = saved.network(saved.definition.serve(images))
        expected = saved.definition.physical(outputs).double().numpy()
    answers = served.predict(photographs(views))
    assert len(answers) == SMALL.splits.test
    for answer, array in zip(answers, expected, strict=True):
        np.testing.assert_allclose(
            answer.array.astype(float), array, rtol=1e-3, atol=1.01 if name in IMAGES else 1e-3
        )
        assert (answer.task, answer.kind) == (name, TASKS[name].output.kind)
        assert answer.picture.dtype == np.uint8
        assert answer.picture.shape[2] == 3
    assert (answers[0].value is None) == (name != "scene_class")


def test_an_answer_does_not_depend_on_the_rest_of_the_batch(
    networks: Mapping[str, TaskNetwork], views: RoomsViews
) -> None:
    served, images = load_network(networks["depth"].weights), photographs(views)
    together = numbers(served.predict(images)[3])
    np.testing.assert_allclose(numbers(served.predict(images[3:4])[0]), together, rtol=1e-4, atol=1e-5)


def test_a_served_transfer_answers_as_it_was_trained(
    networks: Mapping[str, TaskNetwork], views: RoomsViews, transfer: TransferResult
) -> None:
    """Its root mean squared error in metres, found anew from pictures, is the metric that was kept."""
    sources = [networks[name].weights for name in ("colorization", "autoencoding")]
    answers = load_transfer(transfer.weights, sources).predict(photographs(views))
    task = load_task(networks["depth"].weights).definition
    arrays = Examples(task, views, "test").arrays(slice(None))
    truth, valid = arrays["depth"].numpy(), arrays["valid"].numpy()
    errors = [
        np.sqrt(np.mean((numbers(answer) - depth)[mask] ** 2))
        for answer, depth, mask in zip(answers, truth, valid, strict=True)
    ]
    assert np.mean(errors) == pytest.approx(transfer.metrics["rmse"], rel=2e-2)


def test_representations_join_in_the_order_of_the_sources(networks: Mapping[str, TaskNetwork]) -> None:
    kept = {name: network.representations for name, network in networks.items()}
    joined = joined_representations(kept, ("depth", "autoencoding"), "rgb/test")
    channels = SMALL.network.bottleneck_channels
    assert np.array_equal(joined[:, :channels].numpy(), kept["depth"]["rgb/test"])
    assert np.array_equal(joined[:, channels:].numpy(), kept["autoencoding"]["rgb/test"])
    assert channels_last(joined.float()).shape == joined.shape


@pytest.mark.parametrize("sources", [("autoencoding",), ("autoencoding", "depth"), ("autoencoding",) * 2])
def test_a_transfer_refuses_other_sources(
    networks: Mapping[str, TaskNetwork], transfer: TransferResult, sources: tuple[str, ...]
) -> None:
    with pytest.raises(WeightsError, match="stands on autoencoding"):
        load_transfer(transfer.weights, [networks[name].weights for name in sources])


def test_a_transfer_is_no_network_and_a_network_no_transfer(
    networks: Mapping[str, TaskNetwork], transfer: TransferResult
) -> None:
    with pytest.raises(WeightsError):
        load_network(transfer.weights)
    with pytest.raises(WeightsError):
        load_transfer(networks["depth"].weights, [])


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((1, 1, 8, 8, 3), np.uint8), ((1, 2, 16, 16, 3), np.uint8), ((1, 1, 16, 16, 3), np.float32)],
)
def test_images_of_another_kind_are_refused(
    networks: Mapping[str, TaskNetwork], shape: tuple[int, ...], dtype: type
) -> None:
    with pytest.raises(ImagesError, match="depth takes"):
        load_network(networks["depth"].weights).predict(np.zeros(shape, dtype=dtype))
