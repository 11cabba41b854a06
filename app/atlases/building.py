"""What the jobs of a build read and store: the use cases behind `jobs/build_atlas.py`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from app.core.artifacts import ArtifactStore
from app.datasets.records import Dataset
from models.transfer.config import AtlasConfig


@dataclass(frozen=True, slots=True)
class Work:
    """What every job of a build starts from."""

    config: AtlasConfig
    dataset: Dataset


class StoredArrays(Mapping[str, NDArray[Any]]):
    """Arrays by name, each an artefact that is read when it is first asked for."""

    def __init__(self, artifacts: ArtifactStore, ids: Mapping[str, str]) -> None:
        self._artifacts = artifacts
        self._ids = ids
        self._read: dict[str, NDArray[Any]] = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._read:
            self._read[name] = self._artifacts.get_arrays(self._ids[name])[_VALUES]
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


@dataclass(frozen=True, slots=True)
class Sources:
    """What the transfers to one target start from.

    Attributes:
        target_network: weights of the target's task-specific network.
        representations: by source, then by name as `TaskNetwork.representations` has them.
        validation_losses: mean over the validation images of the first-order transfers measured so far, by source.
    """

    target_network: bytes
    representations: Mapping[str, Mapping[str, NDArray[Any]]]
    validation_losses: Mapping[str, float]
