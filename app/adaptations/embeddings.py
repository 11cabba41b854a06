"""Projected bottlenecks as points and as pictures."""

from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import NDArray
from pydantic import BaseModel, Field

from app.adaptations.records import Adaptation, AdaptationRun
from app.core.platform import Platform
from models.adaptation.config import Method
from models.adaptation.pictures import Colouring, as_png, draw
from models.adaptation.results import Embedding
from models.data.labelled import UNKNOWN


class PointOut(BaseModel):
    """One example in the projected bottleneck."""

    x: float
    y: float
    domain: Literal["source", "target"]
    label: str | None = Field(description="its class; null where not known, or none of the source's")
    prediction: str


class RunEmbeddingOut(BaseModel):
    """Bottleneck features of examples of both domains, projected to two dimensions."""

    method: Method
    seed: int
    model_id: str
    projection: str = Field(description="`t-sne`, or `pca` of very few different examples; axes have no unit")
    points: list[PointOut]


class EmbeddingsOut(BaseModel):
    """The projections of one run of each method."""

    embeddings: list[RunEmbeddingOut]


def embeddings(platform: Platform, adaptation: Adaptation, runs: Sequence[AdaptationRun]) -> EmbeddingsOut:
    """The points of some runs that have a model.

    Raises:
        FileNotFoundError: an artefact is gone.
    """
    classes = adaptation.setup.training.classes
    return EmbeddingsOut(embeddings=[_run_embedding(platform, classes, run) for run in runs])


def embedding_picture(
    platform: Platform, adaptation: Adaptation, run: AdaptationRun, colouring: Colouring
) -> bytes:
    """The points of a run as a PNG.

    Raises:
        FileNotFoundError: an artefact is gone.
    """
    arrays = _arrays(platform, run)
    shown = Embedding(**{name: arrays[name] for name in ("features", "is_target", "labels", "predictions")})
    return as_png(draw(arrays["points"], shown, adaptation.setup.training.classes, colouring))


def _run_embedding(platform: Platform, classes: tuple[str, ...], run: AdaptationRun) -> RunEmbeddingOut:
    arrays = _arrays(platform, run)
    columns = (arrays[name].tolist() for name in ("points", "is_target", "labels", "predictions"))
    return RunEmbeddingOut(
        method=run.method,
        seed=run.seed,
        model_id=run.id,
        projection=str(arrays["projection"]),
        points=[
            PointOut(
                x=round(x, 4),
                y=round(y, 4),
                domain="target" if is_target else "source",
                label=None if label == UNKNOWN else classes[label],
                prediction=classes[prediction],
            )
            for (x, y), is_target, label, prediction in zip(*columns, strict=True)
        ],
    )


def _arrays(platform: Platform, run: AdaptationRun) -> dict[str, NDArray[Any]]:
    return platform.artifacts.get_arrays(str(run.outcome.arrays))
