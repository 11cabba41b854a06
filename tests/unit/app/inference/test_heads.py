"""Networks of several tasks in the inference process: what each request gets, and what is refused."""

import asyncio
import io
from dataclasses import replace

import numpy as np
import pytest

from app.core.artifacts import build_artifact_store
from app.core.settings import load_settings
from app.inference.engine import Engine
from app.inference.protocol import ClassifyRequest, HeadsRequest, NetworkRef, PredictRequest
from models.multitask.training import train
from models.networks.weights import WeightsError
from models.training.progress import NullContext
from tests.unit.models.multitask.tiny import CONFIG, SIZE, TinyViews

TASKS = ("side", "colour", "brightness")


@pytest.fixture(scope="module")
def weights():
    return train(replace(CONFIG, epochs=1), "uniform", 0, None, TinyViews(), NullContext()).weights


@pytest.fixture
def engine(tmp_path, weights):
    settings = load_settings({"TASKATLAS_DATA": str(tmp_path)})
    artifacts = build_artifact_store(settings.artifacts)
    return Engine(settings.inference, artifacts), artifacts.put(weights)


def images(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, SIZE, SIZE, 3), dtype=np.uint8)


def request(artifact, pixels, tasks=TASKS, **fields):
    return HeadsRequest(
        weights=artifact, tasks=tasks, shape=pixels.shape[:3], images=pixels.tobytes(), **fields
    )


def said(engine, *questions):
    async def ask():
        async with engine.running():
            return await asyncio.gather(*(engine.predict_tasks(each) for each in questions))

    return [reply.predictions for reply in asyncio.run(ask())]


def test_images_arrive_as_they_were_sent():
    pixels = images(2)
    arrived = HeadsRequest.model_validate_json(request("a" * 64, pixels).model_dump_json())
    np.testing.assert_array_equal(arrived.pixels, pixels)
    with pytest.raises(ValueError, match="reshape"):
        _ = arrived.model_copy(update={"shape": (3, SIZE, SIZE)}).pixels


def test_requests_that_share_a_pass_get_their_own_answers(engine):
    engine, artifact = engine
    many, one = images(3), images(1, seed=1)
    together = said(engine, request(artifact, many), request(artifact, one))
    assert [len(each) for each in together] == [3, 1]
    for of_image in together[0]:
        assert list(of_image) == list(TASKS)
        assert [of_image[task].kind for task in TASKS] == ["class", "class", "map"]
        assert [of_image[task].png is None for task in TASKS] == [True, True, False]
    assert together[1][0]["brightness"].png not in {each["brightness"].png for each in together[0]}


def test_only_what_is_asked_for_is_sent(engine):
    engine, artifact = engine
    ((found,),) = said(engine, request(artifact, images(1), ("brightness",), png=False, array=True))
    assert list(found) == ["brightness"]
    assert found["brightness"].png is None
    with np.load(io.BytesIO(found["brightness"].array)) as arrays:
        assert arrays["prediction"].shape == (SIZE, SIZE)


def test_a_network_of_several_tasks_is_neither_a_classifier_nor_the_network_of_one(engine):
    engine, artifact = engine
    pixels = images(1)

    async def ask():
        async with engine.running():
            with pytest.raises(WeightsError, match="not a classifier"):
                await engine.classify(ClassifyRequest.of(artifact, pixels))
            with pytest.raises(WeightsError, match="not the network of a task"):
                await engine.predict(
                    PredictRequest(
                        networks=[NetworkRef(weights=artifact)],
                        shape=(1, SIZE, SIZE),
                        images=pixels.tobytes(),
                    )
                )

    asyncio.run(ask())
