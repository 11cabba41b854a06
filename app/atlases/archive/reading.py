"""An archive from somebody else: opened, held against its manifest, and read member by member."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import IO, Self
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from pydantic import ValidationError

from app.atlases.archive.checks import (
    MAX_MEMBER_BYTES,
    BadContent,
    check_curves,
    check_losses,
    check_weights,
)
from app.atlases.archive.manifest import MANIFEST, MEMBER, Manifest, Member, NetworkPart, TransferPart
from app.core.errors import FieldError, InvalidInput
from app.transfers.records import SEPARATOR
from models.taxonomy.table import RANDOM, SELF
from models.transfer.config import AtlasConfig, ConfigError

MARKS = (b"PK\x03\x04", b"PK\x05\x06")
"""What a zip begins with; the second one is empty."""

MAX_MEMBERS = 50_000
MAX_BYTES = 2 * 2**30
"""Of all members unpacked."""

_ENCRYPTED = 0x1
_SHOWN = 5  # faults that one problem names


class Archive:
    """An archive whose manifest is sound and whose names and sizes are those of the manifest.

    Attributes:
        manifest: read and consistent.
        content: SHA-256 of `atlas.json`, and with it of everything: it names every other member by its SHA-256.
    """

    def __init__(self, packed: ZipFile, manifest: Manifest, content: str) -> None:
        self._zip = packed
        self.manifest = manifest
        self.content = content

    @classmethod
    def open(cls, file: IO[bytes]) -> Self:
        """Open an archive; no member but the manifest is read yet.

        Args:
            file: seekable; the caller closes it when the archive is done with.

        Raises:
            InvalidInput: naming what is wrong with it.
        """
        try:
            packed = ZipFile(file)
        except (BadZipFile, OSError, ValueError) as error:
            raise _rejected(f"it is no zip: {error}") from error
        infos = packed.infolist()
        for info in infos:
            _check_entry(info)
        _check_sizes(infos)
        if MANIFEST not in packed.NameToInfo:
            raise _rejected(f"there is no {MANIFEST} in it, so it is no archive of an atlas")
        encoded = _unpacked(packed, packed.getinfo(MANIFEST))
        manifest = _read_manifest(encoded)
        _check_members(infos, manifest)
        faults = list(_faults(manifest))
        if faults:
            raise _rejected(*(f"{MANIFEST}: {fault}" for fault in faults))
        return cls(packed, manifest, hashlib.sha256(encoded).hexdigest())

    def read(self, member: Member) -> bytes:
        """The bytes of a member.

        Raises:
            InvalidInput: they are not those of the manifest.
        """
        data = _unpacked(self._zip, self._zip.getinfo(member.name))
        if hashlib.sha256(data).hexdigest() != member.sha256:
            raise _rejected(f"{member.name} is damaged: its SHA-256 is not the one in its name")
        return data

    def verify(self) -> None:
        """Read every member once and see that it is what the manifest needs at its place.

        Raises:
            InvalidInput: naming the first member that is not.
        """
        owners = defaultdict[str | None, list[NetworkPart | TransferPart]](list)
        for part in (*self.manifest.networks, *self.manifest.transfers):
            owners[part.weights].append(part)
        for member in self.manifest.members:
            data = self.read(member)
            try:
                if member.kind == "safetensors":
                    for owner in owners[member.sha256]:
                        check_weights(data, *_answers(owner))
                elif member.kind == "npz":
                    check_losses(data)
                else:
                    check_curves(data)
            except BadContent as error:
                raise _rejected(f"{member.name} {error}") from error


def _answers(owner: NetworkPart | TransferPart) -> tuple[str, Sequence[str] | None]:
    return (owner.task, None) if isinstance(owner, NetworkPart) else (owner.target, owner.sources)


def _check_entry(info: ZipInfo) -> None:
    if info.filename != MANIFEST and MEMBER.fullmatch(info.filename) is None:
        raise _rejected(f"it holds {info.filename!r}, which is no file of an atlas")
    if info.flag_bits & _ENCRYPTED or info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise _rejected(f"{info.filename} is neither stored nor deflated")
    if info.file_size > MAX_MEMBER_BYTES:
        raise _rejected(f"{info.filename} is larger than {MAX_MEMBER_BYTES // 2**20} MiB")


def _check_sizes(infos: list[ZipInfo]) -> None:
    if len(infos) > MAX_MEMBERS:
        raise _rejected(f"it holds more than {MAX_MEMBERS} files")
    if sum(info.file_size for info in infos) > MAX_BYTES:
        raise _rejected(f"it holds more than {MAX_BYTES // 2**30} GiB")
    name, count = Counter(info.filename for info in infos).most_common(1)[0] if infos else ("", 0)
    if count > 1:
        raise _rejected(f"{name} is in it {count} times")


def _unpacked(packed: ZipFile, info: ZipInfo) -> bytes:
    try:
        return packed.read(info)
    except (BadZipFile, ZlibError, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise _rejected(f"{info.filename} cannot be unpacked: {error}") from error


def _read_manifest(encoded: bytes) -> Manifest:
    try:
        return Manifest.model_validate_json(encoded)
    except ValidationError as error:
        faults = (
            f"{MANIFEST}: {'/'.join(map(str, each['loc'])) or 'the document'}: {each['msg']}"
            for each in error.errors(include_url=False, include_input=False)
        )
        raise _rejected(*faults) from error


def _check_members(infos: list[ZipInfo], manifest: Manifest) -> None:
    declared = {member.name: member.bytes for member in manifest.members}
    if len(declared) != len(manifest.members):
        raise _rejected(f"{MANIFEST}: members: a file is named twice")
    sizes = {info.filename: info.file_size for info in infos if info.filename != MANIFEST}
    for name in sorted(sizes.keys() - declared.keys()):
        raise _rejected(f"{name} is not in its {MANIFEST}")
    for name, size in declared.items():
        if name not in sizes:
            raise _rejected(f"{name} is missing, {MANIFEST} names it")
        if sizes[name] != size:
            raise _rejected(f"{name} has {sizes[name]} bytes, {MANIFEST} says {size}")


def _faults(manifest: Manifest) -> Iterator[str]:
    """What a manifest says that cannot be, beside what its schema can tell."""
    yield from _faults_of_names(manifest)
    yield from _faults_of_artifacts(manifest)
    yield from _faults_of_networks(manifest)
    yield from _faults_of_estimates(manifest)


def _faults_of_names(manifest: Manifest) -> Iterator[str]:
    for field in ("tasks", "sources", "targets", "orders"):
        values = getattr(manifest, field)
        if len(set(values)) != len(values):
            yield f"{field}: a value is named twice"
    for name in {*manifest.tasks, *manifest.sources, *manifest.targets}:
        if SEPARATOR in name or name == SELF:
            yield f"{name!r} cannot be the name of a task"
    sources, targets = {*manifest.sources, SELF}, set(manifest.targets)
    seen: set[tuple[str, frozenset[str]]] = set()
    for position, transfer in enumerate(manifest.transfers):
        unknown = {*transfer.sources} - sources or {transfer.target} - targets
        if unknown:
            yield f"transfers/{position}: {unknown.pop()!r} is neither a source nor a target of this atlas"
        key = transfer.target, frozenset(transfer.sources)
        if key in seen or len(key[1]) != len(transfer.sources):
            yield f"transfers/{position}: {SEPARATOR.join(transfer.sources)} to {transfer.target} is there twice"
        seen.add(key)
    if sorted({len(transfer.sources) for transfer in manifest.transfers}) != manifest.orders:
        yield "orders: not those of the transfers"


def _faults_of_estimates(manifest: Manifest) -> Iterator[str]:
    seen: set[tuple[str, str, str]] = set()
    for position, estimate in enumerate(manifest.estimates):
        key = estimate.method, estimate.target, estimate.source
        if estimate.source not in manifest.sources or estimate.target not in manifest.targets:
            yield f"estimates/{position}: {estimate.source} to {estimate.target} is no transfer of this atlas"
        if key in seen:
            yield f"estimates/{position}: {estimate.method} of {key[2]} to {key[1]} is there twice"
        seen.add(key)


def _faults_of_artifacts(manifest: Manifest) -> Iterator[str]:
    kinds = {"weights": "safetensors", "losses": "npz", "curves": "json"}
    held = {(member.sha256, member.kind) for member in manifest.members}
    named: set[tuple[str, str]] = set()
    for place, parts in (("networks", manifest.networks), ("transfers", manifest.transfers)):
        for position, part in enumerate(parts):
            for field, kind in kinds.items():
                digest = getattr(part, field)
                if digest is None:
                    continue
                named.add((digest, kind))
                optional = field == "weights" and isinstance(part, NetworkPart) and part.kind == "scratch"
                if (digest, kind) not in held and not optional:
                    yield f"{place}/{position}/{field}: artifacts/{digest}.{kind} is not among the members"
    for digest, kind in sorted(held - named):
        yield f"members: nothing needs artifacts/{digest}.{kind}"


def _faults_of_networks(manifest: Manifest) -> Iterator[str]:
    if not manifest.networks:
        if any(transfer.weights for transfer in manifest.transfers):
            yield "transfers: they have weights, and the networks that they stand on are missing"
        return
    try:
        config = AtlasConfig.from_json(manifest.config)
        told = list(config.tasks), list(config.targets)
    except ConfigError as error:
        yield f"config: {error.detail}"
        return
    except (AttributeError, KeyError, TypeError) as error:
        yield f"config: a value is of the wrong type: {error}"
        return
    if told != (manifest.tasks, manifest.targets) or not {*manifest.sources} <= {*manifest.tasks, RANDOM}:
        yield "config: its tasks are not those of the atlas"
    counted = Counter((network.kind, network.task) for network in manifest.networks)
    for (kind, task), count in counted.items():
        if count > 1:
            yield f"networks: {task} has {count} {kind} networks"
        if task not in manifest.tasks and (kind, task) != ("task", RANDOM):
            yield f"networks: {task!r} is no task of this atlas"
    for task in (*manifest.tasks, RANDOM):
        if ("task", task) not in counted:
            yield f"networks: that of {task} is missing"


def _rejected(*details: str) -> InvalidInput:
    shown = details[:_SHOWN]
    more = f"; and {len(details) - _SHOWN} more" if len(details) > _SHOWN else ""
    return InvalidInput(
        f"the file is rejected: {'; '.join(shown)}{more}",
        errors=[FieldError("/file", each) for each in shown],
    )
