"""JSON shapes of novel targets."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from app.atlases.schemas import Name
from app.targets.records import Status, StoredModel, Target
from app.targets.service import Ranking


class NovelTargetIn(BaseModel):
    """A novel target to train for."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    dataset: Annotated[
        str, Field(description="id of the small labelled set; its images have the atlas's size")
    ]
    task: Annotated[
        str | None,
        Field(
            max_length=100,
            description="of the data set; by default its only task that is not of the dictionary",
        ),
    ] = None
    orders: Annotated[list[int], Field(description="how many sources a transfer may join")] = [1, 2]
    per_target: Annotated[int, Field(description="source sets in each order above 1")] = 5
    seed: Annotated[int, Field(ge=0, lt=2**53, description="of everything random")] = 0
    overrides: Annotated[
        dict[str, Any],
        Field(description="single settings, such as `transfer_training.steps` or `splits.transfer`"),
    ] = {}


class MetricOut(BaseModel):
    """What a number of the target's metrics means."""

    unit: str
    lower_is_better: bool


class FactsOut(BaseModel):
    """What there is to know of the target task."""

    title: str
    inputs: int = Field(description="images that one prediction takes")
    kind: str = Field(description="of the output, as in the task dictionary")
    loss: str
    metrics: dict[str, MetricOut]


class ImagesOut(BaseModel):
    """How many images the numbers stand on."""

    labels: int = Field(description="labelled images that are trained on")
    validation: int = Field(description="images that everything is chosen on")
    test: int = Field(description="images that the figures are measured on")


class TargetModelOut(BaseModel):
    """Something that answers for the target; what was not measured is null."""

    id: str
    kind: Literal["transfer", "scratch"]
    sources: list[str] = Field(description="of a transfer; of the network from scratch none")
    order: int = Field(description="how many sources it joins")
    validation_loss: float = Field(description="mean over the validation images: this alone ranks")
    test_loss: float = Field(description="mean over the test images")
    affinity: float | None = Field(description="share of the tournament of all transfers; higher is better")
    win_rate: float | None = Field(description="mean share of test images won against the other transfers")
    win_rate_vs_scratch: float | None = Field(
        description="gain: share of test images won against the network from scratch on the same labels"
    )
    win_rate_vs_constant: float | None = Field(
        description="share of test images won against the best constant guess"
    )
    metrics: dict[str, float] = Field(description="means over the test images")

    @classmethod
    def of(cls, model: StoredModel) -> Self:
        """The JSON shape of a transfer or of the network from scratch."""
        return cls(
            id=model.id,
            kind="transfer" if model.sources else "scratch",
            sources=list(model.sources),
            order=model.order,
            validation_loss=model.validation_loss,
            test_loss=model.test_loss,
            affinity=model.affinity,
            win_rate=model.win_rate,
            win_rate_vs_scratch=model.win_rate_vs_scratch,
            win_rate_vs_constant=model.win_rate_vs_constant,
            metrics=dict(model.metrics),
        )


class GuessOut(BaseModel):
    """The best constant guess."""

    validation_loss: float
    test_loss: float
    metrics: dict[str, float]


class NovelTargetOut(BaseModel):
    """A novel target."""

    id: str
    name: str
    status: Status
    atlas_id: str
    dataset: str = Field(description="id of the small labelled set")
    task: str
    images: ImagesOut
    sources: list[str] = Field(description="every network that is transferred from")
    orders: list[int]
    job_id: str | None = Field(description="the job that trains for it")
    config: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None
    code_version: str

    @classmethod
    def of(cls, target: Target) -> Self:
        """The JSON shape of a target."""
        return cls(**_fields(target))


class NovelTargetDetailOut(NovelTargetOut):
    """A novel target with what was trained for it so far."""

    facts: FactsOut | None = Field(description="null until the baselines are trained")
    ranking: list[TargetModelOut] = Field(description="transfers, the best on the validation images first")
    scratch: TargetModelOut | None = Field(description="a whole network on the same labels")
    constant: GuessOut | None = Field(description="the best guess without looking")
    best: TargetModelOut | None = Field(
        description="the lowest validation loss of all: what `infer` serves; null until all is trained"
    )

    @classmethod
    def with_ranking(cls, target: Target, ranking: Ranking) -> Self:
        """The JSON shape of a target with its models."""
        best = ranking.best if target.status == "ready" else None
        guess = ranking.constant
        return cls(
            **_fields(target),
            facts=None if target.facts is None else FactsOut.model_validate(target.facts),
            ranking=[TargetModelOut.of(model) for model in ranking.transfers],
            scratch=None if ranking.scratch is None else TargetModelOut.of(ranking.scratch),
            constant=None
            if guess is None
            else GuessOut(
                validation_loss=guess.validation_loss, test_loss=guess.test_loss, metrics=dict(guess.metrics)
            ),
            best=None if best is None else TargetModelOut.of(best),
        )


def _fields(target: Target) -> dict[str, Any]:
    splits = target.config["splits"]
    return {
        "id": target.id,
        "name": target.name,
        "status": target.status,
        "atlas_id": target.atlas_id,
        "dataset": target.dataset_id,
        "task": target.task,
        "images": ImagesOut(
            labels=splits["train"] + splits["transfer"], validation=splits["validation"], test=splits["test"]
        ),
        "sources": list(target.config["sources"]),
        "orders": list(target.config["orders"]),
        "job_id": target.job_id,
        "config": dict(target.config),
        "created_at": target.created_at,
        "finished_at": target.finished_at,
        "code_version": target.code_version,
    }
