"""What trainings of several runs share: how far they are, runs that have no end, and figures over seeds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field

from app.core.numbers import rounded
from models.training.summary import Summary

TrainingStatus = Literal["training", "ready", "failed", "cancelled"]
RunStatus = Literal["waiting", "running", "succeeded", "diverged"]

_STATUS_OF_JOB: dict[str | None, TrainingStatus] = {"failed": "failed", "cancelled": "cancelled"}


def training_status(finished_at: datetime | None, job_state: str | None) -> TrainingStatus:
    """How far a training is, from when its numbers were complete and from the state of its job."""
    return "ready" if finished_at is not None else _STATUS_OF_JOB.get(job_state, "training")


@dataclass(frozen=True, slots=True)
class Divergence:
    """Why a run has no end.

    Attributes:
        step: the optimiser step whose loss was not finite.
        detail: one sentence.
    """

    step: int
    detail: str


def run_status(finished_at: datetime | None, *, seen: bool, error: Divergence | None) -> RunStatus:
    """How far a run is.

    Args:
        finished_at: when it ended, in whatever way.
        seen: whether anything was measured of it.
        error: of one that diverged.
    """
    if finished_at is None:
        return "running" if seen else "waiting"
    return "succeeded" if error is None else "diverged"


class DivergenceOut(BaseModel):
    """Why a run has no end."""

    step: int = Field(description="the optimiser step whose loss was not finite")
    detail: str

    @classmethod
    def of(cls, error: Divergence) -> Self:
        """The JSON shape of a divergence."""
        return cls(step=error.step, detail=error.detail)


class SpreadOut(BaseModel):
    """A number over seeds."""

    mean: float | None
    std: float | None = Field(description="sample deviation; 0 of a single run")

    @classmethod
    def of(cls, summary: Summary) -> Self:
        """The JSON shape of a mean with its deviation."""
        deviation = 0.0 if summary.n == 1 else summary.deviation
        return cls(mean=rounded(summary.mean), std=rounded(deviation))
