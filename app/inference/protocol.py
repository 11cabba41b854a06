"""What the web and the inference process say to each other: JSON, bytes as base64, nothing pickled."""

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

DENSE_KINDS = frozenset({"image", "map", "classes", "embedding"})
"""Output kinds of the task dictionary that are one value or more per pixel: a picture says them best."""


MAX_NETWORKS = 256
"""Networks that one request may ask for."""

_BYTES_AS_BASE64 = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


class NetworkRef(BaseModel):
    """One network to run, by artefact id: a task network, or a transfer's head with its frozen sources."""

    model_config = ConfigDict(frozen=True)

    weights: str = Field(description="artefact id of the task network, or of the transfer's head")
    sources: tuple[str, ...] = Field(
        default=(),
        description="artefact ids of the source networks, in the transfer's order; empty for a task network",
    )


class PredictRequest(BaseModel):
    """Images of one scene and the networks that shall see them."""

    model_config = _BYTES_AS_BASE64

    networks: list[NetworkRef] = Field(min_length=1, max_length=MAX_NETWORKS)
    shape: tuple[int, int, int] = Field(description="views, height and width of `images`")
    images: bytes = Field(description="uint8, views x height x width x RGB, row by row")
    png: bool | None = Field(
        default=None, description="render a picture; null: of image-like predictions only"
    )
    array: bool = Field(default=False, description="send the prediction's numbers as npz")


class NetworkPrediction(BaseModel):
    """What one network said."""

    model_config = _BYTES_AS_BASE64

    kind: str
    value: Any = None
    png: bytes | None = None
    array: bytes | None = None


class PredictReply(BaseModel):
    """Predictions in the order of the request's networks."""

    model_config = _BYTES_AS_BASE64

    predictions: list[NetworkPrediction]


class ClassifyRequest(BaseModel):
    """Examples and the classifier that shall see them."""

    model_config = _BYTES_AS_BASE64

    weights: str = Field(description="artefact id of the classifier")
    dtype: Literal["uint8", "float32"] = Field(description="of `examples`: images or pre-extracted vectors")
    shape: tuple[int, ...] = Field(description="examples x height x width x RGB, or examples x numbers")
    examples: bytes = Field(description="row by row")

    @classmethod
    def of(cls, weights: str, examples: NDArray[np.uint8] | NDArray[np.float32]) -> Self:
        """The request that asks a classifier about examples."""
        dtype = "uint8" if examples.dtype == np.uint8 else "float32"
        return cls(weights=weights, dtype=dtype, shape=examples.shape, examples=examples.tobytes())

    @property
    def array(self) -> NDArray[Any]:
        """The examples; raises ValueError where bytes and shape do not fit."""
        return np.frombuffer(self.examples, self.dtype).reshape(self.shape)


class ClassifyReply(BaseModel):
    """What a classifier said."""

    model_config = _BYTES_AS_BASE64

    shape: tuple[int, int] = Field(description="examples x classes")
    probabilities: bytes = Field(description="float32, row by row; rows sum to 1")

    @classmethod
    def of(cls, probabilities: NDArray[np.float32]) -> Self:
        """The reply that tells probabilities."""
        count, classes = probabilities.shape
        return cls(shape=(count, classes), probabilities=probabilities.tobytes())

    @property
    def array(self) -> NDArray[np.float32]:
        """Probabilities by example and class."""
        return np.frombuffer(self.probabilities, np.float32).reshape(self.shape)


class HeadsRequest(BaseModel):
    """Images, each by itself, and the network of several tasks that shall see them."""

    model_config = _BYTES_AS_BASE64

    weights: str = Field(description="artefact id of the network")
    tasks: tuple[str, ...] = Field(description="of the network's tasks: those whose predictions are sent")
    shape: tuple[int, int, int] = Field(description="number, height and width of `images`")
    images: bytes = Field(description="uint8, images x height x width x RGB, row by row")
    png: bool | None = Field(
        default=None, description="render pictures; null: of image-like predictions only"
    )
    array: bool = Field(default=False, description="send the predictions' numbers as npz")

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The images, (N, height, width, 3); raises ValueError where bytes and shape do not fit."""
        return np.frombuffer(self.images, np.uint8).reshape(*self.shape, 3)


class HeadsReply(BaseModel):
    """Predictions by image, in the order of the request, and then by task."""

    model_config = _BYTES_AS_BASE64

    predictions: list[dict[str, NetworkPrediction]]


class EngineHealth(BaseModel):
    """Whether the inference process serves, and what it holds."""

    status: str
    networks_loaded: int
    bytes_loaded: int
    waiting: int
