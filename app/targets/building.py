"""What the jobs of a novel target read and store: the use cases behind `jobs/novel_target.py`.

What was trained is put into the artefact store first (`stored_…`), which may be repeated without harm; the rows that
name it are added in the transaction that ends the job.
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

import numpy as np

from app.atlases.repository import AtlasesRepository
from app.core.artifacts import ArtifactStore
from app.core.database import Session
from app.core.errors import NotFound
from app.core.platform import Platform
from app.datasets.records import Dataset
from app.datasets.service import DatasetsService
from app.targets.records import ModelKind, ModelScore, NewModel, StoredModel, Target
from app.targets.repository import TargetsRepository
from models.taxonomy.affinity import win_rate
from models.transfer.novel.config import NovelConfig
from models.transfer.novel.results import Baselines, TargetFacts, score_novel
from models.transfer.results import Losses, TransferResult


@dataclass(frozen=True, slots=True)
class Work:
    """What every job of a novel target starts from."""

    config: NovelConfig
    dataset: Dataset


def stored_model(artifacts: ArtifactStore, trained: TransferResult) -> NewModel:
    """Put a transfer, or a network from scratch, into the store.

    Returns:
        Its row without scores, for `TargetBuildingService.add_models`.

    Raises:
        OSError: something could not be stored.
    """
    kind: ModelKind = "transfer" if trained.sources else "scratch"
    return NewModel(
        kind=kind,
        sources=trained.sources,
        validation_loss=_mean(trained.validation_losses),
        test_loss=_mean(trained.test_losses),
        metrics=dict(trained.metrics),
        weights=artifacts.put(trained.weights),
        losses=_stored_losses(artifacts, trained.test_losses, trained.validation_losses),
        curves=artifacts.put_json({kind: asdict(trained.curve)}),
    )


def stored_baselines(artifacts: ArtifactStore, trained: Baselines) -> list[NewModel]:
    """Put the baselines into the store.

    Returns:
        Their rows, for `TargetBuildingService.add_models`.

    Raises:
        OSError: something could not be stored.
    """
    guess = trained.constant
    return [
        stored_model(artifacts, trained.scratch),
        NewModel(
            kind="constant",
            validation_loss=_mean(guess.validation_losses),
            test_loss=_mean(guess.test_losses),
            metrics=dict(guess.metrics),
            losses=_stored_losses(artifacts, guess.test_losses, guess.validation_losses),
        ),
    ]


class TargetBuildingService:
    """Reads and writes a novel target that is being trained for.

    Args:
        session: of the running transaction.
        platform: holds the artefacts.
    """

    def __init__(self, session: Session, platform: Platform) -> None:
        self._session = session
        self._platform = platform
        self._targets = TargetsRepository(session)

    def work(self, atlas_id: str, target_id: str) -> Work:
        """What to train, and on which data.

        Raises:
            NotFound: the target is gone.
        """
        target = self._target(atlas_id, target_id)
        dataset = DatasetsService(self._session, self._platform).get(target.dataset_id)
        return Work(NovelConfig.from_json(target.config), dataset)

    def source_networks(self, atlas_id: str, names: Collection[str]) -> dict[str, bytes]:
        """Weights of an atlas's networks by task.

        Raises:
            FileNotFoundError: an artefact is gone.
        """
        networks = AtlasesRepository(self._session).networks(atlas_id, "task")
        return {
            network.task: self._platform.artifacts.get(network.weights)
            for network in networks
            if network.task in names
        }

    def validation_losses(self, target_id: str) -> dict[str, float]:
        """Mean validation loss of the transfers of order 1, by source."""
        models = self._targets.models(target_id)
        return {model.sources[0]: model.validation_loss for model in models if model.order == 1}

    def add_models(self, target_id: str, models: Iterable[NewModel]) -> None:
        """Add what `stored_model` or `stored_baselines` put into the store."""
        self._targets.add_models(target_id, models)

    def set_facts(self, target_id: str, facts: TargetFacts) -> None:
        """Remember what there is to know of the task."""
        self._targets.set_facts(target_id, asdict(facts))

    def scores(self, target_id: str) -> list[ModelScore]:
        """Hold the tournament on the losses that are kept of every test image.

        Raises:
            FileNotFoundError: a model was not trained, or an artefact is gone.
            models.taxonomy.affinity.TournamentError: the losses do not belong together.
        """
        models = self._targets.models(target_id)
        transfers = [model for model in models if model.kind == "transfer"]
        scratch, constant = (self._test_losses(_only(models, kind)) for kind in ("scratch", "constant"))
        found = score_novel([self._test_losses(model) for model in transfers], scratch, constant)
        scores = [
            ModelScore(
                model.id,
                affinity=score.affinity,
                win_rate=score.win_rate,
                win_rate_vs_scratch=score.win_rate_vs_scratch,
                win_rate_vs_constant=score.win_rate_vs_constant,
            )
            for model, score in zip(transfers, found, strict=True)
        ]
        own = ModelScore(
            _only(models, "scratch").id,
            affinity=None,
            win_rate=None,
            win_rate_vs_scratch=None,
            win_rate_vs_constant=win_rate(scratch, constant),
        )
        return [*scores, own]

    def finish(self, target_id: str, scores: list[ModelScore]) -> None:
        """Write the scores and declare all complete."""
        self._targets.score(scores)
        self._targets.finish(target_id, at=self._platform.database.now(self._session))

    def _target(self, atlas_id: str, target_id: str) -> Target:
        target = self._targets.get(atlas_id, target_id)
        if target is None:
            raise NotFound(f"there is no novel target {target_id!r} to train for")
        return target

    def _test_losses(self, model: StoredModel) -> Losses:
        return self._platform.artifacts.get_arrays(model.losses)["test"]


def _only(models: Iterable[StoredModel], kind: ModelKind) -> StoredModel:
    for model in models:
        if model.kind == kind:
            return model
    raise FileNotFoundError(f"the target has no {kind} baseline")


def _stored_losses(artifacts: ArtifactStore, test: Losses, validation: Losses) -> str:
    return artifacts.put_arrays({"test": test, "validation": validation})


def _mean(losses: Losses) -> float:
    return float(losses.mean(dtype=np.float64))
