"""JSON shapes of transfers."""

from typing import Any, Self

from pydantic import BaseModel, Field

from app.transfers.records import StoredTransfer


class TransferOut(BaseModel):
    """One measured transfer; what was not measured is null."""

    id: str
    sources: list[str]
    target: str
    order: int = Field(description="how many sources it joins")
    affinity: float | None = Field(description="share of the target's tournament; higher is better")
    win_rate: float | None = Field(description="mean share of test images won in the tournament")
    win_rate_vs_scratch: float | None = Field(
        description="gain: against training from scratch on as much data"
    )
    win_rate_vs_full: float | None = Field(description="quality: against full supervision")
    test_loss: float | None = Field(description="mean over the test images")
    has_network: bool = Field(description="whether `infer` can predict through it")

    @classmethod
    def of(cls, transfer: StoredTransfer) -> Self:
        """The JSON shape of a transfer."""
        return cls(**_fields(transfer))


class TransferDetailOut(TransferOut):
    """One transfer with all that is known of it."""

    metrics: dict[str, Any] = Field(
        description="means over the test images in the target's unit; of an imported row its further columns"
    )
    curves: dict[str, Any] | None = Field(description="training loss by step: `{steps, losses}` by name")

    @classmethod
    def with_curves(cls, transfer: StoredTransfer, curves: dict[str, Any] | None) -> Self:
        """The JSON shape of a transfer with its curves."""
        return cls(**_fields(transfer), metrics=dict(transfer.measures), curves=curves)


def _fields(transfer: StoredTransfer) -> dict[str, Any]:
    return {
        "id": transfer.id,
        "sources": list(transfer.sources),
        "target": transfer.target,
        "order": transfer.order,
        "affinity": transfer.affinity,
        "win_rate": transfer.win_rate,
        "win_rate_vs_scratch": transfer.win_rate_vs_scratch,
        "win_rate_vs_full": transfer.win_rate_vs_full,
        "test_loss": transfer.test_loss,
        "has_network": transfer.has_network,
    }
