"""Live predictions of adapted models."""

import io
import json
from dataclasses import dataclass, replace
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from app.adaptations.records import AdaptationRun
from app.adaptations.service import AdaptationsService
from app.core.errors import Conflict, InvalidInput
from app.core.platform import Platform
from app.inference.client import ask_classifier
from app.inference.images import Upload, read_image
from app.inference.protocol import ClassifyRequest
from models.adaptation.config import AdaptationConfig

MAX_IMAGES = 256
MAX_VECTORS = 4096
"""Examples of one question at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictQuestion:
    """What a user wants to know of some examples: images or vectors.

    Attributes:
        adaptation_id: whose model shall answer.
        model_id: which; None = the one that the label-free score of the runs prefers.
        images: uploads, perhaps none.
        vectors: rows as npz, npy or JSON; None = none were sent.
    """

    adaptation_id: str
    model_id: str | None
    images: tuple[Upload, ...]
    vectors: bytes | None

    def with_json(self, body: bytes) -> Self:
        """The question that a JSON body asks: `{"vectors": [[...], ...], "model": id}`.

        Raises:
            InvalidInput: the body is something else.
        """
        try:
            document = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise InvalidInput.at("/", f"not JSON: {error}") from error
        if not isinstance(document, dict) or not document.keys() <= {"vectors", "model"}:
            raise InvalidInput.at("/", "must be an object of `vectors` and, if need be, `model`")
        model = document.get("model")
        if model is not None and not isinstance(model, str):
            raise InvalidInput.at("/model", "must be a string")
        return replace(self, model_id=model, vectors=json.dumps(document.get("vectors")).encode())


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a model said.

    Attributes:
        run: whose model it is.
        classes: of the source, in the order of the columns.
        probabilities: (N, K); rows sum to 1.
    """

    run: AdaptationRun
    classes: tuple[str, ...]
    probabilities: NDArray[np.float32]


async def predict(platform: Platform, question: PredictQuestion) -> Predictions:
    """Answer a question.

    Raises:
        NotFound: there is no such adaptation.
        Conflict: it has no model yet.
        InvalidInput: an unknown model, examples of another kind than it takes, or bad ones.
        TooLarge: an image with too many pixels.
        UnsupportedMedia: a file that is neither JPEG nor PNG.
        Busy: the inference process is not there or has too much to do.
    """
    run, config = await run_in_threadpool(_plan, platform, question)
    examples = await run_in_threadpool(_read, config, question)
    request = ClassifyRequest.of(str(run.outcome.weights), examples)
    reply = await ask_classifier(platform.settings.inference, request)
    return Predictions(run, config.classes, reply.array)


def _plan(platform: Platform, question: PredictQuestion) -> tuple[AdaptationRun, AdaptationConfig]:
    # A short transaction of its own: the network runs for longer than a database should be held.
    with platform.database.session(read_only=True) as session:
        adaptations = AdaptationsService(session, platform)
        adaptation = adaptations.get(question.adaptation_id)
        runs = adaptations.runs(adaptation)
    run = runs.preferred if question.model_id is None else runs.model(question.model_id)
    if run is None and question.model_id is not None:
        raise InvalidInput.at("/model", f"this adaptation has no model {question.model_id!r}")
    if run is None:
        raise Conflict(f"adaptation {adaptation.id} is {adaptation.status}: it has no model to serve")
    return run, adaptation.setup.training


def _read(config: AdaptationConfig, question: PredictQuestion) -> NDArray[Any]:
    if config.image_size is None:
        if question.images:
            raise InvalidInput.at("/image", "this model takes pre-extracted vectors: send `vectors`")
        return _vectors(question.vectors, int(config.input_features or 0))
    if question.vectors is not None:
        raise InvalidInput.at("/vectors", "this model takes images: send `image`")
    if not question.images:
        raise InvalidInput.at("/image", "send at least one image")
    return np.stack(
        [read_image(upload, size=config.image_size, stretched=True) for upload in question.images]
    )


def _vectors(data: bytes | None, features: int) -> NDArray[np.float32]:
    """Rows of pre-extracted features, (N, features).

    Raises:
        InvalidInput: they are something else.
    """
    if data is None:
        raise InvalidInput.at("/vectors", "send at least one vector")
    rows = _decoded(data)
    if rows.ndim != 2 or rows.shape[1] != features or not 1 <= len(rows) <= MAX_VECTORS:
        wanted = f"1 to {MAX_VECTORS} rows of {features} numbers"
        raise InvalidInput.at("/vectors", f"must be {wanted}, got the shape {list(rows.shape)}")
    if not np.isfinite(rows).all():
        raise InvalidInput.at("/vectors", "must be finite numbers")
    return rows


def _decoded(data: bytes) -> NDArray[np.float32]:
    try:
        if data.startswith((b"PK", b"\x93NUMPY")):
            loaded = np.load(io.BytesIO(data), allow_pickle=False)
            found = loaded if isinstance(loaded, np.ndarray) else _only(loaded)
        else:
            found = np.array(json.loads(data))
        if not np.issubdtype(found.dtype, np.number) or np.iscomplexobj(found):
            raise InvalidInput.at("/vectors", "must be numbers")
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
            return found.astype(np.float32)
    except (ValueError, OSError, EOFError, BadZipFile, RecursionError) as error:
        raise InvalidInput.at(
            "/vectors", "neither npz, npy nor JSON lists of numbers, all of one length"
        ) from error


def _only(archive: Any) -> NDArray[Any]:
    with archive:
        if len(archive.files) != 1:
            raise InvalidInput.at(
                "/vectors", f"must be the only array of the npz, there are {len(archive.files)}"
            )
        return archive[archive.files[0]]
