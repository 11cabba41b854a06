"""What the jobs of a grouping read and store: the use cases behind `jobs/grouping.py`.

What was trained is put into the artefact store first (`stored_outcome`), which may be repeated without harm; the rows
that name it are changed in the transaction that ends the job.
"""

from dataclasses import dataclass
from datetime import datetime

from app.atlases.service import AtlasesService
from app.core.artifacts import ArtifactStore
from app.core.database import Session
from app.core.errors import NotFound
from app.core.platform import Platform
from app.datasets.records import Dataset
from app.datasets.service import DatasetsService
from app.groupings.figures import Figures
from app.groupings.records import GroupingRun, Outcome, Setup
from app.groupings.repository import GroupingsRepository
from app.groupings.service import GroupingsService
from models.multitask.results import Trained
from models.transfer.config import AtlasConfig


class NothingMeasured(ValueError):
    """No grouping could be held against single-task networks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWork:
    """What a run starts from.

    Attributes:
        setup: of the check.
        run: which network or networks are trained.
        atlas: how the atlas was built, whose images are trained on.
        dataset: of the atlas.
    """

    setup: Setup
    run: GroupingRun
    atlas: AtlasConfig
    dataset: Dataset


def stored_outcome(artifacts: ArtifactStore, trained: Trained) -> Outcome:
    """Put a trained model into the store.

    Raises:
        OSError: it could not be stored.
    """
    return Outcome(
        metrics=trained.metrics,
        validation_metrics=trained.validation_metrics,
        weights=artifacts.put(trained.weights),
    )


class GroupingBuildingService:
    """Reads and writes a grouping that is being checked.

    Args:
        session: of the running transaction.
        platform: holds the artefacts.
    """

    def __init__(self, session: Session, platform: Platform) -> None:
        self._session = session
        self._platform = platform
        self._repository = GroupingsRepository(session)

    def work(self, atlas_id: str, run_id: str) -> RunWork:
        """What to train, and on which data.

        Raises:
            NotFound: the grouping is gone.
        """
        run = self._repository.run(run_id)
        question = None if run is None else self._repository.get(atlas_id, run.grouping_id)
        if run is None or question is None:
            raise NotFound(f"there is no run {run_id!r} to train")
        atlas = AtlasesService(self._session, self._platform).get(atlas_id)
        return RunWork(
            setup=question.setup,
            run=run,
            atlas=AtlasConfig.from_json(atlas.config),
            dataset=DatasetsService(self._session, self._platform).get(str(atlas.dataset_id)),
        )

    def end_run(self, run_id: str, outcome: Outcome) -> None:
        """Remember what a run came to."""
        self._repository.end_run(run_id, outcome, at=self._now())

    def finish(self, atlas_id: str, grouping_id: str) -> Figures:
        """Declare a grouping complete.

        Returns:
            What it came to.

        Raises:
            NotFound: it is gone.
            NothingMeasured: too many runs diverged for any grouping to be compared.
        """
        service = GroupingsService(self._session, self._platform)
        question = service.get(atlas_id, grouping_id)
        found = service.figures(question, service.runs(question))
        if found.recommended is None:
            why = found.checked[0].validation.reason
            message = f"no grouping could be held against single-task networks: {why}"
            raise NothingMeasured(message)
        self._repository.finish(grouping_id, at=self._now())
        return found

    def _now(self) -> datetime:
        return self._platform.database.now(self._session)
