"""Use cases of groupings: ask an atlas which tasks should share a network, look the answer up, delete it."""

from collections.abc import Sequence

from app.atlases.records import Atlas
from app.atlases.releasing import release
from app.atlases.service import CODE_VERSION, AtlasesService
from app.core.database import Session
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.ids import new_id
from app.core.pagination import cut, decode_time_cursor
from app.core.platform import Platform
from app.groupings.configuring import GroupingRequest, configured
from app.groupings.figures import Figures, figures
from app.groupings.plan import grouping_plan, planned_runs
from app.groupings.records import GroupingRun, NewTaskGrouping, TaskGrouping
from app.groupings.repository import GroupingsRepository
from app.jobs.service import JobsService, Resource
from app.jobs.states import FINAL
from app.jobs.tables import Job
from app.transfers.service import TransfersService
from models.multitask.config import MultitaskConfigError
from models.multitask.summary import main_metric
from models.transfer.config import AtlasConfig, ConfigError

GROUP = "grouping.check"


class GroupingsService:
    """Groupings as users know them.

    Args:
        session: of the running transaction.
        platform: database, artefacts and the doorbell.
    """

    def __init__(self, session: Session, platform: Platform) -> None:
        self._session = session
        self._platform = platform
        self._repository = GroupingsRepository(session)
        self._atlases = AtlasesService(session, platform)
        self._jobs = JobsService(session, platform)

    def ask(self, atlas_id: str, request: GroupingRequest) -> Job:
        """Store what the atlas predicts and the jobs that check it.

        Returns:
            The group of jobs; its resource is the atlas, its result names the grouping.

        Raises:
            NotFound: there is no such atlas.
            Conflict: the atlas is not ready, or has no data to train on.
            InvalidInput: naming the field at fault.
        """
        atlas = self._atlases.ready(atlas_id)
        config = _built_from(atlas)
        table = TransfersService(self._session, self._platform).table(atlas.id)
        try:
            setup, prediction = configured(request, config, table)
        except MultitaskConfigError as error:
            raise InvalidInput.at(error.pointer, error.detail) from error
        question = NewTaskGrouping(
            id=new_id("grp"),
            atlas_id=atlas.id,
            name=request.name,
            config=setup.to_json(),
            prediction=prediction.to_json(),
            code_version=CODE_VERSION,
            created_at=self._platform.database.now(self._session),
        )
        runs = planned_runs(question.id, setup, prediction)
        self._repository.add(question, runs)
        named = {"atlas_id": atlas.id, "grouping_id": question.id}
        images = config.splits.train + config.splits.transfer
        job = self._jobs.submit_group(
            GROUP,
            f"Grouping {request.name}",
            Resource("atlas", atlas.id),
            [planned.spec(named) for planned in grouping_plan(setup, request.name, runs, images)],
            result=named,
        )
        self._repository.set_job(question.id, job.id)
        return job

    def get(self, atlas_id: str, grouping_id: str) -> TaskGrouping:
        """One grouping.

        Raises:
            NotFound: the atlas has none of that id.
        """
        question = self._repository.get(atlas_id, grouping_id)
        if question is None:
            raise NotFound(f"atlas {atlas_id!r} has no grouping {grouping_id!r}")
        return question

    def runs(self, question: TaskGrouping) -> list[GroupingRun]:
        """Its trainings, ended or not."""
        return self._repository.runs(question.id)

    def figures(self, question: TaskGrouping, runs: Sequence[GroupingRun]) -> Figures:
        """What its trainings say so far."""
        config = _built_from(self._atlases.get(question.atlas_id))
        judged_by = {name: main_metric(config.entry(name)) for name in question.setup.training.tasks}
        return figures(question, runs, judged_by)

    def model(self, atlas_id: str, grouping_id: str, model_id: str) -> GroupingRun:
        """A run that has a model.

        Raises:
            NotFound: the grouping has none of that id.
        """
        for run in self.runs(self.get(atlas_id, grouping_id)):
            if run.model_id == model_id:
                return run
        raise NotFound(f"grouping {grouping_id!r} has no model {model_id!r}")

    def page(
        self, atlas_id: str, *, limit: int, cursor: str | None
    ) -> tuple[Sequence[TaskGrouping], str | None]:
        """A page of an atlas's groupings, newest first, and the cursor of the next.

        Raises:
            NotFound: there is no such atlas.
            InvalidInput: the cursor is none of this list.
        """
        self._atlases.get(atlas_id)
        rows = self._repository.page(atlas_id, after=decode_time_cursor(cursor), limit=limit + 1)
        return cut(rows, limit, lambda row: (row.created_at.isoformat(), row.id))

    def delete(self, atlas_id: str, grouping_id: str) -> None:
        """Delete a grouping with its models; a training that runs is cancelled.

        Artefacts that nothing else refers to are removed once this is committed.

        Raises:
            NotFound: the atlas has none of that id.
        """
        question = self.get(atlas_id, grouping_id)
        if question.job_id is not None and self._jobs.get(question.job_id).state not in FINAL:
            self._jobs.cancel(question.job_id)
        released = self._repository.artifacts(atlas_id, grouping_id)
        self._repository.delete(grouping_id)
        release(self._session, self._platform, released)


def _built_from(atlas: Atlas) -> AtlasConfig:
    """How an atlas was built.

    Raises:
        Conflict: it was not, or without a data set that is registered here.
    """
    try:
        config = AtlasConfig.from_json(atlas.config)
    except ConfigError:
        config = None
    if config is None or atlas.dataset_id is None:
        raise Conflict(
            f"atlas {atlas.id} holds measured affinities and no data to train on; "
            "a grouping is checked on the data set that an atlas was built on"
        )
    return config
