"""The inference process: holds torch and the networks, and serves the web processes.

Run as `python -m app.inference.engine`. It listens on a Unix socket, or on TCP where TASKATLAS_INFERENCE_URL
says so, and is meant for the web processes of the same service only.
"""

import asyncio
import io
import itertools
import logging
import os
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import torch
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel

from app.core.artifacts import ArtifactStore, build_artifact_store
from app.core.settings import InferenceSettings, load_settings
from app.inference.batching import BatchLimits, MicroBatcher, SaturationError
from app.inference.cache import NetworkCache
from app.inference.protocol import (
    DENSE_KINDS,
    ClassifyReply,
    ClassifyRequest,
    EngineHealth,
    HeadsReply,
    HeadsRequest,
    NetworkPrediction,
    NetworkRef,
    PredictReply,
    PredictRequest,
)
from models.adaptation.serving import AdaptedClassifier, load_classifier
from models.multitask.serving import MultitaskModel, load_model
from models.networks.weights import WeightsError, network_kind
from models.tasks.serving import Prediction, Servable
from models.transfer.serving import load_network, load_transfer

log = logging.getLogger(__name__)

_RETRY_AFTER_S = "1"
_CLIENT_LEFT = 499  # nobody reads it; the number is a custom of proxies
Views = NDArray[np.uint8]
Key = tuple[NetworkRef, tuple[int, ...]]
Examples = NDArray[Any]
ClassifierKey = tuple[NetworkRef, tuple[int, ...], np.dtype[Any]]


Network = Servable | AdaptedClassifier | MultitaskModel
ImageKey = tuple[NetworkRef, tuple[int, ...]]
Said = dict[str, Prediction]
"""What a network of several tasks says of one image, by task."""

_LOADERS: Mapping[str, Callable[[bytes], Network]] = {"classifier": load_classifier, "multi_head": load_model}


def _load(weights: bytes, sources: list[bytes]) -> Network:
    if sources:
        return load_transfer(weights, sources)
    return _LOADERS.get(network_kind(weights), load_network)(weights)


class Engine:
    """Networks in memory and the one thread that runs them."""

    def __init__(self, settings: InferenceSettings, artifacts: ArtifactStore) -> None:
        self._cache = NetworkCache[Network](artifacts, _load, settings.cache_bytes)
        self._device = ThreadPoolExecutor(max_workers=1, thread_name_prefix="device")
        limits = BatchLimits(settings.window_ms / 1000, settings.max_batch, settings.max_waiting)
        self._batcher = MicroBatcher[Key, Views, Prediction](self._run, self._device, limits)
        self._classifying = MicroBatcher[ClassifierKey, Examples, NDArray[np.float32]](
            self._classify, self._device, limits
        )
        self._heads = MicroBatcher[ImageKey, Views, list[Said]](self._run_heads, self._device, limits)

    @property
    def _batchers(self) -> tuple[MicroBatcher[Any, Any, Any], ...]:
        return self._batcher, self._classifying, self._heads

    @property
    def health(self) -> EngineHealth:
        """What the engine holds and how busy it is."""
        return EngineHealth(
            status="ok",
            networks_loaded=len(self._cache),
            bytes_loaded=self._cache.size,
            waiting=sum(batcher.waiting for batcher in self._batchers),
        )

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Serve batches while the context is open."""
        serving = [asyncio.create_task(batcher.serve()) for batcher in self._batchers]
        try:
            yield
        finally:
            for task in serving:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            self._device.shutdown(wait=True)

    async def predict(self, request: PredictRequest) -> PredictReply:
        """Run every network of a request.

        Raises:
            SaturationError: too much waits already; nothing of the request was taken.
            FileNotFoundError: the artefact store lacks some weights.
            ValueError: the images do not fit their shape, or not a network.
        """
        views, height, width = request.shape
        images = np.frombuffer(request.images, np.uint8).reshape(views, height, width, 3)
        predictions = await self._batcher.submit_all(
            [(network, images.shape) for network in request.networks], images
        )
        encoded = await asyncio.to_thread(
            lambda: [_encode(each, png=request.png, array=request.array) for each in predictions]
        )
        return PredictReply(predictions=encoded)

    async def classify(self, request: ClassifyRequest) -> ClassifyReply:
        """Run the classifier of a request.

        Raises:
            SaturationError: too much waits already.
            FileNotFoundError: the artefact store lacks the weights.
            ValueError: the examples do not fit their shape or the classifier, or the weights are none.
        """
        examples = request.array
        key = (NetworkRef(weights=request.weights), examples.shape[1:], examples.dtype)
        return ClassifyReply.of(await self._classifying.submit(key, examples))

    async def predict_tasks(self, request: HeadsRequest) -> HeadsReply:
        """Run the network of a request.

        Raises:
            SaturationError: too much waits already.
            FileNotFoundError: the artefact store lacks the weights.
            ValueError: the images do not fit their shape or the network, or the weights are none of several tasks.
        """
        images = request.pixels
        said = await self._heads.submit((NetworkRef(weights=request.weights), images.shape[1:]), images)
        encoded = await asyncio.to_thread(
            lambda: [
                {
                    task: _encode(of_image[task], png=request.png, array=request.array)
                    for task in request.tasks
                }
                for of_image in said
            ]
        )
        return HeadsReply(predictions=encoded)

    def _run(self, key: Key, items: Sequence[Views]) -> Sequence[Prediction]:
        network = self._cache.get(key[0])
        if not isinstance(network, Servable):
            raise WeightsError(f"{key[0].weights} is not the network of a task")
        return network.predict(np.stack(items))

    def _classify(self, key: ClassifierKey, items: Sequence[Examples]) -> Sequence[NDArray[np.float32]]:
        network = self._cache.get(key[0])
        if not isinstance(network, AdaptedClassifier):
            raise WeightsError(f"{key[0].weights} is not a classifier")
        found = network.predict(np.concatenate(items))
        ends = np.cumsum([len(item) for item in items])
        return np.split(found, ends[:-1])

    def _run_heads(self, key: ImageKey, items: Sequence[Views]) -> Sequence[list[Said]]:
        network = self._cache.get(key[0])
        if not isinstance(network, MultitaskModel):
            raise WeightsError(f"{key[0].weights} is no network of several tasks")
        found = network.predict(np.concatenate(items))
        said = [dict(zip(found, of_image, strict=True)) for of_image in zip(*found.values(), strict=True)]
        ends = itertools.accumulate(len(item) for item in items)
        return [said[end - len(item) : end] for item, end in zip(items, ends, strict=True)]


def _encode(prediction: Prediction, *, png: bool | None, array: bool) -> NetworkPrediction:
    wants_png = prediction.kind in DENSE_KINDS if png is None else png
    return NetworkPrediction(
        kind=prediction.kind,
        value=prediction.value,
        png=_png(prediction.picture) if wants_png else None,
        array=_npz(prediction.array) if array else None,
    )


def _png(picture: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def _npz(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, prediction=array)
    return buffer.getvalue()


def create_engine(settings: InferenceSettings, artifacts: ArtifactStore) -> FastAPI:
    """The inference process as an ASGI application."""
    engine = Engine(settings, artifacts)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with engine.running():
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    async def healthz() -> EngineHealth:
        return engine.health

    @app.post("/predict")
    async def predict(request: Request) -> Response:
        wanted = PredictRequest.model_validate_json(await request.body())
        return await _answer(request, engine.predict(wanted))

    @app.post("/classify")
    async def classify(request: Request) -> Response:
        wanted = ClassifyRequest.model_validate_json(await request.body())
        return await _answer(request, engine.classify(wanted))

    @app.post("/heads")
    async def predict_tasks(request: Request) -> Response:
        wanted = HeadsRequest.model_validate_json(await request.body())
        return await _answer(request, engine.predict_tasks(wanted))

    @app.exception_handler(SaturationError)
    async def saturated(_: Request, __: Exception) -> JSONResponse:
        return JSONResponse(
            {"detail": "too many predictions wait"}, status_code=503, headers={"Retry-After": _RETRY_AFTER_S}
        )

    return app


async def _answer(request: Request, predict: Coroutine[Any, Any, BaseModel]) -> Response:
    predicting = asyncio.create_task(predict)
    leaving = asyncio.create_task(_client_left(request))
    try:
        await asyncio.wait((predicting, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not predicting.done():
            return Response(status_code=_CLIENT_LEFT)
        return Response((await predicting).model_dump_json(), media_type="application/json")
    finally:
        # What nobody waits for any more is not run, or a busy engine would never catch up.
        predicting.cancel()
        leaving.cancel()


async def _client_left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def main() -> None:
    """Serve until told to end."""
    settings = load_settings(os.environ)
    logging.basicConfig(level=logging.INFO)
    torch.set_num_threads(settings.inference.threads)
    app = create_engine(settings.inference, build_artifact_store(settings.artifacts))
    address = urlsplit(settings.inference.url)
    where: dict[str, Any]
    if address.scheme == "unix":
        Path(address.path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        where = {"uds": address.path}
    else:
        where = {"host": address.hostname, "port": address.port}
    uvicorn.run(app, **where, log_level="warning", access_log=False, timeout_graceful_shutdown=5)


if __name__ == "__main__":
    main()
