"""What the jobs of a multi-task training read and store: the use cases behind `jobs/multitask.py`.

What was trained is put into the artefact store first (`stored_outcome`), which may be repeated without harm; the rows
that name it are changed in the transaction that ends the job.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from app.core.artifacts import ArtifactStore
from app.core.database import Session
from app.core.errors import NotFound
from app.core.platform import Platform
from app.datasets.records import Dataset
from app.datasets.service import DatasetsService
from app.multitask.records import Outcome, Preference, Setup
from app.multitask.repository import MultitaskRepository
from models.multitask.results import History, Trained


class NoModel(ValueError):
    """No run of a training ended with a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWork:
    """What a run starts from.

    Attributes:
        setup: of the training.
        method: that trains.
        seed: of everything random.
        preference: of the method, if it has one.
        dataset: whose tasks are trained, at the size that the training wants.
    """

    setup: Setup
    method: str
    seed: int
    preference: Preference | None
    dataset: Dataset


def stored_outcome(artifacts: ArtifactStore, trained: Trained) -> Outcome:
    """Put a trained model into the store.

    Args:
        artifacts: the store.
        trained: the model, its course and what it was measured by.

    Raises:
        OSError: it could not be stored.
    """
    return Outcome(
        history=trained.history,
        metrics=trained.metrics,
        validation_metrics=trained.validation_metrics,
        weights=artifacts.put(trained.weights),
    )


class MultitaskBuildingService:
    """Reads and writes a multi-task training that goes on.

    Args:
        session: of the running transaction.
        platform: holds the artefacts.
    """

    def __init__(self, session: Session, platform: Platform) -> None:
        self._session = session
        self._platform = platform
        self._repository = MultitaskRepository(session)

    def work(self, run_id: str) -> RunWork:
        """What to train, and on which data.

        Raises:
            NotFound: the training is gone.
        """
        run = self._repository.run(run_id)
        multitask = None if run is None else self._repository.get(run.multitask_id)
        if run is None or multitask is None:
            raise NotFound(f"there is no run {run_id!r} to train")
        setup = multitask.setup
        dataset = DatasetsService(self._session, self._platform).get(multitask.dataset_id)
        return RunWork(
            setup=setup,
            method=run.method,
            seed=run.seed,
            preference=run.preference,
            dataset=_sized(dataset, setup.training.network.image_size),
        )

    def measured(self, run_id: str, history: History) -> None:
        """Remember what a run has measured so far."""
        self._repository.set_history(run_id, history)

    def end_run(self, run_id: str, outcome: Outcome) -> None:
        """Remember what a run came to."""
        self._repository.end_run(run_id, outcome, at=self._now())

    def finish(self, multitask_id: str) -> None:
        """Declare a training complete.

        Raises:
            NotFound: it is gone.
            NoModel: every run diverged.
        """
        if self._repository.get(multitask_id) is None:
            raise NotFound(f"there is no multi-task training {multitask_id!r} to sum up")
        if all(run.model_id is None for run in self._repository.runs([multitask_id])):
            raise NoModel("every run diverged: no model was trained")
        self._repository.finish(multitask_id, at=self._now())

    def _now(self) -> datetime:
        return self._platform.database.now(self._session)


def _sized(dataset: Dataset, image_size: int) -> Dataset:
    """The data set with images of a size; `app.multitask.configuring` asks for another than its own only where it can
    be made anew.
    """
    if dataset.report["image_size"] == image_size:
        return dataset
    return replace(dataset, options={**dataset.options, "size": image_size})
