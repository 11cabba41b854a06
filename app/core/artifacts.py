"""Artefacts: immutable, named by the SHA-256 of their bytes, in a local folder or any store that fsspec reaches."""

import hashlib
import io
import json
import os
import secrets
from collections import deque
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import fsspec
import numpy as np
from numpy.typing import NDArray

from app.core.settings import ArtifactSettings

_AT_ONCE = 16  # artefacts written side by side: most of a write is waiting for the disk or the network


class ArtifactStore:
    """Bytes by content address. Writing the same bytes twice is one artefact."""

    def __init__(self, place: "_Place") -> None:
        self._place = place

    def prepare(self) -> None:
        """Make the place where artefacts go, such as a bucket; one that is there is left alone.

        Raises:
            OSError: It is neither there nor can it be made.
        """
        self._place.prepare()

    def put(self, data: bytes) -> str:
        """Store bytes and return their id; once this returns they are durable.

        Raises:
            OSError: They could not be stored (a full disk, an unreachable store); nothing half-written is ever seen.
        """
        artifact = hashlib.sha256(data).hexdigest()
        if not self._place.exists(artifact):
            self._place.write(artifact, data)
        return artifact

    def get(self, artifact: str) -> bytes:
        """Return the bytes of an artefact.

        Raises:
            FileNotFoundError: There is none of that id.
            OSError: What is stored is not what was put.
        """
        data = self._place.read(artifact)
        if hashlib.sha256(data).hexdigest() != artifact:
            raise OSError(f"artefact {artifact} is damaged: its content does not match its name")
        return data

    def put_all(self, items: Iterable[bytes]) -> list[str]:
        """Store many artefacts, several at a time, and return their ids; as durable as with `put`.

        Raises:
            OSError: One could not be stored; others may be.
        """
        with ThreadPoolExecutor(_AT_ONCE) as executor:
            waiting: deque[Future[str]] = deque()
            found: list[str] = []
            for data in items:
                waiting.append(executor.submit(self.put, data))
                if len(waiting) > _AT_ONCE * 2:  # what comes next is not made before there is room for it
                    found.append(waiting.popleft().result())
            return [*found, *(each.result() for each in waiting)]

    def exists(self, artifact: str) -> bool:
        """Return whether an artefact is stored."""
        return self._place.exists(artifact)

    def delete(self, artifact: str) -> None:
        """Remove an artefact; one that is not there is no error."""
        self._place.remove(artifact)

    def put_arrays(self, arrays: Mapping[str, NDArray[Any]]) -> str:
        """Store named arrays as npz without pickled objects; equal arrays give the same id."""
        return self.put(encode_arrays(arrays))

    def get_arrays(self, artifact: str) -> dict[str, NDArray[Any]]:
        """Return the arrays of an artefact by name."""
        return decode_arrays(self.get(artifact))

    def put_json(self, document: Any) -> str:
        """Store a JSON document."""
        return self.put(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())

    def get_json(self, artifact: str) -> Any:
        """Return the JSON document of an artefact."""
        return json.loads(self.get(artifact))


def encode_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Named arrays as npz without pickled objects; equal arrays give equal bytes."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)})
    return buffer.getvalue()


def decode_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of `encode_arrays` by name."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def build_artifact_store(settings: ArtifactSettings) -> ArtifactStore:
    """Open the store that the settings name; a local folder is made when missing."""
    if "://" in settings.url and not settings.url.startswith("file://"):
        return ArtifactStore(_Remote(settings.url))
    store = ArtifactStore(_Folder(Path(settings.url.removeprefix("file://"))))
    store.prepare()
    return store


class _Place(Protocol):
    def prepare(self) -> None: ...
    def exists(self, artifact: str) -> bool: ...
    def read(self, artifact: str) -> bytes: ...
    def write(self, artifact: str, data: bytes) -> None: ...
    def remove(self, artifact: str) -> None: ...


class _Folder:
    """A local folder: temporary name, flush, rename."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def prepare(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True)

    def _path(self, artifact: str) -> Path:
        return self._root / artifact[:2] / artifact

    def exists(self, artifact: str) -> bool:
        return self._path(artifact).is_file()

    def read(self, artifact: str) -> bytes:
        return self._path(artifact).read_bytes()

    def write(self, artifact: str, data: bytes) -> None:
        path = self._path(artifact)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{artifact}.{secrets.token_hex(4)}")
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def remove(self, artifact: str) -> None:
        self._path(artifact).unlink(missing_ok=True)


class _Remote:
    """An object store by URL; an object appears whole or not at all."""

    def __init__(self, url: str) -> None:
        # Another process writes too: a listing remembered here would hide what it stored.
        self._files, root = fsspec.url_to_fs(url, use_listings_cache=False)  # pyright: ignore[reportUnknownMemberType]
        self._root = root.rstrip("/")

    def prepare(self) -> None:
        self._files.makedirs(self._root, exist_ok=True)

    def _path(self, artifact: str) -> str:
        return f"{self._root}/{artifact[:2]}/{artifact}"

    def exists(self, artifact: str) -> bool:
        return bool(self._files.exists(self._path(artifact)))

    def read(self, artifact: str) -> bytes:
        return bytes(self._files.cat_file(self._path(artifact)))

    def write(self, artifact: str, data: bytes) -> None:
        self._files.pipe_file(self._path(artifact), data)

    def remove(self, artifact: str) -> None:
        if self.exists(artifact):
            self._files.rm_file(self._path(artifact))
