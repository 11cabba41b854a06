"""JSON shapes of estimates."""

from typing import Self

import numpy as np
from pydantic import BaseModel, Field

from app.estimates.service import EstimateMatrix
from models.taxonomy.agreement import Agreement, TargetAgreement
from models.transfer.estimators.methods import Method

_NULL = "null with fewer than three sources to compare, or where all of them are equal"


class TargetAgreementOut(BaseModel):
    """How the estimates of one target's sources agree with their affinities."""

    target: str
    sources: int = Field(description="how many have both an estimate and an affinity")
    spearman: float | None = Field(description=f"-1 to 1; {_NULL}")
    weighted_kendall: float | None = Field(description=f"the best sources count most; -1 to 1; {_NULL}")

    @classmethod
    def of(cls, found: TargetAgreement) -> Self:
        """The JSON shape of one target's correlations."""
        return cls(
            target=found.target,
            sources=found.sources,
            spearman=found.spearman,
            weighted_kendall=found.weighted_kendall,
        )


class AgreementOut(BaseModel):
    """Rank correlation of estimates with measured affinities of order 1."""

    includes_random: bool = Field(
        default=True, description="always true: the untrained encoder is one of the sources that are ranked"
    )
    includes_self: bool = Field(
        default=False, description="always false: the target's own network is no source to choose"
    )
    spearman: float | None = Field(description="mean over the targets that have one")
    weighted_kendall: float | None = Field(description="mean over the targets that have one")
    pooled_spearman: float | None = Field(
        description="of all transfers at once, by rank among the sources of their target"
    )
    pooled_weighted_kendall: float | None = Field(description="likewise")
    targets: list[TargetAgreementOut]

    @classmethod
    def of(cls, found: Agreement) -> Self:
        """The JSON shape of the correlations of all targets."""
        return cls(
            spearman=found.spearman,
            weighted_kendall=found.weighted_kendall,
            pooled_spearman=found.pooled_spearman,
            pooled_weighted_kendall=found.pooled_weighted_kendall,
            targets=[TargetAgreementOut.of(each) for each in found.targets],
        )


class EstimatesOut(BaseModel):
    """What one estimator says of every first-order transfer: row = target, column = source."""

    method: Method
    targets: list[str]
    sources: list[str] = Field(description="`random` among them; `self` is never estimated")
    values: list[list[float | None]] = Field(
        description="higher is better within a row; null where the method is not defined, and of a target itself"
    )
    lower_is_better: bool = Field(default=False, description="always false")
    correlation: AgreementOut | None = Field(
        description="with the measured affinities; null before the atlas is ready"
    )

    @classmethod
    def of(cls, matrix: EstimateMatrix) -> Self:
        """The JSON shape of one method's estimates."""
        return cls(
            method=matrix.method,
            targets=list(matrix.targets),
            sources=list(matrix.sources),
            values=[[None if np.isnan(value) else value for value in row] for row in matrix.values.tolist()],
            correlation=None if matrix.correlation is None else AgreementOut.of(matrix.correlation),
        )
