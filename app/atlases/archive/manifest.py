"""What an archive says of itself: `atlas.json`, which names every other member by the SHA-256 of its bytes.

    atlas.json                        this document
    artifacts/<sha256>.safetensors    weights of a network or of a transfer
    artifacts/<sha256>.npz            per-image losses, arrays without pickle
    artifacts/<sha256>.json           training curves

Every member is stored or deflated. `docs/operations.md` describes the format for users.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints

from app.transfers.records import MAX_ORDER
from models.transfer.estimators.methods import Method

FORMAT = "taskatlas-atlas/1"
MANIFEST = "atlas.json"
MEMBER = re.compile(r"artifacts/([0-9a-f]{64})\.(safetensors|npz|json)")

Kind = Literal["safetensors", "npz", "json"]
LeftOut = Literal["representations", "scratch_weights", "transfer_weights", "validation_losses"]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
TaskName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Share = Annotated[FiniteFloat, Field(ge=0, le=1)]
Metrics = dict[str, FiniteFloat]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Member(_Part):
    """A file of the archive beside the manifest."""

    sha256: Digest
    kind: Kind
    bytes: Annotated[int, Field(ge=0)]

    @property
    def name(self) -> str:
        """Its name in the archive."""
        return f"artifacts/{self.sha256}.{self.kind}"


class DatasetPart(_Part):
    """The data set that an atlas was measured on, so that the same data can be found or made again."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    kind: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    options: dict[str, Any]
    fingerprint: Digest


class NetworkPart(_Part):
    """A row of a network: `app.atlases.records.Network`, artefacts by their SHA-256."""

    kind: Literal["task", "scratch"]
    task: TaskName
    weights: Digest
    losses: Digest
    curves: Digest
    metrics: Metrics
    test_loss: FiniteFloat | None
    win_rate_vs_constant: Share | None
    win_rate_vs_random: Share | None


class TransferPart(_Part):
    """A row of a transfer: `app.transfers.records.NewTransfer`, artefacts by their SHA-256."""

    sources: Annotated[tuple[TaskName, ...], Field(min_length=1, max_length=MAX_ORDER)]
    target: TaskName
    affinity: Annotated[FiniteFloat, Field(ge=0)] | None
    win_rate: Share | None
    win_rate_vs_scratch: Share | None
    win_rate_vs_full: Share | None
    test_loss: FiniteFloat | None
    measures: dict[str, FiniteFloat | str]
    weights: Digest | None
    losses: Digest | None
    curves: Digest | None


class EstimatePart(_Part):
    """What an estimator says of one first-order transfer: `models.transfer.estimators.methods.Estimate`."""

    method: Method
    source: TaskName
    target: TaskName
    value: FiniteFloat | None


class Manifest(_Part):
    """The whole of `atlas.json`.

    Attributes:
        format: names this schema; another one is refused.
        name: of the atlas, as its user called it.
        compact: whether weights and losses that few ask for were left out.
        left_out: what the atlas had, or a build of it would have, and the archive has not.
        config: what it was built from (`models.transfer.config.AtlasConfig`), or the file it was imported from.
        tasks: names, the reserved sources left out.
        sources: names that transfers come from.
        targets: names that transfers lead to.
        orders: numbers of joined sources, sorted.
        code_version: of the code that made its numbers.
        created_at: when its build was asked for, UTC.
        finished_at: when its numbers were complete, UTC.
        provenance: what its maker says of the build; free.
        dataset: that it was measured on.
        networks: all of its networks.
        transfers: all of its transfers.
        estimates: what was estimated of them from networks alone, each once.
        members: every other file of the archive.
    """

    format: Literal["taskatlas-atlas/1"]
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    compact: bool
    left_out: list[LeftOut]
    config: dict[str, Any]
    tasks: list[TaskName]
    sources: list[TaskName]
    targets: list[TaskName]
    orders: list[Annotated[int, Field(ge=1, le=MAX_ORDER)]]
    code_version: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    created_at: AwareDatetime
    finished_at: AwareDatetime
    provenance: dict[str, Any]
    dataset: DatasetPart | None
    networks: list[NetworkPart]
    transfers: Annotated[list[TransferPart], Field(min_length=1)]
    estimates: list[EstimatePart] = []
    members: list[Member]

    def encoded(self) -> bytes:
        """The bytes of `atlas.json`; equal manifests give equal bytes."""
        return self.model_dump_json(indent=1).encode() + b"\n"
