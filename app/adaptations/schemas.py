"""JSON shapes of adaptations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from app.adaptations.figures import MethodFigures, Runs
from app.adaptations.records import Adaptation
from app.adaptations.result_schemas import DIGITS, AdaptationResultOut, RunningOut
from app.adaptations.serving import Predictions
from app.atlases.schemas import Name
from app.core.runs import SpreadOut, TrainingStatus
from models.adaptation.config import METHODS, Backbone, Method, Mode, Selector
from models.adaptation.signs import Verdict

Seed = Annotated[int, Field(ge=0, lt=2**53)]


class AdaptationIn(BaseModel):
    """An adaptation to train: every method with every seed."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    source_dataset: Annotated[
        str,
        Field(
            max_length=100, description="id of a data set with one class per example, all of them labelled"
        ),
    ]
    target_dataset: Annotated[
        str,
        Field(
            max_length=100,
            description="id of a data set of the same kind of examples; its labels, if it has any, are used for "
            "figures only, never for training or for the label-free choice",
        ),
    ]
    target_classes: Annotated[
        list[str] | None,
        Field(
            min_length=1,
            description="restrict the target to examples of these classes (a partial target made of a whole one); "
            "by default all of it",
        ),
    ] = None
    methods: Annotated[list[Method], Field(min_length=1, description="each is trained with each seed")] = (
        list(METHODS)
    )
    mode: Annotated[
        Mode,
        Field(
            description="whose formulas SAN follows where they differ: the paper's, its Caffe code's or its PyTorch "
            "script's (`w_t`, which does best in docs/results/partial_adaptation.md)"
        ),
    ] = "w_t"
    backbone: Annotated[
        Backbone,
        Field(
            description="`small` for images of 28 to 64 pixels, `resnet18` and `resnet50` for larger ones, "
            "`features` for pre-extracted vectors"
        ),
    ] = "small"
    weights: Annotated[
        str | None,
        Field(
            max_length=2000,
            description="pretrained weights of the backbone: a safetensors file below TASKATLAS_DATASET_ROOTS",
        ),
    ] = None
    seeds: Annotated[
        list[Seed], Field(min_length=1, max_length=50, description="of everything random, all different")
    ] = [0, 1, 2]
    steps: Annotated[int, Field(ge=1, le=10_000_000, description="optimiser steps of every run")] = 2000
    batch_size: Annotated[int, Field(ge=2, le=65_536, description="examples per step of each domain")] = 64
    image_size: Annotated[
        int | None,
        Field(
            ge=8,
            le=1024,
            description="height and width that images are brought to, pixels; by default the source's own, within "
            "what the backbone is made for",
        ),
    ] = None
    selector: Annotated[
        Selector | None,
        Field(
            description="the score without target labels that chooses the step whose model is kept (`entropy`)"
        ),
    ] = None
    overrides: Annotated[
        dict[str, Any],
        Field(
            description="single settings by name: `learning_rate`, `momentum`, `weight_decay`, `bottleneck`, "
            "`discriminator_width`, `adversarial_weight`, `entropy_weight`, `ramp`, `evaluations`, "
            "`validation_fraction`, `augmentation`"
        ),
    ] = {}


class ReasonOut(BaseModel):
    """One thing that a verdict rests on."""

    says: Verdict
    text: str


class VerdictOut(BaseModel):
    """Whether a method made it worse than source-only: negative transfer."""

    verdict: Verdict = Field(description="of all reasons together")
    judged_by: Literal["labels", "label-free"] = Field(
        description="`labels`: by accuracy on the labelled target; `label-free`: by signs, each of which can err"
    )
    reasons: list[ReasonOut]
    difference: float | None = Field(
        description="mean accuracy at the label-free step less source-only's, over seeds that both have; null without "
        "labels"
    )
    standard_error: float | None = Field(description="of the difference; null without labels")
    seeds: int = Field(description="that both have")


class MethodSummaryOut(BaseModel):
    """A method over its seeds; `mean` and `std` are of `accuracy_label_free`."""

    method: Method
    mean: float | None = Field(description="of `accuracy_label_free`; null without target labels")
    std: float | None = Field(description="sample deviation; 0 of a single run")
    n: int = Field(description="runs that the numbers are of: those that ended and did not diverge")
    diverged: int = Field(description="runs that diverged; they are in none of the numbers")
    last: SpreadOut = Field(description="of `accuracy_last`")
    oracle: SpreadOut = Field(description="of `accuracy_oracle`, which needs target labels")
    source: SpreadOut = Field(description="of `source_accuracy`")
    verdict: VerdictOut | None = Field(
        description="null until all runs have ended, of source-only itself, and where no seed was trained both ways"
    )

    @classmethod
    def of(cls, figures: MethodFigures, verdict: dict[str, Any] | None) -> Self:
        """The JSON shape of a method's numbers."""
        label_free = SpreadOut.of(figures.label_free)
        return cls(
            method=figures.method,
            mean=label_free.mean,
            std=label_free.std,
            n=figures.n,
            diverged=figures.diverged,
            last=SpreadOut.of(figures.last),
            oracle=SpreadOut.of(figures.oracle),
            source=SpreadOut.of(figures.source),
            verdict=None if verdict is None else VerdictOut.model_validate(verdict),
        )


class AdaptationOut(BaseModel):
    """An adaptation."""

    id: str
    name: str
    status: TrainingStatus
    source_dataset: str
    target_dataset: str
    target_classes: list[str] | None
    methods: list[Method]
    seeds: list[int]
    classes: list[str] = Field(description="of the source, in the order of the model's scores")
    shared_classes: list[str] | None = Field(
        description="classes that the target has examples of too; null where no labels tell"
    )
    outlier_classes: list[str] | None = Field(
        description="classes of the source alone; null where no labels tell"
    )
    summary: list[MethodSummaryOut] = Field(
        description="over the runs that have ended, by method, in the order that the methods were asked for"
    )
    job_id: str | None = Field(
        description="the job that trains it; its jobs are one run each, and the summary"
    )
    config: dict[str, Any] = Field(
        description="every setting; with the data and the code it makes the numbers"
    )
    created_at: datetime
    finished_at: datetime | None
    code_version: str

    @classmethod
    def of(cls, adaptation: Adaptation, runs: Runs) -> Self:
        """The JSON shape of an adaptation."""
        return cls(**_fields(adaptation, runs))


class AdaptationDetailOut(AdaptationOut):
    """An adaptation with all its runs."""

    results: list[AdaptationResultOut] = Field(description="runs that have ended, by method and seed")
    running: list[RunningOut] = Field(description="runs that have not ended, by method and seed")
    preferred_model: str | None = Field(
        description="the model that `predict` asks by default: that of the highest label-free score of all runs; "
        "target labels play no part in it"
    )

    @classmethod
    def with_runs(cls, adaptation: Adaptation, runs: Runs) -> Self:
        """The JSON shape of an adaptation with its runs."""
        training = adaptation.setup.training
        best = runs.preferred
        return cls(
            **_fields(adaptation, runs),
            results=[AdaptationResultOut.of(run, adaptation) for run in runs if run.finished_at is not None],
            running=[RunningOut.of(run, training.classes) for run in runs if run.finished_at is None],
            preferred_model=None if best is None else best.model_id,
        )


class ClassPredictionOut(BaseModel):
    """What a model says of one example."""

    class_: str = Field(alias="class", description="the most probable one")
    probabilities: dict[str, float] = Field(description="of every source class, the most probable first")

    @classmethod
    def ranked(cls, classes: Sequence[str], probabilities: NDArray[np.float32]) -> Self:
        """The JSON shape of one example's probabilities."""
        order = np.argsort(-probabilities, kind="stable")
        named = {classes[position]: round(float(probabilities[position]), DIGITS) for position in order}
        return cls.model_validate({"class": classes[order[0]], "probabilities": named})


class AdaptationPredictionOut(BaseModel):
    """What a model says of each example, in the order they were sent."""

    adaptation_id: str
    model_id: str
    method: Method
    seed: int
    predictions: list[ClassPredictionOut]

    @classmethod
    def of(cls, found: Predictions) -> Self:
        """The JSON shape of what a model said."""
        run = found.run
        return cls(
            adaptation_id=run.adaptation_id,
            model_id=run.id,
            method=run.method,
            seed=run.seed,
            predictions=[ClassPredictionOut.ranked(found.classes, row) for row in found.probabilities],
        )


def _fields(adaptation: Adaptation, runs: Runs) -> dict[str, Any]:
    setup, shared = adaptation.setup, adaptation.shared_classes
    classes, verdicts = setup.training.classes, adaptation.verdicts or {}
    return {
        "id": adaptation.id,
        "name": adaptation.name,
        "status": adaptation.status,
        "source_dataset": adaptation.source_dataset_id,
        "target_dataset": adaptation.target_dataset_id,
        "target_classes": setup.target_classes,
        "methods": list(setup.methods),
        "seeds": list(setup.seeds),
        "classes": list(classes),
        "shared_classes": None if shared is None else list(shared),
        "outlier_classes": None if shared is None else [name for name in classes if name not in shared],
        "summary": [MethodSummaryOut.of(figures, verdicts.get(figures.method)) for figures in runs.summary],
        "job_id": adaptation.job_id,
        "config": dict(adaptation.config),
        "created_at": adaptation.created_at,
        "finished_at": adaptation.finished_at,
        "code_version": adaptation.code_version,
    }
