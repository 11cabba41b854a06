"""JSON shapes of predictions."""

from typing import Any

from pydantic import BaseModel, Field


class PredictionOut(BaseModel):
    """What one network made of the images."""

    task: str
    kind: str = Field(description="the kind of the task's output, as in the task dictionary")
    transfer_id: str | None = Field(
        default=None, description="set when the prediction came through a transfer"
    )
    sources: list[str] = Field(
        default=[], description="the transfer's sources; empty for the task's own network"
    )
    value: Any = Field(
        default=None,
        description="vectors in physical units, classes with their shares; null for images and maps",
    )
    png: str | None = Field(default=None, description="base64 of a PNG rendering")
    array: str | None = Field(default=None, description="base64 of an npz file with one array, `prediction`")


class LeftOut(BaseModel):
    """A task that `all` did not run."""

    task: str
    detail: str


class InferenceOut(BaseModel):
    """Predictions of every task asked for."""

    atlas_id: str
    image_count: int
    image_size: int = Field(description="edge of the square that the networks saw, in pixels")
    predictions: list[PredictionOut]
    left_out: list[LeftOut] = Field(description="with `all`: tasks that need another number of images")
