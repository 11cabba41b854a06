"""An atlas's rows and artefacts as one file, made piece by piece so that it need not fit into memory."""

import hashlib
import math
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import IO, Any, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from app.atlases.archive.choice import Key
from app.atlases.archive.manifest import (
    FORMAT,
    MANIFEST,
    DatasetPart,
    EstimatePart,
    Kind,
    LeftOut,
    Manifest,
    Member,
    NetworkPart,
    TransferPart,
)
from app.atlases.records import Atlas, Network
from app.core.artifacts import ArtifactStore, decode_arrays, encode_arrays
from app.datasets.records import Dataset
from app.transfers.records import StoredTransfer
from models.transfer.estimators.methods import Estimate

LEVEL = 6
"""Of deflation."""
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of every member: equal atlases give equal files
_BY_COMPACT: tuple[LeftOut, ...] = ("scratch_weights", "transfer_weights", "validation_losses")
_KEPT_LOSSES = ("test", "constant", "random")  # of a compact archive: what comparisons are made of


@dataclass(frozen=True, slots=True)
class Compact:
    """What a compact archive leaves out, beside the weights of scratch networks and the validation losses.

    Attributes:
        wanted: transfers whose weights go in, the most wanted first.
        weights_bytes: room for the deflated weights of transfers; what does not fit is left out. None = room for
            all that are wanted.
    """

    wanted: Sequence[Key]
    weights_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes into an archive.

    Attributes:
        atlas: a ready one.
        networks: all of its networks.
        transfers: all of its transfers.
        estimates: of them, from networks alone.
        dataset: that it was measured on.
        provenance: what its maker says of the build.
        compact: None = everything but representations, which can be made again.
    """

    atlas: Atlas
    networks: Sequence[Network]
    transfers: Sequence[StoredTransfer]
    estimates: Sequence[Estimate]
    dataset: Dataset | None
    provenance: Mapping[str, Any]
    compact: Compact | None


def write_archive(contents: Contents, artifacts: ArtifactStore) -> Iterator[bytes]:
    """The bytes of an archive, in pieces. The manifest comes last: it names what came before.

    Raises:
        OSError: an artefact cannot be read.
    """
    return _Writer(contents, artifacts).chunks()


def left_out(contents: Contents) -> list[LeftOut]:
    """What the archive will not hold, in the manifest's words."""
    if not contents.networks:
        return []
    came: Mapping[str, Any] = (contents.atlas.provenance or {}).get("archive", {})
    compact = contents.compact is not None or came.get("compact", False)
    return ["representations", *(_BY_COMPACT if compact else ())]


class _Sink:
    """Where the zip is written to: what came is taken away piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


@dataclass(slots=True)
class _Writer:
    contents: Contents
    artifacts: ArtifactStore
    _sink: _Sink = field(default_factory=_Sink)
    _members: dict[tuple[str, Kind], Member] = field(default_factory=dict[tuple[str, Kind], Member])

    def chunks(self) -> Iterator[bytes]:
        contents, atlas = self.contents, self.contents.atlas
        networks: list[NetworkPart] = []
        transfers: list[TransferPart] = []
        with ZipFile(cast("IO[bytes]", self._sink), "w") as packed:  # which only writes and flushes
            for network in contents.networks:
                networks.append(self._network(packed, network))
                yield self._sink.take()
            kept = self._kept_weights()
            for transfer in contents.transfers:
                transfers.append(
                    self._transfer(packed, transfer, with_weights=kept is None or transfer.id in kept)
                )
                yield self._sink.take()
            manifest = Manifest(
                format=FORMAT,
                name=atlas.name,
                compact=contents.compact is not None,
                left_out=left_out(contents),
                config=dict(atlas.config),
                tasks=list(atlas.tasks),
                sources=list(atlas.sources),
                targets=list(atlas.targets),
                orders=sorted({transfer.order for transfer in contents.transfers}),
                code_version=atlas.code_version,
                created_at=atlas.created_at,
                finished_at=atlas.finished_at or atlas.created_at,
                provenance=dict(contents.provenance),
                dataset=_dataset(contents.dataset),
                networks=networks,
                transfers=transfers,
                estimates=[EstimatePart(**asdict(each)) for each in contents.estimates],
                members=list(self._members.values()),
            )
            packed.writestr(_entry(MANIFEST), manifest.encoded(), compresslevel=LEVEL)
        yield self._sink.take()

    def _network(self, packed: ZipFile, network: Network) -> NetworkPart:
        scratch = network.kind == "scratch"
        # A scratch network's weights are needed for nothing but to see that a rebuilt one is the same: its id says so.
        wanted = not scratch or (self.contents.compact is None and self.artifacts.exists(network.weights))
        return NetworkPart(
            kind=network.kind,
            task=network.task,
            weights=self._weights(packed, network.weights) if wanted else network.weights,
            losses=self._losses(packed, network.losses),
            curves=self._add(packed, "json", self.artifacts.get(network.curves)),
            metrics=_finite(network.metrics),
            test_loss=network.test_loss,
            win_rate_vs_constant=network.win_rate_vs_constant,
            win_rate_vs_random=network.win_rate_vs_random,
        )

    def _transfer(self, packed: ZipFile, transfer: StoredTransfer, *, with_weights: bool) -> TransferPart:
        losses, curves = transfer.losses, transfer.curves
        return TransferPart(
            sources=transfer.sources,
            target=transfer.target,
            affinity=transfer.affinity,
            win_rate=transfer.win_rate,
            win_rate_vs_scratch=transfer.win_rate_vs_scratch,
            win_rate_vs_full=transfer.win_rate_vs_full,
            test_loss=transfer.test_loss,
            measures=_finite(transfer.measures),
            weights=self._weights(packed, transfer.weights) if transfer.weights and with_weights else None,
            losses=None if losses is None else self._losses(packed, losses),
            curves=None if curves is None else self._add(packed, "json", self.artifacts.get(curves)),
        )

    def _kept_weights(self) -> Collection[str] | None:
        """Ids of the transfers whose weights go in; None = all."""
        compact = self.contents.compact
        if compact is None:
            return None
        by_key = {(transfer.target, transfer.sources): transfer for transfer in self.contents.transfers}
        room = math.inf if compact.weights_bytes is None else compact.weights_bytes
        kept: set[str] = set()
        for transfer in (by_key[key] for key in compact.wanted):
            if transfer.weights is None:
                continue
            size = 0
            if compact.weights_bytes is not None:
                size = len(zlib.compress(self.artifacts.get(transfer.weights), LEVEL))
            if size <= room:
                room -= size
                kept.add(transfer.id)
        return kept

    def _weights(self, packed: ZipFile, artifact: str) -> str:
        return self._add(packed, "safetensors", self.artifacts.get(artifact))

    def _losses(self, packed: ZipFile, artifact: str) -> str:
        data = self.artifacts.get(artifact)
        if self.contents.compact is not None:
            arrays = decode_arrays(data)
            data = encode_arrays({name: arrays[name] for name in _KEPT_LOSSES if name in arrays})
        return self._add(packed, "npz", data)

    def _add(self, packed: ZipFile, kind: Kind, data: bytes) -> str:
        """Put a member in, once, and name it."""
        member = Member(sha256=hashlib.sha256(data).hexdigest(), kind=kind, bytes=len(data))
        if self._members.setdefault((member.sha256, kind), member) is member:
            packed.writestr(_entry(member.name), data, compresslevel=LEVEL)
        return member.sha256


def _entry(name: str) -> ZipInfo:
    info = ZipInfo(name, _EPOCH)
    info.compress_type = ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


def _dataset(dataset: Dataset | None) -> DatasetPart | None:
    if dataset is None:
        return None
    return DatasetPart(
        name=dataset.name,
        kind=dataset.kind,
        options=dict(dataset.options),
        fingerprint=dataset.fingerprint,
    )


def _finite(measures: Mapping[str, Any]) -> dict[str, Any]:
    """Without numbers that are none: JSON has no way to write them."""
    return {
        name: value
        for name, value in measures.items()
        if not isinstance(value, float) or math.isfinite(value)
    }
