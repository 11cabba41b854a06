"""What the jobs of a build read and store: the use cases behind `jobs/build_atlas.py`.

What was trained is put into the artefact store first (`stored_…`), which may be repeated without harm; the rows that
name it are added in the transaction that ends the job.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.atlases.records import Network, NetworkKind
from app.atlases.repository import AtlasesRepository
from app.core.artifacts import ArtifactStore
from app.core.database import Session
from app.core.errors import NotFound
from app.core.platform import Platform
from app.datasets.records import Dataset
from app.datasets.service import DatasetsService
from app.transfers.records import NewTransfer, StoredTransfer, TransferScore
from app.transfers.service import TransfersService
from models.taxonomy.affinity import win_rate
from models.taxonomy.table import SELF
from models.transfer.config import AtlasConfig
from models.transfer.evaluation import TargetEvaluation, evaluate_target
from models.transfer.results import Losses, TaskNetwork, TransferResult

_VALUES = "values"  # the one array of a representation's artefact


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
class StoredNetwork:
    """A task-specific network whose artefacts are read when they are asked for, and are not kept.

    Attributes:
        artifacts: where they are.
        network: its row.
    """

    artifacts: ArtifactStore
    network: Network

    @property
    def weights(self) -> bytes:
        """Its weights, as safetensors."""
        return self.artifacts.get(self.network.weights)

    @property
    def representations(self) -> StoredArrays:
        """What its frozen encoder makes of the images, as `TaskNetwork.representations` has it."""
        return StoredArrays(self.artifacts, self.network.representations)


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


@dataclass(frozen=True, slots=True)
class _Measured:
    """A stored transfer as its tournament sees it."""

    sources: tuple[str, ...]
    target: str
    test_losses: Losses


def stored_network(artifacts: ArtifactStore, atlas_id: str, trained: TaskNetwork) -> Network:
    """Put all of a task-specific network into the store.

    Returns:
        Its row, for `BuildingService.add_network`.

    Raises:
        OSError: something could not be stored.
    """
    losses = {
        "test": trained.test_losses,
        "constant": trained.constant_losses,
        "random": trained.random_losses,
    }
    measured = len(trained.test_losses) > 0  # the untrained network answers nothing
    return Network(
        atlas_id=atlas_id,
        kind="task",
        task=trained.task,
        weights=artifacts.put(trained.weights),
        losses=artifacts.put_arrays(losses),
        curves=artifacts.put_json({name: asdict(curve) for name, curve in trained.curves.items()}),
        representations={
            name: artifacts.put_arrays({_VALUES: values}) for name, values in trained.representations.items()
        },
        metrics=dict(trained.metrics),
        test_loss=_mean(trained.test_losses) if measured else None,
        win_rate_vs_constant=win_rate(trained.test_losses, trained.constant_losses) if measured else None,
        win_rate_vs_random=win_rate(trained.test_losses, trained.random_losses) if measured else None,
    )


def stored_scratch(artifacts: ArtifactStore, atlas_id: str, trained: TransferResult) -> Network:
    """Put a scratch baseline into the store.

    Returns:
        Its row, for `BuildingService.add_network`.

    Raises:
        OSError: something could not be stored.
    """
    return Network(
        atlas_id=atlas_id,
        kind="scratch",
        task=trained.target,
        weights=artifacts.put(trained.weights),
        losses=_stored_losses(artifacts, trained),
        curves=_stored_curve(artifacts, trained),
        metrics=dict(trained.metrics),
        test_loss=_mean(trained.test_losses),
    )


def stored_transfer(artifacts: ArtifactStore, trained: TransferResult) -> NewTransfer:
    """Put a transfer into the store.

    Returns:
        Its row without scores, for `BuildingService.add_transfers`.

    Raises:
        OSError: something could not be stored.
    """
    return NewTransfer(
        sources=trained.sources,
        target=trained.target,
        test_loss=_mean(trained.test_losses),
        measures=dict(trained.metrics),
        weights=artifacts.put(trained.weights),
        losses=_stored_losses(artifacts, trained),
        curves=_stored_curve(artifacts, trained),
    )


class BuildingService:
    """Reads and writes an atlas under construction.

    Args:
        session: of the running transaction.
        platform: holds the artefacts.
    """

    def __init__(self, session: Session, platform: Platform) -> None:
        self._session = session
        self._platform = platform
        self._artifacts = platform.artifacts
        self._atlases = AtlasesRepository(session)
        self._transfers = TransfersService(session, platform)

    def work(self, atlas_id: str) -> Work:
        """What to build, and on which data.

        Raises:
            NotFound: the atlas is gone.
        """
        atlas = self._atlases.get(atlas_id)
        if atlas is None or atlas.dataset_id is None:
            raise NotFound(f"there is no atlas {atlas_id!r} to build")
        dataset = DatasetsService(self._session, self._platform).get(atlas.dataset_id)
        return Work(AtlasConfig.from_json(atlas.config), dataset)

    def target_network(self, atlas_id: str, target: str) -> bytes:
        """Weights of a target's task-specific network.

        Raises:
            FileNotFoundError: it was not trained, or its artefact is gone.
        """
        return self._artifacts.get(self._network(atlas_id, "task", target).weights)

    def networks(self, atlas_id: str) -> dict[str, StoredNetwork]:
        """The task-specific networks of an atlas that are trained already, `random` among them, by name."""
        return {
            network.task: StoredNetwork(self._artifacts, network)
            for network in self._atlases.networks(atlas_id, "task")
        }

    def sources(self, atlas_id: str, target: str, order: int) -> Sources:
        """What the transfers of one order to a target start from.

        Raises:
            FileNotFoundError: the target's network was not trained, or an artefact is gone.
        """
        first = self._to(atlas_id, target) if order > 1 else []
        return Sources(
            target_network=self.target_network(atlas_id, target),
            representations={
                network.task: StoredArrays(self._artifacts, network.representations)
                for network in self._atlases.networks(atlas_id, "task")
            },
            validation_losses={
                transfer.sources[0]: _mean(self._losses(transfer.losses)["validation"])
                for transfer in first
                if transfer.order == 1
            },
        )

    def add_network(self, network: Network) -> None:
        """Add what `stored_network` or `stored_scratch` put into the store."""
        self._atlases.add_network(network)

    def add_transfers(self, atlas_id: str, transfers: Iterable[NewTransfer]) -> None:
        """Add what `stored_transfer` put into the store."""
        self._transfers.add(atlas_id, transfers)

    def evaluate(self, atlas_id: str, target: str) -> TargetEvaluation:
        """Hold the tournament of a target on the losses that are kept of every image.

        Raises:
            FileNotFoundError: a network was not trained, or an artefact is gone.
            EvaluationError: the losses do not belong together.
        """
        return evaluate_target(
            target,
            self._losses(self._network(atlas_id, "task", target).losses)["test"],
            self._losses(self._network(atlas_id, "scratch", target).losses)["test"],
            [
                _Measured(transfer.sources, target, self._losses(transfer.losses)["test"])
                for transfer in self._to(atlas_id, target)
            ],
        )

    def finish(self, atlas_id: str, evaluations: Iterable[TargetEvaluation]) -> int:
        """Write the scores of every transfer, add the full supervision as source `self`, and declare all complete.

        Args:
            atlas_id: the atlas.
            evaluations: of all of its targets.

        Returns:
            How many transfers the atlas holds.
        """
        stored = {(transfer.target, transfer.sources): transfer for transfer in self._transfers.all(atlas_id)}
        scores: list[TransferScore] = []
        full: list[NewTransfer] = []
        for evaluation in evaluations:
            for edge, rate in zip(evaluation.transfers, evaluation.mean_win_rates, strict=True):
                if edge.sources == (SELF,):
                    full.append(self._full_supervision(atlas_id, evaluation, rate))
                else:
                    found = stored[edge.target, edge.sources]
                    scores.append(
                        TransferScore(
                            transfer_id=found.id,
                            affinity=_known(edge.affinity),
                            win_rate=rate,
                            win_rate_vs_scratch=_known(edge.gain),
                            win_rate_vs_full=_known(edge.quality),
                        )
                    )
        self._transfers.score(scores)
        self._transfers.add(atlas_id, full)
        count = len(scores) + len(full)
        self._atlases.finish(atlas_id, at=self._platform.database.now(self._session), transfer_count=count)
        return count

    def _full_supervision(self, atlas_id: str, evaluation: TargetEvaluation, rate: float) -> NewTransfer:
        network = self._network(atlas_id, "task", evaluation.target)
        edge = next(edge for edge in evaluation.transfers if edge.sources == (SELF,))
        return NewTransfer(
            sources=(SELF,),
            target=evaluation.target,
            affinity=edge.affinity,
            win_rate=rate,
            win_rate_vs_scratch=edge.gain,
            win_rate_vs_full=edge.quality,
            test_loss=network.test_loss,
            measures=network.metrics,
            losses=network.losses,
            curves=network.curves,
        )

    def _network(self, atlas_id: str, kind: NetworkKind, task: str) -> Network:
        for network in self._atlases.networks(atlas_id, kind):
            if network.task == task:
                return network
        raise FileNotFoundError(f"atlas {atlas_id} has no {kind} network of {task}")

    def _to(self, atlas_id: str, target: str) -> list[StoredTransfer]:
        return [transfer for transfer in self._transfers.all(atlas_id) if transfer.target == target]

    def _losses(self, artifact: str | None) -> dict[str, NDArray[Any]]:
        if artifact is None:
            raise FileNotFoundError("a transfer has no losses")
        return self._artifacts.get_arrays(artifact)


def _stored_losses(artifacts: ArtifactStore, trained: TransferResult) -> str:
    return artifacts.put_arrays({"test": trained.test_losses, "validation": trained.validation_losses})


def _stored_curve(artifacts: ArtifactStore, trained: TransferResult) -> str:
    return artifacts.put_json({"transfer" if trained.sources else "network": asdict(trained.curve)})


def _mean(losses: NDArray[Any]) -> float:
    return float(losses.mean(dtype=np.float64))


def _known(value: float | None) -> float:
    if value is None:
        raise ValueError("a tournament left an edge without a score")
    return value
